"""One place chooses the blob store, for the portal and for a restored backup alike."""

from pathlib import Path

import pytest

from portal.errors import StorageUnavailableError
from portal.settings import Settings, SettingsError, load_settings
from portal.storage.blobs import new_key
from portal.storage.stores import store_for
from tests.architecture.house import ROOT


def settings_with(folder: Path, uploads: str) -> Settings:
    return load_settings({"PORTAL_DATA_DIR": str(folder), "PORTAL_UPLOADS": uploads})


def test_a_path_is_a_folder_that_is_ready(tmp_path):
    store, key = store_for(settings_with(tmp_path, str(tmp_path / "made" / "uploads"))), new_key()
    store.prepare(may_make=False)
    assert not (tmp_path / "made").exists()
    store.prepare()
    store.put(key, b"sealed")

    assert (tmp_path / "made" / "uploads" / key[:2] / key).read_bytes() == b"sealed"


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    store = store_for(settings_with(tmp_path, str(tmp_path / "file" / "uploads")))
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StorageUnavailableError):
        store.prepare()


def test_what_no_store_can_be_is_refused_before(tmp_path):
    with pytest.raises(SettingsError, match="PORTAL_UPLOADS"):
        settings_with(tmp_path, "nowhere://uploads")


def test_nothing_else_knows_a_class_of_store():
    # A restore that made its own store would bring pictures back to where nobody looks for them.
    folder = ROOT / "portal" / "storage"
    classes = [
        f"portal.storage.{path.stem}" for path in folder.glob("[a-z]*.py") if path.stem not in ("blobs", "stores")
    ]
    knowing = [
        path for path in (ROOT / "portal").rglob("*.py") if any(name in path.read_text("utf-8") for name in classes)
    ]

    assert classes
    assert knowing == [folder / "stores.py"]
