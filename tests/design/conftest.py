"""A site that shows the design's pages."""

from collections.abc import Iterator

import pytest

from tests.design.pages import PAGES
from tests.design.site import Site, serving


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with serving(PAGES) as running:
        yield running
