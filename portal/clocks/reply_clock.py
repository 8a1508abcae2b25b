"""Service clocks: when the first reply is due; paused while the clinic has to supply something (J1, C7)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal import clock
from portal.kinds.table import Kind
from portal.tickets.models import Ticket

_SOON = timedelta(hours=2)
_WEEKEND = (5, 6)


@dataclass(frozen=True)
class TimeBadge:
    """What a row shows of its clock: `kind` is in_time, due_today, overdue, paused, met, missed or ended."""

    kind: str
    text: str


def reply_due(kind: Kind, submitted_at: datetime) -> datetime:
    """The first reply is due after the kind's natural hours."""
    return submitted_at + timedelta(hours=kind.reply_hours)


def pause(ticket: Ticket, now: datetime) -> None:
    """Stop the clock."""
    ticket.paused_at = ticket.paused_at or now


def resume(ticket: Ticket, now: datetime) -> None:
    """Go on; the time of the pause is added to what is due."""
    if ticket.paused_at is not None:
        ticket.reply_due_at += now - ticket.paused_at
        ticket.paused_at = None


def after_working_day(moment: datetime) -> datetime:
    """One working day later: the same time on the next day that is no Saturday or Sunday in China.

    A weekend counts as its Monday's beginning. Public holidays and the days worked instead are not known here.
    """
    local = clock.in_china(moment)
    if local.weekday() in _WEEKEND:
        local = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7 - local.weekday())
    local += timedelta(days=1)
    while local.weekday() in _WEEKEND:
        local += timedelta(days=1)
    return local.astimezone(UTC)


def badge(ticket: Ticket, now: datetime) -> TimeBadge:
    """The clock in words (UX section 5.2)."""
    if ticket.first_replied_at is not None:
        is_late = ticket.first_replied_at > ticket.reply_due_at
        return TimeBadge("missed", "已超时回复") if is_late else TimeBadge("met", "已按时回复")
    if not ticket.is_worked:
        return TimeBadge("ended", "已结束")
    if ticket.paused_at is not None:
        return TimeBadge("paused", "已暂停（待补充）")
    left = ticket.reply_due_at - now
    if left < timedelta(0):
        return TimeBadge("overdue", f"已超时 {_words(-left)}")
    return TimeBadge("due_today" if left < _SOON else "in_time", f"剩 {_words(left)}")


def _words(duration: timedelta) -> str:
    minutes = int(duration.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} 分"
    if minutes < 48 * 60:
        return f"{minutes // 60} 小时 {minutes % 60} 分"
    return f"{minutes // 1440} 天"
