"""The headers of every answer: no frames, no foreign content, no cache, no referrer (OA-34, OA-44, OA-49, PR-16)."""

from __future__ import annotations

from flask import Flask, Response, g

from idp.web.request import request_id, settings


def install(app: Flask) -> None:
    app.after_request(harden)


def harden(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = request_id()
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers.setdefault("Cache-Control", "no-store")
    if response.mimetype == "text/html":
        headers.setdefault("Content-Security-Policy", content_security_policy())
        if "frame_ancestors" not in g:  # this header can't say "anybody"
            headers["X-Frame-Options"] = "DENY"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        headers.add("Vary", "Cookie")
    if settings().https:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return response


def content_security_policy() -> str:
    targets = " ".join(("'self'", *g.get("form_action", ())))
    shown = " ".join(g.get("frame_src", ("'none'",)))
    framed_by = g.get("frame_ancestors", "'none'")
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"manifest-src 'self'; frame-src {shown}; form-action {targets}; base-uri 'none'; "
        f"frame-ancestors {framed_by}"
    )
