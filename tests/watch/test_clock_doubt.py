"""A clock that leaps destroys nothing, numbers nothing wrongly, and is trusted again when it should be."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from portal import clock, readiness, worker
from portal.accounts.models import User
from portal.acts.table import ASK, CLAIM
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.retention import expiry, schedule
from portal.retention.schedule import Schedule
from portal.storage.blobs import new_key
from portal.supplements import reminders
from portal.tickets.models import Ticket
from portal.vault.models import DataKey
from portal.watch import clock_doubt
from portal.watch.clock_doubt import ClockDoubtedError
from portal.watch.models import ClockMark
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import closed_ticket
from tests.factories.moments import move_clock
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import file_report

pytestmark = pytest.mark.doubts_clock
ALL_RULES = Schedule(timedelta(1), timedelta(7), timedelta(30), timedelta(180))
LEAPS = [{"days": 3650}, {"days": 40}, {"days": 1}, {"hours": 2}, {"hours": -1}, {"days": -400}]


def counts(portal: Portal) -> tuple[int, ...]:
    with portal.runtime.database.read() as session:
        tables = (Ticket, DataKey, User)
        return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def doubt(portal: Portal):
    with portal.runtime.database.read() as session:
        return clock_doubt.doubted(session)


def asked(portal: Portal) -> Ticket:
    """A ticket that waits for its clinic."""
    alice, number = actor(portal.runtime, "alice"), file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, alice, CLAIM, number, 1)
        return perform(
            session, portal.runtime, alice, ASK, number, 2, fields=["operation_steps"], message="请写明每一步"
        )


@pytest.mark.both_databases
@pytest.mark.parametrize("leap", LEAPS, ids=str)
def test_a_leap_destroys_nothing_and_reminds_nobody(portal: Portal, monkeypatch, leap) -> None:
    closed_ticket(portal.runtime)
    asked(portal)
    orphan = new_key()
    portal.runtime.blobs.put(orphan, b"of a report that is being filed")
    worker.run_once(portal.runtime, ALL_RULES)
    before = counts(portal)
    with portal.runtime.database.read() as session:
        rows = session.scalar(select(func.count()).select_from(AuditEvent))
    move_clock(monkeypatch, **leap)

    for _ in range(3):
        with pytest.raises(ClockDoubtedError):
            worker.run_once(portal.runtime, ALL_RULES)

    assert doubt(portal)
    assert counts(portal) == before
    assert portal.runtime.blobs.get(orphan)
    with portal.runtime.database.read() as session:
        new = session.scalars(select(AuditEvent.tag).order_by(AuditEvent.seq).offset(rows)).all()
        assert new == [Tag.ALARM_BEGAN]
        assert session.scalar(text("SELECT count(*) FROM information_requests WHERE reminded_at IS NOT NULL")) == 0


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "destroy",
    [
        lambda portal: schedule.run(portal.runtime, ALL_RULES),
        lambda portal: expiry.sweep(portal.runtime),
        lambda portal: reminders.run(portal.runtime),
        lambda portal: worker.sweep_uploads(portal.runtime),
    ],
)
def test_every_door_of_destruction_asks(portal: Portal, monkeypatch, destroy) -> None:
    closed_ticket(portal.runtime)
    clock_doubt.beat(portal.runtime.database)
    destroy(portal)
    before = counts(portal)
    move_clock(monkeypatch, days=300)

    with pytest.raises(ClockDoubtedError, match="portal clock confirm"):
        destroy(portal)
    assert counts(portal) == before, "it asks before it destroys anything"


def test_activity_under_a_wrong_clock_does_not_make_it_right(portal: Portal, monkeypatch) -> None:
    clock_doubt.beat(portal.runtime.database)
    move_clock(monkeypatch, days=3650)
    portal.signed_in("alice")
    file_report(portal.runtime)
    with pytest.raises(ClockDoubtedError):
        worker.run_once(portal.runtime, ALL_RULES)

    assert doubt(portal)
    portal.signed_in("bob")  # nobody is locked out


def test_a_database_without_a_mark_takes_its_newest_row_for_the_time(portal: Portal, monkeypatch) -> None:
    with portal.runtime.database.transaction() as session:
        session.execute(text("DELETE FROM clock_marks"))
    assert not doubt(portal)
    move_clock(monkeypatch, days=3650)

    assert doubt(portal)
    assert clock_doubt.beat(portal.runtime.database)


@pytest.mark.parametrize("leap", [{"days": 3650}, {"days": 62}, {"days": -62}], ids=str)
def test_numbers_keep_the_month_of_the_trusted_time(portal: Portal, monkeypatch, leap) -> None:
    clock_doubt.beat(portal.runtime.database)
    month = f"RC{clock.in_china(clock.now()):%Y%m}"
    first = file_report(portal.runtime).number
    move_clock(monkeypatch, **leap)
    second = file_report(portal.runtime).number

    assert first.startswith(month) and second.startswith(month)
    assert int(second[-4:]) == int(first[-4:]) + 1


def test_a_clock_put_right_is_trusted_at_once(portal: Portal, monkeypatch) -> None:
    clock_doubt.beat(portal.runtime.database)
    move_clock(monkeypatch, days=30)
    assert clock_doubt.beat(portal.runtime.database)
    move_clock(monkeypatch, days=-30)

    assert clock_doubt.beat(portal.runtime.database) is None
    assert schedule.run(portal.runtime, ALL_RULES).total == 0


def test_somebody_can_confirm_it(portal: Portal, monkeypatch) -> None:
    clock_doubt.beat(portal.runtime.database)
    move_clock(monkeypatch, days=3650)
    browser = portal.signed_in("ada")
    page = browser.get("/admin/system").text
    assert "不可信" in page and "/admin/system/clock" in page
    assert browser.post("/admin/system/clock", data={"csrf": csrf_of(page)}).status_code == 303

    assert doubt(portal) is None
    assert "/admin/system/clock" not in browser.get("/admin/system").text
    with portal.runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CLOCK_CONFIRMED)).one()
    assert row.actor_name == "ada"
    assert set(row.particulars) == {"trusted", "now"}


@pytest.mark.parametrize(
    ("gap", "steady"),
    [({"hours": 2}, 30), ({"hours": 14}, 84), ({"days": 3}, 240), ({"days": 30}, 240)],
    ids=str,
)
def test_after_a_power_cut_it_heals_by_running_steadily(portal: Portal, monkeypatch, gap, steady) -> None:
    clock_doubt.beat(portal.runtime.database)
    move_clock(monkeypatch, **gap)
    assert clock_doubt.beat(portal.runtime.database)
    for passed in range(0, steady - 10, 10):
        move_clock(monkeypatch, minutes=10)
        assert clock_doubt.beat(portal.runtime.database), passed
    move_clock(monkeypatch, minutes=20)

    assert clock_doubt.beat(portal.runtime.database) is None
    assert clock_doubt.beat(portal.runtime.database) is None


def test_another_leap_begins_the_steady_time_anew(portal: Portal, monkeypatch) -> None:
    clock_doubt.beat(portal.runtime.database)
    for _ in range(10):
        move_clock(monkeypatch, hours=3)
        assert clock_doubt.beat(portal.runtime.database)


def test_after_more_than_a_month_only_a_person_can_tell(portal: Portal, monkeypatch) -> None:
    clock_doubt.beat(portal.runtime.database)
    move_clock(monkeypatch, days=32)
    for _ in range(60):
        move_clock(monkeypatch, minutes=30)
        assert clock_doubt.beat(portal.runtime.database)
    with portal.runtime.database.transaction() as session:
        clock_doubt.confirm(session, SYSTEM)

    assert clock_doubt.beat(portal.runtime.database) is None


def test_it_is_said_where_operators_look(portal: Portal, monkeypatch, caplog) -> None:
    clock_doubt.beat(portal.runtime.database)
    move_clock(monkeypatch, days=40)
    worker.watch(portal.runtime)
    answer = portal.browser().get("/readyz")

    assert answer.status_code == 200  # clinics and engineers go on
    assert [alarm["name"] for alarm in answer.json()["alarms"]] == ["clock"]
    assert answer.json()["alarms"][0]["since"]
    assert "不可信" in readiness.finding(portal.runtime, "clock").problem
    assert 'portal_alarm{name="clock"} 1.0' in portal.browser().get("/metrics").text
    assert "服务器时间" in caplog.text and "the clock says" in caplog.text


def test_a_trusted_clock_is_written_seldom(portal: Portal) -> None:
    clock_doubt.beat(portal.runtime.database)
    with portal.runtime.database.read() as session:
        first = session.get_one(ClockMark, 1).trusted_at
    for _ in range(20):
        clock_doubt.beat(portal.runtime.database)
    with portal.runtime.database.read() as session:
        assert session.get_one(ClockMark, 1).trusted_at == first
