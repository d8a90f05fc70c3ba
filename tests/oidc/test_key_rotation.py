"""Keys change while everybody goes on signing in: nobody's token is ever refused, until a key is stolen (FT-12)."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from idp.oidc import hints, keys
from idp.oidc.keys import key_ring
from tests.oidc.handed_out import hand_out
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, basic

CACHED = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
# For as long as an application may remember what it read, and a process of ours what it saw.
AHEAD = CACHED + keys.LOOK_EVERY + 15 * SECOND
ROTATIONS = (0, 240, 480)
LAST = 1200
STEP = 4


class Careful:
    """An application that asks for keys every five minutes and never in between, whatever it meets."""

    def __init__(self, provider: Provider, node: str, rp: RelyingParty) -> None:
        self.provider, self.node, self.rp = provider, node, rp
        self.tokens = hand_out(provider, rp, provider.people.pupil()).exchange()
        self.signed: list[tuple[str, str, float, float]] = []  # the token, its kid, its iat, its exp
        self.read_keys()

    def read_keys(self) -> None:
        self.read_at = self.provider.clock()
        published = requests.get(f"{self.node}/jwks", timeout=20).json()["keys"]
        self.keys = {each["kid"]: jwt.PyJWK(each) for each in published}
        for token, _, _, exp in self.signed:
            if exp > self.read_at.timestamp():
                self.verify(token)

    def once_more(self) -> None:
        """Another token of the same sign-in."""
        if self.provider.clock() - self.read_at >= CACHED:
            self.read_keys()
        assert self.rp.secret is not None
        answer = requests.post(
            f"{self.node}/token",
            data={"grant_type": "refresh_token", "refresh_token": self.tokens.refresh_token},
            headers={"Authorization": basic(self.rp.client_id, self.rp.secret)},
            timeout=20,
        )
        raw = answer.json()
        self.tokens = type(self.tokens)(raw["access_token"], raw["id_token"], raw["refresh_token"], raw)
        claims = self.verify(raw["id_token"])
        kid = jwt.get_unverified_header(raw["id_token"])["kid"]
        self.signed.append((raw["id_token"], kid, claims["iat"], claims["exp"]))

    def verify(self, token: str) -> dict[str, Any]:
        key = self.keys[jwt.get_unverified_header(token)["kid"]]
        options: Any = {"verify_exp": False, "verify_iat": False}
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256", "ES256", "EdDSA"],
            audience=self.rp.client_id,
            issuer=self.provider.issuer,
            options=options,
        )
        return claims


@pytest.fixture
def house(open_provider: Callable[..., Provider], keys_directory: Path, tmp_path: Path) -> Provider:
    """A provider whose keys are its own to change."""
    own = tmp_path / "keys"
    shutil.copytree(keys_directory, own)
    return open_provider(keys={"directory": str(own)})


def signing(house: Provider) -> Path:
    return house.settings.keys.directory / "signing"


def test_FT_12_three_rotations_under_load_keep_nobody_out(house: Provider) -> None:
    nodes = [house.issuer, house.another_node()]
    algs = ["RS256", "ES256", "EdDSA", "ES256"]
    applications = [
        Careful(
            house,
            nodes[number % 2],
            house.relying_party(f"app{number}", id_token_signed_response_alg=alg),
        )
        for number, alg in enumerate(algs)
    ]
    over = threading.Event()

    def work(application: Careful) -> None:
        while not over.is_set():
            application.once_more()

    with ThreadPoolExecutor(len(applications)) as pool:
        working = [pool.submit(work, application) for application in applications]
        try:
            for second in range(0, LAST, STEP):
                if second in ROTATIONS:
                    keys.rotate(signing(house), house.clock(), AHEAD)
                house.clock.move(seconds=STEP)
                time.sleep(0.02)
        finally:
            over.set()
        for each in working:
            each.result()
    made = {each.kid: each for each in keys.read_files(signing(house))}
    assert len(made) == 3 * (1 + len(ROTATIONS))
    for application in applications:
        assert len({kid for _, kid, _, _ in application.signed}) == 1 + len(ROTATIONS), "each of them signed"
        for _, kid, issued_at, _ in application.signed:
            at = datetime.fromtimestamp(issued_at, UTC)
            assert made[kid].signs_at(at) or made[kid].signs_at(at + SECOND), "and none after it retired"
        application.read_keys()


def test_FT_12_a_stolen_key_opens_nothing_within_a_minute_on_any_node(house: Provider) -> None:
    node = house.another_node()
    application = Careful(house, node, house.relying_party(id_token_signed_response_alg="ES256"))
    application.once_more()
    stolen, kid, _, _ = application.signed[0]
    assert all(hints.read(stolen, key_ring(app), house.issuer) for app in house.apps)
    keys.withdraw(signing(house), kid)
    house.clock.move(seconds=59)
    for each in (house.issuer, node):
        published = requests.get(f"{each}/jwks", timeout=20).json()["keys"]
        assert kid not in {key["kid"] for key in published}
    for app in house.apps:
        assert hints.read(stolen, key_ring(app), house.issuer) is None
    application.signed.clear()
    application.read_keys()
    application.once_more()
    assert application.signed[0][1] != kid


def test_FT_12_a_node_that_only_verifies_learns_of_a_stolen_key(house: Provider) -> None:
    rp = house.relying_party()
    token = hand_out(house, rp, house.people.pupil()).exchange().id_token
    ring = keys.load(signing(house))
    assert hints.read(token, ring, house.issuer)
    keys.withdraw(signing(house), jwt.get_unverified_header(token)["kid"])
    assert ring.looked_at is not None
    ring.looked_at -= keys.LOOK_EVERY
    assert hints.read(token, ring, house.issuer) is None
