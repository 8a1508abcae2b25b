"""A known issue works again: every clinic that left a phone is called, 200 of them a transaction (DESK 4.3).

The worker calls `run` every round. Each batch is one transaction on the locked row of its settlement, so that any
number of workers call each clinic once, and go on where one was killed.
"""

import uuid
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.knowledge.models import Follower, KnownIssue, SettledBatch
from portal.occasions import FollowerToCall, tell
from portal.runtime import Runtime
from portal.watch import clock_doubt

BATCH = 200


def run(runtime: Runtime) -> int:
    """Tell of every clinic that is to be called; returns how many. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    with runtime.database.read() as session:
        undone = select(SettledBatch.id).where(SettledBatch.done_at.is_(None)).order_by(SettledBatch.made_at)
        batch_ids = session.scalars(undone).all()
    told = 0
    for batch_id in batch_ids:
        while (count := runtime.database.run(partial(_one_batch, batch_id))) is not None:
            told += count
    return told


def _one_batch(batch_id: uuid.UUID, session: Session) -> int | None:
    """The next clinics of a settlement; None once there are none left."""
    batch = session.get_one(SettledBatch, batch_id, with_for_update=True)
    if batch.done_at is not None:
        return None
    issue = session.get_one(KnownIssue, batch.known_issue_id)
    found = select(Follower).where(Follower.known_issue_id == issue.id).order_by(Follower.id).limit(BATCH)
    if batch.last_follower_id is not None:
        found = found.where(Follower.id > batch.last_follower_id)
    followers = session.scalars(found).all()
    for follower in followers:
        if follower.contact_destroyed_at is None:
            queues = tuple(issue.queues)
            tell(session, FollowerToCall(follower.id, follower.number, follower.institution, queues, batch.round))
    if not followers:
        batch.done_at = clock.now()
        return None
    batch.last_follower_id = followers[-1].id
    return len(followers)
