# SPDX-License-Identifier: Apache-2.0
"""Does forgetting remove what a house keeps, only that, and never under a running house?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.services import FreeHouse
from weirhouse.embedded.errors import EmbeddedError
from weirhouse.embedded.forget import forget


def test_a_stopped_house_is_forgotten_and_strangers_files_stay(free_house: FreeHouse, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    house = free_house(state_dir=folder, kafka_url="none:1")
    with pytest.raises(EmbeddedError, match="already runs"):
        forget(folder)
    house.stop()
    (folder / "mine.txt").write_text("not the house's", encoding="utf-8")
    assert forget(folder)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    assert not forget(folder)


def test_a_folder_that_never_was_is_no_error(tmp_path: Path) -> None:
    assert not forget(tmp_path / "never")
