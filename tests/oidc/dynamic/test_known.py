"""What is remembered of applications that registered themselves, and for how long."""

from __future__ import annotations

from idp.oidc.client import Client
from idp.oidc.dynamic import known
from idp.oidc.dynamic.known import Known


class Rows:
    """A table with one application, that counts who looks."""

    def __init__(self) -> None:
        self.client: Client | None = Client("dyn-1", "Leesrijk", (), ())
        self.looks = 0
        self.now = 0.0

    def look_up(self, client_id: str) -> Client | None:
        self.looks += 1
        return self.client if client_id == "dyn-1" else None

    def clock(self) -> float:
        return self.now


def test_one_look_serves_for_a_while_and_finding_none_too() -> None:
    rows = Rows()
    memory = Known(rows.look_up, 5, rows.clock)
    for _ in range(10):
        assert memory.get("dyn-1") is rows.client
        assert memory.get("dyn-2") is None
    assert rows.looks == 2


def test_CV_07_after_those_seconds_it_is_looked_up_again() -> None:
    rows = Rows()
    memory = Known(rows.look_up, 5, rows.clock)
    assert memory.get("dyn-1")
    rows.client, rows.now = None, 4.9
    assert memory.get("dyn-1")
    rows.now = 5
    assert memory.get("dyn-1") is None


def test_what_is_forgotten_is_looked_up_at_once() -> None:
    rows = Rows()
    memory = Known(rows.look_up, 5, rows.clock)
    assert memory.get("dyn-1")
    rows.client = None
    memory.forget("dyn-1")
    assert memory.get("dyn-1") is None


def test_made_up_names_fill_no_memory() -> None:
    rows = Rows()
    memory = Known(rows.look_up, 5, rows.clock)
    for each in range(known.MOST + 10):
        memory.get(f"dyn-{each}")
    assert len(memory.found) <= known.MOST
