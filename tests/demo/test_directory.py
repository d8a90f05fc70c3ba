"""The configuration of a demonstration: one file for all servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp import settings
from idp.demo.directory import Place, configuration
from idp.settings import Hashing


@pytest.mark.parametrize("weak", [False, True])
def test_passwords_are_hashed_as_anywhere_unless_weakness_was_asked_for(tmp_path: Path, weak: bool) -> None:
    place = Place(tmp_path, "127.0.0.1", 8000, "sqlite:///leerid.db", weak_hashing=weak)
    place.config.write_text(configuration(place))
    assert (settings.load(place.config).hashing == Hashing()) is not weak
