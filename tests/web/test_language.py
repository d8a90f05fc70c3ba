"""The language of the pages, and the switch in their footer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page as ChromiumPage

from tests.support.browser import Visitor
from tests.support.provider import Provider


def language_of(html: str) -> str:
    return html.partition('lang="')[2].partition('"')[0]


@pytest.mark.parametrize("preferred", ["en", "fr-BE,fr;q=0.9", "xx"])
def test_pages_are_dutch_whatever_the_tablet_prefers(
    provider: Provider, visitor: Visitor, preferred: str
) -> None:
    assert language_of(visitor.get("/nergens", headers={"Accept-Language": preferred}).html) == "nl"


@pytest.mark.parametrize("language", ["nl", "en", "fr"])
def test_a_chosen_language_is_kept(provider: Provider, visitor: Visitor, language: str) -> None:
    form = visitor.get("/nergens").form("/language")
    page = visitor.submit(form, language=language)
    assert page.url == f"{provider.origin}/nergens"
    assert language_of(page.html) == language
    assert language_of(visitor.get("/ook/nergens").html) == language


@pytest.mark.parametrize("language", ["de", "", "nl'", "../en", None])
def test_a_language_that_we_do_not_have_is_refused(
    provider: Provider, visitor: Visitor, language: str | None
) -> None:
    form = visitor.get("/nergens").form("/language")
    assert visitor.submit(form, language=language).status == 400


@pytest.mark.parametrize("planted", ["de", "NL", "../../etc", "\u00e9"])
def test_a_planted_language_is_ignored(provider: Provider, visitor: Visitor, planted: str) -> None:
    page = visitor.get(
        "/nergens", headers={"Cookie": f"leerid_language={planted}".encode().decode("latin-1")}
    )
    assert language_of(page.html) == "nl"


@pytest.mark.parametrize(
    "return_to", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_OA_04_the_language_switch_leads_to_no_other_site(
    provider: Provider, visitor: Visitor, return_to: str
) -> None:
    form = visitor.get("/nergens").form("/language")
    page = visitor.submit(form, language="fr", return_to=return_to)
    assert page.history[0].headers["Location"] == "/"


def test_the_language_switch_works_in_a_real_browser(provider: Provider, page: ChromiumPage) -> None:
    page.goto(f"{provider.origin}/nergens")
    page.get_by_role("button", name="English").click()
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert page.url == f"{provider.origin}/nergens"
