"""The plans of the certification: which answer is asked for, and how it travels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """One plan with one response type. `mode` is asked for only where it isn't what the response type has by itself."""

    profile: str
    response_type: str = "code"
    mode: str | None = None

    def __str__(self) -> str:
        return self.profile if self.response_type == "code" else f"{self.profile} {self.response_type}"

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.response_type.split())

    @property
    def travels_by(self) -> str:
        return self.mode or ("query" if self.response_type == "code" else "fragment")

    @property
    def gives_access_token(self) -> bool:
        return bool(self.words & {"code", "token"})

    @property
    def legacy(self) -> bool:
        """Tokens from the authorization endpoint: only where the instance allows it."""
        return self.response_type != "code"

    @property
    def grant_types(self) -> list[str]:
        wanted = {"authorization_code": "code" in self.words, "implicit": self.legacy, "refresh_token": True}
        return [grant for grant, is_wanted in wanted.items() if is_wanted]


BASIC = Plan("basic")
HYBRID = Plan("hybrid", "code id_token token")
IMPLICIT_TYPES = ("id_token", "id_token token")
HYBRID_TYPES = ("code id_token", "code token", "code id_token token")

PLANS = (
    BASIC,
    *(Plan("implicit", each) for each in IMPLICIT_TYPES),
    *(Plan("hybrid", each) for each in HYBRID_TYPES),
    Plan("formpost-basic", mode="form_post"),
    *(Plan("formpost-implicit", each, "form_post") for each in IMPLICIT_TYPES),
    *(Plan("formpost-hybrid", each, "form_post") for each in HYBRID_TYPES),
)
