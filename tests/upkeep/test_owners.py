"""One owner of a data folder, whoever comes second and however the first one ends."""

import subprocess
import sys
import time

import pytest

from portal.upkeep.owners import FOLDER, FolderInUseError, Use, claimed
from tests.factories.servers import Site, free_port

_HOLD = """
import sys
from pathlib import Path
from portal.upkeep.owners import Use, claimed
with claimed(Path(sys.argv[1]), Use(sys.argv[2]), "portal " + sys.argv[2], 0):
    print("held", flush=True)
    sys.stdin.read()
"""


class Holder:
    """Another process that holds the folder until it is told to end."""

    def __init__(self, folder, use: Use) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(folder), use], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout.readline() == b"held\n"

    def __enter__(self) -> "Holder":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.mark.parametrize(
    ("first", "second", "is_let_in"),
    [
        (Use.SHARED, Use.SHARED, True),
        (Use.SHARED, Use.SERVE, True),
        (Use.SERVE, Use.SHARED, True),
        (Use.SERVE, Use.SERVE, False),
        (Use.SHARED, Use.ALONE, False),
        (Use.SERVE, Use.ALONE, False),
        (Use.ALONE, Use.SHARED, False),
        (Use.ALONE, Use.SERVE, False),
        (Use.ALONE, Use.ALONE, False),
    ],
)
def test_who_may_work_beside_whom(tmp_path, first, second, is_let_in):
    with Holder(tmp_path, first) as holder:
        if is_let_in:
            with claimed(tmp_path, second, "portal second", 0):
                pass
        else:
            with pytest.raises(FolderInUseError) as refused, claimed(tmp_path, second, "portal second", 0):
                pass
            said = str(refused.value)
            assert f"进程 {holder.process.pid}" in said and f"portal {first}" in said and str(tmp_path) in said
            assert "\n" not in said


@pytest.mark.parametrize("use", list(Use))
def test_a_killed_process_holds_nothing(tmp_path, use):
    with Holder(tmp_path, use):
        pass
    assert list((tmp_path / FOLDER).iterdir())  # kill -9 leaves the file, not the lock

    with claimed(tmp_path, Use.ALONE, "portal restore", 0):
        assert len(list((tmp_path / FOLDER).iterdir())) == 1
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_whoever_needs_it_alone_waits_for_others_and_lets_nobody_new_in(tmp_path):
    with Holder(tmp_path, Use.SERVE) as serving:
        waiting = subprocess.Popen(
            [sys.executable, "-c", _HOLD.replace(", 0)", ", 60)"), str(tmp_path), Use.ALONE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while len(list((tmp_path / FOLDER).iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        with pytest.raises(FolderInUseError, match="portal alone"), claimed(tmp_path, Use.SERVE, "portal serve", 0):
            pass
        serving.process.kill()
        assert waiting.stdout.readline() == b"held\n"
        waiting.kill()
        waiting.communicate()


@pytest.mark.servers
def test_a_second_serve_and_a_restore_say_who_serves(tmp_path):
    site = Site(tmp_path)
    with site.serving() as server:
        for arguments in (("serve",), ("restore", "x.backup", "--replace"), ("migrate",)):
            done = site.run(*arguments, PORTAL_PORT="1")
            assert (done.returncode, done.stdout) == (1, ""), arguments
            assert "portal serve" in done.stderr and f"process {server.process.pid}" in done.stderr
            assert len(done.stderr.strip().splitlines()) == 1
        beside = site.run("users", "add", "carol", "--role", "admin", "--password-stdin", stdin="invented-carol-pw\n")
        assert beside.returncode == 0, beside.stderr
        assert site.run("tokens", "add", "desk", "--user", "carol").returncode == 0
        assert site.run("backup", "x.backup").returncode == 0


@pytest.mark.servers
def test_a_restore_succeeds_beside_a_supervisor_that_restarts_serve_at_once(tmp_path):
    site = Site(tmp_path)
    site.run("users", "add", "carol", "--role", "admin", "--password-stdin", stdin="invented-carol-pw\n")
    assert site.run("backup", "x.backup").returncode == 0
    with site.serving() as server:
        restoring = subprocess.Popen(
            [sys.executable, "-m", "portal", "restore", "x.backup", "--replace"],
            cwd=site.folder, env=site.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        owners = site.folder / "var" / FOLDER
        while restoring.poll() is None and len(list(owners.iterdir())) < 2:
            time.sleep(0.02)
        server.kill()
        refusals = _supervised(site, restoring)
        said, complained = restoring.communicate()
    assert restoring.returncode == 0, complained
    assert "已恢复" in said
    assert all("portal restore" in refusal for refusal in refusals), refusals


def _supervised(site: Site, restoring: subprocess.Popen) -> list[str]:
    """Start `serve` again as soon as it ends, until the restore has ended; returns what it said each time."""
    refusals = []
    while restoring.poll() is None:
        again = subprocess.Popen(
            [sys.executable, "-m", "portal", "serve"],
            cwd=site.folder, env={**site.environ, "PORTAL_PORT": str(free_port())}, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while again.poll() is None and restoring.poll() is None:
            time.sleep(0.02)
        is_refused = again.poll() is not None
        again.kill()
        said = again.communicate()[1]
        if is_refused:
            refusals.append(said)
    return refusals
