"""Who is stopped by wrong numbers and codes, and who is not; page and API count together."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.accounts import limiter
from portal.accounts.models import AttemptCounter
from portal.tickets.models import Ticket
from portal.tickets.numbering import hash_code
from portal.tracking import access
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report

COUNTY, ELSEWHERE = "192.0.2.7", "198.51.100.9"
WRONG_CODE = "AAAA-BBBB-CC"


def at_page(browser: Any, number: str, code: str) -> Any:
    return post(browser, "/track", "/track", number=number, query_code=code)


def by_api(browser: Any, number: str, code: str) -> Any:
    return browser.post("/api/v1/track", json={"number": number, "query_code": code})


DOORS = pytest.mark.parametrize("door", [at_page, by_api])


def numbers(most: int) -> list[str]:
    return [f"RC20261199{n:02d}" for n in range(most)]


@DOORS
def test_slips_of_many_clinics_do_not_stop_the_address_that_they_share(portal: Portal, door: Any) -> None:
    """Thirty clinics of a county each mistype their code twice and then give the right one."""
    receipts = [file_report(portal.runtime) for _ in range(3)]
    for n in range(30):
        receipt = receipts[n % 3]
        for code in (WRONG_CODE, WRONG_CODE, receipt.query_code):
            answer = door(portal.browser(COUNTY), receipt.number, code)
        assert answer.status_code == 200


@DOORS
def test_an_address_is_stopped_for_many_different_numbers_in_vain(portal: Portal, door: Any) -> None:
    receipt = file_report(portal.runtime)
    for number in numbers(access.ADDRESS_LIMIT.most):
        assert door(portal.browser(COUNTY), number, WRONG_CODE).status_code == 404
    assert door(portal.browser(COUNTY), receipt.number, receipt.query_code).status_code == 429
    assert door(portal.browser(ELSEWHERE), receipt.number, receipt.query_code).status_code == 200


def test_slips_at_one_number_stop_that_number_at_that_address_only(portal: Portal) -> None:
    mine, other = file_report(portal.runtime), file_report(portal.runtime)
    for _ in range(access.PLACE_LIMIT.most):
        assert by_api(portal.browser(COUNTY), mine.number, WRONG_CODE).status_code == 404
    assert by_api(portal.browser(COUNTY), mine.number, mine.query_code).status_code == 429
    assert by_api(portal.browser(COUNTY), other.number, other.query_code).status_code == 200
    assert by_api(portal.browser(ELSEWHERE), mine.number, mine.query_code).status_code == 200


def test_page_and_api_count_together(portal: Portal) -> None:
    receipt = file_report(portal.runtime)
    for n in range(access.PLACE_LIMIT.most):
        door = at_page if n % 2 else by_api
        assert door(portal.browser(COUNTY), receipt.number, WRONG_CODE).status_code == 404
    for door in (at_page, by_api):
        assert door(portal.browser(COUNTY), receipt.number, receipt.query_code).status_code == 429


def test_a_number_is_guarded_against_many_addresses(portal: Portal) -> None:
    receipt = file_report(portal.runtime)
    for n in range(access.NUMBER_LIMIT.most):
        assert by_api(portal.browser(f"203.0.113.{n}"), receipt.number, WRONG_CODE).status_code == 404
    assert by_api(portal.browser(ELSEWHERE), receipt.number, receipt.query_code).status_code == 429


def stop_everywhere(portal: Portal, number: str) -> None:
    """Others try the number until it is stopped, and the address until it is stopped."""
    for other in (number, *numbers(access.ADDRESS_LIMIT.most + 1)):
        by_api(portal.browser(COUNTY), other, WRONG_CODE)
    with portal.runtime.database.transaction() as session:
        for _ in range(access.NUMBER_LIMIT.most):
            limiter.count(session, access.NUMBER_LIMIT, number)


def test_a_browser_that_had_opened_the_number_is_not_stopped_by_others(portal: Portal) -> None:
    receipt = file_report(portal.runtime)
    known, stranger = portal.browser(COUNTY), portal.browser(COUNTY)
    assert at_page(known, receipt.number, receipt.query_code).status_code == 200
    stop_everywhere(portal, receipt.number)
    assert at_page(stranger, receipt.number, receipt.query_code).status_code == 429
    assert at_page(known, receipt.number, receipt.query_code).status_code == 200
    for _ in range(access.PLACE_LIMIT.most):  # its own slips count
        assert at_page(known, receipt.number, WRONG_CODE).status_code == 404
    assert at_page(known, receipt.number, receipt.query_code).status_code == 429


def test_what_a_browser_remembers_ends_with_the_code_and_opens_nothing(portal: Portal) -> None:
    receipt, other = file_report(portal.runtime), file_report(portal.runtime)
    known = portal.browser(COUNTY)
    at_page(known, receipt.number, receipt.query_code)
    cookie = known.cookies["portal_opened"]
    assert receipt.query_code not in cookie and receipt.number not in cookie
    thief = portal.browser(COUNTY)
    thief.cookies.set("portal_opened", cookie)
    assert thief.get(f"/track/{receipt.number}").status_code == 303
    with portal.runtime.database.transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == receipt.number)).one()
        ticket.query_code_hash = hash_code(portal.runtime.vault, "NEWC-ODEX-22")
    stop_everywhere(portal, receipt.number)
    assert at_page(known, receipt.number, "NEWC-ODEX-22").status_code == 429
    assert at_page(known, other.number, other.query_code).status_code == 429


def test_a_right_code_writes_nothing_unless_there_were_slips(portal: Portal) -> None:
    receipt = file_report(portal.runtime)

    def counters() -> dict[str, int]:
        with portal.runtime.database.read() as session:
            rows = session.scalars(select(AttemptCounter))
            return {row.key: row.count for row in rows if row.key.startswith("track")}

    by_api(portal.browser(COUNTY), receipt.number, receipt.query_code)
    assert counters() == {}
    for _ in range(3):
        by_api(portal.browser(COUNTY), receipt.number, WRONG_CODE)
    assert counters()[f"track-address|{COUNTY}"] == 1
    by_api(portal.browser(COUNTY), receipt.number, receipt.query_code)
    assert counters() == {f"track-address|{COUNTY}": 0, f"track-number|{receipt.number}": 3}


@pytest.mark.parametrize(
    ("until", "told"),
    [("2026-11-28T06:30:00", "14:30"), ("2026-11-28T06:30:01", "14:31"), ("2026-11-28T06:30:59.9", "14:31"),
     ("2026-11-28T15:59:30", "00:00")],
)  # fmt: skip
def test_whoever_obeys_the_time_that_is_told_is_let_in(until: str, told: str) -> None:
    moment = datetime.fromisoformat(until).replace(tzinfo=UTC)
    assert limiter.too_many(moment, "请在 {at} 以后再试").message == f"请在 {told} 以后再试"


def test_the_seconds_are_never_fewer_than_what_is_left() -> None:
    refusal = limiter.too_many(clock.now() + timedelta(seconds=9.3), "{at}")
    assert refusal.retry_after == 10


@pytest.mark.parametrize("phone", ["", "0635-1234567", "{0635}"])
def test_a_phone_is_named_only_if_there_is_one(portal: Portal, phone: str) -> None:
    portal.change_settings(support_phone=phone)
    receipt = file_report(portal.runtime)
    for _ in range(access.PLACE_LIMIT.most):
        by_api(portal.browser(COUNTY), receipt.number, WRONG_CODE)
    title = by_api(portal.browser(COUNTY), receipt.number, WRONG_CODE).json()["title"]
    assert title.endswith(f"，或拨打服务电话 {phone}" if phone else "以后再试")
