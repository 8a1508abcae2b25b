"""The schema's life on both databases: head equals models, back and forth with data, guarded (SECURITY I-6)."""

import subprocess
import sys
import time

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import JSON, inspect, text
from sqlalchemy.exc import DBAPIError

from alembic import command
from portal import migrations
from portal.audit import trail
from portal.db import Database
from portal.errors import StorageUnavailableError
from portal.migrations import SchemaError
from portal.models import metadata
from portal.upkeep import rotation
from portal.vault.binding import BoundMark, OlderDatabaseError
from portal.worker import bind_seals
from tests.factories.closing import closed_ticket
from tests.factories.reports import file_report

INSERT_ONLY = ("audit_events", "timeline_entries", "reports")


@pytest.fixture
def empty_url(backend, request, tmp_path):
    """The address of a database in which nothing is."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path}/portal.db"
    server = request.getfixturevalue("postgres")
    name = "migrations_" + "".join(char for char in tmp_path.name if char.isalnum()).lower()[:50]
    with psycopg.connect(server.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.url(name)


@pytest.fixture
def empty(empty_url):
    database = Database(empty_url)
    yield database
    database.dispose()


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def to_revision(database: Database, revision: str, *, down: bool = False) -> None:
    move = command.downgrade if down or revision == "base" else command.upgrade
    with database.schema_change() as connection:
        move(migrations.config(connection), revision)


def _is_other(context, inspected, column, found, declared, rendered):
    """As Alembic compares defaults; PostgreSQL compares no JSON, so their texts are compared."""
    return (found or "").removesuffix("::json") != (rendered or "") if isinstance(column.type, JSON) else None


def test_head_equals_the_models(empty):
    migrations.migrate(empty)

    with empty.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": _is_other}
        )
        assert compare_metadata(context, metadata) == []
    assert tables(empty) == set(metadata.tables)


def test_it_knows_whether_the_schema_is_current(empty):
    assert not migrations.is_current(empty)
    migrations.migrate(empty)
    assert migrations.is_current(empty)


def test_migrating_again_changes_nothing(portal):
    receipt = file_report(portal.runtime)
    database = portal.runtime.database
    migrations.migrate(database)

    with database.read() as session:
        assert session.execute(text("SELECT number FROM tickets")).scalar_one() == receipt.number
    assert migrations.is_current(database)


def test_it_goes_down_and_up_again_with_data_in_every_table(portal):
    file_report(portal.runtime, submission_key="a-key-of-a-test")
    file_report(portal.runtime, kind="his")
    database = portal.runtime.database
    to_revision(database, "base")

    assert tables(database) == set()
    assert not migrations.is_current(database)
    migrations.migrate(database)
    assert tables(database) == set(metadata.tables)
    with database.read() as session:
        assert trail.verify(session) == trail.Verification(0, None)


def test_data_of_an_older_version_are_whole_after_the_upgrade(portal):
    """From 0004, before break-glass, passages, covers, purge and what came later: all opens, and stays guarded."""
    runtime, database = portal.runtime, portal.runtime.database
    filed = [
        file_report(runtime).number,
        file_report(runtime, kind="his").number,
        closed_ticket(runtime, days_ago=3).number,
    ]
    opened = rotation.verify(runtime).opened
    to_revision(database, "0004", down=True)
    assert "masking_permits" not in tables(database) and "audit_bases" not in tables(database)
    with database.read() as session:
        before = session.execute(text("SELECT answers FROM reports ORDER BY id")).all()

    migrations.migrate(database)
    with pytest.raises(OlderDatabaseError):
        bind_seals(runtime)
    BoundMark(runtime.settings.data_dir).remove()
    bind_seals(runtime)
    after = rotation.verify(runtime)
    assert (after.opened, after.broken) == (opened, []) and opened > 10
    with database.read() as session:
        assert session.execute(text("SELECT answers FROM reports ORDER BY id")).all() == before
    lead = portal.signed_in("leo")
    assert [lead.get(f"/tickets/{number}").status_code for number in filed] == [200, 200, 200]
    for table in INSERT_ONLY:
        with pytest.raises(DBAPIError, match="insert-only"), database.transaction() as session:
            session.execute(text(f"UPDATE {table} SET {COLUMNS[table]} = '\"x\"'"))


def test_it_leaves_no_trigger_or_function_behind(portal):
    database = portal.runtime.database
    to_revision(database, "base")
    left = {
        True: "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'",
        False: "SELECT count(*) FROM pg_proc WHERE proname = 'refuse_rewriting'",
    }[database.is_sqlite]

    with database.read() as session:
        assert session.execute(text(left)).scalar_one() == 0


def test_it_refuses_a_newer_schema_and_changes_nothing(portal):
    file_report(portal.runtime)
    database = portal.runtime.database
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SchemaError, match="newer version"):
        migrations.migrate(database)
    assert not migrations.is_current(database)
    with database.read() as session:
        assert session.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
        assert session.execute(text("SELECT count(*) FROM tickets")).scalar_one() == 1


def test_readiness_tells_a_schema_that_is_not_current(portal):
    assert portal.browser().get("/readyz").json()["checks"]["migrations"] is True
    with portal.runtime.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    answer = portal.browser().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] is False


REWRITES = ["DELETE FROM {table}", "UPDATE {table} SET {column} = {column}"]
COLUMNS = {"audit_events": "reason", "timeline_entries": "text", "reports": "answers"}


@pytest.mark.both_databases
@pytest.mark.parametrize("table", INSERT_ONLY)
def test_nobody_can_rewrite_what_is_insert_only(portal, table):
    file_report(portal.runtime)
    statements = list(REWRITES)
    if not portal.runtime.database.is_sqlite:
        statements.append("TRUNCATE {table} CASCADE")
    before = rows_of(portal.runtime.database, table)

    for statement in statements:
        with pytest.raises(DBAPIError, match="insert-only"), portal.runtime.database.transaction() as session:
            session.execute(text(statement.format(table=table, column=COLUMNS[table])))
    assert before > 0
    assert rows_of(portal.runtime.database, table) == before


def test_nobody_can_replace_a_row_of_the_trail_by_inserting_over_it(portal):
    # SQLite deletes for REPLACE without firing DELETE triggers, unless told otherwise.
    database = portal.runtime.database
    conflict = "ON CONFLICT (seq) DO UPDATE SET reason = 'forged'"
    statement = f"INSERT INTO audit_events SELECT * FROM audit_events WHERE seq = 1 {conflict}"

    with pytest.raises(DBAPIError, match="insert-only"), database.transaction() as session:
        session.execute(text(statement))
    if database.is_sqlite:
        with pytest.raises(DBAPIError, match="insert-only"), database.transaction() as session:
            session.execute(text("INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events WHERE seq = 1"))


def rows_of(database: Database, table: str) -> int:
    with database.read() as session:
        return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


MIGRATE = """
import sys
from portal import db, migrations, models
sys.stdin.readline()
migrations.migrate(db.Database(sys.argv[1]))
"""


def test_processes_that_start_together_migrate_once(empty_url, empty):
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, empty_url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    time.sleep(0.7)  # all have imported what they need, so that they meet at the database
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1] for process in started]

    assert [process.returncode for process in started] == [0, 0, 0, 0], errors
    assert migrations.is_current(empty)
    assert rows_of(empty, "audit_head") == 1


def test_a_migration_that_fails_leaves_the_old_state(empty, monkeypatch):
    # SECURITY F24: either the old schema or the new one, nothing between.
    from alembic.operations import Operations

    real, made = Operations.create_table, []

    def failing(self, name, *arguments, **options):
        made.append(name)
        if len(made) > 10:
            raise RuntimeError("the power is gone")
        return real(self, name, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Operations, "create_table", failing)
        with pytest.raises(RuntimeError):
            migrations.migrate(empty)

    assert len(made) == 11
    assert tables(empty) == set()
    migrations.migrate(empty)
    assert migrations.is_current(empty)


def test_a_database_that_cannot_be_reached_is_told_politely(tmp_path):
    with pytest.raises(StorageUnavailableError):
        migrations.migrate(Database(f"sqlite:///{tmp_path}/no/such/folder/portal.db"))
    with pytest.raises(StorageUnavailableError):
        migrations.migrate(Database("postgresql+psycopg://portal@127.0.0.1:1/nothing"))
