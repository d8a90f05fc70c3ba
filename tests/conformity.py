"""Which parts of which specification this provider follows, and the tests that show it.

The README's table is made of this and of what became of those tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.outcomes import Outcome, Results, worst

TESTS = Path(__file__).parent
WORDS = {Outcome.PASSED: "passes", Outcome.NOT_RUN: "not run", Outcome.FAILED: "**fails**"}

CORE = "OpenID Connect Core 1.0"
REGISTRATION = "OpenID Connect Dynamic Client Registration 1.0"


@dataclass(frozen=True)
class Part:
    """A section of a specification. `tests` are files, folders (with a slash) or tests, seen from this folder."""

    specification: str
    section: str
    what: str
    tests: tuple[str, ...]


PARTS = (
    Part(
        CORE,
        "3.1",
        "code flow; `prompt`, `max_age`, `login_hint`, `id_token_hint`, `acr_values`, `ui_locales`, `display`",
        ("oidc/test_authorize.py", "oidc/test_decision.py", "certification/test_code_flow.py"),
    ),
    Part(
        CORE,
        "3.2, 3.3",
        "implicit and hybrid flow: only where `clients.legacy_flows` allows it, and off by default",
        ("certification/test_every_flow.py", "oidc/test_response_types.py"),
    ),
    Part(CORE, "4", "login that somebody else begins", ("certification/test_third_party_login.py",)),
    Part(
        CORE,
        "5",
        "every standard claim, `claims`, userinfo by GET and POST, signed where it is registered",
        ("oidc/test_userinfo.py", "certification/test_every_flow.py::test_oidcc_scope_all"),
    ),
    Part(
        CORE,
        "6",
        "signed request objects by value and by registered reference",
        ("oidc/test_request_objects.py",),
    ),
    Part(
        CORE,
        "8",
        "pairwise `sub`, with a sector; `public` per client",
        ("certification/test_dynamic.py::test_oidcc_registration_sector_uri",),
    ),
    Part(
        CORE,
        "9",
        "client authentication: secrets, `private_key_jwt`",
        ("oidc/test_client_authentication.py",),
    ),
    Part(
        CORE,
        "10",
        "keys that rotate, here and at the client",
        ("oidc/test_keys.py", "oidc/test_key_rotation.py"),
    ),
    Part(CORE, "11, 12", "`offline_access`, refresh tokens", ("oidc/test_refresh.py",)),
    Part(
        "OpenID Connect Discovery 1.0",
        "3, 4",
        "the document says what is on, and nothing else",
        ("certification/test_config.py", "oidc/test_discovery.py"),
    ),
    Part(
        REGISTRATION,
        "2-5",
        "with an initial access token, where `registration.enabled` allows it",
        ("certification/test_dynamic.py", "oidc/dynamic/"),
    ),
    Part(
        "OAuth 2.0 Multiple Response Type Encoding Practices",
        "2-5",
        "`query`, `fragment`; combinations in any order",
        ("oidc/test_responses.py", "oidc/test_response_types.py"),
    ),
    Part(
        "OAuth 2.0 Form Post Response Mode",
        "2",
        "works without scripts too",
        ("oidc/test_responses.py", "certification/test_every_flow.py"),
    ),
    Part(
        "OpenID Connect RP-Initiated Logout 1.0",
        "2-4",
        "exact addresses; asks first without a good hint",
        ("certification/test_rp_initiated_logout.py", "oidc/test_logout.py"),
    ),
    Part(
        "OpenID Connect Back-Channel Logout 1.0",
        "2",
        "logout tokens, with retries; the page afterwards says who was reached",
        ("certification/test_backchannel_logout.py", "oidc/test_backchannel.py", "oidc/test_farewell.py"),
    ),
    Part(
        "OpenID Connect Front-Channel Logout 1.0",
        "2, 3",
        "a frame for each application, and a way on without scripts",
        ("certification/test_frontchannel_logout.py", "oidc/test_frontchannel.py"),
    ),
    Part(
        "OpenID Connect Session Management 1.0",
        "2-5",
        "`session_state`, `check_session_iframe`",
        ("certification/test_session_management.py", "oidc/test_session_management.py"),
    ),
    Part(
        "OpenID Connect Unmet Authentication Requirements 1.0",
        "3",
        "an `acr` that can't be reached",
        ("oidc/test_decision.py",),
    ),
    Part(
        "RFC 6749, 6750",
        "4.1, 5, 6; 2, 3",
        "codes and tokens that are spent once; Bearer",
        ("oidc/test_token.py", "oidc/test_token_refused.py", "oidc/test_parallel.py"),
    ),
    Part("RFC 7009", "2", "revocation", ("oidc/test_revocation_and_introspection.py",)),
    Part(
        "RFC 7523",
        "2.2, 3",
        "`private_key_jwt`, each assertion once",
        ("oidc/test_client_authentication.py",),
    ),
    Part("RFC 7591, 7592", "2, 3; 2", "registration and its management", ("oidc/dynamic/",)),
    Part(
        "RFC 7636",
        "4",
        "S256, required; `plain` refused",
        ("oidc/test_authorize_refusals.py", "oidc/test_token_refused.py"),
    ),
    Part("RFC 7662", "2", "introspection", ("oidc/test_revocation_and_introspection.py",)),
    Part("RFC 8414", "2, 3", "the same document under its OAuth name", ("oidc/test_discovery.py",)),
    Part(
        "RFC 8628",
        "3",
        "device grant, for boards and kiosks",
        ("oidc/test_device.py", "oidc/test_device_refused.py", "oidc/test_device_parallel.py"),
    ),
    Part(
        "RFC 8707, 9068",
        "2; 2-4",
        "JWT access tokens for a named resource; opaque ones otherwise",
        ("oidc/test_resource_tokens.py",),
    ),
    Part(
        "RFC 6749",
        "4.4",
        "client credentials, for a named resource only",
        ("oidc/test_client_credentials.py",),
    ),
    Part("RFC 9101", "4-6", "signed requests; unsigned ones refused", ("oidc/test_request_objects.py",)),
    Part(
        "RFC 9126",
        "2-4",
        "pushed requests, each used once; the portals use them",
        ("oidc/test_pushed_requests.py",),
    ),
    Part("RFC 9207", "2", "`iss` in every answer and error", ("oidc/test_responses.py",)),
    Part("RFC 9449", "4-10", "DPoP with our nonces", ("oidc/test_dpop.py",)),
    Part("RFC 9700", "2, 4", "each clause by name: `leerid check --deploy`", ("test_rfc9700.py",)),
)


def table(results: Results) -> str:
    lines = ["| specification | section | what of it | state | tests |", "|---|---|---|---|---|"]
    for part in PARTS:
        state = WORDS[worst(results.of(each) for each in part.tests)]
        tests = ", ".join(f"`{each}`" for each in part.tests)
        lines.append(f"| {part.specification} | {part.section} | {part.what} | {state} | {tests} |")
    return "\n".join(lines)


def missing() -> list[str]:
    """What a part names as its test, and isn't there."""
    return [place for part in PARTS for place in part.tests if not is_there(place)]


def is_there(place: str) -> bool:
    path, _, test = place.partition("::")
    return (TESTS / path).exists() and (not test or f"def {test}(" in (TESTS / path).read_text("utf-8"))
