"""Where a request comes from is what the proxy says, if there is one, and never what the sender says (OA-40)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from idp.authentication.records import FailedName
from tests.support.browser import Visitor
from tests.support.provider import Provider

FORGED = [
    {"X-Forwarded-For": "198.51.100.7"},
    {"X-Forwarded-For": "a"},
    {"X-Forwarded-For": "1" * 7000},
    {"X-Forwarded-For": "fe80::1%eth0"},
    {"X-Real-IP": "198.51.100.7"},
    {"Forwarded": "for=198.51.100.7"},
    {"X-Forwarded-For": ", , 198.51.100.7,,"},
]


def fail_with_pictures(provider: Provider, header: dict[str, str], number: int) -> None:
    """One wrong guess, typed, at a picture password."""
    pupil = provider.people.pupil("pictures", username=f"kind.nummer{number}")
    visitor = Visitor(provider.issuer)
    visitor.http.headers.update(header)
    visitor.get(f"{provider.issuer}/login")
    visitor.submit(button="login-next", username=pupil.username)
    wrong = "1351" if pupil.password != "1351" else "2462"
    assert visitor.submit(button="login-submit", password=wrong).status == 200
    visitor.close()


def addresses_seen(provider: Provider) -> int:
    with provider.reading() as db:
        return db.scalar(select(func.count(FailedName.address.distinct()))) or 0


def test_OA_40_CV_14_a_sender_without_a_proxy_is_where_its_connection_comes_from(provider: Provider) -> None:
    for number, header in enumerate([{}, *FORGED]):
        fail_with_pictures(provider, header, number)
    assert addresses_seen(provider) == 1


@pytest.mark.parametrize("forged", ["203.0.113.9", "a", "1" * 500, ""])
def test_OA_40_CV_14_behind_a_proxy_only_what_the_proxy_added_counts(
    open_provider: Callable[..., Provider], forged: str
) -> None:
    provider = open_provider(server={"trusted_proxies": 1})
    fail_with_pictures(provider, {"X-Forwarded-For": "198.51.100.7"}, 1)
    fail_with_pictures(provider, {"X-Forwarded-For": f"{forged}, 198.51.100.7"}, 2)
    assert addresses_seen(provider) == 1
    fail_with_pictures(provider, {"X-Forwarded-For": "198.51.100.8"}, 3)
    assert addresses_seen(provider) == 2
