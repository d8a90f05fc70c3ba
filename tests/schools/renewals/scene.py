"""A school, a beheerder and what they ask, without HTTP: the rooms below it are what these tests are about."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from idp.accounts.credentials import Vault
from idp.accounts.records import Account
from idp.accounts.secret import Secret
from idp.database import writing
from idp.schools.appointments import Role
from idp.schools.permissions import Actor
from idp.schools.records import Renewal, RenewedPupil
from idp.schools.renewals import finding, proposing, saving, seeds
from idp.schools.renewals.means import Means
from idp.schools.renewals.proposing import Wish
from idp.schools.renewals.purposes import BasicSecret, Purpose
from idp.schools.renewals.saving import Step
from idp.settings import Pictures, Staff
from tests.support.provider import Provider

SCHOOL = 2
REQUEST = "ABCDE-FGHJK"


class Premises(Provider):
    """A provider without its doors: with an engine of its own instead of an application's."""

    def __init__(self, folder: Path, database_url: str, keys_directory: Path, engine: Engine) -> None:
        super().__init__(folder, database_url, keys_directory, {})
        self.__dict__["engine"] = engine


def at_once() -> bool:
    """Enough after the first pupil of each of the two threads."""
    return True


def never() -> bool:
    return False


@dataclass(frozen=True)
class Scene:
    """`propose(...)`, `save(...)` and what came of it."""

    provider: Provider
    actor: Actor
    means: Means

    def propose(
        self,
        pupils: Collection[int],
        purpose: Purpose = Purpose.RENEWAL,
        basic_secret: BasicSecret = BasicSecret.SAME,
        new_username: str | None = None,
    ) -> UUID:
        wish = Wish(purpose, tuple(pupils), basic_secret, new_username)
        now = self.means.clock()
        with self.session() as db:
            proposal = proposing.look_up(db, self.actor, wish, now)
            renewal_id = proposing.store(db, self.means, self.actor, proposal, now).id
            db.commit()
        return renewal_id

    def begin(self, renewal: UUID, ticked: Collection[int] | None = None) -> None:
        with self.session() as db:
            saving.begin(db, self.means, self.actor, renewal, ticked, self.means.clock())

    def step(self, renewal: UUID, enough: Callable[[], bool] = never) -> Step:
        with self.session() as db:
            step = saving.advance(db, self.means, self.actor, renewal, self.means.clock(), enough)
            db.commit()
        return step

    def save(self, renewal: UUID, ticked: Collection[int] | None = None) -> Step:
        """To the end."""
        self.begin(renewal, ticked)
        step = self.step(renewal)
        while step.progress.done < step.progress.total:
            step = self.step(renewal)
        return step

    def renew(self, pupils: Collection[int], *wish: Any, **more: Any) -> UUID:
        renewal = self.propose(pupils, *wish, **more)
        self.save(renewal)
        return renewal

    def find(self, renewal: UUID) -> Renewal:
        with self.session() as db:
            return finding.renewal_of(db, self.means, self.actor, renewal, self.means.clock())

    def passwords(self, renewal: UUID) -> dict[int, Secret]:
        """What it makes for everybody who isn't left out."""
        with self.session() as db:
            found = db.get_one(Renewal, renewal)
            seed = seeds.seed_of(self.means.ring, found)
            length = self.means.pictures.length
            return {
                entry.pupil_number: seeds.password_of(seed, entry, length)
                for entry in finding.pupils_in(db, renewal)
                if entry.left_out is None
            }

    def entries(self, renewal: UUID) -> dict[int, RenewedPupil]:
        with self.session() as db:
            return {entry.pupil_number: entry for entry in finding.pupils_in(db, renewal)}

    def reasons(self, renewal: UUID) -> dict[int, str | None]:
        return {number: entry.left_out for number, entry in self.entries(renewal).items()}

    def account(self, account_id: UUID) -> Account:
        with self.session() as db:
            return db.get_one(Account, account_id)

    def account_of(self, renewal: UUID, pupil_number: int) -> Account:
        account_id = self.entries(renewal)[pupil_number].account_id
        assert account_id is not None
        return self.account(account_id)

    def opens(self, account: Account, secret: Secret) -> bool:
        return self.means.vault.check(account.sealed_secret, secret, account.id, account.secret_kind).ok

    def change(self, account_id: UUID, **values: Any) -> None:
        with self.session() as db:
            writing(db)
            account = db.get_one(Account, account_id)
            for name, value in values.items():
                setattr(account, name, value)
            db.commit()

    def count(self, record: type[Any], *conditions: Any) -> int:
        with self.session() as db:
            return db.scalar(select(func.count()).select_from(record).where(*conditions)) or 0

    def as_colleague(self, **changed: Any) -> Scene:
        return replace(self, actor=replace(self.actor, **changed))

    def session(self) -> closing[Session]:
        return closing(Session(self.provider.engine, expire_on_commit=False))


def scene_at(provider: Provider, *, staff: Staff | None = None, pictures: Pictures | None = None) -> Scene:
    """A beheerder of the school, who just signed in."""
    provider.people.school(SCHOOL)
    beheerder = provider.people.staff(school=SCHOOL)
    actor = Actor(beheerder.account_id, "this sign-in", SCHOOL, Role.BEHEERDER, None)
    settings = provider.settings
    means = Means(
        Vault(provider.keys.sealing, settings.hashing),
        provider.clock,
        staff or settings.staff,
        pictures or settings.pictures,
        REQUEST,
    )
    return Scene(provider, actor, means)
