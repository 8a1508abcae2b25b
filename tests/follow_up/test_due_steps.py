"""What is due of call-backs: once, at an open minute, to whoever has it; and a month in which none is forgotten."""

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from portal import clock
from portal.accounts.models import User
from portal.clock import CHINA
from portal.clocks.models import ServicePolicy
from portal.follow_up.call_backs import due_steps, following, records
from portal.follow_up.call_backs.due_steps import chance
from portal.follow_up.call_backs.models import CallBack, CallBackCheck
from portal.follow_up.call_backs.names import CallBackState, Cause
from portal.follow_up.call_backs.records import Said
from portal.institutions.models import DirectoryEntry
from portal.knowledge import settled_calls
from portal.notify.models import StaffNotice
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tracking import unconfirmed
from tests.factories.call_backs import call_back, call_back_now, call_backs, resolved_ticket
from tests.factories.cast import actor
from tests.factories.closing import ticket_named
from tests.factories.directories import add_entry
from tests.factories.known_issues import add_issue, follow, settle_issue
from tests.factories.portals import Portal
from tests.factories.reports import general_fields

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


class Clock:
    """A clock that stands where it is put."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        self.now = china(text)
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def put(self, text: str) -> None:
        self.now = china(text)


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def share(portal: Portal, percent: int, every: str = "off") -> None:
    """The policy's share of those who did not rate."""
    with portal.runtime.database.transaction() as session:
        session.execute(update(ServicePolicy).values(switches={
            "claim_reason": "optional", "cross_province_reply": "hours", "call_share": str(percent),
            "call_every_result": every,
        }))  # fmt: skip


def told(portal: Portal) -> list[tuple[str, str]]:
    with portal.runtime.database.read() as session:
        return sorted((row.event, row.number) for row in session.scalars(select(StaffNotice)) if "HF" in row.number)


def test_who_did_not_rate_is_called_after_a_working_day(portal: Portal, monkeypatch) -> None:
    now = Clock(monkeypatch, "2026-11-26 16:00")  # a Thursday
    share(portal, 100)
    ticket = resolved_ticket(portal.runtime)
    for text in ("2026-11-26 16:01", "2026-11-27 15:59"):
        now.put(text)
        due_steps.run(portal.runtime)
    assert not call_backs(portal.runtime)

    now.put("2026-11-27 16:00")
    assert [due_steps.run(portal.runtime)[0] for _ in range(2)] == [1, 0]

    (row,) = call_backs(portal.runtime)
    assert (row.cause, row.ticket_id) == ("unanswered", ticket.id)
    assert row.due_at == china("2026-11-30 16:00")  # the working day is later than three times 24 hours
    assert not row.is_moved


def test_a_due_of_days_moves_to_the_next_open_minute(portal: Portal, monkeypatch) -> None:
    now = Clock(monkeypatch, "2026-11-24 17:20")
    share(portal, 100)
    resolved_ticket(portal.runtime)
    now.put("2026-11-25 20:30")
    due_steps.run(portal.runtime)

    (row,) = call_backs(portal.runtime)
    assert (row.first_due_at, row.due_at) == (china("2026-11-27 17:20"), china("2026-11-27 17:20"))
    with portal.runtime.database.transaction() as session:
        session.execute(update(CallBackCheck).values(checked_at=None, resulted_at=china("2026-11-25 12:30"), round=9))
        session.execute(update(Ticket).values(round=9))
    due_steps.run(portal.runtime)
    moved = call_backs(portal.runtime)[-1]
    assert (moved.first_due_at, moved.due_at, moved.is_moved) == (
        china("2026-11-28 12:30"),
        china("2026-11-30 08:30"),
        True,
    )


def test_of_the_others_a_share_by_a_stored_seed_and_everybody_at_key_institutions(portal: Portal, monkeypatch) -> None:
    now = Clock(monkeypatch, "2026-11-26 10:00")
    entry = add_entry(portal.runtime)
    share(portal, 20)
    tickets = [resolved_ticket(portal.runtime, submission_key=f"k{place}" * 20) for place in range(12)]
    now.put("2026-11-27 10:00")
    due_steps.run(portal.runtime)

    with portal.runtime.database.read() as session:
        checks = session.scalars(select(CallBackCheck)).all()
    assert {check.share for check in checks} == {20}
    chosen = {check.ticket_id for check in checks if check.is_chosen}
    assert chosen == {check.ticket_id for check in checks if chance(check.seed) < 0.2}
    assert {row.ticket_id for row in call_backs(portal.runtime)} == chosen
    assert len(chosen) < len(tickets)

    with portal.runtime.database.transaction() as session:
        session.execute(update(DirectoryEntry).where(DirectoryEntry.id == entry.id).values(is_key=True))
        session.execute(update(CallBackCheck).values(checked_at=None))
    due_steps.run(portal.runtime)
    assert len(call_backs(portal.runtime)) == len(tickets)


def test_the_strict_mode_calls_everybody_within_the_hour_and_nobody_twice(portal: Portal, monkeypatch) -> None:
    now = Clock(monkeypatch, "2026-11-27 11:40")
    share(portal, 100, every="on")
    ticket = resolved_ticket(portal.runtime)
    (row,) = call_backs(portal.runtime)
    assert (row.cause, row.first_due_at, row.due_at) == (
        "sampled",
        china("2026-11-27 12:40"),
        china("2026-11-27 14:40"),
    )
    assert row.is_moved
    now.put("2026-11-30 11:40")
    due_steps.run(portal.runtime)
    assert len(call_backs(portal.runtime)) == 1
    with portal.runtime.database.transaction() as session:
        following.on_rated(session, lookup.locked(session, ticket.id), round=1, score=1)
    assert [(made.cause, made.status) for made in call_backs(portal.runtime)] == [
        ("sampled", "withdrawn"), ("unhappy", "open"),
    ]  # fmt: skip


def test_its_owner_is_told_once_and_not_in_quiet_hours(portal: Portal, monkeypatch) -> None:
    now = Clock(monkeypatch, "2026-11-27 19:40")
    row = call_back(portal.runtime)
    assert row.due_at == china("2026-11-30 09:30")
    for text in ("2026-11-27 19:41", "2026-11-29 10:00", "2026-11-30 08:29"):
        now.put(text)
        due_steps.run(portal.runtime)
    assert not told(portal)

    now.put("2026-11-30 08:30")
    assert [due_steps.run(portal.runtime)[2] for _ in range(3)] == [1, 0, 0]
    assert told(portal) == [("call-back-due", row.number)]


def test_a_time_that_was_agreed_is_told_a_quarter_before_also_at_noon(portal: Portal, monkeypatch) -> None:
    now = Clock(monkeypatch, "2026-11-27 10:00")
    row = call_back(portal.runtime, cause=Cause.APPOINTMENT, institution_id=add_entry(portal.runtime).id,
                    due_at=china("2026-11-28 12:30"))  # fmt: skip
    assert (row.due_at, row.is_moved) == (china("2026-11-28 12:30"), False)
    with portal.runtime.database.transaction() as session:
        session.execute(update(CallBack).values(appointment_at=CallBack.due_at))
    now.put("2026-11-28 12:14")
    assert due_steps.run(portal.runtime)[2] == 0
    now.put("2026-11-28 12:15")
    assert due_steps.run(portal.runtime)[2] == 1
    assert told(portal) == [("appointment-due", row.number)]


def test_who_is_disabled_or_away_gives_it_to_another(portal: Portal) -> None:
    row = call_back(portal.runtime)
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "agnes").values(is_active=False))
    assert [due_steps.run(portal.runtime)[1] for _ in range(2)] == [1, 0]
    assert call_back_now(portal.runtime, row.id).owner_id == actor(portal.runtime, "leo").user_id


def test_clinics_of_a_settled_issue_are_called_each_once_batch_by_batch(portal: Portal, monkeypatch) -> None:
    issue = add_issue(portal.runtime)
    numbers = {follow(portal.runtime, issue, submission=f"{place:032d}").number for place in range(5)}
    settle_issue(portal.runtime, issue)
    monkeypatch.setattr(settled_calls, "BATCH", 2)

    assert [settled_calls.run(portal.runtime) for _ in range(2)] == [5, 0]

    rows = call_backs(portal.runtime)
    assert {row.subject_number for row in rows} == numbers
    assert {(row.cause, row.status) for row in rows} == {("settled", "open")}


def test_a_month_forgets_nobody(portal: Portal, monkeypatch) -> None:
    """Traffic, ratings, silence, closed lines: every call-back ends, the last ones after the traffic has stopped."""
    dice, runtime, now = random.Random(20261128), portal.runtime, Clock(monkeypatch, "2026-11-02 09:00")
    share(portal, 100)  # whom a share chooses is chance
    agnes, tickets = actor(runtime, "agnes"), []
    for day in range(60):
        for hour in (9, 11, 14, 16):
            now.now = china("2026-11-02 00:00") + timedelta(days=day, hours=hour, minutes=dice.randrange(50))
            if day < 30 and hour == 9 and dice.random() < 0.5:
                phone = general_fields()["id_number"] and (None if dice.random() < 0.2 else "19912345678")
                tickets.append(resolved_ticket(runtime, phone=phone, submission_key=f"{day:040d}"))
            if day < 30 and tickets and dice.random() < 0.2:
                _rate(portal, dice.choice(tickets), dice.choice((1, 2, 4, 5)))
            due_steps.run(runtime)
            unconfirmed.run(runtime)
            for row in call_backs(runtime, status="open"):
                if row.owner_id == agnes.user_id and dice.random() < 0.4:
                    said = Said(True, "satisfied", solved="yes") if dice.random() < 0.6 else Said(False)
                    records.write(runtime, agnes, row.id, row.version, said)
    states = {row.state_enum for row in call_backs(runtime)}
    assert CallBackState.OPEN not in states
    assert {CallBackState.DONE, CallBackState.NO_CONTACT} <= states
    with runtime.database.read() as session:
        due = session.scalar(select(func.count()).select_from(CallBackCheck).where(CallBackCheck.checked_at.is_(None)))
    assert due == 0


def _rate(portal: Portal, ticket: Ticket, score: int) -> None:
    with portal.runtime.database.transaction() as session:
        fresh = ticket_named(portal.runtime, ticket.number)
        following.on_rated(session, lookup.locked(session, fresh.id), round=fresh.round, score=score)
