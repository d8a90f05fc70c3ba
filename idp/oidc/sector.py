"""The addresses that belong together to one sector, as the sector itself says (OIDC Registration section 5, PR-03)."""

from __future__ import annotations

import json

from idp.oidc.fetching import Fetcher, NotFetched

ACCEPT = "application/json"


def fetch_sector(fetcher: Fetcher, uri: str) -> list[str]:
    """The redirect addresses in the document at a `sector_identifier_uri`. Raises NotFetched when it isn't a list."""
    try:
        found = json.loads(fetcher.get(uri, accept=ACCEPT).body)
    except (ValueError, RecursionError):
        raise NotFetched from None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise NotFetched
    return found
