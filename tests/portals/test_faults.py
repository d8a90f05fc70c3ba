"""A desk tells the provider the number on each of its error pages, once and without being kept up by it."""

from __future__ import annotations

from sqlalchemy import select

from idp.accounts.records import Fault
from portals.kit import faults
from tests.portals.desks import Desks
from tests.support.browser import Visitor


def kept(desks: Desks) -> dict[str, tuple[str, int, str, str]]:
    with desks.provider.reading() as db:
        return {
            each.request_id: (each.application, each.status, each.reason, each.route)
            for each in db.scalars(select(Fault))
        }


def test_the_number_on_a_desks_page_is_known_to_the_provider(desks: Desks, visitor: Visitor) -> None:
    for desk in (desks.leerlingloket, desks.schoolloket):
        page = visitor.get(desk.origin + "/geheim?naam=amelie")
        assert page.status == 404
        assert kept(desks)[page.headers["X-Request-Id"]] == (desk.app.name, 404, "not-found", "-")
    assert len(kept(desks)) == 2


def test_a_fault_of_a_desk_is_told_with_the_pattern_of_its_address(desks: Desks, visitor: Visitor) -> None:
    def fault(name: str) -> str:
        raise RuntimeError(name)

    desks.schoolloket.app.add_url_rule("/fault/<name>", view_func=fault)
    page = visitor.get(desks.schoolloket.origin + "/fault/amelie")
    assert page.status == 500
    assert kept(desks) == {page.headers["X-Request-Id"]: ("schoolloket", 500, "fault", "/fault/<name>")}


def test_a_page_goes_out_whatever_comes_of_the_report_and_then_the_provider_is_left_alone(
    desks: Desks, visitor: Visitor
) -> None:
    desks.provider.unregister("schoolloket")
    assert visitor.get(desks.schoolloket.origin + "/nergens").status == 404
    reports: faults.Reports = desks.schoolloket.app.extensions["desk.faults"]
    assert not reports.may_try()
    assert kept(desks) == {}


def test_a_desk_tells_no_more_than_so_many_a_minute() -> None:
    reports = faults.Reports()
    assert [reports.may_try() for _ in range(faults.MOST_A_MINUTE + 5)].count(True) == faults.MOST_A_MINUTE


def test_nobody_is_told_while_the_provider_is_what_is_down(desks: Desks, visitor: Visitor) -> None:
    desks.provider.ports[0].close()
    page = visitor.get(desks.schoolloket.origin + "/login")
    assert page.status == 503
    assert page.headers["X-Request-Id"] in page.text
    reports: faults.Reports = desks.schoolloket.app.extensions["desk.faults"]
    assert reports.told == 0
