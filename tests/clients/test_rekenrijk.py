"""The sample application: what a supplier copies had better be right."""

from __future__ import annotations

import ast
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from clients.rekenrijk.logout_tokens import LONGEST_VISIT
from idp.oidc.keys import key_ring
from idp.oidc.protocol import LOGOUT_EVENT
from idp.oidc.registration import read
from tests.portals.desks import REGISTRATIONS, Desks, finish_login, sign_in
from tests.support.browser import Page, Visitor, parameters
from tests.support.people import Made

SOURCE = REGISTRATIONS / "rekenrijk"


def pupil(desks: Desks, **about: str) -> Made:
    return desks.provider.people.pupil("basic", school=2, class_code="3A", **about)  # type: ignore[arg-type]


def come_in(desks: Desks, visitor: Visitor, **about: str) -> Page:
    return sign_in(visitor, pupil(desks, **about), desks.rekenrijk.origin + "/login")


def is_in(desks: Desks, visitor: Visitor) -> bool:
    return "Kijk na" in visitor.get(desks.rekenrijk.origin + "/").text


def outcome(page: Page) -> int:
    found = re.search(r"(\d+) ([+−×]) (\d+) =", page.text)
    assert found is not None, page.text
    a, sign, b = int(found[1]), found[2], int(found[3])
    return {"+": a + b, "−": a - b, "×": a * b}[sign]


def session_of(desks: Desks, visitor: Visitor) -> dict[str, Any]:
    """What Rekenrijk keeps of this visitor."""
    app = desks.rekenrijk.app
    with app.test_request_context(
        headers={"Cookie": f"rekenrijk_session={visitor.cookie('rekenrijk_session')}"}
    ):
        from flask import session

        return json.loads(json.dumps(dict(session)))  # type: ignore[no-any-return]


def test_a_pupil_signs_in_and_reads_what_rekenrijk_knows(desks: Desks, visitor: Visitor) -> None:
    page = come_in(desks, visitor, given_name="Hanne", family_name="Claes")
    assert page.url == desks.rekenrijk.origin + "/"
    assert "Dag Hanne!" in page.text
    assert "Je klas 3A" in page.text
    assert "Claes" not in page.html
    assert set(session_of(desks, visitor)["pupil"]) == {"sub", "given_name", "class"}


def test_the_cookie_holds_no_token_that_opens_anything(desks: Desks, visitor: Visitor) -> None:
    come_in(desks, visitor)
    assert set(session_of(desks, visitor)) == {"pupil", "sid", "since", "id_token", "form", "score", "sum"}


def test_a_right_answer_brings_a_bead_and_another_sum(desks: Desks, visitor: Visitor) -> None:
    page = come_in(desks, visitor)
    for score in range(1, 34):
        page = visitor.submit(button="check", answer=f" {outcome(page)} ")
        assert "Juist!" in page.text
        assert f"Je hebt {score} kra" in page.text
    assert "×" in page.text
    assert "Je doet nu de moeilijkste sommen!" in page.text


@pytest.mark.parametrize("answer", ["999", "", "x", "<script>", "1" * 500, "٣"])
def test_a_wrong_answer_keeps_the_sum(desks: Desks, visitor: Visitor, answer: str) -> None:
    before = outcome(come_in(desks, visitor))
    page = visitor.submit(button="check", answer=answer)
    assert "Bijna!" in page.text
    assert outcome(page) == before
    assert "Je hebt 0 kralen" in page.text


def test_sums_stay_within_what_children_know() -> None:
    from clients.rekenrijk.sums import new_sum

    for score, highest in ((0, 10), (10, 20), (20, 50), (30, 100)):
        for _ in range(300):
            a, sign, b = new_sum(score)
            assert 0 <= {"+": a + b, "−": a - b, "×": a * b}[sign] <= highest
            assert a >= 0 < b


def test_OA_33_its_forms_work_from_its_own_pages_only(desks: Desks, visitor: Visitor) -> None:
    answer = str(outcome(come_in(desks, visitor)))
    for data in ({}, {"form": ""}, {"form": "x"}):
        for path in ("/answer", "/logout"):
            assert visitor.post(desks.rekenrijk.origin + path, {"answer": answer, **data}).status == 400
    assert "Je hebt 0 kralen" in visitor.get(desks.rekenrijk.origin + "/").text
    stranger = desks.visitor()
    assert stranger.post(desks.rekenrijk.origin + "/answer", {"form": "", "answer": "1"}).status == 400
    assert stranger.post(desks.rekenrijk.origin + "/logout", {"form": ""}).status == 400


def test_OA_58_what_the_provider_tells_is_shown_as_text(desks: Desks, visitor: Visitor) -> None:
    page = come_in(desks, visitor, given_name="<img src=x onerror=alert(1)>")
    assert "<img src=x" not in page.html
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_provider_may_begin_and_nobody_else(desks: Desks, visitor: Visitor) -> None:
    page = sign_in(visitor, pupil(desks), f"{desks.rekenrijk.origin}/login?iss={desks.provider.issuer}")
    assert page.url == desks.rekenrijk.origin + "/"
    assert visitor.get(f"{desks.rekenrijk.origin}/login?iss=https://evil.example").status == 400


@pytest.mark.parametrize("change", ["iss missing", "iss", "state", "state missing", "code", "error"])
def test_OA_08_OA_30_an_answer_that_was_not_asked_for_is_refused(
    desks: Desks, visitor: Visitor, change: str
) -> None:
    asked = parameters(
        visitor.http.get(desks.rekenrijk.origin + "/login", allow_redirects=False).headers["Location"]
    )
    assert asked["code_challenge_method"] == "S256"
    answer = {"code": "made-up", "state": asked["state"], "iss": desks.provider.issuer}
    match change:
        case "iss missing":
            del answer["iss"]
        case "state missing":
            del answer["state"]
        case "error":
            answer["error"] = "access_denied"
        case "iss" | "state":
            answer[change] = "https://evil.example"
    page = visitor.go("GET", desks.rekenrijk.origin + "/callback", params=answer)
    assert page.status == 400
    assert "Dat lukte niet" in page.text
    assert not is_in(desks, visitor)


def test_beginning_often_does_not_fill_the_cookie(desks: Desks, visitor: Visitor) -> None:
    for _ in range(8):
        visitor.http.get(desks.rekenrijk.origin + "/login", allow_redirects=False)
    assert come_in(desks, visitor).url == desks.rekenrijk.origin + "/"
    assert len(visitor.cookie("rekenrijk_session") or "") < 4000


# Signing out


def test_signing_out_here_signs_out_everywhere(desks: Desks, visitor: Visitor) -> None:
    who = pupil(desks)
    sign_in(visitor, who, desks.leerlingloket.origin + "/login")
    sign_in(visitor, who, desks.rekenrijk.origin + "/login")
    page = visitor.submit("/logout")
    assert {"Leerlingloket", "Rekenrijk"} <= set(page.text.split()), "who else is told"
    page = visitor.get(page.links["Ga verder"])
    assert page.url.startswith(desks.rekenrijk.origin + "/")
    assert "Welkom bij Rekenrijk" in page.text
    assert "login-next" in visitor.get(desks.leerlingloket.origin + "/profile").ids


def test_OA_35_a_copied_cookie_is_over_when_the_pupil_signs_out_here(desks: Desks, visitor: Visitor) -> None:
    come_in(desks, visitor)
    copied = visitor.cookie("rekenrijk_session")
    form = visitor.get(desks.rekenrijk.origin + "/").form("/logout")
    visitor.http.post(desks.rekenrijk.origin + "/logout", data=form.fields, allow_redirects=False)
    assert copied is not None
    assert not opens(desks, copied)


def test_OA_35_no_visit_outlasts_the_memory_of_its_end(desks: Desks, visitor: Visitor) -> None:
    come_in(desks, visitor)
    app = desks.rekenrijk.app
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    kept = session_of(desks, visitor)
    assert opens(desks, signer.dumps(kept))
    assert not opens(desks, signer.dumps({**kept, "since": kept["since"] - LONGEST_VISIT - 1}))


def opens(desks: Desks, cookie: str) -> bool:
    """Whether a browser with this cookie meets a pupil's sums."""
    answer = desks.rekenrijk.app.test_client(use_cookies=False).get(
        "/", headers={"Cookie": f"rekenrijk_session={cookie}"}
    )
    return "Kijk na" in answer.text


def test_signing_out_at_the_desk_ends_it_here(desks: Desks, visitor: Visitor) -> None:
    who = pupil(desks)
    sign_in(visitor, who, desks.rekenrijk.origin + "/login")
    sign_in(visitor, who, desks.leerlingloket.origin + "/login")
    visitor.submit("/logout")
    assert is_in(desks, visitor), "nobody told Rekenrijk yet"
    assert desks.tell_applications() == 2
    assert not is_in(desks, visitor)


def test_signing_out_ends_that_sign_in_and_no_other(desks: Desks, visitor: Visitor) -> None:
    who, elsewhere = pupil(desks), desks.visitor()
    for device in (visitor, elsewhere):
        sign_in(device, who, desks.rekenrijk.origin + "/login")
    sign_in(visitor, who, desks.leerlingloket.origin + "/login")
    visitor.submit("/logout")
    desks.tell_applications()
    assert not is_in(desks, visitor)
    assert is_in(desks, elsewhere)


def test_who_signs_in_again_after_signing_out_is_in(desks: Desks, visitor: Visitor) -> None:
    who = pupil(desks)
    sign_in(visitor, who, desks.rekenrijk.origin + "/login")
    sign_in(visitor, who, desks.leerlingloket.origin + "/login")
    visitor.submit("/logout")
    desks.tell_applications()
    sign_in(visitor, who, desks.rekenrijk.origin + "/login")
    assert is_in(desks, visitor)


def test_CV_15_the_next_one_who_is_on_the_way_in_when_it_is_heard_gets_there(
    desks: Desks, visitor: Visitor
) -> None:
    come_in(desks, visitor)
    sid, second = session_of(desks, visitor)["sid"], pupil(desks)
    begun = visitor.http.get(desks.rekenrijk.origin + "/login", allow_redirects=False)
    visitor.get(f"{desks.provider.issuer}/end_session")
    visitor.submit(button="logout-confirm")
    assert tell(desks, logout_token(desks, sid)) == 200
    page = finish_login(visitor, second, visitor.get(begun.headers["Location"]))
    assert page.url == desks.rekenrijk.origin + "/"
    assert is_in(desks, visitor)


# Logout tokens


def logout_token(
    desks: Desks, sid: str, typ: str = "logout+jwt", alg: str = "RS256", **changed: object
) -> str:
    now = int(time.time())
    good: dict[str, object] = {
        "iss": desks.provider.issuer,
        "aud": "rekenrijk",
        "iat": now,
        "exp": now + 120,
        "jti": f"jti-{time.monotonic_ns()}",
        "events": {LOGOUT_EVENT: {}},
        "sub": "somebody",
        "sid": sid,
    }
    claims = {key: value for key, value in {**good, **changed}.items() if value is not None}
    return key_ring(desks.provider.app).sign(claims, alg=alg, typ=typ, now=desks.provider.clock())


def tell(desks: Desks, token: str) -> int:
    answer = requests.post(
        desks.rekenrijk.origin + "/backchannel-logout", {"logout_token": token}, timeout=10
    )
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code


MISFITS: dict[str, dict[str, Any]] = {
    "another type": {"typ": "JWT"},
    "another algorithm": {"alg": "ES256"},
    "another issuer": {"iss": "https://evil.example"},
    "another application": {"aud": "leerlingloket"},
    "no audience": {"aud": None},
    "no event": {"events": {}},
    "events missing": {"events": None},
    "events in another shape": {"events": [LOGOUT_EVENT]},
    "no moment": {"iat": None},
    "two minutes old": {"iat": int(time.time()) - 200},
    "from the future": {"iat": int(time.time()) + 3600},
    "over": {"exp": int(time.time()) - 60},
    "without an end": {"exp": None},
    "without a jti": {"jti": None},
    "without a sid": {"sid": None},
    "with a nonce": {"nonce": "n"},
}


def test_OA_42_only_a_good_logout_token_signs_out(desks: Desks, visitor: Visitor) -> None:
    come_in(desks, visitor)
    sid = session_of(desks, visitor)["sid"]
    accepted = [
        why
        for why, changed in MISFITS.items()
        if tell(desks, logout_token(desks, **{"sid": sid, **changed})) != 400
    ]
    assert accepted == []
    good = logout_token(desks, sid)
    id_token = session_of(desks, visitor)["id_token"]
    for garbage in ("", "x", "a.b.c", good[:-4], good + "A", good.replace(".", "..", 1), id_token):
        assert tell(desks, garbage) == 400
    assert is_in(desks, visitor)
    assert tell(desks, good) == 200
    assert not is_in(desks, visitor)


def test_OA_42_a_logout_token_is_good_once(desks: Desks) -> None:
    token = logout_token(desks, "some-sid")
    assert tell(desks, token) == 200
    assert tell(desks, token) == 400


def test_OA_17_a_huge_logout_token_is_refused(desks: Desks) -> None:
    answer = requests.post(
        desks.rekenrijk.origin + "/backchannel-logout", {"logout_token": "A" * 1_000_000}, timeout=10
    )
    assert answer.status_code == 413


# What comes with the repository


def test_it_is_short_and_imports_nothing_of_this_repository() -> None:
    assert len((SOURCE / "app.py").read_text(encoding="utf-8").splitlines()) < 100
    for file in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names.append(node.module or "")
            assert not {name.split(".")[0] for name in names} & {
                "idp",
                "portals",
                "clients",
                "templates",
                "tests",
            }


def test_the_committed_registrations_are_good_and_hold_no_secret() -> None:
    found = {path.stem: read(path) for path in sorted(REGISTRATIONS.glob("*.toml"))}
    assert {"leerlingloket", "schoolloket", "rekenrijk"} <= set(found)
    assert all(client.client_secret_sha256 == "" for client in found.values())
    assert {name for name, client in found.items() if client.first_party} == {"leerlingloket", "schoolloket"}
    assert {name for name, client in found.items() if client.dashboard} == {"rekenrijk"}
    assert all(client.pkce_required for client in found.values())
    assert len({client.sector_identifier for client in found.values()}) == len(found)


def test_the_registration_in_its_guide_is_one_that_the_register_reads(tmp_path: Path) -> None:
    guide = (SOURCE / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", guide, re.DOTALL)
    assert example is not None
    (tmp_path / "rekenrijk.svg").write_text("<svg/>", encoding="utf-8")
    file = tmp_path / "rekenrijk.toml"
    file.write_text(example[1].replace('"…"', '"' + "0" * 64 + '"'), encoding="utf-8")
    assert read(file).claims == {
        "given_name": "Om je te begroeten",
        "class": "Om te tonen in welke klas je zit",
    }
