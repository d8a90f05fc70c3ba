"""The Dutch words of what is kept about a pupil, for who reads it at home."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from idp.rules.account_types import AccountKind, SecretKind, Strength
from idp.rules.devices import Device

EXPLAINED = (
    "Dit is alles wat LeerID over jou bewaart.",
    "LeerID laat je aanmelden bij toepassingen van je school. Wie je bent en waar je ingeschreven bent, zegt je school ons.",
    "Klopt er iets niet? Vraag het secretariaat van je school om het te verbeteren: een dag later staat het juist.",
)
LEFT_OUT = (
    "Je wachtwoord: LeerID kent het niet, en kan alleen nagaan of wat je typt het juiste is.",
    "Namen van wie op school werkt: er staat wel welke rol iemand had, en bij welke school.",
    "Technische sleutels, zoals waarmee een toepassing je herkent: die openen iets, en zeggen niets over jou.",
    "Wat een toepassing zelf over je bewaart: vraag dat aan wie de toepassing maakt.",
)
OF_OTHER_SCHOOLS = "Wat andere scholen over deze leerling bewaren: vraag dat aan die school."

KINDS: Mapping[AccountKind, str] = MappingProxyType(
    {
        AccountKind.BASIC: "Basis LeerID",
        AccountKind.ADVANCED: "Gevorderd LeerID",
        AccountKind.STAFF: "Medewerker",
    }
)
SECRETS: Mapping[SecretKind, str] = MappingProxyType(
    {SecretKind.TEXT: "Wachtwoord", SecretKind.PICTURES: "Afbeeldingswachtwoord"}
)
STRENGTHS: Mapping[int, str] = MappingProxyType(
    {
        Strength.PICTURE: "met afbeeldingen",
        Strength.BASIC: "met een wachtwoord van de school",
        Strength.TEMPORARY: "met een tijdelijk wachtwoord",
        Strength.PASSWORD: "met een eigen wachtwoord",
        Strength.TWO_FACTOR: "met twee bewijzen",
    }
)
# As a token says them (RFC 8176).
WAYS: Mapping[str, str] = MappingProxyType({"pwd": "wachtwoord"})
DEVICES: Mapping[str, str] = MappingProxyType(
    {
        Device.CHROMEBOOK: "Chromebook",
        Device.IPAD: "iPad",
        Device.IPHONE: "iPhone",
        Device.ANDROID_PHONE: "Android-telefoon",
        Device.ANDROID_TABLET: "Android-tablet",
        Device.WINDOWS: "Windows-computer",
        Device.MAC: "Mac of iPad",
        Device.LINUX: "Linux-computer",
        Device.OTHER: "een ander toestel",
    }
)
ENTRANCES: Mapping[str, str] = MappingProxyType({"typed": "met de gebruikersnaam", "card": "met het kaartje"})
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "beheerder": "een LeerID-beheerder",
        "leerkracht": "een leerkracht",
        "operator": "een medewerker van LeerID",
    }
)
EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "account:signed-in": "Aangemeld",
        "account:signed-out": "Afgemeld",
        "account:session-ended": "Op een ander toestel afgemeld",
        "account:password-chosen": "Eigen wachtwoord gekozen",
        "account:password-changed": "Ander wachtwoord gekozen",
        "account:recovery-asked": "E-mail gevraagd voor een nieuw wachtwoord",
        "account:password-reset": "Nieuw wachtwoord gekozen met de link uit de e-mail",
        "account:email-asked": "E-mailadres opgegeven",
        "account:email-verified": "E-mailadres nagekeken",
        "account:email-dropped": "E-mailadres weggenomen",
        "account:email-removed": "E-mailadres weggenomen door de school",
        "account:not-me": "Gemeld: dit was ik niet",
        "account:application-ended": "Gestopt met delen met een toepassing",
        "account:data-taken": "Alle gegevens gedownload",
        "account:protected": "Beveiligd na te veel foute wachtwoorden",
        "account:secret-tampered": "Wachtwoord kon niet nagekeken worden",
        "account:opened": "LeerID gemaakt",
        "account:password-renewed": "Nieuw wachtwoord gegeven",
        "pupil:viewed": "Gegevens bekeken",
        "pupil:renamed": "Gebruikersnaam aangepast",
        "pupil:unlocked": "Aanmelden weer mogelijk gemaakt",
        "pupil:handed-out": "Uitreiken van het kaartje genoteerd",
        "pupil:report-settled": 'Melding "Dit was ik niet" afgehandeld',
        "pupil:data-taken": "Alle gegevens gedownload door de school",
        "pupils:listed": "In de leerlingenlijst gezien",
        "pupils:searched": "In de leerlingenlijst gevonden",
        "pupils:exported": "Leerlingenlijst gedownload",
        "card:printed": "Kaartje zonder wachtwoord gedownload",
        "renewal:proposed": "Nieuw wachtwoord voorgesteld",
        "renewal:printed": "Kaartje met nieuw wachtwoord gedownload",
        "renewal:exported": "Lijst met nieuw wachtwoord gedownload",
    }
)


def circumstance(name: str, value: Any) -> Any:
    """What an event says of itself, in words where it has any."""
    match name:
        case "strength":
            return STRENGTHS.get(value, value)
        case "device":
            return DEVICES.get(value, value)
        case "way":
            return ENTRANCES.get(value, value)
        case _:
            return value


def what_happened(what: str) -> str:
    return EVENTS.get(what, "Iets aangepast")


def by(role: str, school: str) -> str:
    """A role and a school: never a name (PR-12)."""
    who = ROLES.get(role, "iemand")
    return f"{who} van {school}" if school and role != "operator" else who
