"""Purges the trail: from its old end only, verified first, under a signed base.

Each batch is one transaction: base, removal, a row of the trail and a line in the file of checkpoints, or nothing.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import bases, trail
from portal.audit.actor import Actor
from portal.audit.checkpoints import CheckpointError, Checkpoints
from portal.audit.models import AuditEvent, AuditHead
from portal.audit.tags import Tag
from portal.audit.trail import HEAD_ID, Particulars

SHORTEST = timedelta(days=180)
"""Logs are kept for at least half a year (网络安全法; SECURITY D-11). A trigger enforces it too."""
BATCH = 10_000
Numbers = Select[str]
_logger = logging.getLogger("portal.audit")


class PurgeRefusedError(CheckpointError):
    """The trail is broken: a purge would make the rest look whole. Says what is wrong."""

    def __init__(self, message: str, particulars: Particulars) -> None:
        super().__init__(message)
        self._particulars = particulars

    @property
    def particulars(self) -> Particulars:
        """The error as particulars of a trail row."""
        return self._particulars


@dataclass(frozen=True)
class Rule:
    """How long rows are kept, and the numbers of tickets whose rows stay: the first such row stops a purge.

    Counted in whole days of China, so that a purge has work once a day, not in every round.
    """

    keep: timedelta
    held: tuple[Numbers, ...] = ()

    @property
    def limit(self) -> datetime:
        """Rows before this moment may be purged.

        Raises:
            ValueError: the rule keeps less than the law requires.
        """
        if self.keep < SHORTEST:
            raise ValueError("the trail is kept 180 days at least")
        day = clock.in_china(clock.now() - self.keep)
        return day.replace(hour=0, minute=0, second=0, microsecond=0)


def due(session: Session, rule: Rule) -> int:
    """How many rows a purge would remove now."""
    before = bases.latest(session).seq
    return _end(session, rule, before) - before


def purge(checkpoints: Checkpoints, rule: Rule, actor: Actor, *, batch: int = BATCH) -> int:
    """Remove the rows that are due and return how many. If killed, every batch is either done or not done.

    Raises:
        PurgeRefusedError: the trail is broken. OSError: the file of checkpoints cannot be written.
    """
    with checkpoints.database.read() as session:
        if not due(session, rule):
            return 0
    proof = checkpoints.verify()
    if not proof.is_whole:
        raise PurgeRefusedError(f"nothing was purged, the trail is not whole: {proof.summary}", proof.particulars)
    total = 0
    while removed := _purge_batch(checkpoints, rule, actor, batch):
        total += removed
    return total


def purge_quietly(checkpoints: Checkpoints, rule: Rule, actor: Actor) -> int:
    """As `purge`, for rounds every few seconds: a refusal writes one trail row per day."""
    with checkpoints.database.read() as session:
        if not due(session, rule) or _was_refused_today(session):
            return 0
    try:
        return purge(checkpoints, rule, actor)
    except CheckpointError as error:
        _logger.error("%s", error)
        with checkpoints.database.transaction() as session:
            trail.record(session, Tag.TRAIL_PURGED, actor, particulars=error.particulars, is_success=False)
        return 0


def _purge_batch(checkpoints: Checkpoints, rule: Rule, actor: Actor, batch: int) -> int:
    with checkpoints.database.transaction() as session:
        head = session.get_one(AuditHead, HEAD_ID, with_for_update=True)
        reached = head.seq, head.row_hash
        before = bases.latest(session)
        end = min(_end(session, rule, before.seq), before.seq + batch)
        if end == before.seq:
            return 0
        last = checkpoints.last_of(session, head)
        base = bases.new_base(before, end, str(bases.hash_at(session, end)), checkpoints.signer)
        session.add(base)
        session.flush()
        removed: Any = session.execute(delete(AuditEvent).where(AuditEvent.seq <= end))
        if removed.rowcount != base.removed:
            message = f"rows {before.seq + 1} to {end} are not {base.removed} rows"
            raise PurgeRefusedError(message, {"problem": "the rows to purge are not all there"})
        gone_rows: Particulars = {"first_row": before.seq + 1, "last_row": end, "base": base.number}
        trail.record(session, Tag.TRAIL_PURGED, actor, particulars=gone_rows)
        checkpoints.add_base(session, *reached, last)  # last: an extra line is harmless, a missing one is not
        return base.removed


def _end(session: Session, rule: Rule, start: int) -> int:
    """The last row that may be purged: the one before the first that is young, in the future or of a held ticket."""
    stays = [AuditEvent.at >= rule.limit, *(AuditEvent.ticket_number.in_(numbers) for numbers in rule.held)]
    query = select(AuditEvent.seq).where(AuditEvent.seq > start, or_(*stays))
    first = session.scalar(query.order_by(AuditEvent.seq).limit(1))
    if first is not None:
        return int(first) - 1
    return session.scalar(select(func.max(AuditEvent.seq))) or start


def _was_refused_today(session: Session) -> bool:
    midnight = clock.in_china(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    refused = select(AuditEvent.seq).where(
        AuditEvent.tag == Tag.TRAIL_PURGED, AuditEvent.is_success.is_(False), AuditEvent.at >= midnight
    )
    return session.scalar(refused.limit(1)) is not None
