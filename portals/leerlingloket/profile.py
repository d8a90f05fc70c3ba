"""What LeerID knows of this pupil, to read, and the ways to change it (R54-R58, R71-R73)."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from portals.kit.desk import settings, wiring
from portals.kit.doors import access_token
from portals.kit.idp_api import Me
from portals.kit.pages import render


def install(app: Flask) -> None:
    app.add_url_rule("/profile", "profile", profile)


def profile() -> str:
    return show("leerlingloket/profile.html", wiring().api.me(access_token()))


def show(template: str, me: Me, **values: Any) -> str:
    """The profile, or what lies over it. A password is typed at the provider only."""
    said = request.args.get("said", "")
    return render(template, me=me, said=said, password_url=f"{settings().issuer}/password", **values)
