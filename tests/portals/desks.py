"""Both desks and Rekenrijk on ports of their own, registered with the very files in clients/, and a visitor for them all."""

from __future__ import annotations

import base64
import hashlib
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from clients.rekenrijk import app as rekenrijk
from idp.oidc import backchannel
from idp.oidc.records import PushedRequest
from portals.kit.settings import PortalSettings
from portals.leerlingloket import app as leerlingloket
from portals.schoolloket import app as schoolloket
from tests.support.browser import Page, Visitor, parameters
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.server import Port

REGISTRATIONS = Path(__file__).parents[2] / "clients"
# The provider's server posts here, without a browser: what it brings is signed (test_backchannel.py).
SIGNED = "/backchannel-logout"
COMMITTED_PORTS = {"leerlingloket": 8001, "schoolloket": 8002, "rekenrijk": 8003}


@dataclass(frozen=True)
class Site:
    """One application that is up."""

    origin: str
    app: Flask


@dataclass(frozen=True)
class Desks:
    """Everything a pupil meets."""

    provider: Provider
    leerlingloket: Site
    schoolloket: Site
    rekenrijk: Site

    def visitor(self) -> Visitor:
        """A browser without JavaScript on a device of its own, at the Leerlingloket's door."""
        origins = (self.leerlingloket.origin, self.schoolloket.origin, self.rekenrijk.origin)
        return Visitor(self.provider.issuer, *origins)

    def tell_applications(self) -> int:
        """What the worker does: delivers the logout tokens that are due."""
        return backchannel.deliver_due(self.provider.app)


@contextmanager
def open_desks(open_provider: Callable[..., Provider], folder: Path, **tables: Any) -> Iterator[Desks]:
    ports = {name: Port() for name in COMMITTED_PORTS}
    origins = {name: port.origin for name, port in ports.items()}
    provider = open_provider(
        portals={"leerlingloket": origins["leerlingloket"], "schoolloket": origins["schoolloket"]}, **tables
    )
    given = {name: register(provider, name, origin) for name, origin in origins.items()}
    apps: dict[str, Flask] = {
        "leerlingloket": leerlingloket.create_app(
            desk_settings(provider, "leerlingloket", origins["leerlingloket"], given["leerlingloket"], folder)
        ),
        "schoolloket": schoolloket.create_app(
            desk_settings(provider, "schoolloket", origins["schoolloket"], given["schoolloket"], folder)
        ),
        "rekenrijk": rekenrijk.create_app(
            {
                "REKENRIJK_ISSUER": provider.issuer,
                "REKENRIJK_ORIGIN": origins["rekenrijk"],
                "REKENRIJK_CLIENT_ID": "rekenrijk",
                "REKENRIJK_CLIENT_SECRET": given["rekenrijk"],
                "REKENRIJK_COOKIE_KEY": secrets.token_hex(32),
            }
        ),
    }
    for name, port in ports.items():
        port.serve(apps[name])
    try:
        yield Desks(provider, **{name: Site(origins[name], apps[name]) for name in ports})
    finally:
        for port in ports.values():
            port.close()


def register(provider: Provider, client_id: str, origin: str) -> str:
    """Registers the committed file for the port that the test has; answers the secret that was made for it."""
    secret = secrets.token_urlsafe(32)
    text = (REGISTRATIONS / f"{client_id}.toml").read_text(encoding="utf-8")
    text = text.replace(f"http://127.0.0.1:{COMMITTED_PORTS[client_id]}", origin)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    for logo in REGISTRATIONS.glob(f"{client_id}.svg"):
        shutil.copy(logo, provider.clients_directory)
    provider.register(text.replace('client_secret_sha256 = ""', f'client_secret_sha256 = "{digest}"'))
    return secret


def desk_settings(
    provider: Provider, name: str, origin: str, secret: str, folder: Path, **changed: Any
) -> PortalSettings:
    wanted: dict[str, Any] = {
        "origin": origin,
        "issuer": provider.issuer,
        "client_id": name,
        "client_secret_file": private(folder / f"{name}.secret", secret),
        "cookie_key_file": private(folder / f"{name}.cookies", new_key()),
        "insecure_http": True,
        **changed,
    }
    return PortalSettings(**wanted)


def private(path: Path, text: str) -> Path:
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="ascii")
    path.chmod(0o400)
    return path


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def sign_in(visitor: Visitor, who: Made, start: str) -> Page:
    """From a desk's door or an application's, through the provider, to the page that follows."""
    return finish_login(visitor, who, visitor.get(start))


def finish_login(visitor: Visitor, who: Made, page: Page) -> Page:
    """Types name and password where they are asked, and goes past what the provider offers on the way."""
    if "login-next" in page.ids:
        page = visitor.submit(button="login-next", username=who.username)
    if "login-submit" in page.ids:
        page = visitor.submit(button="login-submit", password=who.password)
    for offered in ("email-skip", "consent-allow"):
        if offered in page.ids:
            page = visitor.submit(button=offered)
    return page


def session_cookie(visitor: Visitor, desk: str) -> str:
    value = visitor.cookie(f"{desk}_session")
    assert value is not None, f"no session at the {desk}"
    return value


def pushed(provider: Provider, address: str) -> dict[str, str]:
    """What a desk brought the provider itself (RFC 9126), by the address that it sent its visitor to."""
    number = parameters(address)["request_uri"].removeprefix("urn:ietf:params:oauth:request_uri:")
    with provider.reading() as db:
        return db.get_one(PushedRequest, hashlib.sha256(number.encode()).hexdigest()).parameters
