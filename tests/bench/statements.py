"""What one flow asks of the database: statements and transactions that wrote, counted at the engine."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from sqlalchemy import event
from werkzeug.serving import WSGIRequestHandler, make_server

from idp import settings
from idp.app import create_app
from idp.database import flask_database
from tests.bench.flows import Party
from tests.bench.house import REDIRECT_URI, House

NOT_STATEMENTS = ("BEGIN", "COMMIT", "ROLLBACK")
WRITES = ("INSERT", "UPDATE", "DELETE")


class Silent(WSGIRequestHandler):
    """No line for each request."""

    def log(self, *_line: Any) -> None:
        pass


def counted(house: House, flow: str) -> dict[str, int]:
    """`statements` and `commits` of one `flow`, after one that warmed every cache."""
    app = create_app(settings.load(house.configuration))
    with app.app_context():
        engine = flask_database.engine
    seen: Counter[str] = Counter()
    dirty = threading.local()

    @event.listens_for(engine, "before_cursor_execute")
    def statement(_c: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
        if not sql.startswith(NOT_STATEMENTS):
            seen["statements"] += 1
            dirty.yes = getattr(dirty, "yes", False) or sql.startswith(WRITES)

    @event.listens_for(engine, "commit")
    def commit(_c: Any) -> None:
        seen["commits"] += getattr(dirty, "yes", False)
        dirty.yes = False

    server = make_server("127.0.0.1", house.port, app, threaded=True, request_handler=Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        username, password = house.people[0]
        party = Party(house.issuer, "bench", house.client_secret, REDIRECT_URI, username, password)
        party.login()
        party.sso()
        seen.clear()
        party.sso() if flow == "sso" else party.login()
    finally:
        server.shutdown()
        server.server_close()
    return {"statements": seen["statements"], "commits": seen["commits"]}
