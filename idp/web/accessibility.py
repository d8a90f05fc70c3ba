"""The accessibility statement that every page's footer leads to (directive (EU) 2016/2102)."""

from __future__ import annotations

from flask import Blueprint

from idp.web.pages import render

accessibility = Blueprint("accessibility", __name__)


@accessibility.get("/accessibility")
def statement() -> str:
    return render("idp/accessibility.html")
