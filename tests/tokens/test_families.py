"""Families: how they end, and who is told."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.database import utc_now, writing
from idp.tokens import families
from idp.tokens.records import GrantFamily
from tests.tokens.rows import family, signed_in

NOW = utc_now()


def test_ending_a_session_ends_what_lives_no_longer_than_it_and_names_every_application(db: Session) -> None:
    who, somebody_else = signed_in(db, NOW), signed_in(db, NOW)
    writing(db)
    online = family(db, who, NOW, client_id="rekenapp", sid="r" * 43)
    family(db, who, NOW, client_id="rekenapp", sid="r" * 43)  # signed in twice: told once
    offline = family(db, who, NOW, client_id="leesapp", sid="l" * 43, offline=True)
    other = family(db, somebody_else, NOW, client_id="rekenapp")
    db.commit()
    writing(db)
    ended = families.end_session(db, who.session_digest, NOW)
    db.commit()
    assert [(each.client_id, each.sid, each.account_id) for each in ended] == [
        ("leesapp", "l" * 43, who.account_id),
        ("rekenapp", "r" * 43, who.account_id),
    ]
    revoked = {each.id: each.revoked_at for each in db.scalars(select(GrantFamily))}
    assert revoked[online] == NOW
    assert revoked[offline] is None
    assert revoked[other] is None


def test_PR_20_ending_an_application_s_access_ends_all_its_families(db: Session) -> None:
    who = signed_in(db, NOW)
    writing(db)
    family(db, who, NOW, client_id="rekenapp")
    family(db, who, NOW, client_id="rekenapp", offline=True)
    family(db, who, NOW, client_id="leesapp")
    assert families.revoke_application(db, who.account_id, "rekenapp", NOW) == 2
    assert families.revoke_application(db, who.account_id, "rekenapp", NOW) == 0
