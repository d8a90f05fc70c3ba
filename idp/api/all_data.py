"""Everything that is kept about one pupil, collected once over all rooms: the same for the JSON and for the PDF (PR-13).

Nothing of others: staff is a role and a school, and a school that hands it out gets what concerns itself. Nothing secret
either: no password, no digest, no key. Which column is told where, and which isn't and why, is in tests/api/data_map.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts.records import Account, Card, OneTimeLink, Person, Username
from idp.api.all_data_words import (
    DEVICES,
    EXPLAINED,
    KINDS,
    LEFT_OUT,
    OF_OTHER_SCHOOLS,
    SECRETS,
    STRENGTHS,
    WAYS,
    circumstance,
    what_happened,
)
from idp.api.all_data_words import by as told_by
from idp.api.holding import Application, register
from idp.authentication.records import BrowserSession, KnownDevice
from idp.authentication.views.letters import speaking
from idp.rules.account_types import SecretKind
from idp.rules.masking import mask_email
from idp.schools.concerning import Happened, Wanted, Whose, happened
from idp.schools.records import Enrolment, Favourite
from idp.tokens.records import Approval, GrantFamily
from idp.tokens.uses import Use, uses_of
from idp.web.request import settings

EVER = datetime(2000, 1, 1, tzinfo=UTC)
# What of an event's circumstances is told, by its word here; never who else was on the same page or sheet.
CIRCUMSTANCES = {
    "strength": "sterkte",
    "way": "manier",
    "device": "toestel",
    "application": "toepassing",
    "form": "vorm",
    "count": "aantal",
    "others_ended": "elders_afgemeld",
    "handed_out": "uitgereikt",
}

Data = dict[str, Any]


@dataclass(frozen=True)
class About:
    """Whose data. `school_number`: the school that hands them out, which learns nothing of another one."""

    person: Person
    account: Account | None
    enrolments: tuple[Enrolment, ...]
    school_number: int | None = None

    def tells_of(self, client_id: str) -> bool:
        """Not of an application that only other schools have: it would say where else the pupil is (OA-54)."""
        client = register().get(client_id)
        only_for = client.schools if client else frozenset[int]()
        return self.school_number is None or not only_for or self.school_number in only_for

    def address(self, email: str | None) -> str | None:
        """A school sees no more of it than elsewhere, also when it is from before the account was basic (OA-57)."""
        return mask_email(email) if email and self.school_number is not None else email


def collect(db: Session, about: About, now: datetime) -> Data:
    """In Dutch, in the order in which it is read."""
    account = about.account
    with speaking("nl"):
        return {
            "over_dit_document": {
                "gemaakt_op": now,
                "over": f"{about.person.given_name} {about.person.family_name}".strip(),
                "uitleg": list(EXPLAINED),
                "staat_er_niet_in": [*LEFT_OUT, *([OF_OTHER_SCHOOLS] if about.school_number else [])],
            },
            "wie_je_bent": person_of(about.person),
            "inschrijvingen": [enrolment_of(each) for each in about.enrolments],
            "leerid": account_of(account, about) if account else None,
            **(of_account(db, account, about, now) if account else {}),
            "gebeurtenissen": events(db, about),
        }


def of_account(db: Session, account: Account, about: About, now: datetime) -> Data:
    return {
        "gebruikersnamen": [
            {
                "gebruikersnaam_in_kleine_letters": each.skeleton,
                "gekregen_op": each.taken_at,
                "opgegeven_op": each.given_up_at,
            }
            for each in db.scalars(
                select(Username).where(Username.account_id == account.id).order_by(Username.taken_at)
            )
        ],
        "kaartjes": [
            {
                "persoonlijk_adres": f"{settings().issuer}/k/{each.handle}",
                "gemaakt_op": each.made_at,
                "werkt_niet_meer_sinds": each.revoked_at,
            }
            for each in db.scalars(select(Card).where(Card.account_id == account.id).order_by(Card.made_at))
        ],
        "aanmeldingen": [
            sign_in_of(each)
            for each in db.scalars(
                select(BrowserSession)
                .where(BrowserSession.account_id == account.id)
                .order_by(BrowserSession.signed_in_at.desc())
            )
        ],
        "gekende_browsers": [
            {"laatst_gebruikt_op": at}
            for at in db.scalars(
                select(KnownDevice.last_used_at)
                .where(KnownDevice.account_id == account.id)
                .order_by(KnownDevice.last_used_at.desc())
            )
        ],
        "links_in_mails": [
            link_of(each, about)
            for each in db.scalars(
                select(OneTimeLink)
                .where(OneTimeLink.account_id == account.id)
                .order_by(OneTimeLink.created_at)
            )
        ],
        "toepassingen": [
            use_of(each)
            for each in uses_of(db, account.id, since=EVER, now=now)
            if about.tells_of(each.client_id)
        ],
        "gezien_of_toegestaan": [
            {
                "toepassing": named(each.client_id),
                "stand": "gezien of toegestaan" if each.scopes else "gestopt met delen",
                "vragen": list(each.scopes),
                "gegevens": claims_of(each.client_id, each.claims),
                "op": each.at,
            }
            for each in db.scalars(
                select(Approval).where(Approval.account_id == account.id).order_by(Approval.client_id)
            )
            if about.tells_of(each.client_id)
        ],
        "verleende_toegang": [
            grant_of(each)
            for each in db.scalars(
                select(GrantFamily)
                .where(GrantFamily.account_id == account.id)
                .order_by(GrantFamily.created_at.desc())
            )
            if about.tells_of(each.client_id)
        ],
        "favorieten": [
            {"toepassing": named(each.client_id), "sinds": each.at}
            for each in db.scalars(
                select(Favourite).where(Favourite.account_id == account.id).order_by(Favourite.at)
            )
            if about.tells_of(each.client_id)
        ],
    }


def person_of(person: Person) -> Data:
    return {
        "voornaam": person.given_name,
        "naam": person.family_name,
        "officiele_voornaam": person.official_given_name,
        "officiele_naam": person.official_family_name,
        "geslacht": person.sex,
        "geboortedatum": person.birth_date,
        "andere_gegevens": dict(person.other_claims),
        "bewaard_sinds": person.created_at,
        "laatst_veranderd_op": person.updated_at,
    }


def enrolment_of(enrolment: Enrolment) -> Data:
    return {
        "school": enrolment.school.name,
        "instellingsnummer": enrolment.school_number,
        "stamnummer": enrolment.pupil_number,
        "voornaam": enrolment.given_name,
        "naam": enrolment.family_name,
        "administratieve_groep": enrolment.administrative_group,
        "klas": enrolment.class_code,
        "gewoon_secundair_onderwijs": enrolment.ordinary_secondary,
        "van": enrolment.starts_on,
        "tot": enrolment.ends_on,
    }


def account_of(account: Account, about: About) -> Data:
    return {
        "gebruikersnaam": account.username,
        "soort": KINDS[account.kind],
        "soort_wachtwoord": SECRETS[SecretKind(account.secret_kind)],
        "wachtwoord_sinds": account.secret_set_at,
        "tijdelijk_wachtwoord_werkt_tot": account.temporary_until,
        "e_mailadres": about.address(account.email),
        "e_mailadres_geverifieerd_op": account.email_verified_at,
        "e_mailadres_gevraagd_op": account.email_asked_at,
        "taal": account.language,
        "actief_tot": account.active_until,
        "geblokkeerd_op": account.blocked_at,
        "beveiligd_op": account.protected_at,
        "fouten_tellen_sinds": account.failures_count_from,
        "aanmeldingen_tellen_sinds": account.sign_ins_count_from,
        "laatste_aanmelding": account.last_sign_in_at,
        "kaartje_uitgereikt_op": account.handed_out_at,
        "dit_was_ik_niet_gemeld_op": account.not_me_at,
        "gemaakt_op": account.created_at,
    }


def sign_in_of(session: BrowserSession) -> Data:
    return {
        "aangemeld_op": session.signed_in_at,
        "toestel": DEVICES.get(session.device or "", session.device),
        "sterkte": STRENGTHS.get(session.strength, str(session.strength)),
        "manieren": [WAYS.get(each, each) for each in session.methods],
        "laatst_gezien_op": session.last_seen_at,
        "afgemeld_na_seconden_niets_doen": session.idle_seconds,
        "eindigt_op": session.expires_at,
        "afgemeld_op": session.ended_at,
    }


def link_of(link: OneTimeLink, about: About) -> Data:
    return {
        "waarvoor": link.purpose,
        "e_mailadres": about.address(link.email),
        "gemaakt_op": link.created_at,
        "werkt_tot": link.expires_at,
        "gebruikt_op": link.used_at,
    }


# Applications


def use_of(use: Use) -> Data:
    return {
        "toepassing": named(use.client_id),
        "eerst_gebruikt_op": use.first_at,
        "laatst_gebruikt_op": use.last_at,
        "kreeg": claims_of(use.client_id, use.claims),
        "krijgt_nog": use.shares,
    }


def grant_of(grant: GrantFamily) -> Data:
    return {
        "toepassing": named(grant.client_id),
        "op": grant.created_at,
        "kreeg": claims_of(grant.client_id, grant.released),
        "vragen": grant.scope.split(),
        "voor": grant.resource,
        "bijzondere_vragen": dict(grant.claims),
        "aangemeld_op": grant.signed_in_at,
        "sterkte": STRENGTHS.get(grant.strength, str(grant.strength)),
        "sterkte_voor_de_toepassing": grant.acr,
        "manieren": [WAYS.get(each, each) for each in grant.methods],
        "ook_na_afmelden": grant.offline,
        "eindigt_op": grant.expires_at,
        "gestopt_op": grant.revoked_at,
    }


def named(client_id: str) -> str:
    """With its name where it still has one."""
    client = register().get(client_id)
    return f"{client.name} ({client_id})" if client else client_id


def claims_of(client_id: str, claims: Iterable[str]) -> list[str]:
    """Each in words, with the purpose that the application registered."""
    client, words = register().get(client_id), claim_words()
    return [told_claim(client, claim, str(words(claim)).strip()) for claim in claims]


def told_claim(client: Application | None, claim: str, words: str) -> str:
    purposes: Mapping[str, str] = client.claims if client else {}
    purpose = purposes.get(claim)
    return f"{words} ({purpose})" if purpose else words


def claim_words() -> Any:
    """The words of the page on which an application is allowed."""
    return current_app.jinja_env.get_template("idp/claim_words.html").module.claim_words  # type: ignore[attr-defined]


# What happened


def events(db: Session, about: About) -> list[Data]:
    whose = Whose(about.account.id if about.account else None, about.enrolments, about.school_number)
    return [event_of(each, about) for each in happened(db, whose, Wanted(since=EVER, kinds=None))]


def event_of(event: Happened, about: About) -> Data:
    return {
        "tijdstip": event.at,
        "wat": what_happened(event.what),
        "soort": event.what,
        "door": told_by(event.by.role, event.by.school_name) if event.by else None,
        "instellingsnummer": event.school_number,
        "stamnummer": event.pupil_number,
        "nummer": event.request_id,
        "bijzonderheden": {
            CIRCUMSTANCES[name]: circumstance(name, value)
            for name, value in event.detail.items()
            if name in CIRCUMSTANCES and (name != "application" or about.tells_of(value))
        },
    }
