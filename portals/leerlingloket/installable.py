"""On a tablet's home screen: what the desk is called there, and how it looks. No service worker, so nothing is kept."""

from __future__ import annotations

from flask import Flask, Response, jsonify

from templates.serving import design_url

MANIFEST_PATH = "/manifest.webmanifest"
AN_HOUR = 3600


def install(app: Flask) -> None:
    app.add_url_rule(MANIFEST_PATH, "manifest", manifest)
    app.jinja_env.globals["manifest_url"] = MANIFEST_PATH


def manifest() -> Response:
    """W3C Web Application Manifest; the same for everybody."""
    response = jsonify(
        id="/",
        name="LeerID Leerlingloket",
        short_name="LeerID",
        description="De applicaties die je met LeerID opent.",
        lang="nl-BE",
        dir="ltr",
        start_url="/",
        scope="/",
        display="standalone",
        theme_color="#ffdf33",
        background_color="#f5f6f8",
        icons=[
            icon("icon-192.png", 192),
            icon("icon-512.png", 512),
            icon("icon-maskable-512.png", 512, "maskable"),
        ],
    )
    response.mimetype = "application/manifest+json"
    response.headers["Cache-Control"] = f"public, max-age={AN_HOUR}"
    return response


def icon(name: str, size: int, purpose: str = "any") -> dict[str, str]:
    return {
        "src": design_url(f"icons/{name}"),
        "sizes": f"{size}x{size}",
        "type": "image/png",
        "purpose": purpose,
    }
