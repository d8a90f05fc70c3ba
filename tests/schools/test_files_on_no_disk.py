"""Passwords on their way into a file to print: no disk sees them, so a process that dies leaves none there (PW-17)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from idp.schools.cards import one_card, sheets
from idp.schools.workbook import mail_merge, workbook
from tests.schools.printing import a_card, a_row


@pytest.fixture(autouse=True)
def without_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wants one fails."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "is-not-there"))


def test_PW_17_a_workbook_is_made_in_memory() -> None:
    assert workbook([a_row(), a_row(class_code="6A")], by_class=True).startswith(b"PK")


def test_PW_17_cards_and_the_mail_merge_are_made_in_memory() -> None:
    assert one_card(a_card(pictures=True, password="123456")).startswith(b"%PDF")
    assert sheets([a_card(), a_card()], "5EM").startswith(b"%PDF")
    assert b"qxu7Benc" in mail_merge([a_row()])
