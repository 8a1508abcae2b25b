"""Dumps and restores a whole database: a consistent copy while others write, and an atomic swap."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.db import Database
from portal.sentences import said

_DATA = ("reports", "users", "data_keys")
_LONGEST_NAME = 50


class DumpError(Exception):
    """The copy or swap failed, explained in one sentence; the existing database is unchanged."""


@dataclass(frozen=True)
class Snapshot:
    """One state of the database: its bytes, and queries on it. Both end with the block."""

    file: BinaryIO
    rows: Callable[[str], list[Any]]


class Staging(Protocol):
    """A second database that replaces the real one in one step."""

    @property
    def url(self) -> str: ...

    def holds_data(self) -> bool: ...

    def load(self, dump: Path) -> None: ...

    def swap(self) -> None: ...

    def discard(self) -> None: ...


@contextmanager
def snapshot(database: Database, folder: Path) -> Iterator[Snapshot]:
    """Copy the database at one moment. The copy in `folder` has no name, so a crash leaves nothing behind."""
    yield from (_of_sqlite if database.is_sqlite else _of_postgres)(database, folder)


def _of_sqlite(database: Database, folder: Path) -> Iterator[Snapshot]:
    path = str(make_url(database.url).database)
    with closing(sqlite3.connect(path, isolation_level=None)) as source:
        # Queries and copy see the same state, because the copy uses this connection's read transaction.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM alembic_version").fetchone()
        handle, name = tempfile.mkstemp(dir=folder, prefix=".copy-")
        with closing(sqlite3.connect(name)) as copy, os.fdopen(handle, "rb") as copied:
            copy.execute("PRAGMA journal_mode=OFF")
            os.unlink(name)
            source.backup(copy)
            copied.seek(0)
            yield Snapshot(copied, lambda query: source.execute(query).fetchall())


def _of_postgres(database: Database, folder: Path) -> Iterator[Snapshot]:
    with tempfile.TemporaryFile(dir=folder) as file, database.read() as session:
        name = session.scalar(text("SELECT pg_export_snapshot()"))
        _run(database.url, "pg_dump", "--format=custom", f"--snapshot={name}", "--no-owner", "--no-privileges", to=file)
        file.seek(0)
        yield Snapshot(file, lambda query: list(session.execute(text(query))))


def staging(url: str) -> Staging:
    return _SqliteStaging(url) if url.startswith("sqlite") else _PostgresStaging(url)


class _SqliteStaging:
    """A file in a separate folder beside the database."""

    def __init__(self, url: str) -> None:
        self._target = Path(str(make_url(url).database))
        self._folder = self._target.with_name(f".{self._target.name}.restoring")
        self._staged = self._folder / self._target.name

    @property
    def url(self) -> str:
        return f"sqlite:///{self._staged.absolute()}"

    def holds_data(self) -> bool:
        if not self._target.exists():
            return False
        with closing(sqlite3.connect(self._target)) as connection:
            return _holds_data(lambda query: connection.execute(query).fetchone()[0], _EXISTS_ON_SQLITE)

    def load(self, dump: Path) -> None:
        self.discard()
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700)
        shutil.move(dump, self._staged)
        self._staged.chmod(0o600)

    def swap(self) -> None:
        """One rename. The old log is removed first; otherwise SQLite would replay it into the new file."""
        _without_log(self._staged)
        with self._staged.open("rb") as file:
            os.fsync(file.fileno())
        if self._target.exists():
            shutil.copymode(self._target, self._staged)
            _without_log(self._target)
        os.replace(self._staged, self._target)
        _sync_folder(self._target.parent)

    def discard(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class _PostgresStaging:
    """A separate database on the same server; needs the right to create databases."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._name = str(self._url.database)
        self._staged = f"{self._name[:_LONGEST_NAME]}_restoring"
        self._old = f"{self._name[:_LONGEST_NAME]}_replaced"

    @property
    def url(self) -> str:
        return self._url.set(database=self._staged).render_as_string(hide_password=False)

    def holds_data(self) -> bool:
        if not self._exists(self._name):
            return False
        with _connected(self._url) as connection:
            return _holds_data(lambda query: connection.scalar(text(query)), _EXISTS_ON_POSTGRES)

    def load(self, dump: Path) -> None:
        self.discard()
        with self._maintenance() as connection:
            connection.execute(text(f"CREATE DATABASE \"{self._staged}\" TEMPLATE template0 ENCODING 'UTF8'"))
        _run(self.url, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", str(dump), names_database=True)

    def swap(self) -> None:
        """Two renames in one transaction; PostgreSQL refuses them while anyone is connected."""
        has_old = self._exists(self._name)
        with self._maintenance(is_transaction=True) as connection:
            if has_old:
                connection.execute(text(f'ALTER DATABASE "{self._name}" RENAME TO "{self._old}"'))
            connection.execute(text(f'ALTER DATABASE "{self._staged}" RENAME TO "{self._name}"'))
        self.discard()

    def discard(self) -> None:
        with self._maintenance() as connection:
            for name in (self._staged, self._old):
                if name == self._old and not self._exists(self._name):
                    continue  # never drop the only copy
                connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))

    def _exists(self, name: str) -> bool:
        with self._maintenance() as connection:
            query = text("SELECT count(*) FROM pg_database WHERE datname = :name")
            return bool(connection.scalar(query, {"name": name}))

    @contextmanager
    def _maintenance(self, *, is_transaction: bool = False) -> Iterator[Connection]:
        with _connected(self._url.set(database="postgres"), is_transaction=is_transaction) as connection:
            yield connection


@contextmanager
def _connected(url: URL, *, is_transaction: bool = False) -> Iterator[Connection]:
    engine = create_engine(url, hide_parameters=True)
    try:
        if is_transaction:
            with engine.begin() as connection:
                yield connection
        else:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection
    except OperationalError as error:
        raise DumpError(_reason(error)) from error
    except DBAPIError as error:
        raise DumpError(_reason(error)) from error
    finally:
        engine.dispose()


def _reason(error: DBAPIError) -> str:
    reason = str(error.orig).strip().splitlines()[0]
    if "being accessed by other users" in reason:
        return said("database_in_use")
    return said("postgres", reason=reason)


_EXISTS_ON_SQLITE = "SELECT count(*) FROM sqlite_master WHERE name = '{table}'"
_EXISTS_ON_POSTGRES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = '{table}'"


def _holds_data(scalar: Callable[[str], Any], exists: str) -> bool:
    return any(
        scalar(exists.format(table=table)) and scalar(f"SELECT count(*) FROM {table}")  # noqa: S608
        for table in _DATA
    )


def _without_log(path: Path) -> None:
    """Merge the log into the file and leave WAL mode; fails while another process has the database open."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=1)) as connection:
        try:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        except sqlite3.OperationalError:
            mode = ""
    if mode != "delete" or path.with_name(f"{path.name}-wal").exists():
        raise DumpError(said("database_in_use"))


def _run(url: str, program: str, *arguments: str, to: Any = None, names_database: bool = False) -> None:
    """Run a PostgreSQL program. The password is passed in the environment, where `ps` does not show it."""
    parsed = make_url(url)
    parts = {"host": parsed.host, "port": parsed.port, "user": parsed.username, "dbname": parsed.database}
    known = {name: value for name, value in {**parts, **dict(parsed.query)}.items() if value is not None}
    address = make_conninfo(**known)  # type: ignore[arg-type]
    environment = {"PGPASSWORD": parsed.password} if parsed.password else None
    command = [_program(program), "--no-password", f"--dbname={address}", *arguments]
    completed = subprocess.run(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=to or subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=environment, check=False,
    )  # fmt: skip
    if completed.returncode:
        output = completed.stderr.decode(errors="replace").strip().splitlines()
        raise DumpError(said("program_failed", program=program, reason=output[0] if output else completed.returncode))


def _program(name: str) -> str:
    # The newest version works with every older server; a wrapper on PATH may choose an older one.
    newest = sorted(glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4].split(".")[0]))
    found = newest[-1] if newest else shutil.which(name)
    if found is None:
        raise DumpError(said("program_missing", program=name))
    return found


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
