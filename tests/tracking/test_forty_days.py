"""Forty days without a word of any clinic: nothing waits for ever, and every step is done once (DESK 1.8)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from portal import clock, demo, worker
from portal.acts import promises_due
from portal.acts.promises import PROMISE
from portal.acts.table import ASK, ASK_VOID, CLAIM, RESOLVE
from portal.assembly import make_runtime
from portal.disclosure import break_glass
from portal.escalation.models import Alert, AlertSeries
from portal.escalation.reporting import ESCALATE
from portal.notify.delivery import Dispatcher
from portal.supplements import reminders
from portal.tickets.models import Promise, Ticket, TimelineEntry
from portal.tracking import unconfirmed
from portal.vault.models import DataKey, SealedValue
from portal.vault.vault import CREDENTIALS
from portal.watch import clock_doubt
from tests.acts.desk import Desk
from tests.factories.cast import actor

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in China
DAY = timedelta(days=1)
ONCE = ("remind_confirmation", "lapse_confirmation", "promise_near", "promise_missed", "remind", "lapse")


def sample(runtime, start):
    """Tickets that wait for their clinic, each with something else that puts its end off."""
    plain, promised, called, voiding, put_up, looked_at, asked = (Desk(runtime) for _ in range(7))
    for desk in (plain, promised, called, voiding, put_up, looked_at, asked):
        desk.act(CLAIM)
    promised.act(PROMISE, kind="promise", due_at=(start + 6 * DAY).isoformat(), text="告诉您结果")
    called.act(PROMISE, kind="appointment", due_at=(start + 20 * DAY).isoformat(), text="一起看一遍")
    voiding.act(ASK_VOID, kind="test", text="不是问题")
    put_up.act(ESCALATE, reason="要另一个部门配合")
    break_glass.ask(runtime, actor(runtime, "bob"), looked_at.number, "login_password.0", "负责人联系不上，机构在等")
    asked.act(ASK, fields=["form_name"])
    for desk in (plain, promised, called, voiding, put_up, looked_at):
        desk.act(RESOLVE, text="已恢复，请刷新")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("workers", [1, 4])
def test_nothing_waits_for_ever_and_each_step_is_done_once(portal, monkeypatch, workers):
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    sample(portal.runtime, MONDAY)

    def work(_):
        for rounds in (reminders, unconfirmed, promises_due):
            rounds.run(portal.runtime)

    for hours in range(6, 40 * 24 + 1, 6):
        monkeypatch.setattr(clock, "now", lambda now=MONDAY + timedelta(hours=hours): now)
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, range(workers)))
    with portal.runtime.database.read() as session:
        states = session.execute(select(Ticket.state, Ticket.closed_how)).all()
        assert Counter(states) == {("closed", "lapsed_confirmation"): 6, ("closed", "lapsed_information"): 1}
        assert session.scalars(select(DataKey.id).where(DataKey.purpose == CREDENTIALS)).all() == []
        steps = session.execute(select(TimelineEntry.ticket_id, TimelineEntry.action)).all()
        done = Counter(step for step in steps if step.action in ONCE)
        assert set(done.values()) == {1}
        assert Counter(action for _, action in done) == {
            "remind_confirmation": 6, "lapse_confirmation": 6, "promise_near": 2, "promise_missed": 2, "remind": 1,
            "lapse": 1,
        }  # fmt: skip
        assert sorted(session.scalars(select(Promise.status))) == ["missed", "missed"]
        alerts = session.execute(
            select(AlertSeries.cause, AlertSeries.subject_id, Alert.step, Alert.to_user_id).join(
                AlertSeries, AlertSeries.id == Alert.series_id
            )
        ).all()
        assert set(Counter(alerts).values()) == {1}
        assert {cause for cause, *_ in alerts} >= {"promise-missed", "escalated"}


@pytest.mark.doubts_clock
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_clock_ten_years_ahead_for_a_round_ends_nothing(portal, monkeypatch):
    sample(portal.runtime, clock.now())
    worker.deliver(portal.runtime, worker._dispatcher(portal.runtime))
    clock_doubt.beat(portal.runtime.database)
    with portal.runtime.database.read() as session:
        before = sorted(session.execute(select(Ticket.number, Ticket.state, Ticket.version)).all())
        keys = sorted(session.scalars(select(DataKey.id)))
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + 3650 * DAY)
    worker.watch(portal.runtime)
    worker.deliver(portal.runtime, worker._dispatcher(portal.runtime))
    monkeypatch.setattr(clock, "now", real)
    with portal.runtime.database.read() as session:
        assert sorted(session.execute(select(Ticket.number, Ticket.state, Ticket.version)).all()) == before
        assert sorted(session.scalars(select(DataKey.id))) == keys
        assert set(session.scalars(select(Promise.status))) == {"open"}


def test_the_demos_desk_comes_to_rest_by_itself(empty_settings, monkeypatch):
    """The whole worker twice a day: no 待确认 stays open, and no credential of an ended ticket can be opened."""
    runtime = make_runtime(empty_settings)
    demo.fill(runtime)
    clock_doubt.beat(runtime.database)
    midnight = datetime.combine(clock.china_today() + DAY, time(), clock.CHINA).astimezone(UTC)
    for hours in (day * 24 + hour for day in range(40) for hour in (10, 16)):  # both are open on a working day
        monkeypatch.setattr(clock, "now", lambda now=midnight + timedelta(hours=hours): now)
        worker.watch(runtime)
        worker.deliver(runtime, Dispatcher(runtime.database, [], ""))
    with runtime.database.read() as session:
        assert clock_doubt.doubted(session) is None
        left = session.scalars(select(Ticket).where(Ticket.state == "awaiting_confirmation")).all()
        assert [ticket.number for ticket in left] == []
        ended = select(Ticket.report_id).where(Ticket.state.in_(["closed", "void"]))  # a merged one is worked on
        live = select(SealedValue.field).join(DataKey, DataKey.id == SealedValue.data_key_id)
        assert session.scalars(live.where(SealedValue.owner_id.in_(ended), DataKey.purpose == CREDENTIALS)).all() == []
        assert session.scalar(select(func.count()).where(Ticket.is_open.is_(False))) >= 6
    runtime.database.dispose()
