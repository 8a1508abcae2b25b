"""The queue's filters: each narrows the list, stays chosen in the open form, and lives in the address."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from portal import clock
from portal.acts.table import ASK, CLAIM
from portal.pages import queue_filters
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.portals import Portal
from tests.factories.reports import file_report

LIST = "/queues/general"


def change(portal: Portal, number: str, **values: object) -> None:
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.number == number).values(**values))


def shown(browser, **query: str) -> set[str]:
    page = browser.get(LIST, params=query).text
    for name, value in query.items():
        chosen = (
            f'<option value="{value}" selected' in page or f'id="field-{name}" name="{name}" value="{value}"' in page
        )
        assert chosen, (name, value)
    assert '<details class="filters" open>' in page
    return set(re.findall(r"data-row-link>(\w+)<", page))


def test_each_filter_narrows_the_list(portal: Portal) -> None:
    day = datetime(2026, 11, 20, 23, 59, tzinfo=clock.CHINA)
    names = ("plain", "system", "urgent", "soon", "late", "old", "asked")
    of = {name: file_report(portal.runtime).number for name in names if name != "system"}
    of["system"] = file_report(portal.runtime, previous_system="东软系统").number
    change(portal, of["urgent"], urgency=1)
    change(portal, of["soon"], next_due_at=clock.now() + timedelta(minutes=90))
    change(portal, of["late"], next_due_at=clock.now() - timedelta(minutes=5))
    change(portal, of["old"], submitted_at=day)
    asked = Desk(portal.runtime, of["asked"])
    asked.act(CLAIM)
    asked.act(ASK, fields=["form_name"])
    alice = portal.signed_in("alice")
    every = set(of.values())
    assert shown(alice, previous_system="东软系统") == {of["system"]}
    assert shown(alice, urgency="urgent") == {of["urgent"]}
    assert shown(alice, clock="due_soon") == {of["soon"], of["late"]}
    assert shown(alice, clock="overdue") == {of["late"]}
    assert shown(alice, since="2026-11-20", until="2026-11-20") == {of["old"]}
    assert shown(alice, until="2026-11-19") == set()
    assert shown(alice, since="2026-11-21", state="open") == every - {of["old"]}
    assert shown(alice, turn="clinic") == {of["asked"]}
    assert shown(alice, turn="us") == every - {of["asked"]}
    assert shown(alice, state="to_do", channel="yxt") == every - {of["asked"]}
    assert '快超时<span class="views__count">2</span>' in alice.get(LIST).text


@pytest.mark.parametrize(
    "given",
    [
        {"since": "2026-02-30"}, {"until": "9999-12-31"}, {"since": "0001-01-01"}, {"urgency": "0"}, {"clock": "x"},
        {"turn": "department"}, {"state": "x"}, {"channel": "fax"}, {"symptom": "'"},
    ],
)  # fmt: skip
def test_unknown_values_are_dropped(given: dict[str, str]) -> None:
    assert queue_filters.filters_of(given) == queue_filters.Filters()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_system_that_is_offered_no_more_stays_chosen(portal: Portal) -> None:
    number = file_report(portal.runtime, previous_system="某自研系统").number
    assert shown(portal.signed_in("alice"), previous_system="某自研系统") == {number}
