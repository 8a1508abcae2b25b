"""The list beside each data key of what it has sealed, so that a row which somebody deletes or empties is missed.

Every session keeps the lists: what the unit of work adds, changes and deletes, what `insert_rows` inserts, and what a
DELETE of many rows takes. A data key that is destroyed takes its list along. Whoever can write to the database only
cannot make a list; a former one put back hides what was added since.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import ColumnElement, event, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.util import identity_key

from portal.db import Base, Database, followed_by
from portal.holdings import Held, Register, Sealed
from portal.vault.models import DataKey
from portal.vault.suites import ListForgedError, RowsTakenError
from portal.vault.vault import Vault

_VAULT = "vault of the lists"
_BATCH = 200


@dataclass
class _Changes:
    """What one data key seals from now on, and no more: table and id of a row, with its field."""

    added: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)


class _Ledger(dict[uuid.UUID, _Changes]):
    def __missing__(self, key_id: uuid.UUID) -> _Changes:
        self[key_id] = _Changes()
        return self[key_id]

    def add(self, key_id: uuid.UUID | None, held: Held, row: Any) -> None:
        if key_id is not None:
            self[key_id].added[_name(held, _id_of(held, row))] = _field_of(held, row)

    def remove(self, key_id: uuid.UUID | None, held: Held, row_id: Any) -> None:
        if key_id is not None:
            self[key_id].removed.add(_name(held, row_id))


def session_info(vault: Vault) -> dict[str, object]:
    """For `Database.session_info`: its transactions keep the lists."""
    return {_VAULT: vault, **followed_by(_follow_inserted)}


def check(session: Session, vault: Vault, key: DataKey) -> None:
    """Whether everything that a data key has sealed is there.

    Raises:
        RowsTakenError: rows are gone, or emptied. ListForgedError: the list is not the one that was stored.
    """
    listed = vault.listed_rows(key)
    if listed is None:
        if vault.accepts_unlisted():
            return
        raise ListForgedError
    there = _there(session, key, listed)
    if gone := [f"{name}, {where}" for name, where in listed.items() if name not in there]:
        raise RowsTakenError(gone)


def carry(vault: Vault, old: DataKey, new: DataKey) -> None:
    """The list of a data key for the one that takes its place; a forged one stays one."""
    try:
        listed = vault.listed_rows(old)
    except ListForgedError:
        listed = None
    if listed is None:
        new.listed = new.list_proof = None
    else:
        vault.list_rows(new, listed)


def list_older(database: Database, vault: Vault) -> int:
    """List what the data keys of an older version have sealed; how many keys. It can be killed at any step."""
    listed = 0
    while True:
        with database.transaction() as session:
            query = select(DataKey).where(DataKey.listed.is_(None)).order_by(DataKey.id).limit(_BATCH)
            keys = session.scalars(query.with_for_update(key_share=True)).all()
            rows = _rows_of(session, keys)
            for key in keys:
                vault.list_rows(key, rows.get(key.id, {}))
        if not keys:
            return listed
        listed += len(keys)


def _rows_of(session: Session, keys: Sequence[DataKey]) -> dict[uuid.UUID, dict[str, str]]:
    """What these keys have sealed, by key."""
    found: dict[uuid.UUID, dict[str, str]] = {key.id: {} for key in keys}
    for held, sealed in Register.of(session.info).listed.values():
        owner, wanted = held.column(sealed.data_key), [key.id for key in keys]
        if held.report is not None:  # that column has an index
            owner, wanted = held.column(held.report), [key.owner_id for key in keys]
        for row in session.scalars(select(held.model).where(owner.in_(wanted))):
            if (key_id := sealed.key_of(row)) in found:
                found[key_id][_name(held, _id_of(held, row))] = _field_of(held, row)
    return found


def _there(session: Session, key: DataKey, listed: Iterable[str]) -> set[str]:
    """Which of the listed rows are there, sealed by this key."""
    there = set()
    for held, sealed in Register.of(session.info).listed.values():
        ids = [_id_type(held)(name.partition(" ")[2]) for name in listed if name.startswith(f"{held.table} ")]
        if ids:
            rows = session.scalars(select(held.model).where(held.column(_id_name(held)).in_(ids)))
            there |= {_name(held, _id_of(held, row)) for row in rows if sealed.key_of(row) == key.id}
    return there


def _follow_inserted(session: Session, rows: Sequence[Base]) -> None:
    ledger = _Ledger()
    for row, held, sealed in _listed(session, rows):
        ledger.add(sealed.key_of(row), held, row)
    _write(session, ledger, [row for row in rows if isinstance(row, DataKey)])


@event.listens_for(Session, "before_flush")
def _follow_flush(session: Session, *_: object) -> None:
    if _VAULT not in session.info:
        return
    ledger = _Ledger()
    for row, held, sealed in _listed(session, session.new):
        ledger.add(sealed.key_of(row), held, row)
    for row, held, sealed in _listed(session, session.deleted):
        ledger.remove(sealed.key_of(row), held, _id_of(held, row))
    for row, held, sealed in _listed(session, session.dirty):
        before, now = _former_key(sealed, row), sealed.key_of(row)
        if before != now:
            ledger.remove(before, held, _id_of(held, row))
            ledger.add(now, held, row)
    _write(session, ledger, [row for row in session.new if isinstance(row, DataKey)])


@event.listens_for(Session, "do_orm_execute")
def _follow_delete(state: ORMExecuteState) -> None:
    """What one statement deletes is asked for first."""
    session = state.session
    if not state.is_delete or _VAULT not in session.info or state.bind_mapper is None:
        return
    found = Register.of(session.info).listed.get(state.bind_mapper.class_)
    if found is None:
        return
    held, sealed = found
    conditions: tuple[ColumnElement[bool], ...] = state.statement._where_criteria  # type: ignore[attr-defined]
    key_id, row_id = held.column(sealed.data_key), held.column(_id_name(held))
    ledger = _Ledger()
    for doomed, of_key in session.execute(select(row_id, key_id).where(key_id.is_not(None), *conditions)).all():
        ledger.remove(of_key, held, doomed)
    _write(session, ledger, ())


def _listed(session: Session, rows: Iterable[Any]) -> Iterator[tuple[Any, Held, Sealed]]:
    tables = Register.of(session.info).listed
    for row in rows:
        if found := tables.get(type(row)):
            yield row, *found


def _former_key(sealed: Sealed, row: Any) -> Any:
    """Under which key a changed row was sealed before."""

    def before(name: str) -> Any:
        history = inspect(row).attrs[name].history
        return history.deleted[0] if history.deleted else None if history.added else getattr(row, name)

    is_empty = sealed.column is not None and before(sealed.column) is None
    return None if is_empty else before(sealed.data_key)


def _write(session: Session, ledger: _Ledger, new_keys: Iterable[DataKey]) -> None:
    if not ledger:
        return
    vault: Vault = session.info[_VAULT]
    made = {key.id: key for key in new_keys}
    for key_id in sorted(ledger):
        key = made.get(key_id) or _locked(session, key_id)
        if key is not None and key.listed is not None:
            _list_anew(vault, key, ledger[key_id])


def _locked(session: Session, key_id: uuid.UUID) -> DataKey | None:
    """The key, for whoever writes its list next; None if it is destroyed."""
    known = session.identity_map.get(identity_key(DataKey, key_id))
    if known is not None and known in session.dirty:  # locked before, and not written yet
        return known
    query = select(DataKey).where(DataKey.id == key_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).first()


def _list_anew(vault: Vault, key: DataKey, changes: _Changes) -> None:
    """A forged list is left as it is: `keys verify` names it."""
    try:
        listed = vault.listed_rows(key) or {}
    except ListForgedError:
        return
    kept = {name: where for name, where in listed.items() if name not in changes.removed}
    vault.list_rows(key, kept | changes.added)


def _name(held: Held, row_id: Any) -> str:
    return f"{held.table} {row_id}"


def _field_of(held: Held, row: Any) -> str:
    sealed = held.sealed
    assert sealed is not None  # noqa: S101
    return sealed.field_of(row) if sealed.field_of else sealed.column or ""


def _id_name(held: Held) -> str:
    return str(inspect(held.model).primary_key[0].key)


def _id_type(held: Held) -> Callable[[str], Any]:
    return cast(Callable[[str], Any], inspect(held.model).primary_key[0].type.python_type)


def _id_of(held: Held, row: Any) -> Any:
    return getattr(row, _id_name(held))
