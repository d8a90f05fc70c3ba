"""A call that one of our own portals makes for itself, with nobody signed in there: by its client secret."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import unquote_plus

from flask import request
from werkzeug.datastructures import Authorization

from idp.api.holding import Application, register
from idp.api.problems import Problem

# Stands in for the digest of an application that doesn't exist or has no secret: no secret has this digest.
NO_DIGEST = "0" * 64


def the_portal() -> Application:
    """RFC 6749 section 2.3.1. Raises Problem: 401 for each cause alike, so that nobody learns which half was wrong."""
    given = presented()
    if given is None or given.type != "basic":
        raise refused()
    client = register().get(unquote_plus(given.username or ""))
    expected = client.client_secret_sha256 if client and client.first_party else ""
    secret = unquote_plus(given.password or "").encode("utf-8", "surrogatepass")
    fits = hmac.compare_digest(hashlib.sha256(secret).hexdigest(), expected or NO_DIGEST)
    if client is None or not fits:
        raise refused()
    return client


def presented() -> Authorization | None:
    try:
        return request.authorization
    except ValueError:  # signs that no such header has
        return None


def refused() -> Problem:
    return Problem(401, 'Basic realm="LeerID", charset="UTF-8"')
