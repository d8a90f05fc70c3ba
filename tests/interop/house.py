"""The provider that foreign relying parties meet: over HTTPS, with a signing key published that signs in a while."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from idp.database import utc_now
from idp.oidc import keys as signing_keys
from idp.tokens.records import GrantFamily, RefreshToken
from tests.support import databases
from tests.support.browser import Page, Visitor
from tests.support.https import Authority, SecureProvider
from tests.support.people import Made

# Foreign programs have the machine's time. So the provider begins a little in the past: far enough that the new key takes
# over when the test says so, near enough that its tokens are fresh.
BEHIND = timedelta(seconds=100)
PUBLISHED_AHEAD = timedelta(seconds=90)


def open_house(
    folder: Path, keys: Path, authority: Authority, tables: Mapping[str, Any] | None = None
) -> SecureProvider:
    """A provider with a database and signing keys of its own. What is told to others depends on no kind of database."""
    own_keys = folder / "keys"
    shutil.copytree(keys, own_keys)
    signing_keys.rotate(own_keys / "signing", utc_now() - BEHIND, PUBLISHED_AHEAD)
    url = f"sqlite:///{folder / 'leerid.db'}"
    databases.make_tables(url)
    house = SecureProvider(folder, url, own_keys, tables or {}, authority)
    house.clock.move(seconds=-BEHIND.total_seconds())
    house.start()
    return house


def past_the_rotation(house: SecureProvider) -> None:
    """From here on the successor signs, and what the old key signed is still good."""
    house.clock.set(utc_now())


def signing_kid(house: SecureProvider, alg: str = "RS256") -> str:
    return signing_keys.key_ring(house.app).signing_key(alg, house.clock()).kid


def spent_refresh_tokens(house: SecureProvider, pupil: Made) -> int:
    """How often an application refreshed what this pupil gave."""
    with house.reading() as db:
        theirs = select(GrantFamily.id).where(GrantFamily.account_id == pupil.account_id)
        spent = RefreshToken.family_id.in_(theirs), RefreshToken.spent_at.is_not(None)
        return db.scalar(select(func.count()).select_from(RefreshToken).where(*spent)) or 0


def sign_in(browser: Visitor, pupil: Made) -> Page:
    """On LeerID's pages, to wherever they lead."""
    browser.submit(button="login-next", username=pupil.username)
    return browser.submit(button="login-submit", password=pupil.password)
