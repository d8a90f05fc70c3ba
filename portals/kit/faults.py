"""Telling the provider the number on an error page of ours, so that a school can look it up: one try, a short wait."""

from __future__ import annotations

import logging
import threading
import time
from urllib.parse import quote_plus

import requests
from flask import Flask, current_app, request

from portals.kit.desk import request_id, wiring

log = logging.getLogger("leerid.portal.faults")

PATIENCE_SECONDS = 1
MOST_A_MINUTE = 60
LEFT_ALONE_SECONDS = 60.0


class Reports:
    """Those of this process: a few a minute, and none for a while after one that didn't arrive."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.told = 0
        self.minute = self.left_alone_until = float("-inf")

    def may_try(self) -> bool:
        at = time.monotonic()
        with self.lock:
            if at - self.minute >= 60:
                self.minute, self.told = at, 0
            self.told += 1
            return self.told <= MOST_A_MINUTE and at >= self.left_alone_until

    def leave_alone(self) -> None:
        with self.lock:
            self.left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS


def install(app: Flask) -> None:
    app.extensions["desk.faults"] = Reports()


def report(status: int, reason: str) -> None:
    """The route's pattern, never the path or the query. Whatever comes of it, the page goes out."""
    reports: Reports = current_app.extensions["desk.faults"]
    if not reports.may_try():
        return
    route = str(request.url_rule) if request.url_rule else "-"
    told = {"number": request_id(), "status": status, "reason": reason[:60], "route": route[:200]}
    settings, secret = wiring().settings, str(wiring().provider.client.client_secret)
    try:
        answer = requests.post(
            f"{settings.issuer}/api/faults",
            json=told,
            auth=(quote_plus(settings.client_id), quote_plus(secret)),
            timeout=PATIENCE_SECONDS,
            allow_redirects=False,
        )
        answer.raise_for_status()
    except requests.RequestException as error:
        reports.leave_alone()
        log.warning("faults:not-told", extra={"detail": type(error).__name__})
