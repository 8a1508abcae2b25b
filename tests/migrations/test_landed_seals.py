"""Seals of the first landed version are bound to their owners; killed at any step, the work is taken up again."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.cli import data, main
from portal.reports.models import SubmissionKey
from portal.runtime import Runtime
from portal.settings import Settings
from portal.upkeep import restore, rotation
from portal.vault.binding import BoundMark, OlderDatabaseError
from portal.vault.models import DataKey, SealedValue, VaultState
from portal.vault.suites import SealBrokenError
from portal.vault.vault import is_bound
from portal.worker import bind_seals
from tests.conftest import settings_in
from tests.factories.postgres import PostgresServer
from tests.migrations.test_landed import in_place, restored_in, unpacked

# Dies in front of the n-th transaction of a `keys bind`, in batches so small that there are many.
KILLED = """
import os, signal, sys
from portal.cli import main as cli
from portal.db import Database
from portal.vault import binding
binding._BATCH, left, real = 7, int(sys.argv[1]), Database.transaction
def counted(self):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self)
Database.transaction = counted
cli.main(["keys", "bind"])
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The landed portal in place, with its pictures, before anything was bound."""
    landed = unpacked("sqlite", tmp_path / "landed")
    pictures = restored_in(landed, tmp_path / "restored").uploads
    return in_place(landed, tmp_path / "var", pictures)


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    made = make_runtime(settings)
    yield made
    made.database.dispose()


def unbound(runtime: Runtime) -> list[DataKey]:
    with runtime.database.read() as session:
        return [row for row in session.scalars(select(DataKey)) if not is_bound(row)]


def assert_bound(runtime: Runtime) -> None:
    assert unbound(runtime) == []
    with runtime.database.read() as session:
        assert session.get_one(VaultState, 1).bound_at is not None
        assert session.scalar(select(func.count()).where(SealedValue.proof.is_(None))) == 0
        bare = SubmissionKey.fingerprint_key_sealed.is_(None) & (SubmissionKey.fingerprint != "")
        assert session.scalar(select(func.count()).where(bare)) == 0
        rows = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.SEALS_BOUND)).all()
    assert [row.particulars["unopened"] for row in rows] == [0]
    assert rotation.verify(runtime).broken == []


def test_all_of_it_opens_before_while_and_after_it_is_bound(runtime: Runtime) -> None:
    before = rotation.verify(runtime)
    assert before.broken == [] and len(unbound(runtime)) > 50

    assert bind_seals(runtime).left == 0

    assert_bound(runtime)
    assert rotation.verify(runtime).opened == before.opened
    assert bind_seals(runtime) is None


def test_killed_at_any_step_it_goes_on_from_there(settings: Settings, runtime: Runtime) -> None:
    waiting = len(unbound(runtime))
    environ = {"PORTAL_DATA_DIR": str(settings.data_dir), "PORTAL_UPLOADS": str(settings.uploads)}
    for steps in (2, 4, 9, 30):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(steps)], env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert len(unbound(runtime)) <= waiting
        waiting = len(unbound(runtime))
        assert rotation.verify(runtime).broken == []
    assert waiting < 50

    bind_seals(runtime)
    assert_bound(runtime)


def test_nothing_older_opens_once_all_is_bound(settings: Settings, runtime: Runtime) -> None:
    older = unbound(runtime)
    bind_seals(runtime)
    with runtime.database.transaction() as session:
        for row in older:
            session.get_one(DataKey, row.id).key_wrapped = row.key_wrapped
        session.get_one(VaultState, 1).bound_at = None

    assert len(rotation.verify(runtime).broken) > len(older)
    with runtime.database.read() as session, pytest.raises(SealBrokenError):
        runtime.vault.check_data_key(session.get_one(DataKey, older[0].id))
    with pytest.raises(OlderDatabaseError):
        bind_seals(runtime)
    BoundMark(settings.data_dir).remove()  # as `keys bind` does, for whoever put the database there
    bind_seals(runtime)
    assert rotation.verify(runtime).broken == []


@pytest.mark.parametrize("has_keyring", [True, False])
def test_migrating_binds_it_if_the_keyring_is_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], has_keyring: bool
) -> None:
    monkeypatch.setattr("portal.cli.main.load_settings", lambda: settings)
    aside = settings.keyring.with_name("aside")
    if not has_keyring:
        settings.keyring.rename(aside)
    main.main(["migrate"])
    said = capsys.readouterr().out
    if not has_keyring:
        assert "seals are bound at the next start" in said
        aside.rename(settings.keyring)
        data.before_serving(settings)
    runtime = make_runtime(settings)
    assert_bound(runtime)
    runtime.database.dispose()


def test_a_value_that_was_moved_before_stays_closed(runtime: Runtime) -> None:
    with runtime.database.transaction() as session:
        row, other = session.scalars(
            select(SealedValue).where(SealedValue.value_sealed.is_not(None)).order_by(SealedValue.created_at)
        ).all()[::20][:2]
        assert row.owner_id != other.owner_id
        row.owner_id, moved = other.owner_id, row.id

    bind_seals(runtime)

    assert [named.split(",")[0] for named in rotation.verify(runtime).broken] == [f"sealed_values {moved}"]


def test_its_backup_takes_the_place_of_data_that_are_bound(settings: Settings, tmp_path: Path) -> None:
    runtime = make_runtime(settings)
    bind_seals(runtime)
    runtime.database.dispose()

    restore.restore(settings, tmp_path / "landed" / "backup", SYSTEM, may_replace=True)

    again = make_runtime(settings)
    assert_bound(again)
    again.database.dispose()


def test_a_restored_backup_of_it_is_bound_on_postgresql(postgres: PostgresServer, tmp_path: Path) -> None:
    landed = unpacked("postgresql", tmp_path / "landed")
    postgres.execute("DROP DATABASE IF EXISTS landed_seals WITH (FORCE)")
    BoundMark(tmp_path).put("of another keyring", is_listed=True)
    runtime = make_runtime(restored_in(landed, tmp_path / "var", postgres.url("landed_seals")))
    assert_bound(runtime)
    runtime.database.dispose()


def test_an_empty_database_is_bound_from_the_start(tmp_path: Path) -> None:
    runtime = make_runtime(settings_in(tmp_path / "var"))
    assert bind_seals(runtime) is None
    with runtime.database.read() as session:
        assert session.get_one(VaultState, 1).bound_at is not None
    runtime.database.dispose()
