"""The tiles of the dashboard: which ones a pupil has, in which order, and what is put first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import requests
from sqlalchemy import select, update

from idp.schools.records import Favourite, School, SchoolApplication
from tests.api.staff import Caller, signed_in
from tests.support.people import Made
from tests.support.provider import Provider

HERE, THERE = 2, 31245


def tile(provider: Provider, client_id: str, name: str | None = None, **registration: Any) -> None:
    """An application that belongs on the dashboard."""
    start = {"initiate_login_uri": f"https://{client_id}.example/start", "dashboard": True}
    provider.relying_party(client_id, **{"name": name or client_id.title(), **start, **registration})


def tiles(pupil: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pupil.told("/api/me/applications")["applications"]
    return found


def names(pupil: Caller) -> list[str]:
    return [each["name"] for each in tiles(pupil)]


def names_for(provider: Provider, who: Made) -> list[str]:
    return names(signed_in(provider, who, "leerid:self"))


def decide(provider: Provider, school: int, *, order: Iterable[str] = (), off: Iterable[str] = ()) -> None:
    """What a school decided: these first, and those off."""
    placed, off = {client_id: place for place, client_id in enumerate(order, start=1)}, set(off)
    provider.people.school(school)
    with provider.db() as db:
        for client_id in {*placed, *off}:
            db.add(
                SchoolApplication(
                    school_number=school,
                    client_id=client_id,
                    position=placed.get(client_id),
                    off_at=provider.clock() if client_id in off else None,
                )
            )


def at_both(provider: Provider) -> Made:
    return provider.people.also_at(provider.people.pupil("basic", school=HERE), THERE)


def favourite(pupil: Caller, client_id: str, method: str = "PUT") -> requests.Response:
    return pupil.ask(method, f"/api/me/applications/{client_id}/favourite")


# Which ones


def test_R50_a_tile_has_all_it_needs(provider: Provider) -> None:
    tile(
        provider,
        "rekenrijk",
        description="Oefen rekenen op jouw tempo.",
        claims={"given_name": "Om je te begroeten", "class": "Om te tonen in welke klas je zit"},
    )
    (told,) = tiles(signed_in(provider, provider.people.pupil("basic", school=HERE), "leerid:self"))
    assert told.pop("open_url").startswith("https://rekenrijk.example/start?iss=http%3A%2F%2F127.0.0.1")
    assert told == {
        "client_id": "rekenrijk",
        "name": "Rekenrijk",
        "description": "Oefen rekenen op jouw tempo.",
        "logo": None,
        "favourite": False,
        "claims": [
            {"claim": "given_name", "purpose": "Om je te begroeten"},
            {"claim": "class", "purpose": "Om te tonen in welke klas je zit"},
        ],
    }


def test_R50_only_what_belongs_on_a_dashboard_is_there_by_name(provider: Provider) -> None:
    tile(provider, "zon")
    tile(provider, "appel", "appel")
    tile(provider, "maan")
    provider.relying_party("verborgen", initiate_login_uri="https://x.example/")
    provider.relying_party("zonder-deur", dashboard=True)
    assert names_for(provider, provider.people.pupil("basic", school=HERE)) == ["appel", "Maan", "Zon"]


def test_R50_an_application_of_some_schools_is_shown_to_their_pupils_only(provider: Provider) -> None:
    tile(provider, "alleen-daar", schools=[THERE])
    people = provider.people
    assert names_for(provider, people.pupil("basic", school=THERE)) == ["Alleen-Daar"]
    assert names_for(provider, people.pupil("basic", school=HERE)) == []


def test_R50_an_application_beyond_a_pupils_reach_is_not_shown(provider: Provider) -> None:
    tile(provider, "kluis", minimum_acr="urn:leerid:acr:password")
    people = provider.people
    assert names_for(provider, people.pupil("advanced", school=HERE)) == ["Kluis"]
    assert names_for(provider, people.pupil("basic", school=HERE)) == []
    assert names_for(provider, people.pupil("pictures", school=HERE)) == []


def test_staff_have_no_dashboard(provider: Provider) -> None:
    tile(provider, "zon")
    assert names_for(provider, provider.people.staff(school=HERE)) == []


def test_an_opening_address_with_a_query_of_its_own_keeps_it(provider: Provider) -> None:
    tile(provider, "vraag", initiate_login_uri="https://x.example/start?van=leerid")
    (told,) = tiles(signed_in(provider, provider.people.pupil("basic", school=HERE), "leerid:self"))
    assert told["open_url"].startswith("https://x.example/start?van=leerid&iss=")


def test_what_a_school_switched_off_is_not_there(provider: Provider) -> None:
    tile(provider, "zon")
    tile(provider, "maan")
    decide(provider, HERE, off=["zon"])
    people = provider.people
    assert names_for(provider, people.pupil("basic", school=HERE)) == ["Maan"]
    assert names_for(provider, people.pupil("basic", school=THERE)) == ["Maan", "Zon"]


def test_of_two_schools_one_that_has_it_is_enough(provider: Provider) -> None:
    for client_id in ("zon", "maan", "ster"):
        tile(provider, client_id, schools=[HERE] if client_id == "ster" else [])
    decide(provider, HERE, off=["zon", "maan", "ster"])
    decide(provider, THERE, off=["maan"])
    # `ster` is for the first school only, which switched it off: the second one has no say.
    assert names_for(provider, at_both(provider)) == ["Zon"]


def test_a_school_that_closed_decides_nothing_any_more(provider: Provider) -> None:
    tile(provider, "zon")
    decide(provider, HERE, off=["zon"])
    pupil = at_both(provider)
    with provider.db() as db:
        db.execute(update(School).where(School.number == THERE).values(closed_at=provider.clock()))
    assert names_for(provider, pupil) == []


# In which order


def test_the_schools_order_then_the_others_by_name(provider: Provider) -> None:
    for client_id in ("aap", "noot", "mies", "wim"):
        tile(provider, client_id)
    decide(provider, HERE, order=["wim", "mies"])
    assert names_for(provider, provider.people.pupil("basic", school=HERE)) == ["Wim", "Mies", "Aap", "Noot"]


def test_of_two_schools_whichever_puts_it_first_decides(provider: Provider) -> None:
    for client_id in ("aap", "noot", "mies", "wim"):
        tile(provider, client_id)
    decide(provider, HERE, order=["wim", "mies", "noot"])
    decide(provider, THERE, order=["noot", "aap"], off=["wim"])
    assert names_for(provider, at_both(provider)) == ["Noot", "Wim", "Aap", "Mies"]


# What is put first


def test_a_favourite_comes_first_until_it_is_none(provider: Provider) -> None:
    for client_id in ("aap", "noot", "mies"):
        tile(provider, client_id)
    decide(provider, HERE, order=["noot"])
    pupil = signed_in(provider, provider.people.pupil("basic", school=HERE), "leerid:self")
    assert names(pupil) == ["Noot", "Aap", "Mies"]
    for _ in range(2):  # pressing twice is pressing once
        assert favourite(pupil, "mies").status_code == 204
    assert names(pupil) == ["Mies", "Noot", "Aap"]
    assert [each["favourite"] for each in tiles(pupil)] == [True, False, False]
    favourite(pupil, "noot")
    assert names(pupil) == ["Noot", "Mies", "Aap"], "favourites keep the school's order among them"
    for _ in range(2):
        assert favourite(pupil, "mies", "DELETE").status_code == 204
    assert names(pupil) == ["Noot", "Aap", "Mies"]


def test_a_favourite_is_ones_own(provider: Provider) -> None:
    for client_id in ("aap", "noot"):
        tile(provider, client_id)
    people = provider.people
    one, other = (signed_in(provider, people.pupil("basic", school=HERE), "leerid:self") for _ in range(2))
    favourite(one, "noot")
    assert (names(one), names(other)) == (["Noot", "Aap"], ["Aap", "Noot"])


def test_only_what_is_on_the_dashboard_can_be_put_first(provider: Provider) -> None:
    provider.relying_party("verborgen", initiate_login_uri="https://x.example/")
    tile(provider, "uit")
    decide(provider, HERE, off=["uit"])
    pupil = signed_in(provider, provider.people.pupil("basic", school=HERE), "leerid:self")
    for client_id in ("verborgen", "uit", "nergens", "leerlingloket"):
        assert favourite(pupil, client_id).status_code == 404, client_id
    assert favourite(pupil, "nergens", "DELETE").status_code == 404
    with provider.reading() as db:
        assert db.scalars(select(Favourite)).all() == []


def test_a_favourite_that_was_switched_off_can_still_be_taken_away(provider: Provider) -> None:
    tile(provider, "zon")
    pupil = signed_in(provider, provider.people.pupil("basic", school=HERE), "leerid:self")
    favourite(pupil, "zon")
    decide(provider, HERE, off=["zon"])
    assert names(pupil) == []
    assert favourite(pupil, "zon", "DELETE").status_code == 204
    with provider.reading() as db:
        assert db.scalars(select(Favourite)).all() == []
