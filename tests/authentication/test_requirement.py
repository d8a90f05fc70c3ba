"""What a caller asks survives being parked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from idp.authentication.requirement import AskedBy, Requirement
from idp.rules.account_types import Strength


@pytest.mark.parametrize(
    "requirement",
    [
        Requirement(return_to="/authorize/resume/x"),
        Requirement(
            return_to="/authorize/resume/x",
            after=datetime(2026, 3, 2, 10, tzinfo=UTC),
            strength=Strength.PASSWORD,
            hint="ardalan.bhatti",
            account_id=uuid4(),
            asked_by=AskedBy("Rekenrijk", "/logo", "https://r.example/privacy", None),
            locales=("fr", "nl"),
            leads_to=("https://r.example",),
        ),
    ],
)
def test_a_requirement_comes_back_as_it_went(requirement: Requirement) -> None:
    assert Requirement.from_json(json.loads(json.dumps(requirement.to_json()))) == requirement
