"""待补充 that nobody answers: reminded after one working day, closed after seven days, taken up again (UX 3.8)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.acts.table import ASK, CLAIM
from portal.audit.actor import clinic as at_clinic
from portal.audit.models import AuditEvent
from portal.calendar.working_days import WorkingDays
from portal.errors import InvalidError
from portal.notify.models import OutboxMessage
from portal.supplements import receiving, reminders
from portal.tickets import information_requests
from portal.tickets.models import InformationRequest, Ticket, TimelineEntry
from portal.tracking import confirmation
from portal.vault.models import DataKey, SealedValue
from portal.vault.vault import CREDENTIALS
from portal.worker import run_once
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import ticket_named
from tests.factories.counts import open_counts
from tests.factories.portals import Portal
from tests.factories.reports import file_report

CHINA = clock.CHINA


def asked(portal: Portal, days_ago: float = 0, fields: tuple[str, ...] = ("form_name", "blank_items")) -> Ticket:
    """A ticket whose clinic was asked some days ago."""
    number, alice = file_report(portal.runtime).number, actor(portal.runtime, "alice")
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, alice, CLAIM, number, 1)
        perform(session, portal.runtime, alice, ASK, number, 2, fields=fields, message="看不出是哪个表单")
    age(portal, asked_at=days_ago)
    return ticket_named(portal.runtime, number)


def age(portal: Portal, **days_ago: float) -> None:
    moments = {name: clock.now() - timedelta(days=days) for name, days in days_ago.items()}
    with portal.runtime.database.transaction() as session:
        session.execute(update(InformationRequest).values(**moments))


def request_of(portal: Portal) -> InformationRequest:
    with portal.runtime.database.read() as session:
        return session.scalars(select(InformationRequest)).one()


def events(portal: Portal) -> list[str]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(OutboxMessage.event).order_by(OutboxMessage.created_at)))


def last_entry(portal: Portal) -> TimelineEntry:
    with portal.runtime.database.read() as session:
        return session.scalars(select(TimelineEntry).order_by(TimelineEntry.at.desc())).first()


def lapsed(portal: Portal) -> Ticket:
    ticket = asked(portal, days_ago=9)
    age(portal, reminded_at=5)
    assert reminders.run(portal.runtime) == (0, 1)
    return ticket_named(portal.runtime, ticket.number)


@pytest.mark.parametrize(
    ("asked_at", "due_at"),
    [
        ("2026-11-23 15:00", "2026-11-24 15:00"),  # Monday
        ("2026-11-27 15:00", "2026-11-30 15:00"),  # Friday: Monday, the same time
        ("2026-11-28 15:00", "2026-12-01 00:00"),  # Saturday counts as Monday's beginning
        ("2026-11-29 23:59", "2026-12-01 00:00"),
        ("2026-11-26 23:30", "2026-11-27 23:30"),
    ],
)
def test_a_working_day_knows_weekends_in_china(asked_at: str, due_at: str) -> None:
    moment = datetime.fromisoformat(asked_at).replace(tzinfo=CHINA)
    due = WorkingDays().one_later(moment.astimezone(UTC))
    assert due == datetime.fromisoformat(due_at).replace(tzinfo=CHINA)


def test_it_reminds_once_with_what_is_missing(portal: Portal) -> None:
    ticket = asked(portal, days_ago=4)
    assert reminders.run(portal.runtime) == (1, 0)
    assert reminders.run(portal.runtime) == (0, 0)
    entry = last_entry(portal)
    assert (entry.action, entry.is_public, entry.actor_role) == ("remind", True, "system")
    assert "表单名称" in entry.text and "前补充" in entry.text
    assert events(portal).count("information-reminded") == 1
    after = ticket_named(portal.runtime, ticket.number)
    assert (after.version, after.state, after.paused_at) == (ticket.version, "awaiting_information", ticket.paused_at)
    with portal.runtime.database.read() as session:
        open_ones = information_requests.open_of(session, [ticket.id])
        assert {request.ticket_id for request in open_ones if request.reminded_at} == {ticket.id}
        assert session.scalars(select(AuditEvent).where(AuditEvent.tag == "ticket:remind")).one().ticket_number


def test_nobody_is_reminded_before_a_working_day_is_over(portal: Portal) -> None:
    asked(portal, days_ago=0.9)
    assert reminders.run(portal.runtime) == (0, 0)
    assert request_of(portal).reminded_at is None


def test_a_part_that_came_begins_the_waiting_anew(portal: Portal) -> None:
    ticket = asked(portal, days_ago=9)
    age(portal, reminded_at=3)
    receiving.supplement(portal.runtime, at_clinic(), ticket.id, {"form_name": ["高血压随访表"]}, [])
    request = request_of(portal)
    assert (request.missing, request.reminded_at) == (["blank_items"], None)
    assert reminders.run(portal.runtime) == (0, 0)
    age(portal, supplied_at=4)
    assert reminders.run(portal.runtime) == (1, 0)


def test_it_closes_after_seven_days_and_says_how_to_go_on(portal: Portal) -> None:
    ticket = lapsed(portal)
    assert (ticket.state, ticket.is_open) == ("closed", False)
    entry = last_entry(portal)
    assert (entry.action, entry.is_public, entry.actor_role) == ("lapse", True, "system")
    assert "重新提出" in entry.text
    assert events(portal)[-1] == "closed-unanswered"
    with portal.runtime.database.read() as session:
        assert not session.scalars(select(DataKey).where(DataKey.purpose == CREDENTIALS)).all()
        password = session.scalars(select(SealedValue).where(SealedValue.field == "login_password")).one()
        assert (password.value_sealed, password.destroyed_at is not None) == (None, True)
        assert open_counts(session)["general"] == 0
        assert information_requests.open_request(session, ticket) is None
    assert reminders.run(portal.runtime) == (0, 0)


@pytest.mark.parametrize(("asked_days", "reminded_days"), [(6.9, 5), (9, 0.5)])
def test_nobody_is_closed_out_early_or_without_notice(portal: Portal, asked_days: float, reminded_days: float) -> None:
    ticket = asked(portal, days_ago=asked_days)
    age(portal, reminded_at=reminded_days)
    assert reminders.run(portal.runtime) == (0, 0)
    assert ticket_named(portal.runtime, ticket.number).is_open


def test_a_late_worker_reminds_before_it_closes(portal: Portal) -> None:
    ticket = asked(portal, days_ago=30)
    assert reminders.run(portal.runtime) == (1, 0)
    assert reminders.run(portal.runtime) == (0, 0)
    assert ticket_named(portal.runtime, ticket.number).is_open
    closing = reminders.closes_at(request_of(portal))
    assert closing - clock.now() > timedelta(hours=23)


def test_the_clinic_takes_it_up_again_with_a_sentence(portal: Portal) -> None:
    ticket = lapsed(portal)
    with pytest.raises(InvalidError):
        confirmation.confirm(portal.runtime, at_clinic(), ticket.id, is_solved=False, comment="")
    confirmation.confirm(portal.runtime, at_clinic(), ticket.id, is_solved=False, comment="昨天停电，现在可以补")
    after = ticket_named(portal.runtime, ticket.number)
    assert (after.state, after.is_open, after.reopened_count) == ("in_progress", True, 1)
    assert reminders.run(portal.runtime) == (0, 0)


def test_answered_in_time_it_is_left_alone(portal: Portal) -> None:
    ticket = asked(portal, days_ago=9)
    age(portal, reminded_at=5)
    values = {"form_name": ["高血压随访表"], "blank_items": ["服药情况"]}
    receiving.supplement(portal.runtime, at_clinic(), ticket.id, values, [])
    assert reminders.run(portal.runtime) == (0, 0)
    assert ticket_named(portal.runtime, ticket.number).state == "in_progress"


def test_workers_side_by_side_remind_and_close_once(portal: Portal) -> None:
    asked(portal, days_ago=9)

    def together() -> list[tuple[int, int]]:
        done: list[tuple[int, int]] = []
        threads = [threading.Thread(target=lambda: done.append(reminders.run(portal.runtime))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(done)

    assert together() == [(0, 0), (0, 0), (0, 0), (1, 0)]
    age(portal, reminded_at=5)
    assert together() == [(0, 0), (0, 0), (0, 0), (0, 1)]
    assert events(portal).count("information-reminded") == events(portal).count("closed-unanswered") == 1


def test_a_worker_round_reminds(portal: Portal) -> None:
    asked(portal, days_ago=4)
    run_once(portal.runtime)
    assert request_of(portal).reminded_at is not None
