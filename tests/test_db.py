"""What `Database` promises on both databases: one consistent read, all or nothing writes, polite failure."""

import re
import sqlite3
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select, text

from portal.db import Database, unindexed
from portal.errors import StorageUnavailableError
from portal.tickets.models import Ticket


@pytest.fixture
def database(portal) -> Database:
    return portal.runtime.database


def names(session) -> list[str]:
    return list(session.execute(text("SELECT key FROM attempt_counters ORDER BY key")).scalars())


def add(session, key: str) -> None:
    session.execute(
        text("INSERT INTO attempt_counters (key, count, window_ends_at) VALUES (:key, 1, '2026-01-01')"), {"key": key}
    )


def test_a_reader_sees_one_state_while_others_write(database):
    with database.transaction() as session:
        add(session, "a")

    with database.read() as reader:
        before = names(reader)
        with database.transaction() as writer:
            add(writer, "b")
        assert names(reader) == before == ["a"]
    with database.read() as reader:
        assert names(reader) == ["a", "b"]


def test_a_read_never_writes(database):
    with database.read() as session:
        add(session, "a")

    with database.read() as session:
        assert names(session) == []


def test_a_transaction_that_fails_leaves_nothing(database):
    with pytest.raises(RuntimeError), database.transaction() as session:
        add(session, "a")
        raise RuntimeError

    with database.read() as session:
        assert names(session) == []


def test_writers_side_by_side_all_succeed(database):
    faults = []

    def write(name: str) -> None:
        try:
            for step in range(5):
                with database.transaction() as session:
                    names(session)
                    add(session, f"{name}{step}")
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    with database.read() as session:
        assert len(names(session)) == 30


def test_too_few_connections_are_told_politely(database):
    database.engine.pool._timeout = 0.1
    with pytest.raises(StorageUnavailableError) as refused, ExitStack() as held:
        for _ in range(100):
            held.enter_context(database.read()).execute(text("SELECT 1"))

    assert refused.value.status == 503
    assert database.is_reachable()


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sqlite_keeps_what_it_has_promised_through_a_power_cut(database):
    # F4 and C-9: a commit is synced, references hold, deleted content is overwritten.
    with database.read() as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "recursive_triggers")
        }

    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "recursive_triggers": 1,
    }


@pytest.mark.parametrize("backend", ["postgresql"])
def test_postgres_keeps_the_default_promise_of_a_commit(database):
    with database.transaction() as session:
        assert session.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
        assert session.execute(text("SHOW timezone")).scalar_one().lower() == "utc"
        assert session.execute(text("SHOW lock_timeout")).scalar_one() == "10s"


def test_it_waits_while_another_process_makes_the_same_new_file(tmp_path):
    # SQLite answers "locked" at once when the journal mode is to be changed beside a writer.
    path = tmp_path / "portal.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE made_by_the_other (x)")
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    release.start()
    database = Database(f"sqlite:///{path}")
    with database.read() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    release.join()
    other.close()
    database.dispose()


def test_a_host_that_does_not_resolve_is_unavailable_like_one_that_is_down():
    for host in ("nowhere.invalid", "127.0.0.1:1"):
        database = Database(f"postgresql+psycopg://portal:geheim@{host}/portal")
        with pytest.raises(StorageUnavailableError) as refused, database.read() as session:
            session.execute(text("SELECT 1"))
        assert refused.value.status == 503
        assert "geheim" not in str(refused.value.__cause__)
        assert not database.is_reachable()
        database.dispose()


def test_a_column_without_its_index_is_so_on_sqlite_only(database):
    """PostgreSQL would count on a two hundredth of all rows, and read every ticket for the report of a week."""
    query = select(Ticket.number).where(unindexed(Ticket.queue).in_(["his"]))
    said = str(query.compile(database.engine))
    assert ("WHERE +tickets.queue IN" if database.is_sqlite else "WHERE tickets.queue IN") in said


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_query_keeps_a_column_from_its_index_in_words_of_its_own(database):
    words = re.compile(r'\.op\("\|\|"\)\(""\)|\w \+ ""\)')
    found = [str(path) for path in Path("portal").rglob("*.py") if words.search(path.read_text())]
    assert found == []
