"""A ticket's time in one badge: the earliest running due time, or why none runs (DESK 1.3, UX 5.2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal import clock
from portal.clocks.names import CLOCK_LABELS, ClockName, ClockOutcome

SOON = timedelta(hours=2)
_NAMED_BY_TIME = ClockName.SOLVED  # its hours are working hours: how many natural ones are left would mislead
_DAYS = {0: "今天", 1: "明天"}


@dataclass(frozen=True)
class TimeBadge:
    """`kind` is in_time, due_today, overdue, paused, waiting, met, missed or ended; `note` says how the reply was."""

    kind: str
    text: str
    note: str = ""


@dataclass(frozen=True)
class Face:
    """What of a ticket its badge shows; all of it is stored with the ticket.

    Attributes:
        outcome: of the round's first reply. is_ours: it is our turn. is_worked: open.
    """

    next_due_at: datetime | None
    next_due_clock: str | None
    is_paused: bool
    outcome: ClockOutcome | None
    is_ours: bool
    is_worked: bool


_ENDED = {ClockOutcome.MET: TimeBadge("met", "已按时回复"), ClockOutcome.MISSED: TimeBadge("missed", "已超时回复")}
_NOTES = {ClockOutcome.MISSED: "首次回复已超时"}


def badge(face: Face, now: datetime) -> TimeBadge:
    """In words and kind."""
    note = _NOTES.get(face.outcome, "") if face.outcome else ""
    if not face.is_worked:
        return _ENDED.get(face.outcome, TimeBadge("ended", "已结束")) if face.outcome else TimeBadge("ended", "已结束")
    if face.next_due_at is not None and face.next_due_clock is not None:
        return _running(face.next_due_clock, face.next_due_at, now, note)
    if face.is_paused:
        return TimeBadge("paused", "已暂停（待补充）", note)
    if face.is_ours:
        return TimeBadge("waiting", "已回复，轮到我们" if face.outcome else "轮到我们", note)
    return TimeBadge("waiting", "等机构", note)


def _running(name: str, due_at: datetime, now: datetime, note: str) -> TimeBadge:
    left, label = due_at - now, CLOCK_LABELS[name]
    if left < timedelta(0):
        return TimeBadge("overdue", f"{label} 已超时 {words(-left)}", note)
    kind = "due_today" if left < SOON else "in_time"
    if name == _NAMED_BY_TIME:
        return TimeBadge(kind, f"{label} {_moment(due_at, now)} 到期", note)
    return TimeBadge(kind, f"{label} 剩 {words(left)}", note)


def _moment(due_at: datetime, now: datetime) -> str:
    """今天 17:30, 明天 08:30, 12 月 2 日 17:30."""
    local = clock.in_china(due_at)
    day = _DAYS.get((local.date() - clock.in_china(now).date()).days)
    return f"{day} {local:%H:%M}" if day else f"{local.month} 月 {local.day} 日 {local:%H:%M}"


def words(duration: timedelta) -> str:
    minutes = int(duration.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} 分"
    if minutes < 48 * 60:
        return f"{minutes // 60} 小时 {minutes % 60} 分"
    return f"{minutes // 1440} 天"
