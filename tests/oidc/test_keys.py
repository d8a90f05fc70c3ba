"""The ring of signing keys: published before used, used one at a time, and never more shown than is public."""

from __future__ import annotations

import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from idp.database import utc_now
from idp.key_files import KeyFileError, write_private
from idp.oidc import keys
from idp.oidc.keys import KeyRing
from idp.oidc.protocol import SigningAlg
from idp.oidc.signed import InvalidToken

NOW = utc_now()
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
ALGS = [alg.value for alg in SigningAlg]


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys") / "signing"
    keys.make_missing(directory, NOW)
    return directory


@pytest.fixture
def directory(made_once: Path, tmp_path: Path) -> Path:
    """A folder of keys of a test's own."""
    own = tmp_path / "signing"
    own.mkdir(mode=0o700)
    for path in made_once.iterdir():
        write_private(own / path.name, path.read_bytes())
    return own


def signed(ring: KeyRing, alg: str, at: timedelta = timedelta()) -> str:
    return ring.sign(
        {"sub": "x", "exp": int((NOW + at + HOUR).timestamp())}, alg=alg, typ="JWT", now=NOW + at
    )


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def kids(ring: KeyRing, at: timedelta) -> set[str]:
    return {key["kid"] for key in ring.jwks(NOW + at)["keys"]}


@pytest.mark.parametrize("alg", ALGS)
def test_what_we_sign_another_library_verifies_with_the_published_key(directory: Path, alg: str) -> None:
    ring = keys.load(directory)
    token = signed(ring, alg)
    assert jwt.get_unverified_header(token) == {"alg": alg, "typ": "JWT", "kid": kid(token)}
    published = {key["kid"]: key for key in ring.jwks(NOW)["keys"]}
    claims = jwt.decode(token, jwt.PyJWK(published[kid(token)]), algorithms=[alg])
    assert claims["sub"] == "x"
    assert ring.verify(token, algs=ALGS, typ="JWT", now=NOW) == claims


def test_only_public_members_are_published(directory: Path) -> None:
    published = keys.load(directory).jwks(NOW)["keys"]
    common = {"kty", "kid", "use", "alg"}
    assert {key["alg"]: set(key) - common for key in published} == {
        "RS256": {"n", "e"},
        "ES256": {"crv", "x", "y"},
        "EdDSA": {"crv", "x"},
    }
    assert all(key["use"] == "sig" for key in published)
    assert len({key["kid"] for key in published}) == len(published)


def test_key_files_are_their_owner_s_alone(directory: Path) -> None:
    for path in directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o400
    opened = next(directory.iterdir())
    opened.chmod(0o440)
    with pytest.raises(KeyFileError, match="its owner only"):
        keys.load(directory)


def test_a_key_that_is_there_is_not_made_again(directory: Path) -> None:
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert keys.make_missing(directory, NOW) == []
    next(directory.glob("es256-*")).unlink()
    assert [path.name.partition("-")[0] for path in keys.make_missing(directory, NOW)] == ["es256"]
    after = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert {name: after[name] for name in after if name in before and "es256" not in name} == {
        name: content for name, content in before.items() if "es256" not in name
    }


def test_FT_12_a_new_key_is_published_a_day_before_it_signs_and_the_old_one_a_day_after(
    directory: Path,
) -> None:
    old = kid(signed(keys.load(directory), "RS256"))
    made = keys.rotate(directory, NOW, DAY)
    assert len(made) == 3
    ring = keys.load(directory, keep_after=DAY)
    new = next(path.stem for path in made if path.stem.startswith("rs256"))
    assert kids(ring, timedelta()) >= {old, new}
    assert kid(signed(ring, "RS256", DAY - timedelta(seconds=1))) == old
    assert kid(signed(ring, "RS256", DAY)) == new
    assert old in kids(ring, DAY * 2 - timedelta(seconds=1))
    assert old not in kids(ring, DAY * 2)
    assert new in kids(ring, DAY * 2)


def test_FT_12_three_rotations_in_ten_minutes_leave_nobody_without_a_key(directory: Path) -> None:
    ahead, rp_cache = timedelta(minutes=3), timedelta(minutes=2)
    ring = keys.load(directory)
    signers = set()
    for second in range(0, 900, 30):
        at = timedelta(seconds=second)
        if second in (60, 240, 420):
            keys.rotate(directory, NOW + at, ahead)
        token = signed(ring, "ES256", at)
        signers.add(kid(token))
        assert kid(token) in kids(ring, at)
        if at > rp_cache:
            known = {key["kid"] for key in keys.load(directory).jwks(NOW + at - rp_cache)["keys"]}
            assert kid(token) in known, "an application that looked two minutes ago knows the key"
    assert len(signers) == 4


def test_FT_12_another_process_takes_a_rotation_over_within_seconds(directory: Path) -> None:
    ring = keys.load(directory)
    before = kids(ring, timedelta())
    keys.rotate(directory, NOW, HOUR)
    assert kids(ring, timedelta(seconds=4)) == before
    assert len(kids(ring, timedelta(seconds=6))) == len(before) + 3


def test_FT_12_a_stolen_key_is_gone_at_once_with_all_it_signed(directory: Path) -> None:
    ring = keys.load(directory)
    token = signed(ring, "RS256")
    keys.withdraw(directory, kid(token))
    later = timedelta(seconds=6)
    assert kid(token) not in kids(ring, later)
    with pytest.raises(InvalidToken):
        ring.verify(token, algs=ALGS, typ="JWT", now=NOW)
    assert kid(signed(ring, "RS256", later)) != kid(token)


def test_a_rotation_that_was_cut_short_still_signs_with_one_key(directory: Path) -> None:
    extra = keys.new_key(SigningAlg.ES256, NOW, NOW + HOUR)
    keys.write_new(directory, extra)  # the old one was not retired
    ring = keys.load(directory)
    assert kid(signed(ring, "ES256")) != extra.kid
    assert kid(signed(ring, "ES256", HOUR)) == extra.kid


def test_the_file_of_a_key_goes_a_month_after_it_retired(directory: Path) -> None:
    old = kid(signed(keys.load(directory), "ES256"))
    keys.rotate(directory, NOW, DAY)
    keys.rotate(directory, NOW + timedelta(days=29), DAY)
    assert (directory / f"{old}.json").exists()
    keys.rotate(directory, NOW + timedelta(days=32), DAY)
    assert not (directory / f"{old}.json").exists()


def test_a_broken_file_keeps_a_provider_from_starting_and_changes_nothing_in_one_that_runs(
    directory: Path,
) -> None:
    ring = keys.load(directory)
    before = kids(ring, timedelta())
    write_private(directory / "rs256-broken.json", b'{"alg": "RS256", "jwk": {"kty": "RSA", "d": "secret"}}')
    with pytest.raises(KeyFileError) as raised:
        keys.load(directory)
    assert "secret" not in str(raised.value)
    assert kids(ring, timedelta(seconds=10)) == before


def test_without_keys_no_ring(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="leerid keys new"):
        keys.load(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(KeyFileError, match="leerid keys new"):
        keys.load(tmp_path / "empty")


def test_the_document_is_made_once_and_changes_with_the_keys(directory: Path) -> None:
    ring = keys.load(directory)
    first = ring.document(NOW)
    assert ring.document(NOW + HOUR) is first
    assert json.loads(first.body) == ring.jwks(NOW)
    keys.rotate(directory, NOW + HOUR, DAY)
    second = ring.document(NOW + HOUR * 2)
    assert second.etag != first.etag
    assert len(json.loads(second.body)["keys"]) == 6


def test_nothing_but_whole_files_is_ever_read(directory: Path) -> None:
    keys.rotate(directory, NOW, DAY)
    assert [path.name for path in directory.iterdir() if path.suffix != ".json"] == []
    for path in directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o400
        assert path.stat().st_uid == os.getuid()


def test_FT_13_a_first_key_signs_for_a_clock_that_is_behind(directory: Path) -> None:
    ring = keys.load(directory)
    token = signed(ring, "RS256", -DAY)
    assert kid(token) in kids(ring, -DAY)
