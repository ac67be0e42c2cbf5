# SPDX-License-Identifier: Apache-2.0
"""Is a city file refused, with a sentence that says why, before it reaches the ledger?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from weirhouse.cli.stores import demo_city, read_city
from weirhouse.cli.talk import Stop


def test_the_demo_city_is_read() -> None:
    assert read_city(demo_city()).sources


@pytest.mark.parametrize("name", ["gauge|7", "", "gau\nge", "gauge\x7f"])
def test_a_source_whose_id_would_read_as_an_episode_is_refused(tmp_path: Path, name: str) -> None:
    city = json.loads(demo_city().read_text(encoding="utf-8"))
    city["sources"][0]["id"] = name
    file = tmp_path / "city.json"
    file.write_text(json.dumps(city), encoding="utf-8")
    with pytest.raises(Stop, match="printable and holds no"):
        read_city(file)
