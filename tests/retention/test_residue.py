"""After a destruction no copy is left: database, log, free pages, pictures; and none comes back (SECURITY C-9, J-3)."""

import json
import shutil
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.acts.table import ASK
from portal.assembly import make_runtime
from portal.audit import trail
from portal.audit.actor import clinic as at_clinic
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.disclosure import reveals
from portal.reports.models import Report
from portal.retention import destruction, schedule
from portal.retention.models import Tombstone
from portal.retention.schedule import Schedule
from portal.supplements import receiving
from portal.tracking import confirmation
from portal.vault.models import DataKey
from tests.conftest import settings_in
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import (
    closed_ticket,
    found_in,
    picture_bytes,
    sealed_bytes,
    ticket_named,
)
from tests.factories.reports import file_report

REPORTS = Schedule(timedelta(0), None, timedelta(days=30), None)


@pytest.fixture
def runtime(sqlite_template, tmp_path):
    """A portal on SQLite with everything below one folder."""
    folder = tmp_path / "var"
    shutil.copytree(sqlite_template, folder)
    made = make_runtime(settings_in(folder))
    yield made
    made.database.dispose()


@pytest.fixture
def folder(runtime, tmp_path):
    return tmp_path / "var"


def test_nothing_of_destroyed_credentials_is_left_in_any_file(runtime, folder):
    numbers = [file_report(runtime).number for _ in range(6)]
    planted = {
        number: sealed_bytes(runtime, ticket_named(runtime, number).report_id, "credentials") for number in numbers
    }
    assert all(len(values) == 3 and found_in(folder, values) for values in planted.values())
    for number in numbers[::2]:
        closed_ticket(runtime, number=number)
    assert found_in(folder, [value for number in numbers[::2] for value in planted[number]]) == []
    assert all(found_in(folder, planted[number]) for number in numbers[1::2])


def test_nothing_of_a_destroyed_report_is_left_in_any_file(runtime, folder):
    number = file_report(runtime, institution="甲乙县丙丁乡戊己试验村卫生室").number
    report_id = ticket_named(runtime, number).report_id
    planted = sealed_bytes(runtime, report_id, "report", "credentials") + picture_bytes(runtime, report_id)
    planted.append("甲乙县丙丁乡戊己试验村卫生室".encode())
    closed_ticket(runtime, number=number, days_ago=31)
    assert len(set(found_in(folder, planted))) >= 2  # database and picture
    schedule.run(runtime, REPORTS)
    assert found_in(folder, planted) == []
    escaped = json.dumps("甲乙县丙丁乡戊己试验村卫生室").strip('"').encode()  # as JSON columns hold it
    assert found_in(folder, [escaped]) == []


def test_a_reader_delays_the_emptying_of_the_log_and_the_next_run_does_it(runtime, folder):
    number = file_report(runtime).number
    planted = sealed_bytes(runtime, ticket_named(runtime, number).report_id, "credentials")
    with sqlite3.connect(folder / "portal.db", isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tickets").fetchone()
        closed_ticket(runtime, number=number)
        assert not destruction.empty_log(runtime.database.engine, 0.1)
        assert found_in(folder, planted)
        reader.execute("COMMIT")
    schedule.run(runtime, REPORTS)
    assert found_in(folder, planted) == []
    reader.close()


def test_every_destruction_stands_in_the_file_outside_the_database(portal):
    ticket = closed_ticket(portal.runtime, days_ago=31)
    schedule.run(portal.runtime, REPORTS)
    path = portal.settings.data_dir / "destroyed.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["what"], line["owner"]) for line in lines] == [
        ("credentials", str(ticket.report_id)), ("report", str(ticket.report_id)),
    ]  # fmt: skip
    assert set(lines[0]) == {"id", "what", "owner", "keys", "at"} and len(lines[0]["keys"]) == 1
    assert path.stat().st_mode & 0o077 == 0
    assert schedule.reapply(portal.runtime, schedule.tombstone_file(portal.settings)) == 0


def test_a_destruction_that_is_rolled_back_is_not_in_the_file(portal):
    ticket = ticket_named(portal.runtime, file_report(portal.runtime).number)
    with pytest.raises(RuntimeError), portal.runtime.database.transaction() as session:
        destruction.destroy_credentials(session, session.merge(ticket))
        raise RuntimeError
    assert not (portal.settings.data_dir / "destroyed.jsonl").exists()
    assert sealed_bytes(portal.runtime, ticket.report_id, "credentials")


def test_a_line_that_is_missing_or_torn_in_the_file_is_made_good_from_the_database(portal):
    closed_ticket(portal.runtime)
    closed_ticket(portal.runtime)
    file = schedule.tombstone_file(portal.settings)
    whole = list(file.read())
    file.path.write_bytes(file.path.read_bytes()[:-20])
    assert len(list(file.read())) == 1
    schedule.reapply(portal.runtime, file)
    assert {stone.id for stone in file.read()} == {stone.id for stone in whole}
    assert len(whole) == 2


def test_a_database_that_is_copied_back_obeys_the_destructions_made_since(runtime, folder, tmp_path):
    old, reopened = (ticket_named(runtime, file_report(runtime).number) for _ in range(2))
    planted = sealed_bytes(runtime, old.report_id, "report", "credentials")
    runtime.database.dispose()
    shutil.copytree(folder, tmp_path / "older")
    closed_ticket(runtime, number=old.number, days_ago=31)
    schedule.run(runtime, REPORTS)
    _reopen_with_new_password(runtime, reopened.number)
    kept = reveals.reveal_field(runtime, actor(runtime, "alice"), reopened.number, "login_password", "排查登录").value
    assert kept == "Invented#New99"
    runtime.database.dispose()

    # The database of before, the file of now.
    for name in ("portal.db", "uploads"):
        target = folder / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        source = tmp_path / "older" / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    assert found_in(folder, planted)
    back = make_runtime(settings_in(folder))
    file = schedule.tombstone_file(settings_in(folder))
    assert schedule.reapply(back, file) == 3  # two sets of credentials, one whole report
    assert schedule.reapply(back, file) == 0
    assert found_in(folder, planted) == []
    with back.database.read() as session:
        assert session.get(Report, old.report_id).answers == {}
        assert session.get(Report, reopened.report_id).answers != {}
        assert set(session.scalars(select(DataKey.purpose))) == {"report"}
        assert len(session.scalars(select(Tombstone)).all()) == 3
        again = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.DESTRUCTIONS_REAPPLIED)).one()
        assert again.particulars == {"destructions": 3}
        assert trail.verify(session).first_break is None
    back.database.dispose()


def test_what_was_supplied_after_a_destruction_outlives_its_repetition(portal):
    runtime, number = portal.runtime, file_report(portal.runtime).number
    _reopen_with_new_password(runtime, number)
    with runtime.database.transaction() as session:
        for stone in session.scalars(select(Tombstone)):
            session.delete(stone)
    assert schedule.reapply(runtime, schedule.tombstone_file(portal.settings)) == 0
    assert reveals.reveal_field(runtime, actor(runtime, "alice"), number, "login_password", "排查登录").value


def _reopen_with_new_password(runtime, number):
    """Closed, opened again, and the password supplied anew."""
    ticket = closed_ticket(runtime, number=number)
    confirmation.confirm(runtime, at_clinic(), ticket.id, is_solved=False, comment="又出现了")
    with runtime.database.transaction() as session:
        version, alice = ticket_named(runtime, number).version, actor(runtime, "alice")
        perform(session, runtime, alice, ASK, number, version, fields=["login_password"])
    receiving.supplement(runtime, at_clinic(), ticket.id, {"login_password": ["Invented#New99"]}, [])
