"""Who did what with my LeerID: where I am signed in, who knows what, what happened; and "Dit was ik niet" (PR-12, PR-20)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from flask import Flask, Response, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portals.kit import session
from portals.kit.desk import wiring
from portals.kit.doors import access_token
from portals.kit.errors import ShownError
from portals.kit.files import pass_on
from portals.kit.idp_api import NotThere
from portals.kit.pages import BRUSSELS, come_back_to, render
from portals.leerlingloket.activity_api import ActivityApi, DataFile, Happened

# After "Dit was ik niet": who chooses the own password, and who asks a teacher.
WAYS_ON = frozenset({"advanced", "basic"})


@dataclass(frozen=True)
class Day:
    """What happened on one day in Belgium."""

    date: date
    is_today: bool
    is_yesterday: bool
    events: tuple[Happened, ...]


def install(app: Flask) -> None:
    app.add_url_rule("/activity", "activity", show)
    app.add_url_rule("/activity/earlier", "earlier", earlier)
    app.add_url_rule("/activity/sign-ins/<ref>/end", "end_sign_in", end_sign_in, methods=["POST"])
    app.add_url_rule("/activity/sign-ins/end-others", "end_others", end_others, methods=["POST"])
    app.add_url_rule("/activity/applications/<client_id>/end", "ask_end_access", ask_end_access)
    app.add_url_rule("/activity/applications/<client_id>/end", "end_access", end_access, methods=["POST"])
    app.add_url_rule("/activity/not-me", "ask_not_me", ask_not_me)
    app.add_url_rule("/activity/not-me", "not_me", not_me, methods=["POST"])
    app.add_url_rule("/not-me/<way_on>", "not_me_done", not_me_done)
    app.add_url_rule("/activity/data", "data", data)
    app.add_url_rule("/activity/<any('data.json', 'data.pdf'):kind>", "data_file", data_file)


def calls() -> ActivityApi:
    return ActivityApi(wiring().api, access_token())


def show() -> str:
    api = calls()
    activity = api.activity()
    return render(
        "leerlingloket/activity.html",
        me=wiring().api.me(api.token),
        activity=activity,
        days=by_day(activity.events, datetime.now(UTC)),
        sign_ins=api.sign_ins(),
        said=request.args.get("said", ""),
    )


def earlier() -> BaseResponse | str:
    """The timeline alone, further back."""
    before = request.args.get("before", "")
    if not (before.isascii() and before.isdigit() and len(before) < 16):
        return redirect(url_for("activity"), 303)
    api = calls()
    activity = api.activity(int(before))
    return render(
        "leerlingloket/activity_earlier.html",
        me=wiring().api.me(api.token),
        activity=activity,
        days=by_day(activity.events, datetime.now(UTC)),
    )


def by_day(events: Iterable[Happened], now: datetime) -> list[Day]:
    """In the order that they come in: the newest day first."""
    today = now.astimezone(BRUSSELS).date()
    return [
        Day(day, day == today, day == today - timedelta(days=1), tuple(those))
        for day, those in groupby(events, key=lambda event: event.at.astimezone(BRUSSELS).date())
    ]


# Where I am signed in


def end_sign_in(ref: str) -> BaseResponse:
    """One that ended meanwhile is what was wanted, too."""
    with suppress(NotThere):
        calls().end(ref)
    return redirect(url_for("activity", said="ended"), 303)


def end_others() -> BaseResponse:
    calls().end_others()
    return redirect(url_for("activity", said="ended-others"), 303)


# Who knows what


def ask_end_access(client_id: str) -> str:
    api = calls()
    used = api.activity().application(client_id)
    if used is None or not used.shares:
        raise ShownError(404, "not-there")
    return render("leerlingloket/activity_end.html", me=wiring().api.me(api.token), application=used)


def end_access(client_id: str) -> BaseResponse:
    calls().end_access(client_id)
    return redirect(url_for("activity", said="access-ended"), 303)


# Dit was ik niet


def ask_not_me() -> str:
    """What will happen, before it does."""
    return render("leerlingloket/activity_not_me.html", me=wiring().api.me(access_token()))


def not_me() -> BaseResponse:
    """Signed out everywhere, and so here."""
    api = calls()
    me = wiring().api.me(api.token)
    api.not_me()
    session.forget()
    return redirect(url_for("not_me_done", way_on="advanced" if me.may_choose_password else "basic"), 303)


def not_me_done(way_on: str) -> BaseResponse:
    """What to do now. Tells nobody who is signed in that they are not."""
    if way_on not in WAYS_ON:
        raise ShownError(404, "not-found")
    if session.tokens() is not None:
        return redirect(url_for("activity"), 303)
    response: Response = make_response(
        render(
            "leerlingloket/activity_not_me_done.html",
            way_on=way_on,
            forgot_url=f"{wiring().api.issuer}/forgot",
        )
    )
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


# All that is kept about me


def data() -> str:
    return render(
        "leerlingloket/data.html", me=wiring().api.me(access_token()), said=request.args.get("said", "")
    )


def data_file(kind: str) -> Response:
    """Who has to sign in again for it comes back to the page that it hangs on."""
    come_back_to(url_for("data", said="again"))
    return pass_on(calls().data(DataFile(kind)))
