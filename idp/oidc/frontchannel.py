"""Telling an application in the browser itself that a sign-in ended (OIDC Front-Channel Logout 1.0)."""

from __future__ import annotations

from urllib.parse import urlencode

from idp.oidc.clients import Client


def logout_address(client: Client, sid: str, issuer: str) -> str:
    """What the frame opens: the registered address, with whose sign-in it was when the application wants to know."""
    address = client.frontchannel_logout_uri
    if not client.frontchannel_logout_session_required:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'iss': issuer, 'sid': sid})}"
