"""The rehearsal: backed up while clinics file, brought back elsewhere, and all is there (SECURITY C-12, I-5, F25)."""

import os
import shutil
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from portal.app import create_app
from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.models import metadata
from portal.reports.models import Report
from portal.retention import schedule
from portal.retention.schedule import Schedule
from portal.screenshots.models import Screenshot
from portal.settings import Settings
from portal.tickets.models import Ticket
from portal.upkeep import backup, restore, rotation
from portal.upkeep.backup import BackupError
from portal.upkeep.dumps import DumpError
from portal.vault.keyring import KeyringError, make_keyring
from portal.vault.models import DataKey
from tests.conftest import settings_in
from tests.factories import reports
from tests.factories.closing import closed_ticket, sealed_bytes
from tests.factories.portals import Portal
from tests.factories.reports import file_report

REPORTS = Schedule(timedelta(0), None, timedelta(days=30), None)


@pytest.fixture
def elsewhere(portal: Portal, backend: str, request, tmp_path) -> Settings:
    """Settings of another machine, on which only the keyring is."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(portal.settings.keyring, folder / "keyring.json")
    if backend == "sqlite":
        return settings_in(folder)
    url = request.getfixturevalue("postgres").url(f"elsewhere_{os.getpid()}_{abs(hash(str(tmp_path))):x}")
    return settings_in(folder, url)


@pytest.fixture
def saved(portal: Portal, tmp_path) -> Path:
    """A backup of two reports."""
    for _ in range(2):
        file_report(portal.runtime)
    return made(portal, tmp_path / "backup.yxb")


def made(portal: Portal, path: Path) -> Path:
    backup.make(portal.runtime, portal.settings.data_dir, path, SYSTEM)
    return path


def counts(runtime) -> dict[str, int]:
    with runtime.database.read() as session:
        return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) for name in metadata.tables}


def trees(settings: Settings) -> dict[str, bytes]:
    """Every file of an installation, but for what SQLite keeps beside a database that is open."""
    return {
        str(path.relative_to(settings.data_dir)): path.read_bytes()
        for path in sorted(settings.data_dir.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def test_a_backup_made_while_clinics_file_comes_back_whole_elsewhere(portal, elsewhere, tmp_path, monkeypatch):
    inspected = reports.inspect(reports.whole_screen(), hint=None, limits=reports.InspectionLimits())
    monkeypatch.setattr(reports, "inspect", lambda *_, **__: inspected)  # the same screen every time, seen once
    for _ in range(4):
        file_report(portal.runtime)
    stop, filed = threading.Event(), []

    def keep_filing():
        while not stop.is_set():
            filed.append(file_report(portal.runtime).number)

    clinics = [threading.Thread(target=keep_filing) for _ in range(2)]
    for clinic in clinics:
        clinic.start()
    while len(filed) < 5:
        pass
    before = counts(portal.runtime)
    manifest = backup.make(portal.runtime, portal.settings.data_dir, tmp_path / "backup.yxb", SYSTEM)
    after = counts(portal.runtime)
    stop.set()
    for clinic in clinics:
        clinic.join()

    assert before["reports"] <= manifest.counts["reports"] <= after["reports"] < len(filed) + 5
    assert len(manifest.blobs) == manifest.counts["screenshots"] == manifest.counts["reports"]
    done = restore.restore(elsewhere, tmp_path / "backup.yxb", SYSTEM)
    assert done.manifest == manifest and done.destroyed_again == 0 and done.has_new_checkpoints

    back = Portal(create_app(elsewhere), elsewhere)
    with closing(back):
        found = counts(back.runtime)
        assert found.pop("audit_events") > manifest.counts["audit_events"]
        assert found == {name: count for name, count in manifest.counts.items() if name != "audit_events"}
        opened = rotation.verify(back.runtime)
        assert opened.broken == [] and opened.opened == 4 * manifest.counts["reports"]
        assert {name for name, _ in back.runtime.blobs.stored()} == set(manifest.blobs)
        assert back.runtime.checkpoints.verify().is_whole
        assert back.signed_in("alice").get("/queues/general").status_code == 200
        file_report(back.runtime)
        with back.runtime.database.read() as session:
            assert session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.BACKUP_RESTORED)).one()


def test_a_backup_holds_nothing_in_clear_and_no_key(portal, saved):
    content = saved.read_bytes()
    assert saved.stat().st_mode & 0o077 == 0
    for planted in ("张四屯".encode(), b"invented", b"sealed_values", b"\x89PNG\r\n"):
        assert planted not in content
    keyring = portal.settings.keyring.read_bytes()
    assert not any(part in content for part in keyring.split(b'"') if len(part) > 40)
    with portal.runtime.database.read() as session:
        assert session.scalars(
            select(AuditEvent.particulars).where(AuditEvent.tag == Tag.BACKUP_MADE).order_by(AuditEvent.seq)
        ).all() == [{"reports": 2, "pictures": 2}]
    assert not list(saved.parent.glob(".*.part")) and not list(portal.settings.data_dir.glob(".copy*"))


def test_a_backup_overwrites_nothing(portal, saved):
    before = saved.read_bytes()
    with pytest.raises(BackupError, match="there already"):
        made(portal, saved)
    assert saved.read_bytes() == before


def test_nobody_can_restore_with_another_keyring_and_nothing_is_touched(portal, saved, elsewhere):
    elsewhere.keyring.unlink()
    make_keyring(elsewhere.keyring)
    before = trees(elsewhere)
    with pytest.raises(KeyringError, match=portal.runtime.vault.keyring.active_key_id):
        restore.restore(elsewhere, saved, SYSTEM)
    assert trees(elsewhere) == before
    elsewhere.keyring.unlink()
    with pytest.raises(KeyringError, match=portal.runtime.vault.keyring.active_key_id):
        restore.restore(elsewhere, saved, SYSTEM)
    assert trees(elsewhere) == {}


@pytest.mark.parametrize("place", [0.01, 0.3, 0.9, 0.9999])
def test_a_flipped_bit_is_refused_and_the_old_state_stands(portal, saved, place):
    content = bytearray(saved.read_bytes())
    content[int(len(content) * place)] ^= 4
    saved.write_bytes(content)
    assert_refused(portal, saved, "damaged|incomplete|not a backup|expected")


@pytest.mark.parametrize("place", [0, 5, 0.5, -1])
def test_a_cut_file_is_recognised_and_the_old_state_stands(portal, saved, place):
    content = saved.read_bytes()
    if portal.runtime.database.is_sqlite:  # more than one sealed chunk: the end is missed while a part is being read
        assert len(content) > 1 << 20
    saved.write_bytes(content[: int(len(content) * place) if isinstance(place, float) else place])
    assert_refused(portal, saved, "incomplete")


def assert_refused(portal: Portal, path: Path, why: str) -> None:
    before = counts(portal.runtime)
    portal.runtime.database.dispose()
    stands = trees(portal.settings)
    with pytest.raises((BackupError, KeyringError), match=why):
        restore.restore(portal.settings, path, SYSTEM, may_replace=True)
    assert trees(portal.settings) == stands
    assert counts(portal.runtime) == before


def test_nobody_can_replace_data_without_saying_so(portal, saved):
    portal.runtime.database.dispose()
    with pytest.raises(BackupError, match="--replace"):
        restore.restore(portal.settings, saved, SYSTEM)


def test_nobody_can_restore_under_a_portal_that_is_running(portal, saved):
    with portal.runtime.database.read() as session:
        before = session.scalar(select(func.count()).select_from(Report))
        with pytest.raises(DumpError, match="stop it first"):
            restore.restore(portal.settings, saved, SYSTEM, may_replace=True)
    file_report(portal.runtime)
    assert counts(portal.runtime)["reports"] == before + 1
    assert rotation.verify(portal.runtime).broken == []


def test_an_older_backup_obeys_what_was_destroyed_after_it(portal, saved):
    with portal.runtime.database.read() as session:
        number = session.scalars(select(Ticket.number)).first()
        report_id = session.scalars(select(Ticket.report_id).where(Ticket.number == number)).one()
        blobs = set(session.scalars(select(Screenshot.blob_key).where(Screenshot.owner_id == report_id)))
    assert len(sealed_bytes(portal.runtime, report_id, "report", "credentials")) == 5
    closed_ticket(portal.runtime, number=number, days_ago=31)
    schedule.run(portal.runtime, REPORTS)
    late = file_report(portal.runtime).number
    portal.runtime.checkpoints.make()
    (portal.settings.data_dir / "destroyed.jsonl").unlink()  # the database that is replaced knows it too
    portal.runtime.database.dispose()
    done = restore.restore(portal.settings, saved, SYSTEM, may_replace=True)

    assert done.destroyed_again == 2 and done.has_new_checkpoints
    back = make_runtime(portal.settings)
    with back.database.read() as session:
        assert set(session.scalars(select(Ticket.number))) - {number} and late not in session.scalars(
            select(Ticket.number)
        )
        assert session.get(Report, report_id).answers == {}
        assert not session.scalars(select(DataKey).where(DataKey.owner_id == report_id)).all()
    assert not blobs & {name for name, _ in back.blobs.stored()}
    assert rotation.verify(back).broken == []
    assert back.checkpoints.verify().is_whole
    assert schedule.reapply(back, schedule.tombstone_file(portal.settings)) == 0
    back.database.dispose()


def test_sessions_that_ended_after_the_backup_stay_ended(portal, elsewhere, tmp_path):
    browser = portal.signed_in("alice")
    path = made(portal, tmp_path / "backup.yxb")
    restore.restore(elsewhere, path, SYSTEM)
    back = Portal(create_app(elsewhere), elsewhere)
    with closing(back):
        other = back.browser()
        other.cookies = browser.cookies
        assert other.get("/queues/general").status_code == 303
        assert back.signed_in("alice").get("/queues/general").status_code == 200


def test_a_picture_that_was_lost_before_does_not_stop_the_backup(portal, elsewhere, saved, tmp_path):
    lost = next(iter(portal.runtime.blobs.stored()))[0]
    portal.runtime.blobs.delete(lost)
    manifest = backup.make(portal.runtime, portal.settings.data_dir, tmp_path / "second.yxb", SYSTEM)
    assert manifest.missing == [lost] and len(manifest.blobs) == 1
    restore.restore(elsewhere, tmp_path / "second.yxb", SYSTEM)
    back = make_runtime(elsewhere)
    assert len(rotation.verify(back).broken) == 1
    back.database.dispose()


def test_a_picture_that_is_destroyed_while_the_backup_runs_leaves_it_consistent(
    portal, elsewhere, tmp_path, monkeypatch
):
    numbers = [file_report(portal.runtime).number for _ in range(2)]
    real, destroyed = portal.runtime.blobs.get, []

    def get(key):
        if not destroyed:
            destroyed.append(key)
            with portal.runtime.database.transaction() as session:
                session.execute(text("DELETE FROM screenshots WHERE blob_key = :key"), {"key": key})
            portal.runtime.blobs.delete(key)
        return real(key)

    monkeypatch.setattr(portal.runtime.blobs, "get", get)
    manifest = backup.make(portal.runtime, portal.settings.data_dir, tmp_path / "backup.yxb", SYSTEM)
    assert manifest.counts["screenshots"] == len(manifest.blobs) == len(numbers) - 1 and manifest.missing == []


def test_it_refuses_a_backup_of_the_other_database(portal, saved, backend, elsewhere, request):
    other = settings_in(
        elsewhere.data_dir, None if backend != "sqlite" else request.getfixturevalue("postgres").url("x")
    )
    with pytest.raises(BackupError, match="cannot be restored into"):
        restore.restore(other, saved, SYSTEM)


def test_it_refuses_a_trail_that_was_tampered_with_before_the_backup(portal, elsewhere, tmp_path):
    file_report(portal.runtime)
    with portal.runtime.database.transaction() as session:
        for trigger in ("audit_events_no_update", "audit_events_insert_only"):
            if not portal.runtime.database.is_sqlite:
                session.execute(text(f"DROP TRIGGER IF EXISTS {trigger} ON audit_events"))
            else:
                session.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
        session.execute(text("UPDATE audit_events SET actor_name = 'somebody' WHERE seq = 3"))
    path = made(portal, tmp_path / "backup.yxb")
    before = trees(elsewhere)
    with pytest.raises(BackupError, match="broken at row 3"):
        restore.restore(elsewhere, path, SYSTEM)
    assert trees(elsewhere) == before


def test_a_backup_from_before_a_rotation_comes_back_while_the_old_key_is_kept(portal, saved, elsewhere):
    rotation.rotate(portal.runtime, SYSTEM)
    shutil.copy(portal.settings.keyring, elsewhere.keyring)
    restore.restore(elsewhere, saved, SYSTEM)
    back = make_runtime(elsewhere)
    assert rotation.verify(back).opened == 8
    back.database.dispose()
