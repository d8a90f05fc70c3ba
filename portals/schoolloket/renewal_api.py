"""The provider's calls about new passwords for one or many pupils: propose, look, save in steps, print, or drop it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from portals.kit.idp_api import IdpApi, PassedOn, read


class Purpose(StrEnum):
    """What a renewal is for."""

    RENEWAL = "renewal"
    ACTIVATION = "activation"
    EMAIL_REMOVAL = "email_removal"


class BasicSecret(StrEnum):
    """What basic accounts get: the kind that they have, or one kind for all of them."""

    SAME = "same"
    TEXT = "text"
    PICTURES = "pictures"


class State(StrEnum):
    """How far a renewal is."""

    PROPOSED = "proposed"  # shown, and nothing done
    SAVING = "saving"
    SAVED = "saved"


class FileKind(StrEnum):
    """What can be downloaded of a renewal, by the name that it has in our addresses and the API's."""

    CARDS = "cards.pdf"
    WORKBOOK = "accounts.xlsx"
    MAIL_MERGE = "accounts.csv"


@dataclass(frozen=True)
class RenewedPupil:
    """One pupil with the new password, or with the one that it will be."""

    pupil_number: int
    given_name: str
    family_name: str
    username: str
    password: str = field(repr=False)
    secret_kind: str
    account_kind: str
    is_new: bool
    ticked: bool
    done: bool

    @property
    def shown(self) -> str:
        """Ardalan Bhatti (32890) (R102)."""
        return shown(self)


@dataclass(frozen=True)
class PupilWithEmail:
    """Whose password isn't renewed, because an e-mail address is linked."""

    pupil_number: int
    given_name: str
    family_name: str
    username: str
    email: str

    @property
    def shown(self) -> str:
        return shown(self)


@dataclass(frozen=True)
class LeftOutPupil:
    """Whose password isn't renewed for another reason, in a word of the API."""

    pupil_number: int
    given_name: str
    family_name: str
    reason: str

    @property
    def shown(self) -> str:
        return shown(self)


def shown(who: RenewedPupil | PupilWithEmail | LeftOutPupil) -> str:
    return f"{who.given_name} {who.family_name}".strip() + f" ({who.pupil_number})"


@dataclass(frozen=True)
class Renewal:
    """Everything that its pages show. Who is no longer in `rows` was left out when it was that pupil's turn."""

    id: UUID
    purpose: Purpose
    state: State
    expires_at: datetime
    basic_secret: BasicSecret
    new_username: str | None
    done: int
    total: int
    rows: tuple[RenewedPupil, ...]
    with_email: tuple[PupilWithEmail, ...]
    left_out: tuple[LeftOutPupil, ...]

    @property
    def saved(self) -> tuple[RenewedPupil, ...]:
        return tuple(row for row in self.rows if row.done)

    @property
    def has_basic(self) -> bool:
        return any(row.account_kind == "basic" for row in self.rows)

    @property
    def only(self) -> RenewedPupil | None:
        """The one pupil, when it is about one."""
        alone = len(self.rows) == 1 and not self.with_email and not self.left_out
        return self.rows[0] if alone else None


@dataclass(frozen=True)
class Progress:
    done: int
    total: int
    state: State


class RenewalApi:
    """The calls about the renewals of one school, with one token."""

    def __init__(self, api: IdpApi, token: str, school_number: int) -> None:
        self.api = api
        self.token = token
        self.school = f"/api/schools/{school_number}"

    def propose(
        self,
        purpose: Purpose,
        pupils: Iterable[int] | Literal["selected"],
        *,
        basic_secret: BasicSecret = BasicSecret.SAME,
        new_username: str | None = None,
    ) -> UUID:
        wanted: dict[str, Any] = {
            "purpose": purpose,
            "pupils": pupils if isinstance(pupils, str) else sorted(set(pupils)),
            "basic_secret": basic_secret,
        }
        if new_username is not None:
            wanted["new_username"] = new_username
        answer = self.api.post(f"{self.school}/renewals", self.token, wanted)
        return read(lambda said: UUID(said["id"]), answer)

    def look(self, renewal: UUID) -> Renewal:
        return read(renewal_from, self.api.get(self.address(renewal), self.token))

    def choose_basic_secret(self, renewal: UUID, wanted: BasicSecret) -> None:
        self.api.post(f"{self.address(renewal)}/basic-secret", self.token, {"basic_secret": wanted})

    def save(self, renewal: UUID, pupils: Iterable[int] | None = None) -> Progress:
        """About a second's work. The first call says who is ticked; later ones go on with them."""
        wanted = {} if pupils is None else {"pupils": sorted(set(pupils))}
        return read(
            progress_from,
            self.api.post(f"{self.address(renewal)}/save", self.token, wanted),
        )

    def cancel(self, renewal: UUID) -> None:
        self.api.delete(self.address(renewal), self.token)

    def file(self, renewal: UUID, kind: FileKind, *, by_class: bool = False) -> PassedOn:
        query = {"by_class": 1} if by_class else None
        return self.api.file(f"{self.address(renewal)}/{kind}", self.token, query)

    def hand_out(self, pupils: Iterable[int]) -> None:
        """All of these have their card."""
        self.api.post(f"{self.school}/handed-out", self.token, {"pupils": sorted(set(pupils))})

    def address(self, renewal: UUID) -> str:
        return f"{self.school}/renewals/{renewal}"


def renewal_from(answer: Any) -> Renewal:
    return Renewal(
        id=UUID(answer["id"]),
        purpose=Purpose(answer["purpose"]),
        state=State(answer["state"]),
        expires_at=datetime.fromisoformat(answer["expires_at"]),
        basic_secret=BasicSecret(answer["basic_secret"]),
        new_username=answer["new_username"],
        done=answer["done"],
        total=answer["total"],
        rows=tuple(map(renewed_from, answer["rows"])),
        with_email=tuple(map(with_email_from, answer["with_email"])),
        left_out=tuple(map(left_out_from, answer["left_out"])),
    )


def renewed_from(answer: Any) -> RenewedPupil:
    return RenewedPupil(
        pupil_number=answer["pupil_number"],
        given_name=answer["given_name"],
        family_name=answer["family_name"],
        username=answer["username"],
        password=answer["password"],
        secret_kind=answer["secret_kind"],
        account_kind=answer["account_kind"],
        is_new=answer["is_new"],
        ticked=answer["ticked"],
        done=answer["done"],
    )


def with_email_from(answer: Any) -> PupilWithEmail:
    return PupilWithEmail(
        pupil_number=answer["pupil_number"],
        given_name=answer["given_name"],
        family_name=answer["family_name"],
        username=answer["username"],
        email=answer["email"],
    )


def left_out_from(answer: Any) -> LeftOutPupil:
    return LeftOutPupil(
        pupil_number=answer["pupil_number"],
        given_name=answer["given_name"],
        family_name=answer["family_name"],
        reason=answer["reason"],
    )


def progress_from(answer: Any) -> Progress:
    return Progress(answer["done"], answer["total"], State(answer["state"]))
