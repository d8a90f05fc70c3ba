"""A desk's application: everything that both desks have, wired together."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portals.kit import backchannel, desk, doors, errors, files, forms, headers, host, language, logs, pages
from portals.kit.desk import Desk, Wiring
from portals.kit.idp_api import IdpApi
from portals.kit.session import SealedCookie
from portals.kit.settings import PortalSettings, read_cookie_keys, read_secret
from portals.kit.sign_in import Provider

LARGEST_BODY = 200_000


def new_desk(which: Desk, settings: PortalSettings) -> Flask:
    """The application for `settings`, without the desk's own pages. Raises SettingsError when it can't be safe."""
    app = Flask(which.name, static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_MEMORY_SIZE=LARGEST_BODY)
    app.session_interface = SealedCookie(
        f"{which.name}_session", read_cookie_keys(settings.cookie_key_file), settings.https
    )
    provider = Provider(app, settings, read_secret(settings.client_secret_file), which.scope)
    app.extensions["desk"] = Wiring(which, settings, provider, IdpApi(settings.issuer))
    app.before_request(desk.begin)
    for part in (logs, headers, host, forms, files, errors, doors, backchannel, language):
        part.install(app)
    pages.install(app, which, settings)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app
