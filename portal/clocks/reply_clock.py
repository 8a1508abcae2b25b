"""When the first reply of a round is due (REQUIREMENTS J1, C7); judged once, when it comes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

_PAUSED = "已暂停（待补充）"
_SOON = timedelta(hours=2)
NEXT_WORD = timedelta(hours=24)  # ours: how long a clinic waits for a further word while it is our turn


class ClockOutcome(StrEnum):
    """How a clock ended; written once, and changed by nothing later (DESK 1.3)."""

    MET = "met"
    MISSED = "missed"
    UNCOUNTED = "uncounted"  # ended without a reply: merged, void, or closed because the clinic was silent


@dataclass(frozen=True)
class TimeBadge:
    """The clock's badge in lists: `kind` is in_time, due_today, overdue, paused, met, missed or ended.

    `note` says when the next word to the clinic is due, while it is our turn after the first reply.
    """

    kind: str
    text: str
    note: str = ""


@dataclass(frozen=True)
class ReplyClock:
    """The clock of one round.

    Args:
        outcome: how it ended. is_waiting: for the clinic. is_worked: staff still have something to do.
    """

    due_at: datetime
    paused_at: datetime | None = None
    outcome: ClockOutcome | None = None
    next_word_due_at: datetime | None = None
    is_waiting: bool = False
    is_worked: bool = True

    def paused(self, now: datetime) -> "ReplyClock":
        """The clock, stopped; a stopped clock keeps its first stop time."""
        return replace(self, paused_at=self.paused_at or now)

    def resumed(self, now: datetime) -> "ReplyClock":
        """The clock, running; while it has not ended, the pause is added to the due time.

        A pause that began after the due time moves nothing: what is late stays late.
        """
        if self.paused_at is None:
            return self
        is_moved = self.outcome is None and self.paused_at < self.due_at
        pause = max(now - self.paused_at, timedelta(0)) if is_moved else timedelta(0)
        return replace(self, due_at=self.due_at + pause, paused_at=None)

    def answered(self, now: datetime) -> "ReplyClock":
        """The clock, ended by a reply; one at the very due time is in time. An ended clock stays as it is."""
        if self.outcome is not None:
            return self
        due_at = self.resumed(now).due_at
        return replace(self, due_at=due_at, outcome=ClockOutcome.MET if now <= due_at else ClockOutcome.MISSED)

    def dropped(self) -> "ReplyClock":
        """The clock, ended uncounted unless it has ended already."""
        return replace(self, outcome=self.outcome or ClockOutcome.UNCOUNTED)

    def badge(self, now: datetime) -> TimeBadge:
        """The clock in words (UX section 5.2)."""
        if self.outcome is ClockOutcome.UNCOUNTED or (self.outcome is None and not self.is_worked):
            return TimeBadge("ended", "已结束")
        if self.outcome is ClockOutcome.MISSED:
            return TimeBadge("missed", "已超时回复", self._note(now))
        if self.paused_at is not None or (self.is_waiting and self.outcome):
            return TimeBadge("paused", _PAUSED)
        if self.outcome is ClockOutcome.MET:
            return TimeBadge("met", "已按时回复", self._note(now))
        left = self.due_at - now
        if left < timedelta(0):
            return TimeBadge("overdue", f"已超时 {_words(-left)}")
        return TimeBadge("due_today" if left < _SOON else "in_time", f"剩 {_words(left)}")

    def _note(self, now: datetime) -> str:
        if self.paused_at is not None or self.is_waiting:
            return _PAUSED
        if self.next_word_due_at is None:
            return ""
        left = self.next_word_due_at - now
        return f"该告诉机构进展了，已过 {_words(-left)}" if left < timedelta(0) else f"下次回复剩 {_words(left)}"


def reply_due(reply_hours: int, began_at: datetime) -> datetime:
    """The first reply is due after a kind's natural hours."""
    return began_at + timedelta(hours=reply_hours)


def _words(duration: timedelta) -> str:
    minutes = int(duration.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} 分"
    if minutes < 48 * 60:
        return f"{minutes // 60} 小时 {minutes % 60} 分"
    return f"{minutes // 1440} 天"
