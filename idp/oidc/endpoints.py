"""The protocol's addresses, and what they need, put into the application."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Flask, Response, current_app, send_file

from idp.authentication.views import when_browser_changes, when_session_ends
from idp.oidc import discovery, keys, outgoing, token_endpoints, unreached
from idp.oidc.authorize import authorize_endpoint, move_along
from idp.oidc.challenges import Challenges
from idp.oidc.client import Client
from idp.oidc.clients import ClientRegister, register
from idp.oidc.developers import developers_page
from idp.oidc.device.asking import device_authorization
from idp.oidc.device.board import device_board
from idp.oidc.device.pages import device_pages
from idp.oidc.discovery import discovery_documents
from idp.oidc.dynamic import endpoints as dynamic
from idp.oidc.dynamic import logos
from idp.oidc.farewell_page import farewell_page
from idp.oidc.fetching import Fetcher
from idp.oidc.logout import logout_endpoint
from idp.oidc.par import par_endpoint
from idp.oidc.registration import for_files
from idp.oidc.remembered import Remembered
from idp.oidc.session_management import check_session
from idp.oidc.sign_out import ending_with_sessions
from idp.settings import Settings
from idp.web.errors import ShownError
from idp.web.pages import render
from idp.web.request import Wiring, db, settings

entrance = Blueprint("entrance", __name__)


def install(app: Flask, wiring: Wiring) -> None:
    """Raises ClientFileError or KeyFileError rather than start without what is needed to be safe."""
    clients = wiring.settings.clients
    known = ClientRegister(clients.directory, clients.reload_seconds, hosts=for_files(clients.allowed_hosts))
    app.extensions["leerid.clients"] = known
    app.extensions["leerid.keys"] = signing_keys(wiring.settings)
    app.extensions["leerid.gate"] = gate = outgoing.gate_of(wiring.settings)
    app.extensions["leerid.remembered"] = Remembered(Fetcher(gate.ca_bundle, gate.allowed_hosts))
    app.extensions["leerid.unreached"] = unreached.given_up
    app.extensions["leerid.challenges"] = Challenges()
    when_session_ends(app, ending_with_sessions(known, wiring.keys.pairwise))
    when_browser_changes(app, move_along)
    discovery.prepare(app, wiring.settings)
    app.register_blueprint(entrance)
    app.register_blueprint(authorize_endpoint)
    app.register_blueprint(par_endpoint)
    app.register_blueprint(token_endpoints.blueprint)
    app.register_blueprint(device_authorization)
    app.register_blueprint(device_pages)
    app.register_blueprint(device_board)
    app.register_blueprint(logout_endpoint)
    app.register_blueprint(farewell_page)
    app.register_blueprint(check_session)
    app.register_blueprint(discovery_documents)
    app.register_blueprint(developers_page)
    dynamic.install(app, wiring, known)


def signing_keys(settings: Settings) -> keys.KeyRing:
    return keys.load(settings.keys.directory / "signing", timedelta(hours=settings.keys.keep_after_hours))


@entrance.get("/")
def landing() -> Response:
    """For whoever comes here without an application."""
    page = render("idp/landing.html", portal=settings().portals.leerlingloket)
    return Response(page, mimetype="text/html")


@entrance.get("/applications/<client_id>/logo")
def logo(client_id: str) -> Response:
    """The picture beside the registration. As an image it runs nothing, and opened by itself it may neither."""
    client = register(current_app).get(client_id)
    if client is None or not client.logo:
        raise ShownError(404, "not-found", "no logo")
    response = picture(client)
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def picture(client: Client) -> Response:
    """A file beside the registration, or what was fetched when the application registered itself."""
    stored = logos.stored(db(), client.client_id) if client.dynamic else None
    if stored is not None:
        return Response(stored.body, mimetype=stored.type)
    if client.logo_file is None or not client.logo_file.is_file():
        raise ShownError(404, "not-found", "no logo")
    return send_file(client.logo_file, max_age=3600)
