# SPDX-License-Identifier: Apache-2.0
"""What leaves the house on the topic `incidents` holds no caller's words."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from weirhouse.domain.incident import Incident
from weirhouse.wire.views import IncidentRecord, IncidentView, record_json, view_json

WORDS = st.text(max_size=80)


@given(summary=WORDS, address=WORDS)
def test_a_record_is_the_view_without_words_and_address(summary: str, address: str) -> None:
    incident = Incident(id="a" * 32, zone="north", type="fire", summary=summary, address=address, opened_at=1.7e9)
    record = msgspec.json.decode(record_json(incident))
    view = msgspec.json.decode(view_json(incident))
    assert set(view) - set(record) == {"summary", "address"}
    assert record == {key: value for key, value in view.items() if key in record}
    assert (view["summary"], view["address"]) == (summary, address)


def test_record_and_view_decode_strictly() -> None:
    incident = Incident(id="b" * 32, zone="north", type="fire", summary="水进屋了", address='1 "Quay" Road')
    assert msgspec.json.decode(record_json(incident), type=IncidentRecord).zone == "north"
    assert msgspec.json.decode(view_json(incident), type=IncidentView).summary == "水进屋了"
