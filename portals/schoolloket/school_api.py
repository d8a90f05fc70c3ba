"""The provider's calls about schools and their pupils: one typed function or method each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portals.kit.idp_api import IdpApi, PassedOn, read

BEHEERDER = "beheerder"
BELGIUM = ZoneInfo("Europe/Brussels")


@dataclass(frozen=True)
class OwnSchool:
    """A school where whoever is signed in has a role. `classes` None: all of them."""

    number: int
    name: str
    role: str
    classes: tuple[str, ...] | None
    pupils: int

    @property
    def shown(self) -> str:
        """BRUSSEL-STAD - TEST School 2 (2) (R76)."""
        return f"{self.name} ({self.number})"


@dataclass(frozen=True)
class SecondFactor:
    """What the provider asks beside the password, and where it is arranged."""

    required: bool
    enrolled: bool
    manage_url: str


@dataclass(frozen=True)
class Schools:
    """Everything that is open to whoever is signed in."""

    schools: tuple[OwnSchool, ...]
    operator: bool
    second_factor: SecondFactor

    def get(self, number: int) -> OwnSchool | None:
        return next((school for school in self.schools if school.number == number), None)


@dataclass(frozen=True)
class Filter:
    """Which pupils of a school: a search, and a choice from each of the four lists. Empty means all of them."""

    q: str = ""
    group: str = ""
    status: str = ""
    type: str = ""
    class_code: str = ""
    # "yes": only who said "Dit was ik niet".
    reported: str = ""

    def asked(self) -> dict[str, str]:
        """In the words of the API, which are also those of our own addresses."""
        words = {"class" if name == "class_code" else name: value for name, value in asdict(self).items()}
        return {name: value for name, value in words.items() if value}


@dataclass(frozen=True)
class ListedPupil:
    """One row of the list."""

    pupil_number: int
    given_name: str
    family_name: str
    group: str
    class_code: str
    status: str
    type: str
    reported: bool
    selected: bool


@dataclass(frozen=True)
class Choices:
    """What there is to filter by."""

    groups: tuple[str, ...]
    classes: tuple[str, ...]
    statuses: tuple[str, ...]
    types: tuple[str, ...]


@dataclass(frozen=True)
class PupilList:
    """One page of a school's pupils."""

    total: int
    page: int
    pages: int
    per_page: int
    selected_total: int
    reported_total: int
    rows: tuple[ListedPupil, ...]
    choices: Choices


@dataclass(frozen=True)
class Official:
    """As the state knows a pupil."""

    given_name: str
    family_name: str
    sex: str
    birth_date: date | None


@dataclass(frozen=True)
class HandedOut:
    on: date
    by: str


@dataclass(frozen=True)
class PupilAccount:
    """A pupil's LeerID, without any password."""

    username: str
    kind: str
    secret_kind: str
    must_choose_password: bool
    temporary_until: date | None
    email: str
    email_verified: bool
    created_on: date
    last_sign_in_on: date | None
    handed_out: HandedOut | None
    # "Dit was ik niet": somebody else may know the password.
    reported_on: date | None
    may_remove_email: bool
    may_renew: bool
    card_address: str


@dataclass(frozen=True)
class Pupil:
    """One pupil of a school."""

    pupil_number: int
    given_name: str
    family_name: str
    group: str
    class_code: str
    official: Official | None
    status: str
    type: str
    until: date
    account: PupilAccount | None
    may: frozenset[str]

    @property
    def name(self) -> str:
        """Voornaam Naam (R86)."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def may_edit(self) -> bool:
        return self.may_rename or self.may_renew or self.may_remove_email

    @property
    def may_rename(self) -> bool:
        return self.account is not None and "rename" in self.may

    @property
    def may_renew(self) -> bool:
        return self.account is not None and self.account.may_renew and "renew" in self.may

    @property
    def may_remove_email(self) -> bool:
        return self.account is not None and self.account.may_remove_email and "remove_email" in self.may

    @property
    def may_activate(self) -> bool:
        return self.account is None and self.status == "none" and "renew" in self.may

    @property
    def may_unlock(self) -> bool:
        return self.status == "protected" and "unlock" in self.may

    @property
    def may_print(self) -> bool:
        return self.account is not None and "print" in self.may

    @property
    def may_settle(self) -> bool:
        return self.account is not None and "settle" in self.may

    @property
    def is_basic(self) -> bool:
        """Who can't ask all data alone, so that the school hands it out (PR-13); an advanced pupil's is the pupil's own."""
        return self.account is None or self.account.kind == "basic"

    @property
    def may_hand_out(self) -> bool:
        return self.account is not None and "hand_out" in self.may


@dataclass(frozen=True)
class UsernameAnswer:
    """Whether a pupil may be called that, and if not, why: words of the API."""

    free: bool
    problems: tuple[str, ...]


def own_schools(api: IdpApi, token: str) -> Schools:
    return read(schools_from, api.get("/api/schools", token))


class SchoolApi:
    """The calls about one school, with one token."""

    def __init__(self, api: IdpApi, token: str, school_number: int) -> None:
        self.api = api
        self.token = token
        self.root = f"/api/schools/{school_number}"

    def pupils(self, which: Filter, *, sort: str, direction: str, page: int, per_page: int) -> PupilList:
        wanted = {
            **which.asked(),
            "sort": sort,
            "direction": direction,
            "page": page,
            "per_page": per_page,
        }
        return read(list_from, self.api.get(f"{self.root}/pupils", self.token, wanted))

    def select(self, *, add: Iterable[int] = (), remove: Iterable[int] = ()) -> int:
        """Answers how many are selected then."""
        return self.change_selection({"add": sorted(add), "remove": sorted(remove)})

    def select_all(self, which: Filter) -> int:
        """Everybody whom the filter lets through, on all pages."""
        whole = {"q": "", "group": "", "status": "", "type": "", "class": "", "reported": "", **which.asked()}
        return self.change_selection({"all_of": whole})

    def clear_selection(self) -> int:
        return self.change_selection({"clear": True})

    def change_selection(self, change: dict[str, Any]) -> int:
        answer = self.api.post(f"{self.root}/selection", self.token, change)
        return read(lambda said: int(said["selected_total"]), answer)

    def pupil(self, pupil_number: int) -> Pupil:
        return read(pupil_from, self.api.get(f"{self.root}/pupils/{pupil_number}", self.token))

    def username(self, candidate: str, pupil_number: int) -> UsernameAnswer:
        # Not `asked` away when it is empty: the API says what is wrong with that.
        wanted = {"candidate": candidate, "pupil": pupil_number}
        return read(username_from, self.api.get(f"{self.root}/usernames", self.token, wanted))

    def rename(self, pupil_number: int, username: str) -> str:
        answer = self.post(pupil_number, "username", {"username": username})
        return read(lambda said: str(said["username"]), answer)

    def unlock(self, pupil_number: int) -> None:
        self.post(pupil_number, "unlock")

    def hand_out(self, pupil_number: int, handed_out: bool) -> None:
        self.post(pupil_number, "handed-out", {"handed_out": handed_out})

    def settle_report(self, pupil_number: int) -> None:
        self.post(pupil_number, "report-settled")

    def data(self, pupil_number: int, form: str) -> PassedOn:
        """All that is kept about one pupil: `data.pdf` or `data.json`."""
        return self.api.file(f"{self.root}/pupils/{pupil_number}/{form}", self.token)

    def card(self, pupil_number: int) -> PassedOn:
        """The card without a password of one pupil."""
        return self.api.file(f"{self.root}/cards.pdf", self.token, {"pupils": pupil_number})

    def cards(self) -> PassedOn:
        """The cards without a password of everybody who is selected."""
        return self.api.file(f"{self.root}/cards.pdf", self.token, {"pupils": "selected"})

    def workbook(self, which: Filter, *, by_class: bool) -> PassedOn:
        """Excel, without passwords, of everybody whom the filter lets through."""
        wanted = {**which.asked(), "by_class": 1 if by_class else None}
        return self.api.file(f"{self.root}/pupils.xlsx", self.token, wanted)

    def post(self, pupil_number: int, what: str, body: Any = None) -> Any:
        return self.api.post(f"{self.root}/pupils/{pupil_number}/{what}", self.token, body)


def schools_from(answer: Any) -> Schools:
    factor = answer["second_factor"]
    return Schools(
        schools=tuple(map(school_from, answer["schools"])),
        operator=answer["operator"],
        second_factor=SecondFactor(factor["required"], factor["enrolled"], factor["manage_url"]),
    )


def school_from(answer: Any) -> OwnSchool:
    return OwnSchool(
        number=answer["number"],
        name=answer["name"],
        role=answer["role"],
        classes=None if answer["classes"] is None else tuple(answer["classes"]),
        pupils=answer["pupils"],
    )


def list_from(answer: Any) -> PupilList:
    filters = answer["filters"]
    return PupilList(
        total=answer["total"],
        page=answer["page"],
        pages=answer["pages"],
        per_page=answer["per_page"],
        selected_total=answer["selected_total"],
        reported_total=answer["reported_total"],
        rows=tuple(map(row_from, answer["rows"])),
        choices=Choices(
            groups=tuple(filters["groups"]),
            classes=tuple(filters["classes"]),
            statuses=tuple(filters["statuses"]),
            types=tuple(filters["types"]),
        ),
    )


def row_from(answer: Any) -> ListedPupil:
    return ListedPupil(
        pupil_number=answer["pupil_number"],
        given_name=answer["given_name"],
        family_name=answer["family_name"],
        group=answer["group"],
        class_code=answer["class"],
        status=answer["status"],
        type=answer["type"],
        reported=answer["reported"],
        selected=answer["selected"],
    )


def pupil_from(answer: Any) -> Pupil:
    official, account = answer["official"], answer["account"]
    return Pupil(
        pupil_number=answer["pupil_number"],
        given_name=answer["given_name"],
        family_name=answer["family_name"],
        group=answer["group"],
        class_code=answer["class"],
        official=official_from(official) if official else None,
        status=answer["status"],
        type=answer["type"],
        until=date.fromisoformat(answer["until"]),
        account=account_from(account) if account else None,
        may=frozenset(answer["may"]),
    )


def official_from(answer: Any) -> Official:
    return Official(
        given_name=answer["given_name"] or "",
        family_name=answer["family_name"] or "",
        sex=answer["sex"] or "",
        birth_date=date_or_none(answer["birth_date"]),
    )


def account_from(answer: Any) -> PupilAccount:
    handed_out = answer["handed_out"]
    return PupilAccount(
        username=answer["username"],
        kind=answer["kind"],
        secret_kind=answer["secret_kind"],
        must_choose_password=answer["must_choose_password"],
        temporary_until=day_of(answer["temporary_until"]) if answer["temporary_until"] else None,
        email=answer["email"] or "",
        email_verified=answer["email_verified"],
        created_on=date.fromisoformat(answer["created_on"]),
        last_sign_in_on=date_or_none(answer["last_sign_in_on"]),
        handed_out=handed_out_from(handed_out) if handed_out else None,
        reported_on=day_of(answer["reported_at"]) if answer["reported_at"] else None,
        may_remove_email=answer["may_remove_email"],
        may_renew=answer["may_renew"],
        card_address=answer["card_address"] or "",
    )


def handed_out_from(answer: Any) -> HandedOut:
    return HandedOut(day_of(answer["at"]), answer["by"])


def day_of(moment: str) -> date:
    """The day that it was, or will be, in the school."""
    return datetime.fromisoformat(moment).astimezone(BELGIUM).date()


def date_or_none(value: Any) -> date | None:
    return date.fromisoformat(value) if value else None


def username_from(answer: Any) -> UsernameAnswer:
    return UsernameAnswer(answer["free"], tuple(answer["problems"]))
