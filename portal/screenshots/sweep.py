"""Removes blobs that no row names: what a crash between blob and row leaves behind (ARCHITECTURE, Flows)."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.screenshots.models import Screenshot
from portal.storage.blobs import BlobStore

# A request that is just storing its screenshots must not lose them.
GRACE = timedelta(hours=1)


def orphan_blobs(session: Session, blobs: BlobStore, grace: timedelta = GRACE) -> list[str]:
    """Keys of blobs older than `grace` that no row names."""
    limit = clock.now() - grace
    old = [name for name, written_at in blobs.stored() if written_at < limit]
    known: set[str] = set()
    for start in range(0, len(old), 500):
        batch = old[start : start + 500]
        known.update(session.scalars(select(Screenshot.blob_key).where(Screenshot.blob_key.in_(batch))))
    return [name for name in old if name not in known]
