"""Removes blobs that no row names: what a crash between blob and row leaves behind (ARCHITECTURE 5)."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.holdings import Register
from portal.storage.blobs import BlobStore

# A request that is just storing its screenshots must not lose them.
GRACE = timedelta(hours=1)


def orphan_blobs(session: Session, blobs: BlobStore, grace: timedelta = GRACE) -> list[str]:
    """Keys of blobs older than `grace` that no row names."""
    limit = clock.now() - grace
    old = [name for name, written_at in blobs.stored() if written_at < limit]
    known: set[str] = set()
    for held, name in Register.of(session.info).blobs():
        column = held.column(name)
        for start in range(0, len(old), 500):
            known.update(session.scalars(select(column).where(column.in_(old[start : start + 500]))))
    return [name for name in old if name not in known]
