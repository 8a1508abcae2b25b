"""A mark in the store of pictures names it and the database it belongs to: a wrong or unmounted store takes nothing.

The mark is written once: when the store is new, or by an existing installation whose pictures it demonstrably holds.
Without the right mark nothing is written, deleted or taken for lost.
"""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.db import Database, UtcDateTime
from portal.errors import StorageUnavailableError
from portal.holdings import Register
from portal.storage.blobs import BlobMissingError, BlobStore
from portal.vault.models import VaultState
from portal.watch.models import StoreMark

_ID = 1
_SAMPLES = 20


class WrongStoreError(StorageUnavailableError):
    """The store is not the one of this database; `problem` is a key of `PROBLEM_LABELS`."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"附图存储{PROBLEM_LABELS[problem]}，暂时不能提交，请稍后再试并告诉系统管理员")
        self.problem = problem


_NOTE = text(
    "INSERT INTO store_marks (id, store_id, marked_at) VALUES (:id, :store, :at) "
    "ON CONFLICT (id) DO UPDATE SET store_id = excluded.store_id, marked_at = excluded.marked_at "
    "WHERE store_marks.store_id = :former"
).bindparams(bindparam("at", type_=UtcDateTime))
UNREACHABLE, UNMARKED, FOREIGN = "unreachable", "unmarked", "foreign"
PROBLEM_LABELS = {
    UNREACHABLE: "打不开",
    UNMARKED: "里没有标记，可能没有挂载，或目录不对",
    FOREIGN: "属于另一套数据",
}


@dataclass(frozen=True)
class Mark:
    """What the store says of itself: its own name, and the fingerprint of the keys of its database."""

    store: str
    database: str


class MarkedStore:
    """A blob store that is used only while its mark is the one its database knows."""

    def __init__(self, inner: BlobStore, database: Database) -> None:
        self.inner = inner
        self._database = database
        self._expected: Mark | None = None
        self._right_until = 0.0

    @property
    def mark_seconds(self) -> float:
        return self.inner.mark_seconds

    def prepare(self, *, may_make: bool = True) -> None:
        self.inner.prepare(may_make=may_make)

    def put(self, key: str, data: bytes) -> None:
        self.ensure_right()
        self.inner.put(key, data)

    def get(self, key: str) -> bytes:
        try:
            return self.inner.get(key)
        except BlobMissingError:
            self.ensure_right()  # a picture is lost only in the right store
            raise

    def delete(self, key: str) -> None:
        self.ensure_right()
        self.inner.delete(key)

    def stored(self) -> Iterator[tuple[str, datetime]]:
        self.ensure_right()
        return self.inner.stored()

    def is_writable(self) -> bool:
        return self.problem() is None and self.inner.is_writable()

    def mark(self) -> bytes | None:
        return self.inner.mark()

    def put_mark(self, content: bytes) -> None:
        self.inner.put_mark(content)

    def ensure_right(self) -> None:
        """Raises WrongStoreError."""
        problem = self.problem()
        if problem:
            raise WrongStoreError(problem)

    def problem(self) -> str | None:
        """Why the store is not the one of this database; None if it is."""
        if time.monotonic() < self._right_until:
            return None
        try:
            found = _parsed(self.inner.mark())
        except StorageUnavailableError:
            return UNREACHABLE
        if found is None:
            return UNMARKED
        if found != self._expected:
            with self._database.read() as session:
                self._expected = _expected(session)
        if found != self._expected:
            return FOREIGN
        self._right_until = time.monotonic() + self.inner.mark_seconds
        return None


def may_make(database: Database) -> bool:
    """Whether a store may be made: none is known yet, or there is no picture that it could lack."""
    with database.read() as session:
        return session.get(StoreMark, _ID) is None or not _blob_names(session)


def settle(database: Database, store: BlobStore) -> None:
    """At the start: mark a new store, or one that holds the pictures of an older installation. Else nothing is made.

    A database that knows its store but names no picture takes an empty store for a new one, under a new name: if the
    former one turns up again, it is a foreign one, and said to be.
    """
    with database.read() as session:
        expected, fingerprint, names = _expected(session), _fingerprint(session), _blob_names(session)
    try:
        found = _parsed(store.mark())
        if (expected and (found or names)) or (found and found.database != fingerprint):
            return
        is_ours = any(_holds(store, name) for name in names) if names else _is_empty(store) or found is not None
        if is_ours:
            _note(database, found or Mark(secrets.token_hex(16), fingerprint), expected)
            _write(store, database)
    except StorageUnavailableError:
        return  # said by `problem` until the next start


def adopt(database: Database, store: BlobStore) -> None:
    """For a restored database, before anybody uses it: it and the store it is restored into know each other.

    A mark that the store has already stays, so that the database that is being replaced still fits.

    Raises:
        WrongStoreError: the store belongs to other data; nothing was changed.
    """
    ensure_not_foreign(store, database)
    found = _parsed(store.mark())
    with database.transaction() as session:
        row = session.get(StoreMark, _ID)
        if row is None:
            row = StoreMark(id=_ID, store_id=secrets.token_hex(16), marked_at=clock.now())
            session.add(row)
        if found is not None:
            row.store_id = found.store
    _write(store, database)


def ensure_not_foreign(store: BlobStore, database: Database) -> None:
    """Raises WrongStoreError if the store's mark names the keys of another database."""
    found = _parsed(store.mark())
    with database.read() as session:
        fingerprint = _fingerprint(session)
    if found is not None and found.database != fingerprint:
        raise WrongStoreError(FOREIGN)


def _note(database: Database, mark: Mark, former: Mark | None) -> None:
    values = {"id": _ID, "store": mark.store, "at": clock.now(), "former": former.store if former else ""}
    with database.transaction() as session:
        session.execute(_NOTE, values)  # replicas that start together agree on the first


def _write(store: BlobStore, database: Database) -> None:
    with database.read() as session:
        expected = _expected(session)
    if expected is not None and _parsed(store.mark()) != expected:
        store.put_mark(json.dumps(asdict(expected)).encode())


def _expected(session: Session) -> Mark | None:
    row = session.get(StoreMark, _ID)
    return Mark(row.store_id, _fingerprint(session)) if row else None


def _fingerprint(session: Session) -> str:
    return session.get_one(VaultState, 1).fingerprint


def _blob_names(session: Session) -> list[str]:
    queries = [select(held.column(name)) for held, name in Register.of(session.info).blobs()]
    return [name for query in queries for name in session.scalars(query.limit(_SAMPLES))]


def _is_empty(store: BlobStore) -> bool:
    return next(store.stored(), None) is None


def _holds(store: BlobStore, name: str) -> bool:
    try:
        return bool(store.get(name))
    except BlobMissingError:
        return False


def _parsed(content: bytes | None) -> Mark | None:
    if content is None:
        return None
    try:
        given = json.loads(content)
        return Mark(str(given["store"]), str(given["database"]))
    except (ValueError, TypeError, KeyError):
        return Mark("", "")  # a mark that cannot be read is nobody's
