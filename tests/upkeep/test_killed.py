"""Commands killed at their worst moments: what is left is whole, or recognised, or as before (SECURITY F25)."""

import gc
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.cli import data, main
from portal.runtime import Runtime
from portal.settings import load_settings
from portal.upkeep import backup, restore, rotation
from portal.upkeep.backup import BackupError
from tests.factories.closing import closed_ticket, found_in, sealed_bytes, ticket_named
from tests.factories.reports import file_report
from tests.factories.servers import Site

KILLED = """
import importlib, os, signal, sys
from portal.cli import main as cli
place, name = sys.argv[1].rsplit(":", 1)
module = importlib.import_module(place)
owner, _, name = name.rpartition(".")
owner = getattr(module, owner) if owner else module
real = getattr(owner, name)
def die(*arguments, **options):
    if sys.argv[2] == "after":
        real(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, die)
cli.main(sys.argv[3:])
"""


@pytest.fixture(scope="module")
def filed(sqlite_template, tmp_path_factory) -> Path:
    """A portal with the cast and two reports, to be copied."""
    folder = tmp_path_factory.mktemp("filed")
    shutil.copytree(sqlite_template, folder / "var")
    with closing_tools(Site(folder)) as runtime:
        for _ in range(2):
            file_report(runtime)
    return folder


@pytest.fixture
def site(filed, tmp_path) -> Site:
    """A portal with two reports, that nobody serves."""
    shutil.copytree(filed, tmp_path, dirs_exist_ok=True)
    return Site(tmp_path)


class closing_tools:
    """The runtime of a site for one block."""

    def __init__(self, site: Site) -> None:
        self.runtime = make_runtime(load_settings(site.environ))

    def __enter__(self) -> Runtime:
        return self.runtime

    def __exit__(self, *_: object) -> None:
        self.runtime.database.dispose()


def killed(site: Site, place: str, when: str, *arguments: str) -> None:
    """Run a command that is killed with -9 before or after it calls what `place` names."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, place, when, *arguments],
        cwd=site.folder, env=site.environ, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done


def ticket_count(site: Site) -> int:
    with closing(sqlite3.connect(site.folder / "var" / "portal.db")) as connection:
        return connection.execute("SELECT count(*) FROM tickets").fetchone()[0]


def assert_in_order(site: Site) -> None:
    with closing_tools(site) as runtime:
        assert rotation.verify(runtime).broken == []
        assert runtime.checkpoints.verify().is_whole


def restored(site: Site, name: str) -> restore.Restored:
    return restore.restore(load_settings(site.environ), site.folder / name, SYSTEM, may_replace=True)


def saved(site: Site) -> None:
    with closing_tools(site) as runtime:
        backup.make(runtime, site.folder / "var", site.folder / "saved.yxb", SYSTEM)


@pytest.mark.parametrize(
    "place",
    ["portal.upkeep.dumps:Snapshot", "portal.upkeep.backup:SealingWriter.finish", "portal.upkeep.backup:os.link"],
)
def test_a_backup_that_is_killed_leaves_no_file_that_passes_for_one(site, place):
    killed(site, place, "before", "backup", "saved.yxb")
    assert not (site.folder / "saved.yxb").exists()
    assert not list((site.folder / "var").glob(".copy*"))
    assert_in_order(site)
    for part in site.folder.glob(".saved.yxb.*.part"):
        if place.endswith("os.link"):  # all of it was on disk, only its name was missing
            assert restored(site, part.name).manifest.counts["reports"] == 2
            continue
        with pytest.raises(BackupError, match="incomplete"):
            restored(site, part.name)
    saved(site)


@pytest.mark.parametrize(
    ("place", "when", "is_new"),
    [
        ("portal.upkeep.restore:_check_database", "before", False),
        ("portal.upkeep.restore:_put_blobs", "before", False),
        ("portal.storage.local:LocalBlobStore.put", "after", False),
        ("portal.upkeep.dumps:os.replace", "before", False),
        ("portal.upkeep.dumps:os.replace", "after", True),
    ],
)
def test_a_restore_that_is_killed_leaves_the_old_state_or_the_new_one(site, place, when, is_new):
    saved(site)
    with closing_tools(site) as runtime:
        number = file_report(runtime).number
        planted = sealed_bytes(runtime, ticket_named(runtime, number).report_id, "credentials")
        for name in [name for name, _ in runtime.blobs.stored()][:2]:
            if place.endswith(".put"):
                runtime.blobs.delete(name)
    killed(site, place, when, "restore", "saved.yxb", "--replace")
    assert ticket_count(site) == (2 if is_new else 3)
    data.before_serving(load_settings(site.environ))
    assert not [path.name for path in (site.folder / "var").iterdir() if "restoring" in path.name]
    assert bool(found_in(site.folder / "var", planted)) != is_new
    restored(site, "saved.yxb")
    assert ticket_count(site) == 2
    assert_in_order(site)


def test_the_commands_say_what_they_do(site, monkeypatch, capsys):
    with closing_tools(site) as runtime:
        ticket = closed_ticket(runtime, days_ago=40)
    for name in ("PORTAL_DATA_DIR", "PORTAL_UPLOADS"):
        monkeypatch.setenv(name, site.environ[name])
    monkeypatch.setenv("PORTAL_KEEP_REPORTS_DAYS", "30")
    file = str(site.folder / "saved.yxb")

    def said(*arguments: str) -> str:
        main.main(list(arguments))
        return capsys.readouterr().out

    assert (
        said("retention", "hold", ticket.number, "--reason", "调查")
        == f"{ticket.number} 已设为保全 ({ticket.number} is on hold)\n"
    )
    assert "on hold: 1 tickets" in said("retention", "run", "--dry-run")
    assert said("retention", "release", ticket.number)
    assert "would destroy: 1 whole reports (30 days)" in said("retention", "run", "--dry-run")
    assert "destroyed: 1 whole reports (30 days)" in said("retention", "run")
    assert "would destroy: 0 whole reports (30 days)" in said("retention", "run", "--dry-run")
    assert "3 reports, 2 pictures" in said("backup", file)
    with pytest.raises(SystemExit, match="there are data already; --replace puts the backup in their place"):
        main.main(["restore", file])
    gc.collect()  # the runtime of the commands above, as a process that ends would
    assert "restored: 3 reports" in said("restore", file, "--replace")


def test_the_portal_does_not_serve_what_was_destroyed_before_it_was_copied_back(site):
    with closing_tools(site) as runtime:
        number = file_report(runtime).number
        planted = sealed_bytes(runtime, ticket_named(runtime, number).report_id, "credentials")
    older = (site.folder / "var" / "portal.db").read_bytes()
    with closing_tools(site) as runtime:
        closed_ticket(runtime, number=number)
    (site.folder / "var" / "portal.db").write_bytes(older)
    assert found_in(site.folder / "var", planted)
    with site.serving() as server:
        assert "1 destructions were done again" in server.said()
        assert found_in(site.folder / "var", planted) == []
