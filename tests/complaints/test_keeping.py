"""Holds and destruction by keys: nothing while it is on hold, nothing left afterwards, also not from a backup."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.acts.table import CLAIM, CLOSE, RESOLVE
from portal.audit.actor import SYSTEM
from portal.complaints import alarms, texts
from portal.complaints.models import ComplaintText
from portal.complaints.names import ComplaintState as S
from portal.db import Base
from portal.errors import InvalidError
from portal.retention import expiry, schedule
from portal.retention.schedule import Schedule
from portal.upkeep import backup, rotation
from portal.vault.models import DataKey, SealedValue
from tests.acts.desk import CONFIRMED, Desk
from tests.factories.complaints import CANARIES, LEGAL, MANAGERS, Case, add_people
from tests.factories.moments import move_clock


@pytest.fixture
def case(portal):
    add_people(portal.runtime, MANAGERS | LEGAL)
    return Case.for_caller(portal.runtime, "agnes").bring_to(S.ARCHIVED)


def opened(case):
    with case.runtime.database.read() as session:
        content = texts.latest(session, case.runtime, case.row, texts.Field.CONTENT)
        contact = session.scalars(select(SealedValue.value_sealed).where(SealedValue.owner_id == case.row.id)).all()
    return bool(content), any(contact)


def test_contact_goes_after_a_month_and_the_texts_after_their_time(case, monkeypatch):
    runtime = case.runtime
    assert rotation.verify(runtime).broken == []
    assert opened(case) == (True, True)
    move_clock(monkeypatch, days=31)
    expiry.sweep(runtime)
    assert opened(case) == (True, False)
    move_clock(monkeypatch, days=1096)
    with runtime.database.read() as session:
        assert expiry.due(session, runtime.settings)["complaints"] == 1
    expiry.sweep(runtime)
    assert opened(case) == (False, False)
    row = case.row
    assert (row.status, row.archive_number is not None, row.summary, row.improvement) == ("archived", True, "", "")
    with runtime.database.read() as session:
        assert not session.scalars(select(DataKey).where(DataKey.owner_id == row.id)).all()
        for table in Base.metadata.sorted_tables:
            rows = str(session.execute(select(table)).all())
            assert not [word for word in CANARIES if word in rows], table
    assert rotation.verify(runtime).broken == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_word_of_it_lies_plain_in_a_file_a_log_or_a_backup(case, tmp_path, caplog, monkeypatch):
    """Neither while it is kept nor once it is destroyed."""
    folder = case.runtime.settings.data_dir
    backup.make(case.runtime, folder, tmp_path / "copy.backup", SYSTEM)
    _search(folder, tmp_path, caplog)
    move_clock(monkeypatch, days=1096)
    expiry.sweep(case.runtime)
    backup.make(case.runtime, folder, tmp_path / "later.backup", SYSTEM)
    _search(folder, tmp_path, caplog)


def _search(folder, tmp_path, caplog):
    paths = [path for place in (folder, tmp_path) for path in place.rglob("*") if path.is_file()]
    assert len(paths) > 3
    for path in paths:
        content = path.read_bytes()
        assert not [word for word in CANARIES if word.encode() in content], path
    assert not [word for word in CANARIES if word in caplog.text]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_hold_stops_everything_until_two_have_released_it(portal, monkeypatch):
    runtime = portal.runtime
    add_people(runtime, MANAGERS | LEGAL)
    desk = Desk(runtime)
    desk.act(CLAIM)
    case = Case.by_clinic(runtime, desk.ticket.id)
    case.act("flags", "mona", is_legal=True)
    assert desk.ticket.stay == "everything"
    desk.act(RESOLVE, text="已恢复")
    desk.act(CLOSE, **CONFIRMED)
    rules = Schedule(timedelta(0), timedelta(days=7), timedelta(days=30), None)
    move_clock(monkeypatch, days=400)
    done = schedule.run(runtime, rules)
    assert (done.credentials, done.pictures, done.reports, done.held) == (0, 0, 0, 1)
    case.act("flags", "mona", is_legal=False, reason="官司已经了结")
    assert case.row.held_at is not None
    with pytest.raises(InvalidError):
        case.act("flags", "mona", is_legal=False, reason="再点一次")
    case.act("flags", "lena", is_legal=False, reason="同意解除")
    assert (case.row.held_at, desk.ticket.stay) == (None, "records")
    done = schedule.run(runtime, rules)
    assert (done.pictures, done.reports, done.held) == (0, 0, 0) and done.credentials == 1
    case.bring_to(S.ARCHIVED)
    assert desk.ticket.stay is None
    assert schedule.run(runtime, rules).reports == 1
    assert opened(case) == (True, True)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_is_over_or_joined_is_held_and_released_too(case):
    """A lawsuit may come late; and no hold is left that nobody can end."""
    other = Case.for_caller(case.runtime, "agnes", kind="other", is_legal=True)
    other.act("flags", "mona", joined_to=Case.for_caller(case.runtime, "agnes", kind="system").number)
    case.act("flags", "mona", is_legal=True)
    assert case.row.held_at is not None and not alarms.is_waiting(case.row)
    for one in (case, other):
        with pytest.raises(InvalidError) as refused:
            one.act("flags", "mona", is_legal=False, is_grave=True, reason="官司已经了结")
        assert [fault.field for fault in refused.value.faults] == ["is_grave"]
        one.act("flags", "mona", is_legal=False, reason="官司已经了结")
        one.act("flags", "max", is_legal=False, reason="同意解除")
        assert one.row.held_at is None
    assert case.row.status == "archived" and other.row.joined_to_id is not None


def test_a_tombstone_is_obeyed_by_a_restored_database(case, monkeypatch):
    """What was destroyed does not come back with an older copy: its key is named in the file of tombstones."""
    runtime = case.runtime
    with runtime.database.read() as session:
        keys = [row for row in session.scalars(select(DataKey).where(DataKey.owner_id == case.row.id))]
        sealed = {row.id: (row.sealed, row.data_key_id) for row in session.scalars(select(ComplaintText))}
        session.expunge_all()
    move_clock(monkeypatch, days=1096)
    expiry.sweep(runtime)
    with runtime.database.transaction() as session:  # as an older backup has them
        for key in keys:
            session.merge(key)
        session.flush()
        for row in session.scalars(select(ComplaintText)):
            row.sealed, row.data_key_id = sealed[row.id]
    assert opened(case)[0]
    assert schedule.reapply(runtime, schedule.tombstone_file(runtime.settings)) >= 1
    assert not opened(case)[0]
