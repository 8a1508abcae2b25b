"""50, 80 and 100 % of a clock: who is told, once, and only of the newest after a stop."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock, worker
from portal.acts.table import ASK, CLAIM, REPLY
from portal.clocks.models import TicketClock
from portal.escalation import clock_steps, own_alerts
from portal.notify.models import OutboxMessage
from tests.acts.desk import Desk
from tests.escalation.test_alerts import put_on_duty, raised, told
from tests.factories.cast import actor
from tests.factories.moments import move_clock


@pytest.fixture
def desk(portal):
    """Claimed by alice, while bob is on duty for the days to come."""
    made = Desk(portal.runtime)
    made.act(CLAIM)
    for days in (-0.1, 0.9, 1.9):
        put_on_duty(portal.runtime, "bob", "general", days=days)
    return made


def of_reply(desk):
    with desk.runtime.database.read() as session:
        rows = select(TicketClock).where(TicketClock.ticket_id == desk.ticket.id, TicketClock.clock == "replied")
        return session.scalars(rows).one()


def until(desk, monkeypatch, share, **more):
    """Let the clock stand at so much of the reply's time."""
    row = of_reply(desk)
    at = row.started_at + (row.due_at - row.started_at) * share / 100 + timedelta(**more)
    ahead = at - clock.now()
    move_clock(monkeypatch, seconds=ahead.total_seconds())


def only_reply(desk):
    """The other clocks of the ticket tell nothing here."""
    with desk.runtime.database.transaction() as session:
        rows = select(TicketClock).where(TicketClock.ticket_id == desk.ticket.id, TicketClock.clock != "replied")
        for row in session.scalars(rows):
            row.alert_at = None


def test_half_tells_the_owner_four_fifths_duty_too_and_the_whole_everybody(desk, monkeypatch):
    only_reply(desk)
    until(desk, monkeypatch, 50, seconds=-5)
    assert clock_steps.run(desk.runtime) == 0
    until(desk, monkeypatch, 50, seconds=1)
    assert (clock_steps.run(desk.runtime), clock_steps.run(desk.runtime)) == (1, 0)
    assert raised(desk.runtime) == [("clock-50", 1, "alice")]
    until(desk, monkeypatch, 80, seconds=1)
    assert clock_steps.run(desk.runtime) == 1
    assert [who for cause, _, who in raised(desk.runtime) if cause == "clock-80"] == ["alice", "bob"]
    until(desk, monkeypatch, 100, seconds=1)
    assert (clock_steps.run(desk.runtime), clock_steps.run(desk.runtime)) == (1, 0)
    late = {who for cause, _, who in raised(desk.runtime) if cause == "clock-100"}
    assert late == {"alice", "bob", "leo"}
    assert ("leo", "clock-100") in told(desk.runtime, desk.number)
    alice = actor(desk.runtime, "alice")
    with desk.runtime.database.read() as session:
        [waiting] = own_alerts.unacknowledged(session, alice.user_id, alice.queues)
    assert waiting.label == "回复超过时限"


def test_a_late_reply_is_told_once_and_not_by_two_names(desk, monkeypatch):
    only_reply(desk)
    until(desk, monkeypatch, 100, minutes=1)
    for _ in range(2):
        worker.run_once(desk.runtime)
    with desk.runtime.database.read() as session:
        events = list(session.scalars(select(OutboxMessage.event).where(OutboxMessage.ticket_number == desk.number)))
    assert (events.count("clock-100"), events.count("reply-overdue"), events.count("clock-50")) == (1, 0, 0)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_was_answered_or_waits_for_the_clinic_tells_nobody(desk, monkeypatch):
    asked = Desk(desk.runtime)
    asked.act(CLAIM)
    asked.act(ASK, fields=["form_name"])
    desk.act(REPLY, text="在看")
    for one in (desk, asked):
        only_reply(one)
    until(asked, monkeypatch, 100, hours=1)
    assert clock_steps.run(desk.runtime) == 0
    assert raised(desk.runtime) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_unowned_ticket_tells_duty_at_half(portal, monkeypatch):
    desk = Desk(portal.runtime)
    put_on_duty(portal.runtime, "bob", "general", hours=1)
    only_reply(desk)
    until(desk, monkeypatch, 50, seconds=1)
    assert clock_steps.run(portal.runtime) == 1
    assert raised(portal.runtime) == [("clock-50", 1, "bob")]


def test_any_number_of_workers_tell_of_a_share_once(desk, monkeypatch):
    only_reply(desk)
    until(desk, monkeypatch, 80, seconds=1)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: clock_steps.run(desk.runtime), range(4))) == 1
    assert {(cause, who) for cause, _, who in raised(desk.runtime)} == {("clock-80", "alice"), ("clock-80", "bob")}
