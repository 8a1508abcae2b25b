"""A ticket's time in one badge, at every edge: due, late, in time, paused, answered before and after."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.clocks import badges
from portal.clocks.badges import Face
from portal.clocks.names import ClockName, ClockOutcome

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # 09:00 in China
MET, MISSED, UNCOUNTED = ClockOutcome.MET, ClockOutcome.MISSED, ClockOutcome.UNCOUNTED
MINUTE = timedelta(minutes=1)


def shown(
    left: timedelta | None = None,
    clock: ClockName = ClockName.REPLIED,
    outcome: ClockOutcome | None = None,
    *,
    is_paused: bool = False,
    is_ours: bool = True,
    is_worked: bool = True,
) -> tuple[str, str, str]:
    due_at = None if left is None else NOW + left
    name = None if left is None else clock.value
    badge = badges.badge(Face(due_at, name, is_paused, outcome, is_ours, is_worked), NOW)
    return badge.kind, badge.text, badge.note


@pytest.mark.parametrize(
    ("left", "kind", "text"),
    [
        (timedelta(days=3), "in_time", "回复 剩 3 天"),
        (timedelta(hours=47, minutes=59), "in_time", "回复 剩 47 小时 59 分"),
        (timedelta(hours=2), "in_time", "回复 剩 2 小时 0 分"),
        (timedelta(hours=2) - MINUTE, "due_today", "回复 剩 1 小时 59 分"),
        (MINUTE, "due_today", "回复 剩 1 分"),
        (timedelta(0), "due_today", "回复 剩 0 分"),  # at the very due time it is not late
        (-timedelta(seconds=1), "overdue", "回复 已超时 0 分"),
        (-timedelta(hours=26, minutes=5), "overdue", "回复 已超时 26 小时 5 分"),
        (-timedelta(days=9), "overdue", "回复 已超时 9 天"),
    ],
)
def test_a_running_clock_says_what_is_left_of_it(left: timedelta, kind: str, text: str) -> None:
    assert shown(left) == (kind, text, "")


@pytest.mark.parametrize(
    ("outcome", "note"), [(None, ""), (MET, ""), (MISSED, "首次回复已超时"), (UNCOUNTED, "")], ids=str
)
def test_a_late_first_reply_is_said_beside_what_runs_now(outcome: ClockOutcome | None, note: str) -> None:
    assert shown(timedelta(days=3), ClockName.NEXT_WORD, outcome)[::2] == ("in_time", note)
    assert shown(outcome=outcome, is_paused=True, is_ours=False) == ("paused", "已暂停（待补充）", note)
    assert shown(outcome=outcome, is_ours=False) == ("waiting", "等机构", note)


@pytest.mark.parametrize(
    ("outcome", "kind", "text"),
    [
        (MET, "met", "已按时回复"),
        (MISSED, "missed", "已超时回复"),
        (UNCOUNTED, "ended", "已结束"),
        (None, "ended", "已结束"),
    ],
    ids=str,
)
def test_what_has_ended_keeps_how_its_first_reply_was(outcome: ClockOutcome | None, kind: str, text: str) -> None:
    assert shown(outcome=outcome, is_worked=False) == (kind, text, "")
    assert shown(-MINUTE, outcome=outcome, is_paused=True, is_worked=False) == (kind, text, "")


@pytest.mark.parametrize(("outcome", "text"), [(None, "轮到我们"), (MET, "已回复，轮到我们")], ids=str)
def test_our_turn_without_a_clock_says_so(outcome: ClockOutcome | None, text: str) -> None:
    assert shown(outcome=outcome) == ("waiting", text, "")


def test_a_running_clock_counts_for_more_than_a_pause() -> None:
    assert shown(MINUTE, ClockName.TOUCHED, is_paused=True)[0] == "due_today"


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(hours=8), "今天 17:00"),
        (timedelta(hours=15), "明天 00:00"),
        (timedelta(days=7), "12 月 2 日 09:00"),
    ],
)
def test_working_hours_are_said_as_a_moment(left: timedelta, text: str) -> None:
    assert shown(left, ClockName.SOLVED)[1].endswith(f" {text} 到期")
