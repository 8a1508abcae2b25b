"""Alerts: who, in which step, once; an acknowledgement stops the steps; a long stop raises only the newest."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import User
from portal.acts.table import CLAIM, URGENCY
from portal.errors import NotFoundError
from portal.escalation import alerts, due_steps, duty, own_alerts
from portal.escalation.models import Alert, AlertSeries, DutyShift
from portal.notify.models import StaffNotice
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.moments import move_clock


@pytest.fixture
def desk(portal):
    return Desk(portal.runtime)


def put_on_duty(runtime, name, queue=None, **ahead):
    """On duty from an hour ago for a day, or from `ahead` on."""
    starts_at = clock.now() + timedelta(**ahead or {"hours": -1})
    with runtime.database.transaction() as session:
        user = session.scalars(select(User).where(User.username == name)).one()
        session.add(DutyShift(user_id=user.id, queue=queue, starts_at=starts_at, ends_at=starts_at + timedelta(days=1)))


def disable(runtime, *names):
    with runtime.database.transaction() as session:
        session.execute(update(User).where(User.username.in_(names)).values(is_active=False))


def raised(runtime):
    """Cause, step and name of every alert, in order."""
    rows = (
        select(AlertSeries.cause, Alert.step, User.username)
        .join(Alert, Alert.series_id == AlertSeries.id)
        .join(User, User.id == Alert.to_user_id)
        .order_by(Alert.step, User.username)
    )
    with runtime.database.read() as session:
        return [tuple(row) for row in session.execute(rows)]


def told(runtime, number):
    """Who has which unseen notice of a ticket."""
    rows = select(User.username, StaffNotice.event).join(User, User.id == StaffNotice.user_id)
    with runtime.database.read() as session:
        found = session.execute(rows.where(StaffNotice.number == number, StaffNotice.seen_at.is_(None)))
        return {tuple(row) for row in found}


def make_critical(desk):
    desk.act(URGENCY, "leo", urgency="critical", reason="全院停摆")


def test_a_critical_ticket_reaches_duty_then_the_leads_then_the_leads_again(desk, monkeypatch):
    put_on_duty(desk.runtime, "bob", "general")
    make_critical(desk)
    assert raised(desk.runtime) == [("critical", 1, "bob")]
    assert ("bob", "critical") in told(desk.runtime, desk.number)
    move_clock(monkeypatch, minutes=14)
    assert due_steps.run(desk.runtime) == 0
    move_clock(monkeypatch, minutes=2)
    assert (due_steps.run(desk.runtime), due_steps.run(desk.runtime)) == (1, 0)
    assert raised(desk.runtime)[1:] == [("critical", 2, "leo")]
    assert ("leo", "unacknowledged") in told(desk.runtime, desk.number)
    move_clock(monkeypatch, minutes=30)
    assert (due_steps.run(desk.runtime), due_steps.run(desk.runtime)) == (1, 0)
    assert raised(desk.runtime)[2:] == [("critical", 3, "leo")]
    move_clock(monkeypatch, days=3)
    assert due_steps.run(desk.runtime) == 0


def test_an_acknowledgement_stops_the_steps(desk, monkeypatch):
    put_on_duty(desk.runtime, "bob")
    make_critical(desk)
    with desk.runtime.database.transaction() as session:
        alert = session.scalars(select(Alert)).one()
        series = alerts.acknowledge(session, actor(desk.runtime, "bob"), alert.id)
    assert (series.step, series.next_at) == (1, None)
    move_clock(monkeypatch, days=1)
    assert due_steps.run(desk.runtime) == 0
    assert raised(desk.runtime) == [("critical", 1, "bob")]
    assert [row.tag for row in desk.rows()].count("alert:acknowledge") == 1
    with desk.runtime.database.transaction() as session:
        alerts.acknowledge(session, actor(desk.runtime, "bob"), alert.id)
    assert [row.tag for row in desk.rows()].count("alert:acknowledge") == 1


def test_a_ticket_that_is_critical_again_goes_on_with_the_step_that_nobody_answered(desk, monkeypatch):
    put_on_duty(desk.runtime, "bob")
    make_critical(desk)
    desk.act(URGENCY, "leo", urgency="urgent", reason="先降一级")
    move_clock(monkeypatch, minutes=16)
    assert due_steps.run(desk.runtime) == 0
    make_critical(desk)
    assert raised(desk.runtime) == [("critical", 1, "bob")]
    move_clock(monkeypatch, minutes=16)
    assert due_steps.run(desk.runtime) == 1
    assert raised(desk.runtime)[1:] == [("critical", 2, "leo")]


def test_only_who_was_alerted_acknowledges(desk):
    put_on_duty(desk.runtime, "bob")
    make_critical(desk)
    with desk.runtime.database.transaction() as session, pytest.raises(NotFoundError):
        alerts.acknowledge(session, actor(desk.runtime, "leo"), session.scalars(select(Alert)).one().id)


def test_with_nobody_on_duty_the_leads_are_alerted_and_with_none_the_administrators(desk):
    make_critical(desk)
    assert raised(desk.runtime) == [("critical", 1, "leo")]
    other = Desk(desk.runtime)
    disable(desk.runtime, "leo")
    other.act(URGENCY, "alice", urgency="critical", reason="全院停摆")
    assert [who for who in told(desk.runtime, other.number) if who[1] in ("critical", "no-lead")] == [
        ("ada", "no-lead")
    ]


def test_a_disabled_persons_shift_counts_as_empty(desk):
    put_on_duty(desk.runtime, "bob")
    disable(desk.runtime, "bob")
    make_critical(desk)
    assert raised(desk.runtime) == [("critical", 1, "leo")]


def test_a_long_stop_raises_only_the_newest_step(desk, monkeypatch):
    put_on_duty(desk.runtime, "bob")
    make_critical(desk)
    move_clock(monkeypatch, days=7)
    assert (due_steps.run(desk.runtime), due_steps.run(desk.runtime)) == (1, 0)
    assert raised(desk.runtime)[1:] == [("critical", 3, "leo")]


def test_any_number_of_workers_raise_a_step_once(desk, monkeypatch):
    make_critical(desk)
    move_clock(monkeypatch, minutes=16)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: due_steps.run(desk.runtime), range(4))) == 1
    assert [one for one in raised(desk.runtime) if one[1] == 2] == [("critical", 2, "leo")]


def test_a_ticket_that_is_no_longer_critical_or_has_ended_alerts_nobody(desk, monkeypatch):
    make_critical(desk)
    desk.act(URGENCY, "leo", urgency="normal", reason="已恢复供电")
    other = Desk(desk.runtime)
    other.act(URGENCY, "leo", urgency="critical", reason="全院停摆")
    other.act(CLAIM)
    other.void()
    move_clock(monkeypatch, minutes=16)
    assert due_steps.run(desk.runtime) == 0
    assert [step for _, step, _ in raised(desk.runtime)] == [1, 1]
    leo = actor(desk.runtime, "leo")
    with desk.runtime.database.read() as session:
        assert own_alerts.unacknowledged(session, leo.user_id, leo.queues) == []


def test_a_clock_that_leaps_raises_nothing_before_its_time(desk, monkeypatch):
    make_critical(desk)
    with monkeypatch.context() as patch:
        move_clock(patch, days=-2)
        assert due_steps.run(desk.runtime) == 0
    move_clock(monkeypatch, minutes=16)
    assert (due_steps.run(desk.runtime), due_steps.run(desk.runtime)) == (1, 0)


def test_a_persons_list_holds_the_newest_step_of_each(desk, monkeypatch):
    make_critical(desk)
    for minutes in (16, 31):
        move_clock(monkeypatch, minutes=minutes)
        due_steps.run(desk.runtime)
    leo = actor(desk.runtime, "leo")
    with desk.runtime.database.read() as session:
        [waiting] = own_alerts.unacknowledged(session, leo.user_id, leo.queues)
        first = own_alerts.raised_to(session, leo.user_id, leo.queues, None, 2)
        before = own_alerts.place_of(session, leo.user_id, first[-1].alert.id)
        last = own_alerts.raised_to(session, leo.user_id, leo.queues, before, 2)
    assert (waiting.alert.step, waiting.label, waiting.is_repeated) == (3, "特急", True)
    assert [one.alert.step for one in (*first, *last)] == [3, 2, 1]


def test_somebody_with_two_shifts_is_alerted_once(desk):
    put_on_duty(desk.runtime, "bob")
    put_on_duty(desk.runtime, "bob", "general")
    put_on_duty(desk.runtime, "hanna", "his")
    make_critical(desk)
    assert raised(desk.runtime) == [("critical", 1, "bob")]
    with desk.runtime.database.read() as session:
        assert [user.username for user in duty.on_duty(session, "his", clock.now())] == ["hanna"]
