"""Commands as a shell runs them, and killed at their worst moments: whole, or recognised, or as before (SECURITY F25)."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from portal import data_commands
from portal.app import make_tools
from portal.settings import load_settings
from portal.tickets.tools import Tools
from tests.factories.closing import closed_ticket, found_in, sealed_bytes, ticket_named
from tests.factories.reports import file_report
from tests.factories.servers import Site

KILLED = """
import importlib, os, signal, sys
from portal import cli
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


@pytest.fixture
def site(tmp_path, sqlite_template) -> Site:
    """A portal with the cast and two reports, that nobody serves."""
    (tmp_path / "var").mkdir()
    for name in ("portal.db", "keyring.json"):
        (tmp_path / "var" / name).write_bytes((sqlite_template / name).read_bytes())
    (tmp_path / "var" / "keyring.json").chmod(0o600)
    made = Site(tmp_path)
    with closing_tools(made) as tools:
        for _ in range(2):
            file_report(tools)
    return made


class closing_tools:  # noqa: N801
    """The tools of a site for one block."""

    def __init__(self, site: Site) -> None:
        self.tools = make_tools(load_settings(site.environ))

    def __enter__(self) -> Tools:
        return self.tools

    def __exit__(self, *_: object) -> None:
        self.tools.database.dispose()


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
    for command in (("keys", "verify"), ("audit", "verify")):
        done = site.run(*command)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("place", ["portal.dumps:Snapshot", "portal.backup:SealingWriter.finish", "portal.backup:os.link"])
def test_a_backup_that_is_killed_leaves_no_file_that_passes_for_one(site, place):
    killed(site, place, "before", "backup", "saved.yxb")
    assert not (site.folder / "saved.yxb").exists()
    assert not list((site.folder / "var").glob(".copy*"))
    assert_in_order(site)
    for part in site.folder.glob(".saved.yxb.*.part"):
        done = site.run("restore", str(part), "--replace")
        is_whole = place.endswith("os.link")
        assert (done.returncode == 0) == is_whole, done
        assert is_whole or "incomplete" in done.stderr
    assert site.run("backup", "saved.yxb").returncode == 0


@pytest.mark.parametrize(
    ("place", "when", "is_new"),
    [
        ("portal.restore:_check_database", "before", False),
        ("portal.restore:_put_blobs", "before", False),
        ("portal.storage.local:LocalBlobStore.put", "after", False),
        ("portal.dumps:os.replace", "before", False),
        ("portal.dumps:os.replace", "after", True),
    ],
)
def test_a_restore_that_is_killed_leaves_the_old_state_or_the_new_one(site, place, when, is_new):
    assert site.run("backup", "saved.yxb").returncode == 0
    with closing_tools(site) as tools:
        number = file_report(tools).number
        planted = sealed_bytes(tools, ticket_named(tools, number).report_id, "credentials")
        for name in [name for name, _ in tools.blobs.stored()][:2]:
            if place.endswith(".put"):
                tools.blobs.delete(name)
    killed(site, place, when, "restore", "saved.yxb", "--replace")
    assert ticket_count(site) == (2 if is_new else 3)
    data_commands.before_serving(load_settings(site.environ))
    assert not [path.name for path in (site.folder / "var").iterdir() if "restoring" in path.name]
    assert bool(found_in(site.folder / "var", planted)) != is_new
    done = site.run("restore", "saved.yxb", "--replace")
    assert (done.returncode, done.stderr) == (0, "")
    assert ticket_count(site) == 2
    assert_in_order(site)


def test_the_commands_say_what_they_do(site):
    with closing_tools(site) as tools:
        ticket = closed_ticket(tools, days_ago=40)
    number, keep = ticket.number, {"PORTAL_KEEP_REPORTS_DAYS": "30"}
    assert site.run("retention", "hold", number, "--reason", "调查").stdout == f"{number} is on hold\n"
    assert "on hold: 1 tickets" in site.run("retention", "run", "--dry-run", **keep).stdout
    assert site.run("retention", "release", number).returncode == 0
    said = site.run("retention", "run", "--dry-run", **keep).stdout
    assert "would destroy: 1 whole reports (30 days)" in said
    assert "destroyed: 1 whole reports (30 days)" in site.run("retention", "run", **keep).stdout
    assert "would destroy: 0 whole reports (30 days)" in site.run("retention", "run", "--dry-run", **keep).stdout
    assert "3 reports, 2 pictures" in site.run("backup", "saved.yxb").stdout
    refused = site.run("restore", "saved.yxb")
    assert refused.returncode == 1 and refused.stdout == ""
    assert refused.stderr.strip() == "there are data already; --replace puts the backup in their place"
    (site.folder / "var" / "keyring.json").unlink()
    without = site.run("restore", "saved.yxb", "--replace")
    assert without.returncode == 1 and "expected key" in without.stderr
    assert len(without.stderr.strip().splitlines()) == 1


def test_the_portal_does_not_serve_what_was_destroyed_before_it_was_copied_back(site):
    with closing_tools(site) as tools:
        number = file_report(tools).number
        planted = sealed_bytes(tools, ticket_named(tools, number).report_id, "credentials")
    older = (site.folder / "var" / "portal.db").read_bytes()
    with closing_tools(site) as tools:
        closed_ticket(tools, number=number)
    (site.folder / "var" / "portal.db").write_bytes(older)
    assert found_in(site.folder / "var", planted)
    with site.serving() as server:
        assert "1 destructions were done again" in server.said()
        assert found_in(site.folder / "var", planted) == []
