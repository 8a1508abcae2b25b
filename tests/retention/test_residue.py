"""After a destruction no copy is left: database, log, free pages, pictures; and none comes back (SECURITY C-9, J-3)."""

import json
import shutil
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import retention
from portal.app import make_tools
from portal.audit import trail
from portal.audit.actor import clinic as at_clinic
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.retention import Rules
from portal.tickets import clinic, destruction, reveals, work
from portal.tickets.models import Report, Tombstone
from portal.vault.models import DataKey
from tests.conftest import settings_in
from tests.factories.cast import actor
from tests.factories.closing import (
    closed_ticket,
    found_in,
    picture_bytes,
    sealed_bytes,
    ticket_named,
)
from tests.factories.reports import file_report

REPORTS = Rules(timedelta(0), None, timedelta(days=30), None)


@pytest.fixture
def tools(sqlite_template, tmp_path):
    """A portal on SQLite with everything below one folder."""
    folder = tmp_path / "var"
    shutil.copytree(sqlite_template, folder)
    made = make_tools(settings_in(folder))
    yield made
    made.database.dispose()


@pytest.fixture
def folder(tools, tmp_path):
    return tmp_path / "var"


def test_nothing_of_destroyed_credentials_is_left_in_any_file(tools, folder):
    numbers = [file_report(tools).number for _ in range(6)]
    planted = {number: sealed_bytes(tools, ticket_named(tools, number).report_id, "credentials") for number in numbers}
    assert all(len(values) == 3 and found_in(folder, values) for values in planted.values())
    for number in numbers[::2]:
        closed_ticket(tools, number=number)
    assert found_in(folder, [value for number in numbers[::2] for value in planted[number]]) == []
    assert all(found_in(folder, planted[number]) for number in numbers[1::2])


def test_nothing_of_a_destroyed_report_is_left_in_any_file(tools, folder):
    number = file_report(tools, institution="甲乙县丙丁乡戊己试验村卫生室").number
    report_id = ticket_named(tools, number).report_id
    planted = sealed_bytes(tools, report_id, "report", "credentials") + picture_bytes(tools, report_id)
    planted.append("甲乙县丙丁乡戊己试验村卫生室".encode())
    closed_ticket(tools, number=number, days_ago=31)
    assert len(set(found_in(folder, planted))) >= 2  # database and picture
    retention.run(tools, REPORTS)
    assert found_in(folder, planted) == []
    escaped = json.dumps("甲乙县丙丁乡戊己试验村卫生室").strip('"').encode()  # as JSON columns hold it
    assert found_in(folder, [escaped]) == []


def test_a_reader_delays_the_emptying_of_the_log_and_the_next_run_does_it(tools, folder):
    number = file_report(tools).number
    planted = sealed_bytes(tools, ticket_named(tools, number).report_id, "credentials")
    with sqlite3.connect(folder / "portal.db", isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tickets").fetchone()
        closed_ticket(tools, number=number)
        assert not destruction.empty_log(tools.database.engine, 0.1)
        assert found_in(folder, planted)
        reader.execute("COMMIT")
    retention.run(tools, REPORTS)
    assert found_in(folder, planted) == []
    reader.close()


def test_every_destruction_stands_in_the_file_outside_the_database(portal):
    ticket = closed_ticket(portal.tools, days_ago=31)
    retention.run(portal.tools, REPORTS)
    path = portal.settings.data_dir / "destroyed.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["what"], line["owner"]) for line in lines] == [
        ("credentials", str(ticket.report_id)), ("report", str(ticket.report_id)),
    ]  # fmt: skip
    assert set(lines[0]) == {"id", "what", "owner", "keys", "at"} and len(lines[0]["keys"]) == 1
    assert path.stat().st_mode & 0o077 == 0
    assert retention.reapply(portal.tools, retention.tombstone_file(portal.settings)) == 0


def test_a_destruction_that_is_rolled_back_is_not_in_the_file(portal):
    ticket = ticket_named(portal.tools, file_report(portal.tools).number)
    with pytest.raises(RuntimeError), portal.tools.database.transaction() as session:
        destruction.destroy_credentials(session, session.merge(ticket))
        raise RuntimeError
    assert not (portal.settings.data_dir / "destroyed.jsonl").exists()
    assert sealed_bytes(portal.tools, ticket.report_id, "credentials")


def test_a_line_that_is_missing_or_torn_in_the_file_is_made_good_from_the_database(portal):
    closed_ticket(portal.tools)
    closed_ticket(portal.tools)
    file = retention.tombstone_file(portal.settings)
    whole = list(file.read())
    file.path.write_bytes(file.path.read_bytes()[:-20])
    assert len(list(file.read())) == 1
    retention.reapply(portal.tools, file)
    assert {stone.id for stone in file.read()} == {stone.id for stone in whole}
    assert len(whole) == 2


def test_a_database_that_is_copied_back_obeys_the_destructions_made_since(tools, folder, tmp_path):
    old, reopened = (ticket_named(tools, file_report(tools).number) for _ in range(2))
    planted = sealed_bytes(tools, old.report_id, "report", "credentials")
    tools.database.dispose()
    shutil.copytree(folder, tmp_path / "older")
    closed_ticket(tools, number=old.number, days_ago=31)
    retention.run(tools, REPORTS)
    _reopen_with_new_password(tools, reopened.number)
    kept = reveals.reveal_field(tools, actor(tools, "alice"), reopened.number, "login_password", "排查登录").value
    assert kept == "Invented#New99"
    tools.database.dispose()

    # The database of before, the file of now.
    for name in ("portal.db", "uploads"):
        target = folder / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        source = tmp_path / "older" / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    assert found_in(folder, planted)
    back = make_tools(settings_in(folder))
    file = retention.tombstone_file(settings_in(folder))
    assert retention.reapply(back, file) == 3  # two sets of credentials, one whole report
    assert retention.reapply(back, file) == 0
    assert found_in(folder, planted) == []
    with back.database.read() as session:
        assert session.get(Report, old.report_id).answers == {}
        assert session.get(Report, reopened.report_id).answers != {}
        assert set(session.scalars(select(DataKey.purpose))) == {"report"}
        assert len(session.scalars(select(Tombstone)).all()) == 3
        again = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.DESTRUCTIONS_REAPPLIED)).one()
        assert again.detail == "3 destructions"
        assert trail.verify(session).first_break is None
    back.database.dispose()


def test_what_was_supplied_after_a_destruction_outlives_its_repetition(portal):
    tools, number = portal.tools, file_report(portal.tools).number
    _reopen_with_new_password(tools, number)
    with tools.database.transaction() as session:
        for stone in session.scalars(select(Tombstone)):
            session.delete(stone)
    assert retention.reapply(tools, retention.tombstone_file(portal.settings)) == 0
    assert reveals.reveal_field(tools, actor(tools, "alice"), number, "login_password", "排查登录").value


def _reopen_with_new_password(tools, number):
    """Closed, opened again, and the password supplied anew."""
    ticket = closed_ticket(tools, number=number)
    clinic.confirm(tools, at_clinic(), ticket.id, is_solved=False, comment="又出现了")
    with tools.database.transaction() as session:
        version, alice = ticket_named(tools, number).version, actor(tools, "alice")
        work.request_information(session, tools, alice, number, version, ["login_password"], "")
    clinic.supplement(tools, at_clinic(), ticket.id, {"login_password": ["Invented#New99"]}, [])
