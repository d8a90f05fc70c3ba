"""What these tests meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.schools.renewals.scene import Premises, Scene, scene_at
from tests.support.provider import Provider


@pytest.fixture
def provider(tmp_path: Path, engine: Engine, database_url: str, keys_directory: Path) -> Iterator[Provider]:
    """Database, keys, clock and people of a provider that nobody can reach: nothing here goes over HTTP."""
    premises = Premises(tmp_path, database_url, keys_directory, engine)
    yield premises
    premises.stop()


@pytest.fixture
def scene(provider: Provider) -> Scene:
    """A beheerder at an empty school."""
    return scene_at(provider)
