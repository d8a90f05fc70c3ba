"""A QR code as an SVG drawing."""

from __future__ import annotations

from idp.schools.qr_codes import modules, path

__all__ = ["modules", "path"]
