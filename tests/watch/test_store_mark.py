"""The store of pictures is the one of its database, or nothing is written, deleted or taken for lost."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from portal import worker
from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.errors import StorageUnavailableError
from portal.runtime import Runtime
from portal.storage.blobs import BlobMissingError, new_key
from portal.storage.local import MARK, LocalBlobStore
from portal.upkeep import backup, restore
from portal.watch.store_mark import FOREIGN, UNMARKED, WrongStoreError
from tests.conftest import settings_in
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def uploads(portal: Portal) -> Path:
    return Path(portal.settings.uploads)


def unmounted(portal: Portal) -> Path:
    """The share is gone; its bare mount point is there. Returns where the share is meanwhile."""
    aside = uploads(portal).with_name("share")
    uploads(portal).rename(aside)
    uploads(portal).mkdir()
    return aside


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.both_databases
def test_without_its_mark_intake_is_closed_and_nothing_is_made(portal: Portal) -> None:
    file_report(portal.runtime)
    aside = unmounted(portal)
    with pytest.raises(WrongStoreError):
        worker.run_once(portal.runtime)

    with pytest.raises(WrongStoreError) as refused:
        file_report(portal.runtime)
    assert refused.value.status == 503
    with pytest.raises(WrongStoreError):
        file_report(portal.runtime, channel="qq")
    answer = portal.browser().get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["storage"]) == (503, False)
    assert "没有挂载" in answer.text
    assert "暂时不能提交" in portal.browser().get("/report/general").text
    assert portal.signed_in("alice").get("/queues/general").status_code == 200
    assert files(uploads(portal)) == []

    uploads(portal).rmdir()
    aside.rename(uploads(portal))
    assert portal.browser().get("/readyz").status_code == 200
    assert file_report(portal.runtime).number


def test_a_picture_is_not_called_lost_while_the_store_is_another(portal: Portal) -> None:
    key = new_key()
    portal.runtime.blobs.put(key, b"sealed")
    unmounted(portal)

    for use in (
        lambda: portal.runtime.blobs.get(key),
        lambda: portal.runtime.blobs.delete(key),
        lambda: list(portal.runtime.blobs.stored()),
    ):
        with pytest.raises(StorageUnavailableError):
            use()
    with pytest.raises(StorageUnavailableError):
        file_report(portal.runtime)


def test_a_lost_picture_of_the_right_store_is_still_lost(portal: Portal) -> None:
    with pytest.raises(BlobMissingError):
        portal.runtime.blobs.get(new_key())


def test_a_backup_without_the_store_fails_instead_of_missing_every_picture(portal: Portal, tmp_path) -> None:
    file_report(portal.runtime)
    unmounted(portal)

    with pytest.raises(StorageUnavailableError):
        backup.make(portal.runtime, portal.settings.data_dir, tmp_path / "x.backup", SYSTEM)
    assert list(tmp_path.glob("*.backup")) == []


def test_a_start_in_a_wrong_folder_makes_nothing(portal: Portal, tmp_path) -> None:
    file_report(portal.runtime)
    elsewhere = make_runtime(replace(portal.settings, uploads=str(tmp_path / "wrong")))

    assert elsewhere.blobs.problem() == UNMARKED
    assert not (tmp_path / "wrong").exists()
    elsewhere.database.dispose()


def test_the_folder_of_another_installation_stays_as_it_is(portal: Portal, tmp_path) -> None:
    other = make_runtime(settings_in(tmp_path / "other"))
    key = new_key()
    other.blobs.put(key, b"theirs")
    mine = make_runtime(replace(portal.settings, uploads=str(tmp_path / "other" / "uploads")))

    assert mine.blobs.problem() == FOREIGN
    with pytest.raises(WrongStoreError):
        worker.sweep_uploads(mine)
    assert other.blobs.get(key) == b"theirs"
    for runtime in (mine, other):
        runtime.database.dispose()


def without_marks(runtime: Runtime, folder: Path) -> None:
    """As an installation of before."""
    with runtime.database.transaction() as session:
        session.execute(text("DELETE FROM store_marks"))
    (folder / MARK).unlink()


def test_an_older_installation_is_marked_once_when_its_store_holds_its_pictures(portal: Portal) -> None:
    file_report(portal.runtime)
    without_marks(portal.runtime, uploads(portal))
    again = make_runtime(portal.settings)
    mark = (uploads(portal) / MARK).read_bytes()

    assert again.blobs.problem() is None
    third = make_runtime(portal.settings)
    assert (uploads(portal) / MARK).read_bytes() == mark
    for runtime in (again, third):
        runtime.database.dispose()


@pytest.mark.parametrize("is_filed", [True, False])
def test_an_older_installation_is_not_marked_in_a_store_that_is_not_its_own(portal: Portal, is_filed) -> None:
    if is_filed:
        file_report(portal.runtime)
    without_marks(portal.runtime, uploads(portal))
    shutil.rmtree(uploads(portal))
    LocalBlobStore(uploads(portal)).prepare()
    LocalBlobStore(uploads(portal)).put(new_key(), b"somebody's")
    again = make_runtime(portal.settings)

    assert again.blobs.problem() == UNMARKED
    assert not (uploads(portal) / MARK).exists()
    again.database.dispose()


def test_a_database_without_pictures_takes_an_empty_store_and_is_told_when_the_former_one_comes_back(
    portal: Portal, tmp_path
) -> None:
    former = tmp_path / "former"
    uploads(portal).rename(former)
    again = make_runtime(portal.settings)
    assert again.blobs.problem() is None
    assert portal.runtime.blobs.problem() is None  # another process has learnt it too
    file_report(again)

    shutil.rmtree(uploads(portal))
    former.rename(uploads(portal))
    assert again.blobs.problem() == FOREIGN
    third = make_runtime(portal.settings)
    assert third.blobs.problem() == FOREIGN
    for runtime in (again, third):
        runtime.database.dispose()


def test_an_older_installation_without_pictures_marks_its_empty_store(portal: Portal) -> None:
    without_marks(portal.runtime, uploads(portal))
    again = make_runtime(portal.settings)

    assert again.blobs.problem() is None
    again.database.dispose()


def test_a_restore_marks_the_store_it_fills_and_refuses_a_foreign_one(portal: Portal, tmp_path) -> None:
    file_report(portal.runtime)
    backup.make(portal.runtime, portal.settings.data_dir, tmp_path / "x.backup", SYSTEM)
    portal.runtime.database.dispose()
    fresh = replace(portal.settings, uploads=str(tmp_path / "fresh"))
    restore.restore(fresh, tmp_path / "x.backup", SYSTEM, may_replace=True)
    back = make_runtime(fresh)
    assert back.blobs.problem() is None
    assert file_report(back).number
    back.database.dispose()

    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / MARK).write_text('{"store": "x", "database": "y"}')
    foreign = replace(portal.settings, uploads=str(tmp_path / "theirs"))
    with pytest.raises(WrongStoreError):
        restore.restore(foreign, tmp_path / "x.backup", SYSTEM, may_replace=True)
    assert files(tmp_path / "theirs") == [MARK]


@pytest.mark.parametrize("content", ["", "{}", "[]", "nonsense", '{"store": 1}'])
def test_a_mark_that_cannot_be_read_is_nobody_s(portal: Portal, content) -> None:
    (uploads(portal) / MARK).write_text(content)

    assert portal.runtime.blobs.problem() == FOREIGN
