"""Gives values of earlier versions the keyed index that only ID numbers had, a part of them a round.

It can be killed at any moment: `VaultState.unindexed_from` moves in the transaction that fills a part.
"""

import re
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.reports.sealing import KNOWN_LABEL
from portal.runtime import Runtime
from portal.vault.masks import MASKS
from portal.vault.models import SealedValue, VaultState
from portal.vault.suites import SealBrokenError

_PART = 500
# The masks of what never has an index: passwords, which show nothing, and names. The kind itself is not stored.
_HIDDEN = MASKS["password"]("")
_NAME = re.compile(r"[^*]?\*{1,2}")


def run(runtime: Runtime) -> int:
    """Fill one part and return how many values got an index; 0 when nothing is left."""
    with runtime.database.read() as session:
        if session.scalar(select(VaultState.unindexed_from)) is None:
            return 0
    with runtime.database.transaction() as session:
        state = session.scalars(select(VaultState).with_for_update()).one()
        if state.unindexed_from is None:
            return 0
        query = select(SealedValue).where(SealedValue.id > state.unindexed_from).order_by(SealedValue.id).limit(_PART)
        rows = session.scalars(query).all()
        filled = sum(_filled(session, runtime, row) for row in rows)
        state.unindexed_from = rows[-1].id if len(rows) == _PART else None
        if filled:
            trail.record(session, Tag.VALUES_INDEXED, SYSTEM, particulars={"values": filled})
        return filled


def _filled(session: Session, runtime: Runtime, row: SealedValue) -> bool:
    if row.value_index is not None or row.value_sealed is None:
        return False
    is_known = row.value_masked == _HIDDEN and row.label.endswith(KNOWN_LABEL)
    if not is_known and not _is_indexed(row):
        return False
    try:
        index = runtime.vault.index_of(session, row)
        if index is None or (is_known and index not in _indexes_of_fields(session, runtime, row)):
            return False
    except (SealBrokenError, UnicodeDecodeError):
        return False  # `keys verify` names it
    row.value_index = index
    return True


def _indexes_of_fields(session: Session, runtime: Runtime, known: SealedValue) -> Iterator[str | None]:
    """Of the other values of the same report: a repeated one is a password unless it is among these."""
    query = select(SealedValue).where(SealedValue.owner_id == known.owner_id, SealedValue.value_sealed.is_not(None))
    for row in session.scalars(query.order_by(SealedValue.id)):
        if _is_indexed(row):
            yield runtime.vault.index_of(session, row)


def _is_indexed(row: SealedValue) -> bool:
    return row.value_masked != _HIDDEN and not _NAME.fullmatch(row.value_masked)
