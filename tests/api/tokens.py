"""An access token as a desk gets it: by signing somebody in there."""

from __future__ import annotations

import json

from cryptography.fernet import MultiFernet

from tests.portals.desks import Desks, session_cookie, sign_in
from tests.support.people import Made


def token_for(desks: Desks, who: Made, desk: str = "leerlingloket") -> str:
    site = getattr(desks, desk)
    visitor = desks.visitor()
    sign_in(visitor, who, site.origin + "/login")
    seal: MultiFernet = site.app.session_interface.seal
    opened = json.loads(seal.decrypt(session_cookie(visitor, desk)))
    visitor.close()
    return str(opened["tokens"]["access"])
