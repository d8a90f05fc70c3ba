"""One request: its moment, its database session, its number; and that returning commits while raising rolls back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, Response, current_app, g, has_request_context
from sqlalchemy.orm import Session

from idp.database import Clock, flask_database
from idp.key_files import KeyFiles
from idp.settings import Settings

# Digits and capitals that can't be mistaken for each other when a child reads them to a teacher.
READABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Wiring:
    """What every room may ask the application for."""

    settings: Settings
    keys: KeyFiles
    clock: Clock


def install(app: Flask, wiring: Wiring) -> None:
    app.extensions["leerid"] = wiring
    app.before_request(begin)


def begin() -> None:
    g.now = wiring().clock()
    g.request_id = new_request_id()


def commit(response: Response) -> Response:
    """Whatever a view returned is stored now, before the answer leaves; a raised error has rolled back already."""
    session = flask_database.session.registry
    if not session.has() or not session().in_transaction():
        return response
    try:
        session().commit()
    except Exception as error:
        # What could not be stored must not be told either: the error's own page or JSON goes out instead.
        return current_app.make_response(current_app.handle_user_exception(error))
    return response


def roll_back() -> None:
    session = flask_database.session.registry
    if session.has():
        session().rollback()


def wiring() -> Wiring:
    found: Wiring = current_app.extensions["leerid"]
    return found


def settings() -> Settings:
    return wiring().settings


def now() -> datetime:
    """The one moment at which this request happens."""
    moment: datetime = g.now
    return moment


def db() -> Session:
    """This request's database session."""
    return flask_database.session()


def request_id() -> str:
    """The number in every log line of this request: the "foutnummer" on its error page."""
    return str(g.get("request_id", "-")) if has_request_context() else "-"


def new_request_id() -> str:
    number = secrets.randbits(50)
    letters = []
    for _ in range(10):
        number, index = divmod(number, len(READABLE))
        letters.append(READABLE[index])
    return "".join(letters[:5]) + "-" + "".join(letters[5:])
