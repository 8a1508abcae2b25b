"""Days, or a year, of alerts with workers that are killed: every step that was due is raised once, at its moment.

The gate simulates some days; `SIMULATED_DAYS=365` with `-o faulthandler_timeout=0` the whole year.
"""

import os
from collections import Counter

import pytest
from sqlalchemy import delete, func, select

from portal.escalation.models import AlertSeries
from portal.notify.models import OutboxMessage
from tests.escalation.simulation import simulate
from tests.factories.reports import file_report

DAYS = int(os.environ.get("SIMULATED_DAYS", "6"))
A_DAY = 4
pytestmark = pytest.mark.xdist_group("faults")


@pytest.fixture
def numbers(portal):
    return [file_report(portal.runtime).number for _ in range(4)]


def messages(runtime):
    with runtime.database.read() as session:
        rows = select(OutboxMessage.event, func.count()).group_by(OutboxMessage.event)
        return Counter(dict([(event, count) for event, count in session.execute(rows)]))


def test_every_due_step_is_raised_once_though_workers_are_killed(portal, numbers, monkeypatch):
    year = simulate(portal.runtime, monkeypatch, numbers, days=DAYS, a_day=A_DAY, workers=3, kill_share=0.3)
    found, expected = year.found(), year.expected()
    print(f"{DAYS} days, {year.ticks} ticks, {year.kills} kills, {len(expected)} steps")
    assert len(found) == len(set(found))
    assert set(found) == expected
    told = messages(portal.runtime)
    assert told["critical"] == len(year.raised) == DAYS * A_DAY
    assert told["unacknowledged"] == len(expected) - len(year.raised)
    assert year.kills >= DAYS


def test_one_worker_and_four_write_the_same_rows(portal, numbers, monkeypatch):
    days = min(DAYS, 30)
    alone = simulate(portal.runtime, monkeypatch, numbers, days=days, a_day=A_DAY, workers=1, seed=7)
    of_one = sorted(alone.found())
    with portal.runtime.database.transaction() as session:
        session.execute(delete(AlertSeries))
    together = simulate(portal.runtime, monkeypatch, numbers, days=days, a_day=A_DAY, workers=4, seed=7)
    assert sorted(together.found()) == of_one
    assert set(of_one) == alone.expected()
