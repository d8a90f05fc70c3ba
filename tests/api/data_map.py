"""Where each column of the database is told to its pupil, or why it isn't (PR-13, PR-17). A new column needs a line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class At:
    """The place in the data; `*` is any of a list."""

    path: str


@dataclass(frozen=True)
class NotTold:
    """Why not."""

    reason: str


NUMBER = NotTold("a number by which our own tables know each other: it means nothing outside")
DIGEST = NotTold(
    "a digest or a derived key: it opens something, or proves who opened it, and says nothing of anybody"
)
DERIVED = NotTold("made from a value that is told, to search and to compare by")
OTHERS = NotTold("somebody else: staff is told as a role and a school (PR-12)")
SECRET = NotTold("what a password is compared with; it is nobody's to read (PW-17)")

COLUMNS: Mapping[str, Mapping[str, At | NotTold]] = {
    "people": {
        "id": NUMBER,
        "subject": NotTold(
            "what applications' own numbers for somebody are derived from: with it they could be joined (PR-02)"
        ),
        "given_name": At("wie_je_bent.voornaam"),
        "family_name": At("wie_je_bent.naam"),
        "official_given_name": At("wie_je_bent.officiele_voornaam"),
        "official_family_name": At("wie_je_bent.officiele_naam"),
        "sex": At("wie_je_bent.geslacht"),
        "birth_date": At("wie_je_bent.geboortedatum"),
        "other_claims": At("wie_je_bent.andere_gegevens"),
        "registry_key": DIGEST,
        "created_at": At("wie_je_bent.bewaard_sinds"),
        "updated_at": At("wie_je_bent.laatst_veranderd_op"),
    },
    "accounts": {
        "id": NUMBER,
        "person_id": NUMBER,
        "username": At("leerid.gebruikersnaam"),
        "username_skeleton": DERIVED,
        "kind": At("leerid.soort"),
        "secret_kind": At("leerid.soort_wachtwoord"),
        "sealed_secret": SECRET,
        "secret_set_at": At("leerid.wachtwoord_sinds"),
        "temporary_until": At("leerid.tijdelijk_wachtwoord_werkt_tot"),
        "email": At("leerid.e_mailadres"),
        "email_folded": DERIVED,
        "email_verified_at": At("leerid.e_mailadres_geverifieerd_op"),
        "email_asked_at": At("leerid.e_mailadres_gevraagd_op"),
        "active_until": At("leerid.actief_tot"),
        "blocked_at": At("leerid.geblokkeerd_op"),
        "blocked_by": OTHERS,
        "protected_at": At("leerid.beveiligd_op"),
        "failures_count_from": At("leerid.fouten_tellen_sinds"),
        "sign_ins_count_from": At("leerid.aanmeldingen_tellen_sinds"),
        "last_sign_in_at": At("leerid.laatste_aanmelding"),
        "handed_out_at": At("leerid.kaartje_uitgereikt_op"),
        "handed_out_by": OTHERS,
        "not_me_at": At("leerid.dit_was_ik_niet_gemeld_op"),
        "language": At("leerid.taal"),
        "created_at": At("leerid.gemaakt_op"),
    },
    "usernames": {
        "skeleton": At("gebruikersnamen.*.gebruikersnaam_in_kleine_letters"),
        "account_id": NUMBER,
        "taken_at": At("gebruikersnamen.*.gekregen_op"),
        "given_up_at": At("gebruikersnamen.*.opgegeven_op"),
    },
    "cards": {
        "handle": At("kaartjes.*.persoonlijk_adres"),
        "account_id": NUMBER,
        "made_at": At("kaartjes.*.gemaakt_op"),
        "revoked_at": At("kaartjes.*.werkt_niet_meer_sinds"),
    },
    "one_time_links": {
        "digest": DIGEST,
        "purpose": At("links_in_mails.*.waarvoor"),
        "account_id": NUMBER,
        "email": At("links_in_mails.*.e_mailadres"),
        "created_at": At("links_in_mails.*.gemaakt_op"),
        "expires_at": At("links_in_mails.*.werkt_tot"),
        "used_at": At("links_in_mails.*.gebruikt_op"),
    },
    "audit_events": {
        "id": NUMBER,
        "at": At("gebeurtenissen.*.tijdstip"),
        "what": At("gebeurtenissen.*.soort"),
        "account_id": NUMBER,
        "actor_id": OTHERS,
        "school_number": At("gebeurtenissen.*.instellingsnummer"),
        "pupil_number": At("gebeurtenissen.*.stamnummer"),
        "request_id": At("gebeurtenissen.*.nummer"),
        "detail": At("gebeurtenissen.*.bijzonderheden"),
    },
    "browser_sessions": {
        "digest": DIGEST,
        "cookie_digest": DIGEST,
        "sid_seed": DIGEST,
        "account_id": NUMBER,
        "signed_in_at": At("aanmeldingen.*.aangemeld_op"),
        "last_seen_at": At("aanmeldingen.*.laatst_gezien_op"),
        "idle_seconds": At("aanmeldingen.*.afgemeld_na_seconden_niets_doen"),
        "expires_at": At("aanmeldingen.*.eindigt_op"),
        "strength": At("aanmeldingen.*.sterkte"),
        "methods": At("aanmeldingen.*.manieren"),
        "device": At("aanmeldingen.*.toestel"),
        "ended_at": At("aanmeldingen.*.afgemeld_op"),
    },
    "known_devices": {
        "digest": DIGEST,
        "account_id": NUMBER,
        "last_used_at": At("gekende_browsers.*.laatst_gebruikt_op"),
    },
    "enrolments": {
        "id": NUMBER,
        "school_number": At("inschrijvingen.*.instellingsnummer"),
        "person_id": NUMBER,
        "pupil_number": At("inschrijvingen.*.stamnummer"),
        "given_name": At("inschrijvingen.*.voornaam"),
        "family_name": At("inschrijvingen.*.naam"),
        "list_name": DERIVED,
        "administrative_group": At("inschrijvingen.*.administratieve_groep"),
        "class_code": At("inschrijvingen.*.klas"),
        "ordinary_secondary": At("inschrijvingen.*.gewoon_secundair_onderwijs"),
        "starts_on": At("inschrijvingen.*.van"),
        "ends_on": At("inschrijvingen.*.tot"),
    },
    "schools": {
        "number": At("inschrijvingen.*.instellingsnummer"),
        "name": At("inschrijvingen.*.school"),
        "created_at": NotTold("about the school"),
        "closed_at": NotTold("about the school"),
    },
    "grant_families": {
        "id": NUMBER,
        "client_id": At("verleende_toegang.*.toepassing"),
        "account_id": NUMBER,
        "session_digest": DIGEST,
        "offline": At("verleende_toegang.*.ook_na_afmelden"),
        "scope": At("verleende_toegang.*.vragen"),
        "claims": At("verleende_toegang.*.bijzondere_vragen"),
        "signed_in_at": At("verleende_toegang.*.aangemeld_op"),
        "strength": At("verleende_toegang.*.sterkte"),
        "acr": At("verleende_toegang.*.sterkte_voor_de_toepassing"),
        "methods": At("verleende_toegang.*.manieren"),
        "sid": DIGEST,
        "released": At("verleende_toegang.*.kreeg"),
        "resource": At("verleende_toegang.*.voor"),
        "jkt": DIGEST,
        "created_at": At("verleende_toegang.*.op"),
        "expires_at": At("verleende_toegang.*.eindigt_op"),
        "revoked_at": At("verleende_toegang.*.gestopt_op"),
    },
    "approvals": {
        "account_id": NUMBER,
        "client_id": At("gezien_of_toegestaan.*.toepassing"),
        "scopes": At("gezien_of_toegestaan.*.vragen"),
        "claims": At("gezien_of_toegestaan.*.gegevens"),
        "at": At("gezien_of_toegestaan.*.op"),
    },
    "application_uses": {
        "account_id": NUMBER,
        "client_id": At("toepassingen.*.toepassing"),
        "first_at": At("toepassingen.*.eerst_gebruikt_op"),
        "last_at": At("toepassingen.*.laatst_gebruikt_op"),
        "claims": At("toepassingen.*.kreeg"),
    },
    "favourites": {
        "account_id": NUMBER,
        "client_id": At("favorieten.*.toepassing"),
        "at": At("favorieten.*.sinds"),
    },
}

# Tables of which nothing is told at all. A table with pupils in it and no good reason belongs above.
TABLES: Mapping[str, NotTold] = {
    "access_tokens": NotTold("when a value was handed out that belongs to a grant; the grants are told"),
    "refresh_tokens": NotTold("likewise; the last time is told as the application's last use"),
    "authorization_codes": NotTold("likewise, for a minute"),
    "login_attempts": NotTold(
        "a sign-in on its way, of a browser; gone an hour after it ended, and the sign-in itself is told"
    ),
    "recovery_requests": NotTold(
        "what was typed, until it is known whose it is: then the row goes, and the event is told"
    ),
    "failure_counters": NotTold(
        "counts under a keyed digest, which names nobody; that an account was protected is told"
    ),
    "failed_names": NotTold(
        "under keyed digests, for hours; by it many names tried from one place are noticed"
    ),
    "tried_guesses": NotTold("likewise, for one guess on many accounts"),
    "mail_tallies": NotTold("moments under a keyed digest, for a day"),
    "outbox_mails": NotTold(
        "mails on their way, gone a week after they were sent; brothers and sisters may share a mailbox, and a mail holds a"
        " link that opens something. That one was asked for, sent or used is told as link and event"
    ),
    "pending_authorizations": NotTold("an application's question, of a browser; gone within hours"),
    "spent_assertions": NotTold("about applications"),
    "pushed_requests": NotTold("an application's question, before it has a person; gone within minutes"),
    "device_grants": NotTold("a device's question, gone within a day; what was granted is told as a grant"),
    "client_tokens": NotTold("about applications"),
    "initial_access_tokens": NotTold("about applications"),
    "registered_clients": NotTold("about applications"),
    "logout_notices": NotTold(
        "a message to an application that a sign-in ended, gone in a week; the sign-out is told"
    ),
    "audit_links": NotTold("proves that the log wasn't altered; says nothing of anybody"),
    "faults": NotTold("about pages, never about who had them"),
    "second_factors": NotTold("of staff only"),
    "recovery_codes": NotTold("of staff only"),
    "appointments": NotTold("of staff only"),
    "appointed_classes": NotTold("of staff only"),
    "operators": NotTold("of staff only"),
    "selected_pupils": NotTold("a tick in a list of one member of staff, gone the same day"),
    "renewals": NotTold("a member of staff's work; what came of it for a pupil is told as event"),
    "renewed_pupils": NotTold("likewise, for a week, with names and username as they are told anyway"),
    "export_tallies": NotTold("how much staff downloaded in an hour"),
    "school_applications": NotTold("about the school"),
    "imports": NotTold("about a whole feed"),
    "import_rows": NotTold(
        "what the enrolments' feed says, for a week at most; applied, it is the enrolment and the person"
    ),
    "import_faults": NotTold(
        "which lines of a feed couldn't be read, for a month: a line and a stamnummer, no name"
    ),
    "import_changes": NotTold("what a feed would change, until it did"),
    "import_people": NotTold("whose account is still to follow, until it did"),
    "import_schools": NotTold("about schools"),
}
