"""Files read on both databases: pages that meet, two presses at once, a download that is broken off (DESK 6.2)."""

import csv
import io
import itertools
import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text, update

from portal import clock
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.kpi.tables import csv_file, paging, taking
from portal.kpi.tables.taking import EVERY_QUEUE, Asked
from portal.tickets.models import Ticket
from tests.factories.cast import actor
from tests.factories.reports import file_report

TABLES = ("calls", "follow-ups", "problems", "tickets")


@pytest.fixture
def filed(portal, monkeypatch):
    """Seven tickets that staff took, of two queues, most at one moment; read two and two."""
    monkeypatch.setattr(paging, "PAGE", 2)
    agnes = actor(portal.runtime, "agnes")
    numbers = [file_report(portal.runtime, kind, channel="phone", by=agnes).number for kind in ("general", "his") * 3]
    numbers.append(file_report(portal.runtime, channel="phone", by=agnes).number)
    at = clock.now() - timedelta(minutes=5)
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.number.in_(numbers[:5])).values(submitted_at=at))
        session.execute(text("UPDATE call_records SET began_at = NULL WHERE number LIKE '%1'"))
    return numbers


def asked_for(portal, table, queue=EVERY_QUEUE):
    asked = Asked(table, "csv", "2020-01-01", "2099-12-31", queue, reason="月度例会汇报")
    return taking.take(portal.runtime, actor(portal.runtime, "leo"), asked)


def rows_of(content):
    return list(csv.reader(io.StringIO(b"".join(content).decode("utf-8-sig"), newline="")))[1:]


def told(portal):
    with portal.runtime.database.read() as session:
        exported = select(func.count()).select_from(AuditEvent).where(AuditEvent.tag == Tag.TABLE_EXPORTED.value)
        return session.scalar(exported)


def nothing_is_open(portal):
    database = portal.runtime.database
    taken = database.engine.pool.checkedout()
    if database.is_sqlite:
        return taken == 0
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    with database.read() as session:
        return taken == session.scalar(text(query)) == 0


def test_pages_meet_and_no_later_page_reads_the_period_from_its_beginning(portal, filed):
    for table in TABLES:
        statements = []
        with_period = asked_for(portal, table)

        def noted(_connection, _cursor, statement, *_more, seen=statements):
            seen.append(statement)

        event.listen(portal.runtime.database.engine, "before_cursor_execute", noted)
        rows = rows_of(with_period.content)
        event.remove(portal.runtime.database.engine, "before_cursor_execute", noted)
        assert len(rows) == with_period.rows == 7, table
        if table != "calls":
            assert sorted(row[0] for row in rows) == sorted(filed), table
        later = [one for one in statements if ") > (" in one]
        assert later and not [one for one in later if ">=" in one], table


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # PostgreSQL plans by what it knows of the rows
def test_no_page_sorts_the_rows_of_the_whole_period_first(portal, filed):
    for table, (queue, rows) in itertools.product(TABLES, ((EVERY_QUEUE, 7), ("general", 4))):
        taken, plans = asked_for(portal, table, queue), []

        def noted(_connection, cursor, statement, given, *_more, seen=plans):
            if "LIMIT" in statement and "FROM complaints" not in statement:  # these are few
                seen.append(str(cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()))

        event.listen(portal.runtime.database.engine, "before_cursor_execute", noted)
        assert len(rows_of(taken.content)) == rows
        event.remove(portal.runtime.database.engine, "before_cursor_execute", noted)
        assert len(plans) > 2 and not [plan for plan in plans if "TEMP B-TREE FOR ORDER BY" in plan]


def test_two_presses_at_once_make_two_whole_files_and_two_rows(portal, filed):
    before, files, start = told(portal), [], threading.Barrier(2)

    def press():
        start.wait()
        files.append(rows_of(asked_for(portal, "problems").content))

    presses = [threading.Thread(target=press) for _ in range(2)]
    for one in presses:
        one.start()
    for one in presses:
        one.join(60)
    assert len(files) == 2 and files[0] == files[1] and len(files[0]) == 7
    assert told(portal) == before + 2 and nothing_is_open(portal)


def test_a_download_that_is_broken_off_leaves_its_row_and_nothing_open(portal, filed, monkeypatch):
    monkeypatch.setattr(csv_file, "_CHUNK", 10)
    monkeypatch.setattr(csv_file, "_BATCH", 1)
    before, content = told(portal), asked_for(portal, "problems").content
    assert len(list(itertools.islice(content, 3))) == 3  # headings and two rows
    assert told(portal) == before + 1 and nothing_is_open(portal)  # also while the client is slow
    content.close()
    assert nothing_is_open(portal) and len(rows_of(asked_for(portal, "problems").content)) == 7
