"""协调范围 and 紧急程度: what they do to the clocks that run, with whom, and what is said before (DESK 1.5, 1.6)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal import clock
from portal.acts import coordination
from portal.acts.coordination import COORDINATION
from portal.acts.table import CLAIM, CLASSIFY, REOPEN, REPLY, RESOLVE, URGENCY
from portal.clocks import rows
from portal.clocks.models import TicketClock
from portal.errors import ForbiddenError, InvalidError
from portal.progress import hooks
from portal.progress.hooks import Hooks, Moment
from portal.tickets import urgency_hints
from tests.acts.desk import Desk
from tests.factories.portals import Portal

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in China
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Desk:
    at(monkeypatch, 0)
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    return desk


def at(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    moment = MONDAY + timedelta(hours=hours)
    monkeypatch.setattr(clock, "now", lambda: moment)


def clock_of(desk: Desk, name: str) -> TicketClock:
    with desk.runtime.database.read() as session:
        return {row.clock: row for row in rows.of_round(session, desk.ticket.id, desk.ticket.round).values()}[name]


def change(desk: Desk, scope: str, who: str = "alice", **given: Any) -> None:
    desk.act(COORDINATION, who, coordination=scope, reason="要请省里核对", **given)


def test_the_terms_are_counted_from_the_start_of_the_round(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 5)
    change(desk, "cross_province")

    assert clock_of(desk, "replied").due_at == desk.ticket.reply_due_at == MONDAY + 72 * HOUR
    assert clock.staff_time(clock_of(desk, "solved").due_at) == "2026-12-02 10:00"
    with desk.runtime.database.read() as session:
        changes = rows.due_changes_of(session, desk.ticket.id)
    assert {(row.cause, row.reason, row.by_label) for row in changes} == {("coordination", "要请省里核对", "张工")}
    assert sorted(row.new_due_at for row in changes) == sorted(
        clock_of(desk, name).due_at for name in ("replied", "solved")
    )


def test_what_has_ended_stays_as_it_was_judged(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 30)
    desk.act(REPLY, text="在核对")
    change(desk, "cross_province")

    ended = clock_of(desk, "replied")
    assert (ended.outcome, ended.due_at) == ("missed", MONDAY + 24 * HOUR)


def test_it_says_first_that_the_ticket_becomes_late(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    change(desk, "cross_province")
    at(monkeypatch, 27)
    with desk.runtime.database.read() as session:
        lines = coordination.consequences(session, desk.ticket)

    assert lines == [
        "改为“一般”后，这条立即超时 3 小时 0 分",
        "改为“跨部门·市级”后：回复期限 11 月 25 日 10:00，处理期限 11 月 30 日 10:00",
    ]
    change(desk, "general")
    assert desk.ticket.badge(clock.now()).text == "回复 已超时 3 小时 0 分"


@pytest.mark.parametrize(
    ("moment", "code"),
    [("", "required"), (MONDAY.isoformat(), "in_past"), ((MONDAY + timedelta(days=91)).isoformat(), "too_far")],
)
def test_special_needs_a_moment_that_is_to_come(desk: Desk, moment: str, code: str) -> None:
    with pytest.raises(InvalidError) as caught:
        change(desk, "special", "leo", due_at=moment)

    assert [(fault.field, fault.code) for fault in caught.value.faults] == [("due_at", code)]
    assert desk.ticket.coordination == "general"


def test_special_is_a_leads_and_governs_the_solving_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    given = MONDAY + timedelta(days=30)
    with pytest.raises(ForbiddenError, match="由主管设定"):
        change(desk, "special", due_at=given.isoformat())
    change(desk, "special", "leo", due_at=given.isoformat())
    desk.act(URGENCY, urgency="critical", reason="安全事件")

    assert (clock_of(desk, "solved").due_at, clock_of(desk, "solved").amount) == (given, None)
    assert clock_of(desk, "replied").due_at == MONDAY + 24 * HOUR
    half = clock_of(desk, "solved").alert_at
    assert half == MONDAY + timedelta(days=15)
    change(desk, "general", "leo")
    assert clock_of(desk, "solved").due_at == MONDAY + 8 * HOUR


def test_only_the_owner_or_a_lead_changes_it_with_a_reason(desk: Desk) -> None:
    with pytest.raises(ForbiddenError, match="负责人或主管"):
        change(desk, "cross_province", "bob")
    with pytest.raises(InvalidError) as caught:
        desk.act(COORDINATION, coordination="cross_province", reason="是")
    assert [fault.code for fault in caught.value.faults] == ["too_short"]
    change(desk, "cross_province", "leo")


def test_urgency_counts_the_solving_again_and_a_critical_one_is_announced(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    listeners = ((Moment.BECAME_CRITICAL, lambda session, ticket: heard.append(ticket.number)),)
    known = desk.runtime.database.session_info[hooks._HOOKS]
    added = Hooks(known.objectors, (*known.listeners, *listeners), known.numbers)
    desk.runtime.database.session_info.update(added.session_info())
    desk.act(URGENCY, urgency="urgent", reason="影响使用")
    assert (clock.staff_time(clock_of(desk, "solved").due_at), heard) == ("2026-11-24 10:00", [])
    desk.act(URGENCY, urgency="critical", reason="疑似泄露")
    desk.act(URGENCY, urgency="critical", reason="再说一次")

    assert clock_of(desk, "solved").due_at == MONDAY + 8 * HOUR
    assert heard == [desk.number]
    assert clock_of(desk, "replied").due_at == MONDAY + 24 * HOUR


def test_reopening_keeps_the_scope_and_begins_its_terms_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    change(desk, "special", "leo", due_at=(MONDAY + timedelta(days=2)).isoformat())
    desk.act(RESOLVE, text="已恢复")
    at(monkeypatch, 24)
    desk.act(REOPEN, text="又出现了")
    assert clock_of(desk, "solved").due_at == MONDAY + timedelta(days=2)
    desk.act(RESOLVE, text="已恢复")
    at(monkeypatch, 24 * 3)
    desk.act(REOPEN, text="又出现了")

    assert desk.ticket.coordination == "special"
    assert clock.staff_time(clock_of(desk, "solved").due_at) == "2026-12-01 10:00"


def test_signs_of_a_higher_urgency_are_suggested_and_never_set(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLASSIFY, needs_soothing="true")
    ticket = desk.ticket
    with portal.runtime.database.read() as session:
        assert URGENCY.inputs[0].lines(session, ticket)[-1] == "建议看看是否更急：需安抚"
    ticket.scope, ticket.excerpt = "institution", "系统無法使用，停诊了"
    assert urgency_hints.hints(ticket) == ["建议看看是否更急：影响全机构，提到“停诊”"]
    assert urgency_hints.hints(ticket, needs_soothing=True)[0].endswith("，需安抚")
    ticket.scope, ticket.excerpt = "single", "打印的表格少一行"
    assert urgency_hints.hints(ticket) == []
    assert ticket.urgency_enum.name == "NORMAL"
