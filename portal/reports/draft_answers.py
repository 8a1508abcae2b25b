"""The answers of a draft: one sealed value under its own data key, which is destroyed once the report is filed."""

import json
import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from portal.reports.draft_models import Draft
from portal.vault.models import DataKey, SealedValue
from portal.vault.vault import OpenedKey, Place, Vault

DRAFT = "draft"  # the purpose of the data key
# Migration 0017 could not reseal the answers of staff: until they are saved again they are a sealed value.
_FORMER_FIELD = "desk_draft"

Values = Mapping[str, Sequence[str]]


def answers_place(draft_id: uuid.UUID) -> Place:
    """Binds a draft's answers to it: moved to another draft they cannot be opened."""
    return Place(Draft.__tablename__, "answers", draft_id, draft_id)


def sealed(vault: Vault, key: OpenedKey, draft_id: uuid.UUID, values: Values) -> bytes:
    packed = json.dumps({name: list(given) for name, given in values.items()})
    return vault.seal(key, answers_place(draft_id), packed.encode())


def read(session: Session, vault: Vault, row: Draft) -> dict[str, list[str]]:
    """Every answer by its field; none once the report is filed."""
    packed: bytes | str = b"{}"
    if row.answers_sealed is not None:
        packed = vault.open(session, answers_place(row.id), row.answers_sealed)
    elif row.user_id is not None:
        former = session.scalars(select(SealedValue).where(*_former(row))).first()
        packed = vault.open_value(session, former) if former else packed
    values: dict[str, list[str]] = json.loads(packed)
    return values


def keep(session: Session, vault: Vault, row: Draft, values: Values) -> None:
    key = vault.data_key(session, row.id, DRAFT)
    row.answers_sealed, row.data_key_id = sealed(vault, key, row.id, values), key.id
    _forget_former(session, row)


def destroy(session: Session, row: Draft) -> None:
    """Delete the answers and their key, so that no copy of the row can be opened."""
    row.answers_sealed, row.data_key_id = None, None
    session.flush()
    _forget_former(session, row)
    session.execute(delete(DataKey).where(DataKey.owner_id == row.id, DataKey.purpose == DRAFT))


def _former(row: Draft) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return SealedValue.owner_id == row.id, SealedValue.field == _FORMER_FIELD


def _forget_former(session: Session, row: Draft) -> None:
    if row.user_id is not None:
        session.execute(delete(SealedValue).where(*_former(row)))
