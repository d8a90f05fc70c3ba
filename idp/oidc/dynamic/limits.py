"""What an application that registers itself can have at most: less than one that an operator looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from idp.oidc.protocol import API_SCOPES, PERSON_CLAIMS, GrantType, PkcePolicy, Scope
from idp.oidc.registration import Hosts
from idp.settings import Settings, SettingsError

GRANTS = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN, GrantType.DEVICE_CODE)


@dataclass(frozen=True)
class Limits:
    scope: tuple[str, ...]
    claims: frozenset[str]
    pkce: PkcePolicy
    legacy_flows: bool
    allowed_hosts: frozenset[str]

    @property
    def grants(self) -> tuple[GrantType, ...]:
        return (*GRANTS, GrantType.IMPLICIT) if self.legacy_flows else GRANTS

    @property
    def hosts(self) -> Hosts:
        """Nothing of this machine: whoever registers here isn't who runs it (OA-22)."""
        return Hosts(loopback=False, allowed=self.allowed_hosts)


def limits(settings: Settings) -> Limits:
    """Raises SettingsError rather than give away something that was misspelt."""
    registration = settings.registration
    scope, claims = registration.scope.split(), registration.claims.split()
    open_to_all = [each.value for each in Scope if each not in API_SCOPES]
    refuse_unknown("registration.scope", scope, open_to_all)
    refuse_unknown("registration.claims", claims, PERSON_CLAIMS)
    refuse_unknown("registration.pkce", [registration.pkce], list(PkcePolicy))
    return Limits(
        scope=tuple(each for each in open_to_all if each in (*scope, Scope.OPENID)),
        claims=frozenset(claims),
        pkce=PkcePolicy(registration.pkce),
        legacy_flows=settings.clients.legacy_flows,
        allowed_hosts=frozenset(settings.clients.allowed_hosts.lower().split()),
    )


def refuse_unknown(setting: str, words: Iterable[str], known: Iterable[str]) -> None:
    for word in words:
        if word not in set(known):
            raise SettingsError(f"{setting}: {word} isn't one of {', '.join(known)}")
