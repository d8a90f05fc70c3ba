"""Logs of a desk: JSON lines on stderr with the request's number, without addresses, names or tokens."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, request

from portals.kit.desk import request_id

access = logging.getLogger("leerid.portal.access")

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
LONGEST = 500


class JsonLines(logging.Formatter):
    """One line per event: bounded, valid JSON, control characters escaped (OA-60)."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage()[:LONGEST],
            "request_id": request_id(),
        }
        for key, value in vars(record).items():
            if key not in STANDARD and key not in line:
                line[key] = (
                    value if isinstance(value, (int, float, bool, type(None))) else str(value)[:LONGEST]
                )
        if record.exc_info and record.exc_info[0] is not None:
            line["fault"] = trace(record)
        return json.dumps(line, ensure_ascii=True)


def trace(record: logging.LogRecord) -> list[str]:
    """Where it went wrong: places only, because an exception's own text can hold what a person typed."""
    kind, _, at = record.exc_info or (None, None, None)
    places = []
    while at is not None:
        code = at.tb_frame.f_code
        places.append(f"{code.co_filename}:{at.tb_lineno} {code.co_name}")
        at = at.tb_next
    return [kind.__name__ if kind else "?", *places[-8:]]


def to_stderr(level: str) -> None:
    """Sends all loggers of this process to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("authlib", "urllib3", "werkzeug"):  # Authlib logs whole tokens at DEBUG
        logging.getLogger(name).setLevel(logging.WARNING)


def install(app: Flask) -> None:
    app.before_request(start_clock)
    app.after_request(log_request)


def start_clock() -> None:
    g.started = time.perf_counter()


def log_request(response: Response) -> Response:
    """The route's pattern, never the query: on the way back from the provider that holds a code."""
    access.info(
        "request",
        extra={
            "method": request.method,
            "route": str(request.url_rule) if request.url_rule else "-",
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        },
    )
    return response
