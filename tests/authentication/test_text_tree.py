"""The first sign-in as a screen reader tells it: the text tree that the browser makes of each page (PR-15, WCAG 4.1.2)."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.support.provider import Provider


def told(page: Page) -> str:
    """What the browser hands to a screen reader, in the order in which it is read: role, name and value of each part."""
    page.wait_for_load_state()
    browser = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in browser.send("Accessibility.getFullAXTree")["nodes"]}
    browser.detach()
    read, waiting = [], [next(iter(nodes))]
    while waiting:
        node = nodes[waiting.pop()]
        waiting += [child for child in reversed(node["childIds"]) if child in nodes]
        if not node["ignored"]:
            read.append(line(node))
    return "\n".join(read)


def line(node: dict[str, Any]) -> str:
    role, name, value = (node.get(key, {}).get("value", "") for key in ("role", "name", "value"))
    return f'{role} "{name}" {value}'.rstrip()


def in_order(tree: str, *parts: str) -> None:
    """Each part is told, and not before the one above it."""
    at = 0
    for part in parts:
        found = tree.find(part, at)
        assert found >= 0, f"{part!r} isn't told, or too early, in\n{tree}"
        at = found + len(part)


def test_PR_15_a_card_with_pictures_is_told_in_words(provider: Provider, page: Page) -> None:
    pupil = provider.people.pupil("pictures", password="4729", given_name="Mila", family_name="Janssens")
    page.goto(provider.issuer + pupil.card_path)
    in_order(
        told(page),
        'heading "Meld je aan met LeerID"',
        "Mila J.",
        'link "Wijzig gebruikersnaam"',
        'textbox "Vul uw wachtwoord in"',
        'button "1, ',
        'button "4, ',
        'button "9, ',
        'button "Wis laatste"',
        'button "Aanmelden"',
    )
    for digit in pupil.digits[:2]:
        page.locator(f"button[data-digit='{digit}']").click()
    after = told(page)
    assert "2 van 4 gekozen" in after
    # A whole class hears the tablet: how many were chosen is told, and never which (requirements, section 3.4).
    assert "pressed" not in after
    assert pupil.digits[:2] not in after


def test_PR_15_a_first_sign_in_is_told_in_words(provider: Provider, page: Page) -> None:
    pupil = provider.people.pupil("advanced", temporary=True, offer_email=True, username="ardalan.bhatti")
    page.goto(provider.issuer + "/login")
    in_order(
        told(page), 'heading "Meld je aan met LeerID"', 'textbox "Gebruikersnaam of e-mailadres"', 'button "'
    )
    page.fill("#username", pupil.username)
    page.click("#login-next")
    expect(page.locator("#login-submit")).to_be_visible()
    in_order(
        told(page),
        "ardalan.bhatti",
        'link "Wachtwoord vergeten?"',
        'textbox "Wachtwoord"',
        'button "Aanmelden"',
    )
    page.fill("#password", pupil.password)
    page.click("#login-submit")
    expect(page.locator("#new_password")).to_be_visible()
    in_order(
        told(page),
        'heading "Pas je wachtwoord aan"',
        'textbox "Nieuw wachtwoord"',
        "met minstens 12 karakters",
        "zonder (een deel van) je gebruikersnaam",
        "Wachtwoord tips",
        'button "Bevestig wachtwoord"',
    )
    page.fill("#new_password", "te-kort")
    page.click("#password-submit")
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    in_order(told(page), 'textbox "Nieuw wachtwoord"', "Je wachtwoord heeft minstens 12 karakters nodig.")
    assert page.get_by_role("textbox", name="Nieuw wachtwoord").get_attribute("aria-invalid") == "true"
    page.fill("#new_password", "fietsen-in-zee-17")
    page.click("#password-submit")
    expect(page.locator("#email-skip")).to_be_visible()
    in_order(told(page), "heading", 'textbox "E-mailadres"', "button")
