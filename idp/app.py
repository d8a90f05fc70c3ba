"""The provider's application: the only place where its rooms are wired together."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from idp import key_files
from idp.accounts.faults import keep
from idp.api import views as api
from idp.authentication import views as authentication
from idp.database import Clock, engine_options, flask_database, prepare, utc_now
from idp.oidc import endpoints as oidc
from idp.schools import switched_off
from idp.settings import Settings
from idp.web import cookies, faults, forms, headers, host, logs, pages, request
from idp.web import errors as error_pages
from idp.web.accessibility import accessibility
from idp.web.health import health
from idp.web.language import language

LARGEST_BODY = 1_000_000
LARGEST_FORM_FIELDS = 200


def create_app(settings: Settings, clock: Clock = utc_now) -> Flask:
    """The WSGI application for `settings`. Raises KeyFileError or ClientFileError when it can't be safe."""
    app = Flask("idp", static_folder=None, template_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=LARGEST_FORM_FIELDS,
        SQLALCHEMY_DATABASE_URI=settings.database.url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(
            settings.database.url, settings.database.pool_size, settings.database.busy_timeout_seconds
        ),
    )
    keys = key_files.load(settings.keys.directory)
    connect(app)
    furnish(app, request.Wiring(settings, keys, clock))
    if settings.server.trusted_proxies:
        hops = settings.server.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def connect(app: Flask) -> None:
    flask_database.init_app(app)
    with app.app_context():
        prepare(flask_database.engine)


def furnish(app: Flask, wiring: request.Wiring) -> None:
    """Every room, in the order in which a request passes through them."""
    request.install(app, wiring)
    logs.install(app)
    headers.install(app)
    host.install(app)
    app.after_request(cookies.keep_new)
    forms.install(app)
    faults.install(app, keep)
    error_pages.install(app)
    pages.install(app, csrf_token=forms.csrf_token)
    app.register_blueprint(health)
    app.register_blueprint(language)
    app.register_blueprint(accessibility)
    app.extensions[switched_off.EXTENSION] = switched_off.SwitchedOff()
    authentication.install(app, wiring)
    oidc.install(app, wiring)
    api.install(app, wiring)
    app.after_request(request.commit)  # the last one added runs first: nothing is told before it is stored
