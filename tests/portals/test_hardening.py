"""Forms, headers, logs and settings of both desks."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from portals.kit.logs import JsonLines
from portals.kit.settings import PortalSettings, SettingsError, load, parse, read_cookie_keys, read_secret
from portals.schoolloket.app import create_app
from tests.portals.desks import SIGNED, Desks, Site, desk_settings, new_key, private, pushed, sign_in
from tests.support.browser import Visitor

GOOD = {
    "origin": "https://loket.example",
    "issuer": "https://id.example",
    "client_id": "leerlingloket",
    "client_secret_file": "secret",
    "cookie_key_file": "cookies",
}


def both(desks: Desks) -> list[Site]:
    return [desks.leerlingloket, desks.schoolloket]


def addresses(app: Flask, method: str) -> list[str]:
    """Every address that answers this method, with something in each of its places."""
    rules = [rule.rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    places = {"<int:[a-z]+>": "2", "<uuid:[a-z]+>": str(UUID(int=2)), "<[^>]+>": "x"}
    for place, example in places.items():
        rules = [re.sub(place, example, rule) for rule in rules]
    return sorted(rules)


def test_OA_33_no_address_changes_anything_without_the_forms_token(desks: Desks, visitor: Visitor) -> None:
    """Made from the addresses that there are: whoever adds one is in this test."""
    assert {"/language", "/logout", SIGNED} <= set(addresses(desks.leerlingloket.app, "POST"))
    assert len(addresses(desks.schoolloket.app, "POST")) > 10
    sign_in(visitor, desks.provider.people.staff(school=2), desks.schoolloket.origin + "/login")
    for site in both(desks):
        visitor.get(site.origin + "/")
        for path in set(addresses(site.app, "POST")) - {SIGNED}:
            for data in ({}, {"csrf_token": ""}, {"csrf_token": "é"}, {"csrf_token": "A" * 43}):
                page = visitor.post(site.origin + path, {"language": "en", **data})
                assert page.status == 403, (path, data)
                assert "Deze pagina stond te lang open" in page.text


def test_OA_33_no_address_but_these_changes_anything(desks: Desks) -> None:
    """A desk reads with GET and writes with POST, and knows nothing else."""
    for site in both(desks):
        known = {method for rule in site.app.url_map.iter_rules() for method in rule.methods or ()}
        assert known <= {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_OA_32_a_form_on_another_site_is_refused_even_with_the_token(
    desks: Desks, visitor: Visitor, headers: dict[str, str]
) -> None:
    token = visitor.get(desks.leerlingloket.origin + "/").form("/language").fields["csrf_token"]
    fields = {"language": "en", "csrf_token": token}
    assert visitor.post(desks.leerlingloket.origin + "/language", fields, headers=headers).status == 403
    assert visitor.post(desks.leerlingloket.origin + "/language", fields).status == 200


def test_OA_34_OA_49_CV_22_every_page_has_the_headers(desks: Desks, visitor: Visitor) -> None:
    sign_in(visitor, desks.provider.people.pupil("basic", school=2), desks.leerlingloket.origin + "/login")
    paths = ["/", "/profile", "/callback", "/nothing", "/login?iss=x", "/profile.css", "/language"]
    for path in paths:
        headers = visitor.get(desks.leerlingloket.origin + path).headers
        assert headers["Cache-Control"] == "no-store", path
        assert "Cookie" in headers["Vary"], path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "unsafe" not in headers["Content-Security-Policy"]


def test_OA_49_a_made_up_extension_is_not_a_page(desks: Desks, visitor: Visitor) -> None:
    for path in ("/profile.css", "/profile/x.js", "/;x.png", "/static/..%2fprofile", "/static/nothing.css"):
        assert visitor.get(desks.leerlingloket.origin + path).status in (404, 308), path


def test_OA_45_CV_44_no_other_site_may_read_a_page(desks: Desks, visitor: Visitor) -> None:
    for path in ("/", "/profile", "/login"):
        answer = visitor.http.get(
            desks.leerlingloket.origin + path,
            headers={"Origin": "https://evil.example"},
            allow_redirects=False,
        )
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_OA_47_a_large_form_is_refused(desks: Desks, visitor: Visitor) -> None:
    assert visitor.post(desks.leerlingloket.origin + "/language", {"language": "x" * 300_000}).status == 413


def test_OA_58_CV_35_names_are_shown_as_text(desks: Desks, visitor: Visitor) -> None:
    pupil = desks.provider.people.pupil(
        "basic",
        school=2,
        given_name="<script>alert(1)</script>",
        family_name="\"'><img src=x onerror=alert(1)>",
    )
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    for path in ("/", "/profile"):
        html = visitor.get(desks.leerlingloket.origin + path).html
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_the_language_is_chosen_per_desk_and_passed_on(desks: Desks, visitor: Visitor) -> None:
    visitor.get(desks.leerlingloket.origin + "/")
    page = visitor.submit("/language", language="fr")
    assert 'lang="fr"' in page.html
    assert visitor.cookie("leerlingloket_language") == "fr"
    asked = visitor.http.get(desks.leerlingloket.origin + "/login", allow_redirects=False)
    assert pushed(desks.provider, asked.headers["Location"])["ui_locales"] == "fr"
    assert 'lang="nl"' in visitor.get(desks.schoolloket.origin + "/").html


def test_an_unknown_language_is_refused(desks: Desks, visitor: Visitor) -> None:
    visitor.get(desks.leerlingloket.origin + "/")
    assert visitor.submit("/language", language="../nl").status == 400


def test_the_accessibility_statement_is_there(desks: Desks, visitor: Visitor) -> None:
    page = visitor.get(desks.leerlingloket.origin + "/")
    assert visitor.get(page.links["Toegankelijkheid"]).status == 200


def test_a_fault_is_a_page_with_its_number_and_nothing_else(
    desks: Desks, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "faulty").mkdir()
    app = create_app(
        desk_settings(desks.provider, "schoolloket", desks.schoolloket.origin, "s", tmp_path / "faulty")
    )
    app.add_url_rule("/faulty", "faulty", lambda: str(1 // 0))
    with caplog.at_level(logging.INFO):
        answer = app.test_client().get("/faulty?code=very-secret")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "ZeroDivision" not in answer.text
    lines = [JsonLines().format(record) for record in caplog.records]
    assert any(json.loads(line).get("fault", [""])[0] == "ZeroDivisionError" for line in lines)
    assert "very-secret" not in "".join(lines)


def test_an_answer_in_a_form_that_it_never_had_is_no_page(desks: Desks, visitor: Visitor) -> None:
    for path in ("/logout", "/language"):
        assert visitor.get(desks.leerlingloket.origin + path).status == 405
    assert visitor.http.head(desks.leerlingloket.origin + "/nothing").text == ""


def test_OA_43_a_request_to_another_host_is_refused(desks: Desks, visitor: Visitor) -> None:
    for site in (desks.leerlingloket, desks.schoolloket):
        answer = visitor.http.get(f"{site.origin}/", headers={"Host": "evil.example"})
        assert answer.status_code == 400
        assert "evil.example" not in answer.text
        assert visitor.http.get(f"{site.origin}/healthz", headers={"Host": "10.0.0.5"}).status_code == 200


def test_health(desks: Desks, visitor: Visitor) -> None:
    assert visitor.http.get(desks.schoolloket.origin + "/healthz").json() == {"status": "ok"}


# Settings


def test_a_table_in_the_providers_own_file(tmp_path: Path) -> None:
    lines = "\n".join(f'{key} = "{value}"' for key, value in GOOD.items() if key != "issuer")
    file = tmp_path / "config.toml"
    file.write_text(
        f'issuer = "https://id.example"\n[leerlingloket]\n{lines}\nport = 9001\n', encoding="utf-8"
    )
    settings = load(file, "leerlingloket")
    assert settings.issuer == "https://id.example"
    assert settings.port == 9001
    assert settings.client_secret_file == tmp_path / "secret"
    with pytest.raises(SettingsError, match="schoolloket: must be given"):
        load(file, "schoolloket")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"cookie_key_fil": "x"},
            "leerlingloket.cookie_key_fil: unknown setting; did you mean cookie_key_file?",
        ),
        ({"client_id": None}, "leerlingloket.client_id: must be given"),
        ({"port": "9001"}, "leerlingloket.port: must be int"),
        ({"port": -1}, "leerlingloket.port: must be at least 0"),
        ({"port": True}, "leerlingloket.port: must be int"),
        ({"origin": "http://loket.example"}, "origin: must be https"),
        ({"issuer": "http://id.example"}, "issuer: must be https"),
        ({"origin": "https://loket.example/pad"}, "origin: must be an origin"),
        ({"origin": "loket.example"}, "origin: must be an origin"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(changed: dict[str, object], sentence: str) -> None:
    table = {key: value for key, value in {**GOOD, **changed}.items() if value is not None}
    with pytest.raises(SettingsError) as refused:
        parse(table, "leerlingloket")
    assert str(refused.value).startswith(sentence)


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = private(tmp_path / "secret", "s3cret")
    assert read_secret(file) == "s3cret"
    file.chmod(0o440)
    with pytest.raises(SettingsError, match="mode 0400") as refused:
        read_secret(file)
    assert "s3cret" not in str(refused.value)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_secret(tmp_path / "nothing")


def test_cookie_keys_are_32_bytes_each(tmp_path: Path) -> None:
    two = private(tmp_path / "two", f"{new_key()}\n{new_key()}\n")
    assert [len(key) for key in read_cookie_keys(two)] == [32, 32]
    for wrong in ("c2hvcnQ=", "not base64!", "\n"):
        with pytest.raises(SettingsError):
            read_cookie_keys(private(tmp_path / "wrong", wrong))


def test_settings_never_show_a_secret(tmp_path: Path) -> None:
    settings: PortalSettings = parse(GOOD, "leerlingloket", tmp_path)
    assert "secret" in repr(settings)  # the file's name, and that is all there is
    assert settings.https
