"""What a printed card says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from idp.accounts.secret import Secret
from idp.rules.account_types import SecretKind
from idp.rules.picture_passwords import PICTURES, Picture
from idp.schools.picture_sentences import sentence

WARNING = "Indien je denkt dat iemand anders jouw LeerID gebruikt, contacteer dan zo snel mogelijk je LeerID-beheerder."
WORDMARK = "LeerID"
USERNAME, PASSWORD = "Gebruikersnaam:", "Wachtwoord:"
KNOWN_ALREADY = "Je wachtwoord ken je al."
TEMPORARY = "Kies bij je eerste aanmelding een eigen wachtwoord, binnen een maand."
WAYS_IN = "Scan de code of surf naar:"

_BY_DIGIT = {str(picture.digit): picture for picture in PICTURES}


@dataclass(frozen=True)
class CardToPrint:
    """One pupil's card. `address` is the pupil's own, also in the QR code; no `secret`: a card without a password."""

    given_name: str
    family_name: str
    username: str
    group: str
    class_code: str
    school_name: str
    address: str
    secret: Secret | None
    secret_kind: SecretKind
    is_temporary: bool

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def group_and_class(self) -> str:
        return " · ".join(part for part in (self.group, self.class_code) if part.strip())


@dataclass(frozen=True)
class KnownAlready:
    """The pupil has a password; the school doesn't know it."""


@dataclass(frozen=True)
class PasswordInWords:
    secret: Secret
    is_temporary: bool


@dataclass(frozen=True)
class PasswordInPictures:
    pictures: Sequence[Picture] = field(repr=False)

    @property
    def sentence(self) -> str:
        return sentence(self.pictures)

    @property
    def spoken(self) -> str:
        """For who can't see them (R42)."""
        return "Afbeeldingen in deze volgorde: " + ", ".join(
            f"{each.digit} {each.noun}" for each in self.pictures
        )


PasswordShown = KnownAlready | PasswordInWords | PasswordInPictures


def password_shown(card: CardToPrint) -> PasswordShown:
    if card.secret is None:
        return KnownAlready()
    if card.secret_kind is SecretKind.PICTURES:
        return PasswordInPictures([_BY_DIGIT[digit] for digit in card.secret.reveal()])
    return PasswordInWords(card.secret, card.is_temporary)
