"""延期说明: reason and moment for the clinic; the first due time stays and judges (REQUIREMENTS M5)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.acts.postponement import POSTPONE
from portal.acts.table import ASK, CLAIM, REOPEN, RESOLVE
from portal.clocks.models import DueChange, TicketClock
from portal.errors import ConflictError, ForbiddenError, InvalidError
from tests.acts.desk import Desk

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in China
DAY = timedelta(days=1)


@pytest.fixture
def desk(portal, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    made = Desk(portal.runtime)
    made.act(CLAIM)
    return made


def postpone(desk, who="alice", expected_at=MONDAY + 5 * DAY, reason="等上级的补丁"):
    return desk.act(POSTPONE, who, expected_at=expected_at.isoformat(), reason=reason)


def solved(desk):
    with desk.runtime.database.read() as session:
        mine = (TicketClock.ticket_id == desk.ticket.id, TicketClock.clock == "solved")
        return session.scalars(select(TicketClock).where(*mine).order_by(TicketClock.round.desc())).first()


def test_the_clinic_reads_both_and_the_due_time_stays(desk):
    due_at = solved(desk).due_at
    postpone(desk)
    row, line = solved(desk), desk.entries()[-1]
    assert (row.due_at, row.postponed_to) == (due_at, MONDAY + 5 * DAY)
    assert (line.is_public, line.text) == (True, "预计 11 月 28 日 09:00 前解决。原因：等上级的补丁")
    assert desk.events()[-1] == "postponed"
    assert desk.ticket.reply_outcome == "met"  # it is a word to the clinic
    postpone(desk, expected_at=MONDAY + 8 * DAY)
    with desk.runtime.database.read() as session:
        changes = session.scalars(
            select(DueChange).where(DueChange.cause == "postponed").order_by(DueChange.new_due_at)
        )
        assert [(each.old_due_at, each.new_due_at, each.reason) for each in changes] == [
            (due_at, MONDAY + 5 * DAY, "等上级的补丁"), (MONDAY + 5 * DAY, MONDAY + 8 * DAY, "等上级的补丁"),
        ]  # fmt: skip


def test_a_result_before_the_later_moment_is_still_late(desk, monkeypatch):
    postpone(desk, expected_at=MONDAY + 20 * DAY)
    monkeypatch.setattr(clock, "now", lambda: MONDAY + 10 * DAY)
    desk.act(RESOLVE, text="已恢复")
    assert solved(desk).outcome == "missed"
    with pytest.raises(ConflictError):
        postpone(desk, expected_at=MONDAY + 20 * DAY)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_third_of_a_round_is_a_leads(desk):
    postpone(desk)
    postpone(desk)
    with pytest.raises(ForbiddenError, match="请主管"):
        postpone(desk)
    postpone(desk, "leo")
    desk.act(RESOLVE, text="已恢复")
    desk.act(REOPEN, text="又出现了")
    postpone(desk)
    for who in ("bob", "agnes"):
        with pytest.raises(ForbiddenError):
            postpone(desk, who)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_fault_is_named_at_once(desk):
    for expected_at, code in ((MONDAY, "in_past"), (MONDAY + 30 * DAY + timedelta(seconds=1), "too_far")):
        with pytest.raises(InvalidError) as refused:
            postpone(desk, expected_at=expected_at, reason=" ")
        assert {(fault.field, fault.code) for fault in refused.value.faults} == {
            ("expected_at", code), ("reason", "required"),
        }  # fmt: skip
    postpone(desk, expected_at=MONDAY + 30 * DAY)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_it_may_be_said_while_the_clinic_has_to_supply(desk):
    desk.act(ASK, fields=["form_name"])
    postpone(desk)
    assert desk.ticket.state == "awaiting_information" and solved(desk).paused_at is not None
