"""Room on disk is looked at before a backup or a restore begins."""

import shutil
from collections import namedtuple

import pytest

from portal.audit.actor import SYSTEM
from portal.upkeep import backup, restore, room
from portal.upkeep.room import NoRoomError, ensure_room, size_of
from tests.factories.portals import Portal
from tests.factories.reports import file_report

_Usage = namedtuple("_Usage", "total used free")


def test_a_size_counts_database_and_pictures(portal: Portal) -> None:
    database, pictures = size_of(portal.runtime.database)
    file_report(portal.runtime)

    assert database > 100_000 and pictures == 0
    assert size_of(portal.runtime.database)[1] > 1000


def test_needs_on_one_disk_are_added_up(tmp_path, monkeypatch) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(0, 0, 100))

    ensure_room({tmp_path: 60, tmp_path / "a": 40})
    with pytest.raises(NoRoomError, match=r"剩余空间不足.*\(too little room in "):
        ensure_room({tmp_path: 60, tmp_path / "a": 41})


def test_nothing_is_begun_without_room(portal: Portal, tmp_path, monkeypatch) -> None:
    target = tmp_path / "x.backup"
    backup.make(portal.runtime, portal.settings.data_dir, target, SYSTEM)
    kept = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: _Usage(0, 0, 1000))

    with pytest.raises(NoRoomError):
        backup.make(portal.runtime, portal.settings.data_dir, tmp_path / "y.backup", SYSTEM)
    with pytest.raises(NoRoomError):
        restore.restore(portal.settings, target, SYSTEM, may_replace=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == kept
