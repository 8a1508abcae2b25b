"""Workers killed at each step: nothing is lost, and at most one message comes twice, with the same id."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal import clock
from portal.notify.channel import Outgoing
from portal.notify.delivery import LEASE, Dispatcher
from portal.notify.models import Delivery
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.channels import Recorder

_WORKER = """
import os, signal, sys
from portal.db import Database
from portal.notify import claiming, delivery, expansion
from tests.notify.channels import Recorder

url, step, path = sys.argv[1:]
calls = []

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def note(outgoing):
    if step == "claimed":
        die()
    with open(path, "a") as file:
        file.write(f"{outgoing.id}\\n")
    calls.append(1)
    if step == "sent" and len(calls) == 2:
        die()

if step == "expanding":
    expansion.insert_rows = die
if step == "marking":
    delivery._write = die
delivery.Dispatcher(Database(url), [Recorder(before=note)]).run()
"""


@pytest.mark.both_databases
@pytest.mark.parametrize(("step", "sent"), [("expanding", 0), ("claimed", 0), ("sent", 2), ("marking", 1)], ids=str)
def test_nothing_is_lost_and_at_most_one_comes_twice(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, sent: int
) -> None:
    for _ in range(4):
        file_report(portal.runtime)
    path = tmp_path / "sent"
    path.touch()
    killed = subprocess.run(
        [sys.executable, "-c", _WORKER, portal.settings.database_url, step, str(path)], check=False, timeout=60
    )
    assert killed.returncode == -9
    assert len(path.read_text().split()) == sent

    def note(outgoing: Outgoing) -> None:
        with path.open("a") as file:
            file.write(f"{outgoing.id}\n")

    for passed in (timedelta(0), LEASE + timedelta(seconds=1)):
        monkeypatch.setattr(clock, "now", lambda passed=passed: datetime.now(UTC) + passed)
        Dispatcher(portal.runtime.database, [Recorder(before=note)]).run()
    counts = Counter(path.read_text().split())
    with portal.runtime.database.read() as session:
        assert {str(row_id) for row_id in session.scalars(select(Delivery.id))} == set(counts)
        assert set(session.scalars(select(Delivery.status))) == {"delivered"}
    assert len(counts) == 4 and sum(counts.values()) <= 5
