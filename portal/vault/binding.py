"""Binds what an older version sealed: each data key to its owner, each mask to its row.

The work is read from the rows and done in batches, each its own transaction: it can be killed at any step, and doing it
again changes nothing. Until it is finished, data keys without an owner still open; afterwards none does, so nobody can
put an older row in the place of a newer one. That it is finished is noted in the database, and in the data folder too,
where somebody who can write to the database only cannot take it back.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from portal import clock
from portal.db import Database
from portal.holdings import Held, Register, SealCare
from portal.sentences import said
from portal.vault import inventory
from portal.vault.keyring import make_private
from portal.vault.models import VaultState
from portal.vault.suites import SealBrokenError

_BATCH = 200
_FILE_NAME, _LISTED = "seals-bound", "listed"
_logger = logging.getLogger("portal.binding")


class OlderDatabaseError(Exception):
    """The data folder says that all seals are bound, and the database says that they are not."""

    def __init__(self) -> None:
        super().__init__(said("older_database"))


@dataclass
class Binding:
    """How many rows were bound, by table; `left` could not be opened and stay as they are.

    Attributes:
        listed: how many data keys got the list of what they have sealed.
    """

    bound: dict[str, int] = field(default_factory=dict)
    left: int = 0
    listed: int = 0

    @property
    def total(self) -> int:
        return sum(self.bound.values())


class BoundMark:
    """A file that says of one keyring's data that all their keys are bound, and listed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE_NAME

    def names(self, fingerprint: str) -> bool:
        return self._words()[:1] == [fingerprint]

    def is_listed(self, fingerprint: str) -> bool:
        return self._words() == [fingerprint, _LISTED]

    def put(self, fingerprint: str, *, is_listed: bool) -> None:
        """A folder that cannot be written leaves the database's own note."""
        if self.is_listed(fingerprint) or (self.names(fingerprint) and not is_listed):
            return
        try:
            self._path.unlink(missing_ok=True)
            make_private(self._path, f"{fingerprint} {_LISTED}\n" if is_listed else f"{fingerprint}\n")
        except OSError as error:
            _logger.error("%s cannot be written: %s", self._path, error.strerror)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)

    def _words(self) -> list[str]:
        with suppress(OSError):
            return self._path.read_text(encoding="utf-8").split()
        return []


def is_older(database: Database) -> bool:
    """Whether the database does not say yet that everything in it is bound, and listed."""
    with database.read() as session:
        state = session.get(VaultState, 1)
    return state is not None and (state.bound_at is None or state.listed_at is None)


def accepts_unbound(database: Database, mark: BoundMark | None) -> bool:
    """Whether the work is not finished; asked for every such key, as another process may finish it."""
    with database.read() as session:
        state = session.get(VaultState, 1)
    return state is not None and state.bound_at is None and not (mark is not None and mark.names(state.fingerprint))


def accepts_unlisted(database: Database, mark: BoundMark | None) -> bool:
    """The same for the lists of what the keys have sealed."""
    with database.read() as session:
        state = session.get(VaultState, 1)
    return (
        state is not None and state.listed_at is None and not (mark is not None and mark.is_listed(state.fingerprint))
    )


def bind(database: Database, care: SealCare, mark: BoundMark) -> Binding | None:
    """Bind whatever is not bound yet, then close the way for it; None if nothing was to do.

    Raises:
        OlderDatabaseError: see there; nothing was changed.
    """
    if not is_older(database):
        return None
    with database.read() as session:
        state = session.get_one(VaultState, 1)
    done = Binding()
    if state.bound_at is None:
        if mark.names(state.fingerprint):
            raise OlderDatabaseError
        _bind_all(database, care, done)
    if state.listed_at is None:
        if mark.is_listed(state.fingerprint):
            raise OlderDatabaseError
        done.listed = inventory.list_older(database, care.vault)
    return done


def _bind_all(database: Database, care: SealCare, done: Binding) -> None:
    while True:
        found, done.left = 0, 0
        for held in Register.of(database.session_info).held:
            if held.renew is not None:
                bound, left = _bind_table(database, care, held)
                done.bound[held.table] = done.bound.get(held.table, 0) + bound
                found, done.left = found + bound, done.left + left
        if not found:  # a whole round met nothing that is not bound
            return


def finish(session: Session) -> str:
    """Close the way for unbound and unlisted keys, in the caller's transaction; the fingerprint for the mark."""
    state = session.get_one(VaultState, 1, with_for_update=True)
    state.bound_at, state.listed_at = state.bound_at or clock.now(), state.listed_at or clock.now()
    return str(state.fingerprint)


def _bind_table(database: Database, care: SealCare, held: Held) -> tuple[int, int]:
    """One pass over a table: how many rows were bound, and how many could not be opened."""
    bound = left = 0
    for ids in _batches(database, held):
        with database.transaction() as session:
            query = select(held.model).where(_key_of(held).in_(ids)).order_by(_key_of(held)).with_for_update()
            for row in session.scalars(query):
                try:
                    bound += held.renew(session, care, row)  # type: ignore[misc]
                except SealBrokenError:
                    left += 1
    return bound, left


def _batches(database: Database, held: Held) -> Iterator[list[Any]]:
    last = None
    while True:
        query = select(_key_of(held)).order_by(_key_of(held)).limit(_BATCH)
        if held.is_older is not None:
            query = query.where(held.is_older())
        with database.read() as session:
            ids = list(session.scalars(query if last is None else query.where(_key_of(held) > last)))
        if not ids:
            return
        last = ids[-1]
        yield ids


def _key_of(held: Held) -> Any:
    return inspect(held.model).primary_key[0]
