"""The engine and the only commit. SQLite and PostgreSQL behave alike behind `Database`."""

import itertools
import random
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import DateTime, Engine, MetaData, String, TextClause, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from portal.errors import PortalError, StorageUnavailableError

# A request waits this long for another writer before the user is asked to try again (SECURITY F7).
BUSY_TIMEOUT_MS = 10_000
HASTE_MS = 100  # for a note beside reading
_REACHABLE_WITHIN_MS = 1000
_TRIES = 4
# What lost to another transaction is not tried again when so much of the user's patience is gone already.
_PATIENCE_SECONDS = 5
_COUNTS = "counts of this transaction"
_FOLLOWERS = "followers of inserted rows"
Result = TypeVar("Result")


class Base(DeclarativeBase):
    """Named constraints, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """Timezone-aware in Python, UTC in the database; SQLite stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class unindexed(FunctionElement[str]):
    """A text column by whose index SQLite may not look up: it would begin with all rows that ever were.

    PostgreSQL knows how many rows there are of each value, and is given the bare column: it counts on a two hundredth
    of all rows where it is not.
    """

    type = String()
    inherit_cache = True


@compiles(unindexed)
def _bare(element: Any, compiler: Any, **given: Any) -> str:
    return str(compiler.process(element.clauses, **given))


@compiles(unindexed, "sqlite")
def _signed(element: Any, compiler: Any, **given: Any) -> str:
    return f"+{_bare(element, compiler, **given)}"


def new_id() -> uuid.UUID:
    """Row ids are created in Python, so that a seal can be bound to a row before it exists."""
    return uuid.uuid4()


class OutcomeUnknownError(StorageUnavailableError):
    """The connection broke: a commit under way may have happened. The idempotency key tells (SECURITY F8)."""


class ContendedError(StorageUnavailableError):
    """The database gave this transaction up for another one: a deadlock, or a lock that could not be waited for."""


def insert_rows(session: Session, *rows: Base) -> None:
    """Insert rows at once, in this order, consecutive rows of one table together. The objects stay outside the session.

    For rows that do not change afterwards: it avoids the unit of work, which costs more than the inserts.
    """
    for follow in session.info.get(_FOLLOWERS, ()):
        follow(session, rows)
    connection = session.connection()
    for table, group in itertools.groupby(rows, lambda row: row.__table__):
        values = [{key: value for key, value in vars(row).items() if key != "_sa_instance_state"} for row in group]
        connection.execute(table.insert(), values)


def followed_by(follow: Callable[[Session, Sequence[Base]], None]) -> dict[str, Any]:
    """For `Database.session_info`: `follow` sees the rows before `insert_rows` inserts them."""
    return {_FOLLOWERS: (follow,)}


def count_later(session: Session, statement: TextClause, change: int = 1, **key: Any) -> None:
    """Add `change` to one counter, shortly before the trail's row or the commit, together with all others.

    Counters are rows that everybody writes. Taken as late as possible, each once and in one order, two transactions
    that count the same things wait for each other and never deadlock.

    Args:
        statement: takes `change` and the columns of `key`; the same object for all counters of a table.
    """
    counts: dict[tuple[str, str], tuple[TextClause, dict[str, Any]]] = session.info.setdefault(_COUNTS, {})
    place = (statement.text, str(sorted(key.items())))
    row = counts.setdefault(place, (statement, {**key, "change": 0}))[1]
    row["change"] += change


def write_counts(session: Session) -> None:
    """Write what `count_later` collected. Before the trail's lock, which comes last."""
    counts = session.info.pop(_COUNTS, {})
    for _, (statement, row) in sorted(counts.items(), key=lambda entry: entry[0]):
        if row["change"]:
            session.connection().execute(statement, row)


class Database:
    """Hands out sessions; `transaction` is the only place that commits (ARCHITECTURE 7.5)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        # Copied into each transaction's `session.info`, for services whose only argument is the session.
        self.session_info: dict[str, Any] = {}
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        # SQLite: taking the write lock late fails at once if another writer was faster, so writers take it first.
        self._writer = self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        # PostgreSQL: without this, each statement of a page could see a different state.
        self._reader = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one consistent state and never writes."""
        with (
            _translated(),
            Session(self._reader, expire_on_commit=False, autoflush=False, info=self.session_info) as session,
        ):
            yield session
            session.expunge_all()  # loaded objects stay readable after the session
            session.rollback()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commits when the block ends, rolls back when it raises."""
        with (
            _translated(),
            Session(self._writer, expire_on_commit=False, info=self.session_info) as session,
            session.begin(),
        ):
            yield session
            session.flush()
            write_counts(session)

    def run(self, work: Callable[[Session], Result]) -> Result:
        """Calls `work` in a new transaction, and again if the database gave it up for another one.

        `work` may be called several times, so it must have no effect outside the session.

        Raises:
            ContendedError: every attempt was given up.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for left in reversed(range(_TRIES)):
            try:
                with self.transaction() as session:
                    return work(session)
            except ContendedError:
                if not left or time.monotonic() > deadline:
                    raise
            time.sleep(random.uniform(0.01, 0.1))  # noqa: S311  (spreads retries, needs no secrecy)
        raise AssertionError  # the last attempt returns or raises

    def run_once(self, work: Callable[[Session], Result], known: Callable[[], Result | None]) -> Result:
        """`run`, or `known` if another request with the same key was faster and its row stands in the way."""
        try:
            return self.run(work)
        except IntegrityError:
            found = known()
            if found is None:
                raise
            return found

    def attempt(self, work: Callable[[Session], object], patience_ms: int = HASTE_MS) -> bool:
        """`work` in a transaction that soon stops waiting for others; whether it was committed. Raises nothing.

        For what a page notes beside reading, such as when somebody was last seen: the page does without it while
        another program writes, the disk is full or the database read-only.
        """
        try:
            with (
                _translated(),
                Session(self._writer.execution_options(busy_timeout=patience_ms), info=self.session_info) as session,
                session.begin(),
            ):
                if not self.is_sqlite:
                    session.execute(text(f"SET LOCAL lock_timeout = {patience_ms}"))
                work(session)
                write_counts(session)
        except (PortalError, DBAPIError):
            return False
        return True

    @contextmanager
    def schema_change(self) -> Iterator[Connection]:
        """A connection for migrations: commits when the block ends; one process at a time on SQLite."""
        with _translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def without_waiting_for_disks(self) -> Iterator[None]:
        """What is committed in the block is lost if the machine stops: for sample data only. SQLite; else no change."""
        if not self.is_sqlite:
            yield
            return

        def hurry(connection: Any, _record: Any, _proxy: Any) -> None:
            connection.execute("PRAGMA synchronous=OFF")

        event.listen(self.engine, "checkout", hurry)
        try:
            yield
        finally:
            event.remove(self.engine, "checkout", hurry)
            self.engine.dispose()  # connections that come anew wait again

    def is_reachable(self) -> bool:
        """Whether the database responds and is writable."""
        return self.attempt(lambda session: session.execute(text("SELECT 1")), _REACHABLE_WITHIN_MS)

    def dispose(self) -> None:
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    """Turns failures of the database into a polite 503 or 507; errors in our own statements are raised as they are."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StorageUnavailableError(_BUSY) from error
    except DBAPIError as error:
        reason = str(error.orig).lower()
        if error.connection_invalidated or "disk i/o error" in reason:
            raise OutcomeUnknownError(_BUSY) from error
        if "disk is full" in reason or "no space" in reason:
            raise StorageUnavailableError("存储空间不足，暂时不能保存，请稍后再试", 507) from error
        if any(sign in reason for sign in _CONTENDED):
            raise ContendedError(_BUSY) from error
        if any(sign in reason for sign in _UNAVAILABLE) or _is_connecting(error):
            raise StorageUnavailableError(_BUSY) from error
        raise


def _is_connecting(error: DBAPIError) -> bool:
    """There was no statement yet: whatever it was, the name that does not resolve included, it is not ours."""
    return isinstance(error, OperationalError) and error.statement is None


_BUSY = "系统正忙，暂时打不开或不能保存，请稍后再试"
_CONTENDED = ("deadlock detected", "could not serialize", "database is locked", "lock timeout")
_UNAVAILABLE = (
    "readonly database", "unable to open database", "connection", "read-only transaction",
    "terminating", "too many clients", "shutting down", "starting up",
)  # fmt: skip


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=20,
        max_overflow=30,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is sent below
        _switch_to_wal(connection)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "recursive_triggers=ON",  # INSERT OR REPLACE must not bypass the triggers that refuse DELETE
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        begin = options.get("sqlite_begin", "BEGIN")
        if begin != "BEGIN":  # reading waits for nobody
            connection.exec_driver_sql(f"PRAGMA busy_timeout={options.get('busy_timeout', BUSY_TIMEOUT_MS)}")
        connection.exec_driver_sql(begin)

    return engine


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # While another process creates the same file, SQLite reports "locked" at once, despite the busy timeout.
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def _postgres_engine(url: str) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "options": "-c lock_timeout=10000 -c timezone=utc"},
    )
