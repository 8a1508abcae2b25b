"""A rush becomes few messages: five of a kind alone, the rest as one, and no more than a bot takes."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.notify import outbox
from portal.notify.channel import retry
from portal.notify.delivery import LEASE, Dispatcher
from portal.notify.events import Event
from portal.notify.models import Delivery, DeliveryError
from portal.notify.recipients import RecipientKind
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.channels import Recorder


def bot(**behaviour) -> Recorder:
    return Recorder(name="wecom", reaches=RecipientKind.GROUP, **behaviour)


def tell(portal: Portal, event: Event, number: str, times: int) -> None:
    with portal.runtime.database.transaction() as session:
        for _ in range(times):
            outbox.add(session, event, number)


def states(portal: Portal) -> Counter[str]:
    with portal.runtime.database.read() as session:
        return Counter(session.scalars(select(Delivery.status)))


def move_clock(monkeypatch: pytest.MonkeyPatch, passed: timedelta) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + passed)


def test_five_hundred_of_a_kind_are_five_messages_and_one_digest(portal: Portal) -> None:
    first = file_report(portal.runtime).number
    tell(portal, Event.REPORT_FILED, first, 499)
    channel = bot()
    assert Dispatcher(portal.runtime.database, [channel]).run() == 6
    counts = [told.message.count for told in channel.told]
    assert counts == [1, 1, 1, 1, 1, 495]
    assert channel.told[-1].message.title == f"日常队列：有新问题，共 495 条，最早 {first}"
    assert states(portal) == {"delivered": 500}


def test_what_comes_later_in_the_minute_waits_for_the_next(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    number = file_report(portal.runtime).number
    tell(portal, Event.REPORT_FILED, number, 9)
    channel, dispatcher = bot(), None
    dispatcher = Dispatcher(portal.runtime.database, [channel])
    assert dispatcher.run() == 6
    tell(portal, Event.REPORT_FILED, number, 3)
    assert dispatcher.run() == 0
    assert states(portal) == {"delivered": 10, "waiting": 3}
    move_clock(monkeypatch, timedelta(seconds=61))
    assert dispatcher.run() == 3


def test_a_bot_gets_at_most_twenty_a_minute(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.notify.matrix.Rules.is_on", lambda *_: True)
    number = file_report(portal.runtime).number
    for event in list(Event)[:6]:
        tell(portal, event, number, 5)
    channel = bot()
    dispatcher = Dispatcher(portal.runtime.database, [channel])
    assert dispatcher.run() == 20
    assert dispatcher.run() == 0
    move_clock(monkeypatch, timedelta(seconds=61))
    assert dispatcher.run() > 0


def test_a_digest_is_sent_again_with_the_same_id_and_the_same_members(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = file_report(portal.runtime).number
    tell(portal, Event.REPORT_FILED, number, 19)
    failed: list[str] = []

    def fail_digests(outgoing):
        if outgoing.message.count > 1:
            failed.append(str(outgoing.id))
            return retry(DeliveryError.SERVER)
        return None

    assert Dispatcher(portal.runtime.database, [bot(before=fail_digests)]).run() == 5
    tell(portal, Event.REPORT_FILED, number, 1)
    move_clock(monkeypatch, LEASE)
    channel = bot()
    assert Dispatcher(portal.runtime.database, [channel]).run() == 2
    again = next(told for told in channel.told if told.message.count > 1)
    assert (str(again.id), again.message.count) == (failed[0], 15)
    with portal.runtime.database.read() as session:
        assert session.scalar(select(func.count()).where(Delivery.carrier_id == again.id)) == 15


def test_queues_are_gathered_apart(portal: Portal) -> None:
    general, his = file_report(portal.runtime).number, file_report(portal.runtime, kind="his").number
    for number in (general, his):
        tell(portal, Event.REPORT_FILED, number, 9)
    channel = bot()
    Dispatcher(portal.runtime.database, [channel]).run()
    digests = sorted(told.message.title for told in channel.told if told.message.count > 1)
    assert digests == [
        f"HIS 队列：有新问题，共 5 条，最早 {his}",
        f"日常队列：有新问题，共 5 条，最早 {general}",
    ]
