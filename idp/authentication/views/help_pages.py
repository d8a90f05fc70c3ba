"""What to do when the password is lost: one page, the same for everybody (R5, R16)."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from idp.web.pages import local_path, render

help_pages = Blueprint("help", __name__)


@help_pages.get("/forgot")
def forgot() -> str:
    back = local_path(request.args.get("back"), fallback=url_for("login.plain"))
    return render("idp/login/forgot.html", back=back)
