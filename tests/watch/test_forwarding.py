"""The trail reaches a syslog receiver: every row, in order, again after an outage."""

import itertools
import json
import re
import socket
import threading
from collections.abc import Iterator

import pytest

from portal import readiness, worker
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.watch import forwarding
from tests.factories.moments import move_clock
from tests.factories.portals import Portal


class Receiver:
    """A syslog server on a free port; `lines` are the messages it got."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.received = b""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                link, _ = self.server.accept()
            except OSError:
                return
            with link:
                while data := link.recv(65536):
                    self.received += data

    def lines(self) -> list[str]:
        rest, found = self.received, []
        while rest:
            size, _, rest = rest.partition(b" ")
            found.append(rest[: int(size)].decode())
            rest = rest[int(size) :]
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.close()


def record(portal: Portal, count: int, *, is_success: bool = True) -> None:
    with portal.runtime.database.transaction() as session:
        for number in range(count):
            trail.record(session, Tag.TICKET_VIEWED, SYSTEM, ticket_number=f"RC{number}", is_success=is_success)


def settle(receiver: Receiver, count: int) -> list[str]:
    for _ in range(200):
        if len(receiver.lines()) >= count:
            break
        threading.Event().wait(0.02)
    return receiver.lines()


@pytest.mark.both_databases
def test_every_new_row_arrives_in_order_as_it_was_hashed(portal: Portal, receiver: Receiver, monkeypatch) -> None:
    monkeypatch.setattr(forwarding, "_BATCH", 3)
    portal.change_settings(syslog=f"tcp://127.0.0.1:{receiver.port}")
    worker.watch(portal.runtime)  # begins at the trail's end
    record(portal, 7)
    record(portal, 1, is_success=False)
    worker.watch(portal.runtime)
    worker.watch(portal.runtime)
    lines = settle(receiver, 8)

    assert len(lines) == 8
    heads = [re.match(r"<(\d+)>1 (\S+) \S+ yixiantong \d+ ticket:view - (\{.*\})$", line) for line in lines]
    assert [head[1] for head in heads] == ["110"] * 7 + ["108"]
    rows = [json.loads(head[3]) for head in heads]
    assert [row["ticket_number"] for row in rows] == [*(f"RC{number}" for number in range(7)), "RC0"]
    for before, row in itertools.pairwise(rows):
        assert row["previous_hash"] == before["row_hash"]


def test_a_receiver_that_is_away_loses_nothing_and_raises_an_alarm(
    portal: Portal, receiver: Receiver, monkeypatch
) -> None:
    portal.change_settings(syslog=f"tcp://127.0.0.1:{receiver.port}")
    worker.watch(portal.runtime)
    portal.change_settings(syslog="tcp://127.0.0.1:1")
    record(portal, 3)
    worker.watch(portal.runtime)
    assert readiness.finding(portal.runtime, "forwarding").is_good
    move_clock(monkeypatch, minutes=6)
    worker.watch(portal.runtime)
    assert "没有转发" in readiness.finding(portal.runtime, "forwarding").problem

    portal.change_settings(syslog=f"tcp://127.0.0.1:{receiver.port}")
    worker.watch(portal.runtime)
    lines = settle(receiver, 4)
    assert [line.split(" - ")[0].split()[-1] for line in lines] == ["ticket:view"] * 3 + ["alarm:begin"]
    assert readiness.finding(portal.runtime, "forwarding").is_good


def test_udp_sends_a_datagram_a_row(portal: Portal) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        address = f"udp://127.0.0.1:{server.getsockname()[1]}"
        forwarding.forward(portal.runtime.database, address)
        record(portal, 2)
        assert forwarding.forward(portal.runtime.database, address) == 2
        assert [b'"ticket_number":"RC' in server.recv(65536) for _ in range(2)] == [True, True]


def test_nothing_is_connected_without_the_setting(portal: Portal, monkeypatch) -> None:
    monkeypatch.setattr(forwarding, "forward", lambda *_: pytest.fail("no setting, no connection"))
    worker.watch(portal.runtime)
