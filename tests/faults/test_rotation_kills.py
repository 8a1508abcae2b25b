"""Keys rotated and suites converted under load, killed again and again: everything stays readable (SECURITY F13)."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from datetime import timedelta
from select import select as select_ready

import pytest
from sqlalchemy import func, select

from portal import worker
from portal.assembly import make_runtime
from portal.audit import trail
from portal.screenshots.models import Screenshot
from portal.settings import load_settings
from portal.tickets.models import Ticket
from portal.upkeep import rotation
from portal.vault.models import DataKey, SealedValue
from portal.vault.vault import REPORT
from tests.factories.reports import file_report
from tests.factories.servers import Site
from tests.faults.test_crashes import Clinics, number_of

pytestmark = pytest.mark.xdist_group("faults")
KILLS = 20
MANY_DATA_KEYS = 2000


def runtime_of(site: Site):
    return make_runtime(
        load_settings({name: text for name, text in site.environ.items() if name.startswith("PORTAL_")})
    )


# Each command is a process of its own, forked from one that has imported the portal: 20 starts would take too long.
_LAUNCHER = """
import os, sys
from portal.cli import main as cli
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        sink = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(sink, stream)
        cli.main(line.split())
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Launcher:
    """Runs one command after another, to be killed."""

    def __init__(self, site: Site) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCHER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=site.folder,
            env=site.environ,
            text=True,
            bufsize=1,
        )

    def begin(self, *arguments: str) -> None:
        """`python -m portal …`"""
        self.process.stdin.write(" ".join(arguments) + "\n")
        self.child = int(self.process.stdout.readline())

    def is_running(self) -> bool:
        """Until the command ends by itself."""
        return not select_ready([self.process.stdout], [], [], 0)[0]

    def kill(self) -> bool:
        """kill -9; False when it had ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGKILL)
        return os.waitstatus_to_exitcode(int(self.process.stdout.readline())) == -signal.SIGKILL

    def close(self) -> None:
        """No more commands."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def launcher(site):
    made = Launcher(site)
    yield made
    made.close()


def counts(site: Site, column: str) -> dict[str, int]:
    """Data keys by key id or by suite."""
    with contextlib.closing(sqlite3.connect(site.folder / "var" / "portal.db")) as connection:
        return dict(connection.execute(f"SELECT {column}, count(*) FROM data_keys GROUP BY {column}"))


def killed_while_it_works(site: Site, launcher: Launcher, column: str, moment: float, *arguments: str) -> bool:
    """Kill -9 `moment` seconds after the command has begun to change data keys; False when it was done before."""
    before = counts(site, column)
    launcher.begin(*arguments)
    while launcher.is_running():
        now = counts(site, column)
        if any(now.get(name, 0) < count for name, count in before.items()):
            break
        time.sleep(0.005)
    time.sleep(moment)
    return launcher.kill()


def fill_with_data_keys(runtime) -> None:
    """So many that a rotation takes its time."""
    for _ in range(2):
        with runtime.database.transaction() as session:
            for _ in range(MANY_DATA_KEYS // 2):
                session.add(runtime.vault.new_data_key(uuid.uuid4(), REPORT)[1])


def assert_readable(runtime, most: int) -> None:
    """The newest sealed values open for a vault that has been serving all the time."""
    with runtime.database.read() as session:
        rows = session.scalars(select(SealedValue).order_by(SealedValue.created_at.desc()).limit(most)).all()
        for row in rows:
            assert runtime.vault.open_value(session, row)


def test_a_rotation_that_is_killed_20_times_under_load_loses_nothing(site, launcher):
    clinics = Clinics(site)
    moments = random.Random(20262)
    runtime = runtime_of(site)
    first = runtime.vault.keyring.active_key_id
    fill_with_data_keys(runtime)
    kills = unfinished = 0
    with site.serving() as server:
        with clinics.filing():
            for _ in range(KILLS * 2):
                kills += killed_while_it_works(site, launcher, "key_id", moments.uniform(0, 0.15), "keys", "rotate")
                unfinished += len(counts(site, "key_id")) > 1
                assert_readable(runtime, 30)
                if kills == KILLS:
                    break
            # As a person does it: run it again until it says that it is done.
            done = site.run("keys", "rotate")
            assert (done.returncode, done.stderr) == (0, "")
        assert clinics.strange == [] and clinics.unanswered == []
        assert "Traceback" not in server.said()
    assert kills == KILLS
    assert unfinished >= KILLS // 2
    assert len(clinics.receipts) >= KILLS

    active = runtime.vault.keyring.active_key_id
    assert set(counts(site, "key_id")) == {active}
    verified = site.run("keys", "verify")
    assert (verified.returncode, verified.stderr) == (0, "")
    retired = site.run("keys", "retire", first)
    assert (retired.returncode, retired.stderr) == (0, "")
    runtime.database.dispose()

    fresh = runtime_of(site)
    assert first not in fresh.vault.keyring.key_ids()
    with fresh.database.read() as session:
        for key, receipt in clinics.receipts.items():
            ticket = session.scalars(select(Ticket).where(Ticket.number == receipt["number"])).one()
            values = session.scalars(select(SealedValue).where(SealedValue.owner_id == ticket.report_id)).all()
            opened = {row.field: fresh.vault.open_value(session, row) for row in values}
            assert set(opened) == {"id_number", "login_account", "login_password"}
            assert opened["id_number"] == number_of(key)
        assert trail.verify(session).first_break is None
    fresh.database.dispose()


def test_a_conversion_that_is_killed_goes_on_and_leaves_no_second_picture(site, launcher):
    runtime = runtime_of(site)
    for _ in range(60):
        file_report(runtime)
    first = runtime.vault.keyring.active_key_id
    command = ("keys", "rotate", "--suite", "sm4-gcm")
    moments = random.Random(20263)
    kills = sum(killed_while_it_works(site, launcher, "suite", moments.uniform(0, 0.05), *command) for _ in range(4))
    half = counts(site, "suite")
    assert kills >= 2 and len(half) == 2
    second = runtime.vault.keyring.active_key_id
    assert second != first
    assert rotation.verify(runtime).broken == []

    done = site.run(*command)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{half['aes-256-gcm']} data keys converted" in done.stdout
    assert runtime.vault.keyring.active_key_id == second  # gone on with, not begun anew
    assert counts(site, "suite") == {"sm4-gcm": 120}
    verified = site.run("keys", "verify")
    assert verified.returncode == 0 and f"({60 * 4} sealed values and pictures open)" in verified.stdout
    worker.sweep_uploads(runtime, timedelta(0))
    with runtime.database.read() as session:
        assert set(session.scalars(select(Screenshot.blob_key))) == {name for name, _ in runtime.blobs.stored()}
        assert session.scalar(select(func.count()).select_from(DataKey)) == 120
    runtime.database.dispose()
