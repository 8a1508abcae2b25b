"""The folder store on a real disk: durable in order, refusing what is strange, well again after trouble."""

import os
import resource
import stat
import subprocess
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from portal import clock
from portal.errors import StorageUnavailableError
from portal.screenshots import sweep
from portal.screenshots.models import Screenshot
from portal.storage.blobs import BlobMissingError, new_key
from portal.storage.local import LocalBlobStore
from tests.factories.reports import file_report

DATA = b"sealed bytes" * 100


@pytest.fixture
def root(tmp_path):
    return tmp_path / "uploads"


@pytest.fixture
def store(root):
    made = LocalBlobStore(root)
    made.prepare()
    return made


def files_below(folder) -> list:
    return [path for path in folder.rglob("*") if not path.is_dir()]


def test_it_gives_every_blob_another_key():
    keys = {new_key() for _ in range(1000)}

    assert len(keys) == 1000
    assert {len(key) for key in keys} == {32}


def test_only_the_owner_reads_a_blob(store, root):
    store.put(new_key(), DATA)

    assert [stat.S_IMODE(path.stat().st_mode) for path in files_below(root)] == [0o600]


def test_it_syncs_the_file_then_renames_then_syncs_the_folders(store, root, monkeypatch):
    # F4: a receipt must stand after a power cut, and that takes these steps in this order.
    steps = []
    real_sync, real_rename = os.fsync, os.rename

    def sync(handle):
        steps.append(("sync", os.readlink(f"/proc/self/fd/{handle}")))
        real_sync(handle)

    def rename(source, target, **options):
        steps.append(("rename", os.path.basename(target)))
        real_rename(source, target, **options)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", rename)
    key = new_key()
    store.put(key, DATA)

    folder = str(root / key[:2])
    assert [step for step, _ in steps] == ["sync", "rename", "sync", "sync"]
    assert steps[0][1].startswith(f"{folder}/{key}.")
    assert steps[1][1] == key
    assert [place for _, place in steps[2:]] == [folder, str(root)]


def test_it_syncs_the_whole_content(store, root, monkeypatch):
    sizes = []
    real = os.fsync

    def sync(handle):
        sizes.append(os.fstat(handle).st_size)
        real(handle)

    monkeypatch.setattr(os, "fsync", sync)
    store.put(new_key(), DATA)

    assert sizes[0] == len(DATA)


def test_it_does_not_read_through_a_symbolic_link(store, root, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"of the server")
    key = new_key()
    (root / key[:2]).mkdir()
    (root / key[:2] / key).symlink_to(secret)

    with pytest.raises(BlobMissingError):
        store.get(key)


def test_it_does_not_read_or_write_through_a_linked_folder(store, root, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    key = new_key()
    (elsewhere / key).write_bytes(b"of the server")
    (root / key[:2]).symlink_to(elsewhere)
    other = key[:2] + new_key()[2:]

    with pytest.raises(BlobMissingError):
        store.get(key)
    with pytest.raises(StorageUnavailableError):
        store.put(other, DATA)
    assert [path.name for path in elsewhere.iterdir()] == [key]


def test_a_delete_removes_the_link_and_not_what_it_points_to(store, root, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"of the server")
    key = new_key()
    (root / key[:2]).mkdir()
    (root / key[:2] / key).symlink_to(secret)
    store.delete(key)

    assert secret.read_bytes() == b"of the server"
    assert files_below(root) == []


def test_a_missing_file_says_so(store):
    with pytest.raises(BlobMissingError) as missing:
        store.get(new_key())
    assert "附图文件缺失" in missing.value.message


def test_a_folder_in_the_place_of_a_blob_counts_as_missing(store, root):
    key = new_key()
    (root / key[:2] / key).mkdir(parents=True)

    with pytest.raises(BlobMissingError):
        store.get(key)


def test_too_many_open_files_is_no_missing_picture(store):
    key = new_key()
    store.put(key, DATA)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        with pytest.raises(StorageUnavailableError) as refused:
            store.get(key)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert refused.value.status == 503
    assert store.get(key) == DATA


def test_deleting_twice_is_no_error(store):
    key = new_key()
    store.put(key, DATA)
    store.delete(key)
    store.delete(key)

    with pytest.raises(BlobMissingError):
        store.get(key)


@contextmanager
def files_limited_to(size: int):
    """No file may grow beyond `size` bytes: as a full disk, without one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_does_not_fit_leaves_nothing_behind(store, root):
    key = new_key()
    with files_limited_to(1000), pytest.raises(StorageUnavailableError) as refused:
        store.put(key, DATA)

    assert refused.value.status == 507
    assert "存储空间不足" in refused.value.message
    assert files_below(root) == []
    store.put(key, DATA)
    assert store.get(key) == DATA


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB; where mounting is not allowed the limit on file size has to do."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "portal-test", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here; the limit on file size covers the same path")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_over_when_there_is_room(small_disk):
    store = LocalBlobStore(small_disk / "uploads")
    store.prepare()
    small, large = new_key(), new_key()
    store.put(small, b"x" * 100_000)

    with pytest.raises(StorageUnavailableError) as refused:
        store.put(large, b"x" * 300_000)
    assert refused.value.status == 507
    assert [path.name for path in files_below(small_disk)] == [small]
    assert store.get(small) == b"x" * 100_000

    store.delete(small)
    store.put(large, b"x" * 200_000)
    assert store.get(large) == b"x" * 200_000


def test_a_folder_that_is_gone_is_told_and_not_made_again(store, root):
    root.rmdir()
    root.write_text("a file stands where the folder was")
    with pytest.raises(StorageUnavailableError) as refused:
        store.put(new_key(), DATA)

    assert refused.value.status == 503
    assert not store.is_writable()
    root.unlink()
    with pytest.raises(StorageUnavailableError):
        store.put(new_key(), DATA)
    assert not root.exists()
    root.mkdir()
    key = new_key()
    store.put(key, DATA)
    assert store.get(key) == DATA
    assert store.is_writable()


def test_a_read_only_folder_is_told(small_disk):
    store = LocalBlobStore(small_disk)
    store.prepare()
    remount(small_disk, "ro")
    with pytest.raises(StorageUnavailableError) as refused:
        store.put(new_key(), DATA)

    assert refused.value.status == 503
    assert not store.is_writable()
    with pytest.raises(StorageUnavailableError, match="不能写入"):
        store.prepare()
    remount(small_disk, "rw")
    store.put(new_key(), DATA)
    assert store.is_writable()


def remount(folder, mode: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{mode},size=256k", str(folder)], check=True)


def test_it_does_not_start_on_a_path_that_is_no_folder(tmp_path):
    (tmp_path / "uploads").write_text("")

    with pytest.raises(StorageUnavailableError):
        LocalBlobStore(tmp_path / "uploads").prepare()


def test_it_lists_blobs_and_half_written_files_but_nothing_else(store, root):
    key = new_key()
    store.put(key, DATA)
    part = f"{key}.0123abcd.part"
    (root / key[:2] / part).write_bytes(b"half")
    (root / "notes").mkdir()
    (root / "notes" / "readme").write_text("not ours")
    (root / "readme").write_text("not ours")

    assert {name for name, _ in store.stored()} == {key, part}


def test_the_probe_leaves_nothing_behind(store, root):
    assert store.is_writable()
    assert list(root.iterdir()) == []


def test_the_sweep_removes_old_orphans_and_keeps_the_rest(portal):
    file_report(portal.runtime)
    blobs = portal.runtime.blobs
    with portal.runtime.database.read() as session:
        named = session.query(Screenshot.blob_key).scalar()
    young, old, half = new_key(), new_key(), new_key()
    for key in (young, old):
        blobs.put(key, DATA)
    part = f"{half}.0123abcd.part"
    root = Path(portal.settings.uploads)
    (root / half[:2]).mkdir(exist_ok=True)
    (root / half[:2] / part).write_bytes(b"half")
    long_ago = (clock.now() - sweep.GRACE - timedelta(minutes=1)).timestamp()
    for name in (named, old, part):
        os.utime(root / name[:2] / name, (long_ago, long_ago))

    with portal.runtime.database.read() as session:
        orphans = sweep.orphan_blobs(session, blobs)
    for name in orphans:
        blobs.delete(name)

    assert sorted(orphans) == sorted([old, part])
    assert {name for name, _ in blobs.stored()} == {named, young}
