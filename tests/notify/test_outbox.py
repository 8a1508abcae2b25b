"""The outbox: told once, and only what was committed."""

import pytest

from portal.notify import outbox
from portal.worker import run_once
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def test_it_delivers_each_message_once(portal: Portal) -> None:
    receipt = file_report(portal.runtime)
    told: list[tuple[str, str]] = []
    assert outbox.deliver_pending(portal.runtime.database, lambda *message: told.append(message)) == 1
    assert outbox.deliver_pending(portal.runtime.database, lambda *message: told.append(message)) == 0
    assert told == [("report-filed", receipt.number)]


def test_it_keeps_a_message_whose_channel_failed(portal: Portal) -> None:
    file_report(portal.runtime)

    def broken(event: str, number: str) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        outbox.deliver_pending(portal.runtime.database, broken)
    assert outbox.deliver_pending(portal.runtime.database, lambda *_: None) == 1


def test_it_tells_nothing_of_a_change_that_was_undone(portal: Portal) -> None:
    with pytest.raises(RuntimeError), portal.runtime.database.transaction() as session:
        outbox.add(session, "report-filed", "RC2026010001")
        raise RuntimeError
    assert outbox.deliver_pending(portal.runtime.database, lambda *_: None) == 0


def test_a_worker_round_works_on_a_busy_portal(portal: Portal) -> None:
    file_report(portal.runtime)
    run_once(portal.runtime)
    assert outbox.deliver_pending(portal.runtime.database, lambda *_: None) == 0
