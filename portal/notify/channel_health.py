"""A channel that fails: administrators are told, one probe an hour is sent, and all else waits for it (DESK N.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.notify import notices, outbox
from portal.notify.channel import Outcome, Result
from portal.notify.events import Event
from portal.notify.matrix import WAY_LABELS, Way
from portal.notify.models import ChannelState
from portal.notify.recipients import RecipientKind

MOST_FAILURES = 20
SILENCE = timedelta(hours=1)
PROBE_EVERY = timedelta(hours=1)
LONGEST_REST = timedelta(hours=24)
# Two workers may see a channel for the first time together.
_MAKE = text("INSERT INTO channel_states (channel, failures) VALUES (:channel, 0) ON CONFLICT (channel) DO NOTHING")
# One person's refused address says nothing about the channel.
_OF_ONE_PERSON = (RecipientKind.USER, RecipientKind.CLINIC)


@dataclass(frozen=True)
class Failing:
    """A channel that fails, for 系统."""

    channel: str
    since: datetime

    @property
    def chinese(self) -> str:
        label = channel_label(self.channel)
        since = clock.staff_time(self.since)
        return f"通知渠道“{label}”从 {since} 起一直发不出去：每小时试一次，通知都留着，恢复后发出。请在“通知”里查看原因"


def channel_label(channel: str) -> str:
    return WAY_LABELS[Way(channel)] if channel in list(Way) else channel


def locked(session: Session, channel: str) -> ChannelState:
    """The state's row, made when missing, locked until the transaction ends."""
    session.execute(_MAKE, {"channel": channel})
    return session.scalars(select(ChannelState).where(ChannelState.channel == channel).with_for_update()).one()


def is_failing(state: ChannelState, now: datetime) -> bool:
    """Twenty failures in a row and nothing delivered for an hour; times in the future do not count."""
    last = state.last_ok_at or state.failing_since
    is_silent = last is not None and now - last >= SILENCE
    return state.failures >= MOST_FAILURES and is_silent


def claimable(state: ChannelState, now: datetime, most: int) -> int:
    """How many deliveries may be claimed now: none while the other side wants rest, one an hour while it fails."""
    if state.rests_until is not None and now < state.rests_until <= now + LONGEST_REST:
        return 0
    if not is_failing(state, now):
        return most
    is_probed = state.probed_at is not None and timedelta(0) <= now - state.probed_at < PROBE_EVERY
    if is_probed:
        return 0
    state.probed_at = now
    return 1


def note(session: Session, state: ChannelState, kind: RecipientKind, result: Result) -> None:
    """Count one attempt, and tell administrators once when the channel begins to fail."""
    now = clock.now()
    if result.is_ok:
        if state.told_at is not None:
            notices.settle(session, Event.CHANNEL_FAILING, state.channel)
        state.failures, state.failing_since, state.probed_at, state.told_at = 0, None, None, None
        state.last_ok_at, state.rests_until = now, None
        return
    if result.outcome is Outcome.DROPPED or (result.outcome is Outcome.PERMANENT and kind in _OF_ONE_PERSON):
        return
    state.failures += 1
    state.failing_since = state.failing_since or now
    if result.after is not None:
        state.rests_until = now + min(result.after, LONGEST_REST)
    if is_failing(state, now) and state.told_at is None:
        state.told_at = now
        outbox.add(session, Event.CHANNEL_FAILING, state.channel)


def failing(session: Session) -> Sequence[Failing]:
    """Every channel that fails now."""
    now = clock.now()
    rows = session.scalars(select(ChannelState).where(ChannelState.failures >= MOST_FAILURES))
    return [Failing(row.channel, row.failing_since or now) for row in rows if is_failing(row, now)]
