"""A real PostgreSQL for the tests: a throw-away cluster on a free port of this machine."""

import os
import pwd
import shutil
import subprocess
import tempfile
from glob import glob
from pathlib import Path

import psycopg
from psycopg import sql

from tests.factories.servers import free_port

# A used database is emptied rather than made anew: a new one costs some 400 files. Now and then it is, against bloat.
_MOST_USES = 200
_SCHEMA = """
SELECT coalesce(md5(string_agg(part, ',' ORDER BY part)), '') FROM (
  SELECT 'class ' || oid || ' ' || xmin AS part FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT 'proc ' || oid || ' ' || xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT 'trigger ' || oid || ' ' || xmin FROM pg_trigger
  UNION ALL SELECT 'setting ' || setdatabase || ' ' || xmin FROM pg_db_role_setting
) parts
"""
_ALONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
# A table that never held a row has no pages: most tests write into few of some 150.
_WRITTEN = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY relname
"""


class PostgresServer:
    """initdb and pg_ctl as the user postgres, because the server refuses to run as root."""

    def __init__(self) -> None:
        self.bin = Path(sorted(glob("/usr/lib/postgresql/*/bin"))[-1])
        self.folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
        self.port = 0

    def start(self) -> None:
        if os.getuid() == 0:
            postgres = pwd.getpwnam("postgres")
            os.chown(self.folder, postgres.pw_uid, postgres.pw_gid)
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        for tries_left in reversed(range(5)):
            self.port = free_port()
            try:
                return self.resume()
            except subprocess.CalledProcessError:
                # Between looking for a port and listening on it another process may take it.
                if not tries_left:
                    raise

    def resume(self) -> None:
        """Start the cluster that `halt` stopped."""
        data = self.folder / "data"
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} "
            "-c fsync=off -c max_connections=200"
        )
        self._run("pg_ctl", "-D", data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def halt(self) -> None:
        """Stop at once, as a crash would; the data stay."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://portal@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        with self.connect(database) as connection:
            connection.execute(sql.SQL(statement))  # type: ignore[arg-type]

    def connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.url(database).replace("+psycopg", ""), autocommit=True)

    def _run(self, program: str, *arguments: object) -> None:
        drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        command = [*drop, str(self.bin / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


class CopiedDatabase:
    """One database that is a fresh copy of `template` each time it is asked for."""

    def __init__(self, server: PostgresServer, template: str, name: str) -> None:
        self.server, self.template, self.name = server, template, name
        self.uses = 0
        self.schema = ""
        self.rows: dict[str, bytes] = {}

    def fresh(self) -> str:
        """The URL of the database, as it was in the template. Whoever is still connected is cut off."""
        if self.uses % _MOST_USES == 0 or not self._emptied():
            self._make()
        self.uses += 1
        return self.server.url(self.name)

    def _make(self) -> None:
        self.server.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        self.server.execute(f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        with self.server.connect(self.name) as connection:
            self.schema = _schema(connection)
            self.rows = {table: rows for table in _tables(connection) if (rows := _copied(connection, table))}

    def _emptied(self) -> bool:
        """Put the template's rows back; False when a test changed more than rows."""
        with self.server.connect(self.name) as connection:
            connection.execute(_ALONE)
            if _schema(connection) != self.schema:
                return False
            connection.execute("SET default_transaction_read_only = off")
            connection.execute("SET session_replication_role = replica")  # no triggers: the trail forbids deletion
            with connection.transaction():
                emptied = [
                    sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for (name,) in connection.execute(_WRITTEN)
                ]
                connection.execute(sql.SQL("; ").join(emptied))  # one way there and back for all of them
                for table, rows in self.rows.items():
                    statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(table))
                    with connection.cursor().copy(statement) as copy:
                        copy.write(rows)
        return True


def _schema(connection: psycopg.Connection) -> str:
    row = connection.execute(_SCHEMA).fetchone()
    return row[0] if row else ""


def _tables(connection: psycopg.Connection) -> list[str]:
    return [name for (name,) in connection.execute(_TABLES)]


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    """The table's rows in PostgreSQL's binary form; empty when there are none."""
    if not connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))).fetchone():
        return b""
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(part) for part in copy)
