"""What somebody types where a name or a number belongs may be a secret: no table and no log keeps it (SECURITY D-9)."""

import pytest
from sqlalchemy import select

from portal.accounts.limiter import RateLimit
from portal.accounts.models import AttemptCounter
from tests.factories import people
from tests.factories.portals import post

NUMBER, PASSWORD = people.id_number(seed=8123), "Typed#Wrong-Box77"


def counters(portal) -> list[str]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(AttemptCounter.key)))


@pytest.mark.parametrize("typed", [NUMBER, PASSWORD, f"{NUMBER}x张工"])
def test_what_is_typed_as_a_name_is_counted_but_not_kept(portal, typed):
    browser = portal.browser()
    for _ in range(2):
        assert post(browser, "/sign-in", "/sign-in", username=typed, password="Fake#Pw1234567").status_code == 422
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AttemptCounter).where(AttemptCounter.key.like("sign-in-name|%"))).all()
    assert [row.count for row in rows] == [2]
    assert typed.lower() not in rows[0].key.lower() and len(rows[0].key) == len("sign-in-name|?") + 3 + len(
        "|127.0.0.1"
    )


def test_an_id_number_typed_as_a_ticket_number_is_not_kept(portal):
    page = post(portal.browser(), "/track", "/track", number=NUMBER, query_code="2345-6789-AB")
    assert page.status_code == 422  # it has not the shape of a number, which is no guess
    answer = portal.browser().post("/api/v1/track", json={"number": NUMBER, "query_code": "2345-6789-AB"})
    assert answer.status_code == 404
    assert NUMBER not in "".join(counters(portal))


def test_names_addresses_and_ticket_numbers_are_counted_each_for_itself():
    limit = RateLimit("test", most=1, minutes=1)
    for subject in ("alice", "10.0.0.9", "RC2026110001", "6e2f0b9e-9c0f-4c37-8a63-0c9d1c2d3e4f"):
        assert limit.key(subject) == f"test|{subject}"


def test_an_id_number_in_an_address_does_not_reach_the_log(portal, caplog):
    alice = portal.signed_in("alice")
    with caplog.at_level("INFO", "portal.access"):
        assert alice.get(f"/tickets/{NUMBER}").status_code == 404
        assert alice.get("/tickets/RC2026110001").status_code == 404
    said = [record.getMessage() for record in caplog.records if record.name == "portal.access"]
    assert NUMBER not in "".join(said)
    assert " GET /tickets/*** 404 " in said[0] and " GET /tickets/RC2026110001 404 " in said[1]
