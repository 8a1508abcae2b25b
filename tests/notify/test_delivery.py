"""Delivery: whatever a channel does, nobody else waits for it, and nothing is lost."""

import pkgutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.notify import channels, claiming, expansion, outbox
from portal.notify.channel import permanent
from portal.notify.channels import active
from portal.notify.channels.console import Console
from portal.notify.claiming import Claim
from portal.notify.delivery import LEASE, MOST_ATTEMPTS, PAUSES, Dispatcher
from portal.notify.models import Delivery
from portal.notify.recipients import RecipientKind
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.channels import Hanging, Recorder, raising


def move_clock(monkeypatch: pytest.MonkeyPatch, passed: timedelta) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + passed)


def rows(portal: Portal) -> list[Delivery]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.next_attempt_at)))


def claimed_by(portal: Portal, channel: Recorder) -> list[Claim]:
    """As a worker that is killed before it sends."""
    with portal.runtime.database.transaction() as session:
        return claiming.claim(session, channel, "")


def dispatcher(portal: Portal, *channels: Any) -> Dispatcher:
    return Dispatcher(portal.runtime.database, channels)


def test_a_clinic_files_at_once_while_a_channel_hangs(portal: Portal) -> None:
    file_report(portal.runtime)
    channel = Hanging()
    round_of_worker = threading.Thread(target=dispatcher(portal, channel).run)
    round_of_worker.start()
    try:
        assert channel.called.wait(10)
        started = time.monotonic()
        for _ in range(2):
            file_report(portal.runtime)
        assert time.monotonic() - started < 2
        assert round_of_worker.is_alive() and not channel.may_end.is_set()
    finally:
        channel.may_end.set()
        round_of_worker.join()


def test_a_hanging_channel_stops_neither_the_round_nor_another_channel(portal: Portal) -> None:
    for _ in range(3):
        file_report(portal.runtime)
    hanging, console = Hanging(timeout_seconds=0.1), Recorder()
    courier = dispatcher(portal, hanging, console)
    started = time.monotonic()
    assert courier.run() == 3
    assert courier.run() == 0  # still hanging: not asked a second time
    assert time.monotonic() - started < 5
    assert (hanging.calls, len(console.told)) == (1, 3)
    hanging.may_end.set()
    tried = sorted(
        (row.status, row.attempts, row.last_error) for row in rows(portal) if row.channel == "hanging"
    )  # fmt: skip
    assert tried == [("waiting", 0, None), ("waiting", 0, None), ("waiting", 1, "timeout")]


def test_a_channel_that_is_slow_but_works_leaves_the_rest_to_the_next_round(portal: Portal) -> None:
    for _ in range(3):
        file_report(portal.runtime)
    slow = Recorder(before=lambda _: time.sleep(0.2), timeout_seconds=0.3)
    assert dispatcher(portal, slow).run() == 2
    assert dispatcher(portal, slow).run() == 1
    assert len(set(slow.numbers)) == 3


def test_one_message_that_cannot_be_sent_stops_none_after_it(portal: Portal) -> None:
    numbers = [file_report(portal.runtime).number for _ in range(3)]

    def refuse_first(outgoing: Any) -> None:
        if outgoing.message.number == numbers[0]:
            raise ZeroDivisionError

    channel = Recorder(before=refuse_first)
    assert dispatcher(portal, channel).run() == 2
    assert sorted(channel.numbers) == sorted(numbers[1:])
    assert [row.last_error for row in rows(portal) if row.status == "waiting"] == ["fault"]


def test_two_workers_send_everything_once(portal: Portal) -> None:
    numbers = [file_report(portal.runtime).number for _ in range(6)]
    channel = Recorder(before=lambda _: time.sleep(0.02))
    workers = [threading.Thread(target=dispatcher(portal, channel).run) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(channel.numbers) == sorted(numbers)


_KILLED = """
import os, signal, sys
from portal.db import Database
from portal.notify.claiming import Claim
from portal.notify.delivery import Dispatcher
from tests.notify.channels import Recorder
Dispatcher(Database(sys.argv[1]), [Recorder(before=lambda _: os.kill(os.getpid(), signal.SIGKILL))]).run()
"""


def test_what_a_killed_worker_had_claimed_is_sent_after_the_lease(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = file_report(portal.runtime).number
    killed = subprocess.run([sys.executable, "-c", _KILLED, portal.settings.database_url], check=False, timeout=60)
    assert killed.returncode == -9
    assert [(row.status, row.attempts) for row in rows(portal)] == [("sending", 1)]

    channel = Recorder()
    move_clock(monkeypatch, LEASE - timedelta(minutes=1))
    assert dispatcher(portal, channel).run() == 0
    move_clock(monkeypatch, LEASE + timedelta(minutes=1))
    assert dispatcher(portal, channel).run() == 1
    assert channel.numbers == [number]


def test_it_gives_up_after_growing_pauses_and_says_so(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    file_report(portal.runtime)
    broken, passed = dispatcher(portal, Recorder(before=raising(ConnectionError()))), timedelta()
    for pause in PAUSES:
        broken.run()
        (row,) = rows(portal)
        assert (row.status, row.last_error) == ("waiting", "unreachable")
        assert pause * 0.89 < row.next_attempt_at - clock.now() < pause * 1.11
        passed += pause * 0.8
        move_clock(monkeypatch, passed)
        tried = row.attempts
        broken.run()
        assert rows(portal)[0].attempts == tried  # too early
        passed += pause * 0.4
        move_clock(monkeypatch, passed)
    broken.run()
    (row,) = rows(portal)
    assert (row.status, row.attempts, row.last_error) == ("given_up", MOST_ATTEMPTS, "unreachable")
    assert row.ended_at is not None
    move_clock(monkeypatch, passed + timedelta(days=30))
    assert dispatcher(portal, Recorder()).run() == 0
    with portal.runtime.database.read() as session:
        assert outbox.backlog(session) == outbox.Backlog(0, None, 1)


def test_a_delivery_that_kills_its_worker_every_time_is_given_up(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_report(portal.runtime)
    channel = Recorder()
    expansion.expand(portal.runtime.database, [channel])
    for tries in range(MOST_ATTEMPTS + 1):
        move_clock(monkeypatch, 2 * LEASE * tries)
        claimed_by(portal, channel)
    assert [(row.status, row.attempts, row.last_error) for row in rows(portal)] == [
        ("given_up", MOST_ATTEMPTS, "interrupted")
    ]


def test_what_is_refused_for_good_is_not_tried_again(portal: Portal) -> None:
    file_report(portal.runtime)
    assert dispatcher(portal, Recorder(before=lambda _: permanent(403))).run() == 0
    assert [(row.status, row.attempts, row.last_error) for row in rows(portal)] == [("failed", 1, "refused")]


def test_a_failure_after_the_lease_is_not_written_over_the_other_worker_s_try(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_report(portal.runtime)

    def overtaken(_: Any) -> None:
        move_clock(monkeypatch, LEASE + timedelta(minutes=1))
        assert len(claimed_by(portal, Recorder())) == 1
        raise ConnectionError

    assert dispatcher(portal, Recorder(before=overtaken)).run() == 0
    (row,) = rows(portal)
    assert (row.attempts, row.last_error) == (2, None)
    assert row.next_attempt_at > clock.now() + LEASE / 2


def test_a_channel_for_people_has_one_delivery_for_each(portal: Portal) -> None:
    file_report(portal.runtime)
    mail = Recorder(name="people", reaches=RecipientKind.USER)
    assert dispatcher(portal, Console(), mail).run() == 3
    engineers = {str(actor(portal.runtime, name).user_id) for name in ("alice", "bob")}
    assert {outgoing.recipient_id for outgoing in mail.told} == engineers
    assert len({outgoing.id for outgoing in mail.told}) == 2


def test_rows_hold_nothing_but_ids_and_closed_words(portal: Portal) -> None:
    file_report(portal.runtime)
    dispatcher(portal, Recorder(before=raising(OSError("https://secret.example/key")))).run()
    (row,) = rows(portal)
    assert "secret" not in str({name: value for name, value in vars(row).items() if name[0] != "_"})


def test_every_channel_can_be_made_active() -> None:
    files = {f"{channels.__name__}.{module.name}" for module in pkgutil.iter_modules(channels.__path__)}
    made = {getattr(value, "__module__", "") for value in vars(active).values()}

    assert files - {active.__name__} - made == set()
