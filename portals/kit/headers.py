"""The headers of every answer of a desk: no frames, no foreign content, no cache, no referrer (OA-34, OA-44, OA-49)."""

from __future__ import annotations

from flask import Flask, Response

from portals.kit.desk import request_id, settings


def install(app: Flask) -> None:
    app.after_request(harden)


def harden(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = request_id()
    headers["X-Content-Type-Options"] = "nosniff"
    # Not `no-referrer`: with it browsers send forms with `Origin: null`, which says nothing about where they are from.
    headers["Referrer-Policy"] = "same-origin"
    if "Cache-Control" not in headers:  # everything but the static files, whose address names their content
        headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    if response.mimetype == "text/html":
        headers["Content-Security-Policy"] = content_security_policy()
        headers["X-Frame-Options"] = "DENY"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if settings().https:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return response


def content_security_policy() -> str:
    """The provider serves the applications' logos, and signing out is a form that ends up there."""
    issuer = settings().issuer
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {issuer}; connect-src 'self'; "
        f"manifest-src 'self'; form-action 'self' {issuer}; base-uri 'none'; frame-ancestors 'none'"
    )
