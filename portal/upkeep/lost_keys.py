"""Tickets whose data keys are gone although nothing of them was destroyed: with the key its list is gone too."""

import uuid
from collections.abc import Iterator

from sqlalchemy import exists, select

from portal.db import Database
from portal.retention.models import Tombstone
from portal.tickets.models import Ticket
from portal.vault.models import DataKey
from portal.vault.vault import CREDENTIALS, REPORT

_BATCH = 500
# Which destructions end a key: that of the report ends both.
_ENDED_BY = {REPORT: (REPORT,), CREDENTIALS: (CREDENTIALS, REPORT)}


def find(database: Database) -> Iterator[str]:
    """Purpose and ticket of each such key."""
    for purpose in _ENDED_BY:
        for number in _without(database, purpose):
            yield f"data_keys, {purpose} of {number}: is gone without having been destroyed"


def _without(database: Database, purpose: str) -> Iterator[str]:
    last, has_key = uuid.UUID(int=0), exists().where(DataKey.owner_id == Ticket.report_id, DataKey.purpose == purpose)
    while True:
        query = select(Ticket.report_id, Ticket.number).where(~has_key, Ticket.report_id > last)
        with database.read() as session:
            found = session.execute(query.order_by(Ticket.report_id).limit(_BATCH)).all()
            destroyed = set(
                session.scalars(
                    select(Tombstone.owner_id)
                    .where(Tombstone.owner_id.in_([row.report_id for row in found]))
                    .where(Tombstone.what.in_(_ENDED_BY[purpose]))
                )
            )
        yield from (row.number for row in found if row.report_id not in destroyed)
        if len(found) < _BATCH:
            return
        last = found[-1].report_id
