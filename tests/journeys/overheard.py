"""What a browser asked of whom, and what it complained of, while somebody used it."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Page

from tests.journeys.conftest import Town


@dataclass
class Overheard:
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # A refused page is told in the console as well; that is no complaint about the page.
        page.on(
            "console",
            lambda said: (
                None
                if said.type != "error" or "the server responded with a status" in said.text
                else self.complaints.append(said.text)
            ),
        )

    def assert_alone_with(self, town: Town) -> None:
        """PR-16: nothing went to anybody else, and nothing went wrong."""
        assert self.complaints == []
        ours = (town.issuer, town.leerlingloket, town.schoolloket, town.sample_app)
        elsewhere = [url for url in self.asked if not url.startswith(tuple(f"{each}/" for each in ours))]
        assert elsewhere == []
