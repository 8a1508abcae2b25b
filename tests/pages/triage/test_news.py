"""What changed since a queue was opened: a small answer that changes nothing and shows nothing of foreign queues."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal import clock
from portal.acts.table import CLAIM, URGENCY
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def news(browser, **query: str):
    answer = browser.get("/account/news", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store" and len(answer.content) < 2000
    return answer.json()


def test_it_counts_what_is_new_and_names_what_presses(portal: Portal) -> None:
    old = Desk(portal.runtime)
    alice = portal.signed_in("alice")
    since = clock.now().isoformat()
    answer = news(alice, queue="general", since=since)
    assert (answer["new"], answer["pressing"], answer["to_do"]) == (0, [], {"general": 1})
    file_report(portal.runtime)
    file_report(portal.runtime, kind="his")
    old.act(CLAIM)
    old.act(URGENCY, urgency="urgent", reason="停诊")
    answer = news(alice, queue="general", since=since)
    assert (answer["new"], answer["pressing"], answer["my_turn"]) == (1, [old.number], {"general": 1})


def test_what_became_overdue_presses_too(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(next_due_at=clock.now() - timedelta(minutes=1)))
    answer = news(portal.signed_in("alice"), queue="general", since=clock.now().isoformat())
    assert answer["pressing"] == [desk.number]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("since", ["", "x", "2026-11-27", "9999-12-31T23:59:59+00:00", "2026-11-27T10:00:00"])
def test_an_unreadable_moment_gives_the_counts_only(portal: Portal, since: str) -> None:
    assert "new" not in news(portal.signed_in("alice"), queue="general", since=since)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_foreign_queue_gives_nothing(portal: Portal) -> None:
    file_report(portal.runtime)
    answer = news(portal.signed_in("hanna"), queue="general", since="2026-01-01T00:00:00+08:00")
    assert answer == {"to_do": {"his": 0}, "my_turn": {}, "notices": 0, "approvals": 0}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nobody_reads_it_without_a_session(portal: Portal) -> None:
    assert portal.browser().get("/account/news").status_code in (303, 401)
