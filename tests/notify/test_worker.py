"""One process is the whole portal: the worker's rounds run beside the pages."""

import time

import pytest

from portal import worker
from portal.notify import outbox
from portal.retention.schedule import Schedule
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def waiting(portal: Portal) -> int:
    with portal.runtime.database.read() as session:
        return outbox.backlog(session).waiting


def test_it_delivers_beside_the_pages_until_it_is_stopped(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.02)
    file_report(portal.runtime)
    assert waiting(portal) == 1

    stop = worker.run_beside(portal.runtime, Schedule.of(portal.settings))
    deadline = time.monotonic() + 20
    while waiting(portal) and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()

    assert waiting(portal) == 0


def test_a_round_that_fails_does_not_end_the_worker(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.02)
    tries: list[int] = []

    def fail(*_: object) -> None:
        tries.append(1)
        raise OSError

    monkeypatch.setattr(worker.reminders, "run", fail)
    stop = worker.run_beside(portal.runtime, Schedule.of(portal.settings))
    deadline = time.monotonic() + 20
    while len(tries) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()

    assert len(tries) >= 3
