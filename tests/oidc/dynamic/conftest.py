"""An applicant at a provider where applications may register themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.oidc.dynamic.applicant import Applicant
from tests.oidc.dynamic.shelf import Shelf, shelf_of_files
from tests.support.provider import Provider

# Where the documents of these tests are.
HERE = {"allowed_hosts": "127.0.0.1"}


@pytest.fixture
def applicant(open_provider: Callable[..., Provider]) -> Applicant:
    return Applicant(open_provider(registration={"enabled": True}, clients=HERE))


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with shelf_of_files() as files:
        yield files
