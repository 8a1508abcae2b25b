"""When the first reply is due; paused while the clinic must supply something (REQUIREMENTS J1, C7)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

_SOON = timedelta(hours=2)


@dataclass(frozen=True)
class TimeBadge:
    """The clock's badge in lists: `kind` is in_time, due_today, overdue, paused, met, missed or ended."""

    kind: str
    text: str


@dataclass(frozen=True)
class ReplyClock:
    """The state of one clock. `is_worked`: staff still have something to do."""

    due_at: datetime
    paused_at: datetime | None = None
    replied_at: datetime | None = None
    is_worked: bool = True

    def paused(self, now: datetime) -> "ReplyClock":
        """The clock, stopped; a stopped clock keeps its first stop time."""
        return replace(self, paused_at=self.paused_at or now)

    def resumed(self, now: datetime) -> "ReplyClock":
        """The clock, running; the pause, up to the reply, is added to the due time.

        After the reply nothing moves: a later pause must not turn a late reply into a timely one.
        """
        if self.paused_at is None:
            return self
        paused_until = min(now, self.replied_at or now)
        pause = max(paused_until - self.paused_at, timedelta(0))
        return replace(self, due_at=self.due_at + pause, paused_at=None)

    def badge(self, now: datetime) -> TimeBadge:
        """The clock in words (UX section 5.2)."""
        if self.replied_at is not None:
            is_late = self.replied_at > self.resumed(now).due_at
            return TimeBadge("missed", "已超时回复") if is_late else TimeBadge("met", "已按时回复")
        if not self.is_worked:
            return TimeBadge("ended", "已结束")
        if self.paused_at is not None:
            return TimeBadge("paused", "已暂停（待补充）")
        left = self.due_at - now
        if left < timedelta(0):
            return TimeBadge("overdue", f"已超时 {_words(-left)}")
        return TimeBadge("due_today" if left < _SOON else "in_time", f"剩 {_words(left)}")


def reply_due(reply_hours: int, submitted_at: datetime) -> datetime:
    """The first reply is due after a kind's natural hours."""
    return submitted_at + timedelta(hours=reply_hours)


def _words(duration: timedelta) -> str:
    minutes = int(duration.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} 分"
    if minutes < 48 * 60:
        return f"{minutes // 60} 小时 {minutes % 60} 分"
    return f"{minutes // 1440} 天"
