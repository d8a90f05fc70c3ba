"""What an application may ask when somebody is to sign out, checked (RP-Initiated Logout 1.0 section 2)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import current_app

from idp.oidc import hints
from idp.oidc.clients import Client, register
from idp.oidc.errors import ClientError
from idp.oidc.hints import Hint
from idp.oidc.keys import key_ring
from idp.oidc.parameters import Parameters
from idp.web.errors import ShownError
from idp.web.request import settings

log = logging.getLogger("leerid.oidc")

TEXTS = ("state", "client_id", "post_logout_redirect_uri", "id_token_hint")


@dataclass(frozen=True)
class Wish:
    """What an application asks: who should sign out, and where to go then."""

    client: Client | None = None
    hint: Hint | None = None
    redirect_uri: str | None = None
    state: str | None = None
    ui_locales: tuple[str, ...] = ()

    @property
    def onward(self) -> str | None:
        """Nothing but `state` is added to the registered address (RP-Initiated Logout section 3)."""
        if self.redirect_uri is None or self.state is None:
            return self.redirect_uri
        mark = "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{mark}{urlencode({'state': self.state}, quote_via=quote)}"


def checked(parameters: Parameters) -> Wish:
    """Raises ShownError: there is no error that could travel to an application here, only a page."""
    try:
        parameters.refuse_repeated()
        parameters.refuse_unfit(*TEXTS)
    except ClientError as error:
        raise ShownError(400, "logout-refused", error.description) from None
    hint = known_hint(parameters)
    client = known_client(parameters, hint)
    locales = tuple((parameters.get("ui_locales") or "").split()[:20])
    if client is None:  # nobody vouches for an address, so there will be no redirect
        return Wish(ui_locales=locales)
    address = parameters.get("post_logout_redirect_uri")
    if address is not None and address not in client.post_logout_redirect_uris:
        raise ShownError(
            400, "logout-refused", f"post_logout_redirect_uri not registered for {client.client_id}"
        )
    return Wish(client, hint, address, parameters.get("state"), locales)


def known_hint(parameters: Parameters) -> Hint | None:
    token = parameters.get("id_token_hint")
    if token is None:
        return None
    hint = hints.read(token, key_ring(current_app), settings().issuer)
    if hint is None:
        log.warning("hint:refused", extra={"client_id": parameters.get("client_id") or "-"})
        raise ShownError(400, "logout-refused", "id_token_hint is not one of ours")
    return hint


def known_client(parameters: Parameters, hint: Hint | None) -> Client | None:
    """From the parameter or the hint; when both are there they must agree (RP-Initiated Logout section 2)."""
    named = {
        name for name in (parameters.get("client_id"), hint.client_id if hint else None) if name is not None
    }
    if not named:
        return None
    client = register(current_app).get(named.pop())
    if named or client is None:
        raise ShownError(400, "logout-refused", "client_id unknown, or another one than in id_token_hint")
    return client
