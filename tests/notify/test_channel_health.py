"""A channel that fails: told once, probed once an hour, and nothing is given up meanwhile."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.notify import channel_health, notices, outbox
from portal.notify.channel import permanent, retry
from portal.notify.delivery import Dispatcher
from portal.notify.events import Event
from portal.notify.models import Delivery, DeliveryError, StaffNotice
from portal.notify.recipients import RecipientKind
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.channels import Recorder


def hook(**behaviour) -> Recorder:
    return Recorder(name="webhook", reaches=RecipientKind.WEBHOOK, **behaviour)


def broken(**behaviour) -> Recorder:
    return hook(before=lambda _: retry(DeliveryError.SERVER, None, 500), **behaviour)


def move_clock(monkeypatch: pytest.MonkeyPatch, passed: timedelta) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + passed)


def states(portal: Portal) -> Counter[str]:
    with portal.runtime.database.read() as session:
        return Counter(session.scalars(select(Delivery.status).where(Delivery.channel == "webhook")))


def failing(portal: Portal) -> list[str]:
    with portal.runtime.database.read() as session:
        return [one.channel for one in channel_health.failing(session)]


def rush(portal: Portal, times: int) -> str:
    number = file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        for _ in range(times - 1):
            outbox.add(session, Event.REPLIED, number)
    return number


def test_it_is_told_once_probed_once_an_hour_and_all_waits(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    rush(portal, 25)
    down = broken()
    dispatcher = Dispatcher(portal.runtime.database, [down])
    dispatcher.run()
    assert failing(portal) == []  # for less than an hour
    calls: list[int] = []
    down.before = lambda _: calls.append(1) or retry(DeliveryError.SERVER, None, 500)
    move_clock(monkeypatch, timedelta(minutes=62))
    dispatcher.run()
    assert failing(portal) == ["webhook"] and len(calls) == 1
    for minutes in (63, 90, 121):
        move_clock(monkeypatch, timedelta(minutes=minutes))
        dispatcher.run()
    assert len(calls) == 1
    for hours in range(2, 60):
        move_clock(monkeypatch, timedelta(hours=hours, minutes=5 * hours))
        dispatcher.run()
    assert len(calls) == 59
    assert states(portal) == {"waiting": 25}
    with portal.runtime.database.read() as session:
        ada = actor(portal.runtime, "ada").user_id
        told = session.scalars(select(StaffNotice).where(StaffNotice.event == "channel-failing")).all()
        assert [(row.user_id, row.number) for row in told] == [(ada, "webhook")]
        assert notices.unseen_count(session, ada) == 1

    up = hook()
    move_clock(monkeypatch, timedelta(hours=70))
    assert Dispatcher(portal.runtime.database, [up]).run() == 1
    assert Dispatcher(portal.runtime.database, [up]).run() == 24
    assert failing(portal) == []
    assert states(portal) == {"delivered": 25}
    with portal.runtime.database.read() as session:
        assert notices.unseen_count(session, ada) == 0


def test_a_refused_address_is_no_failure_of_the_channel(portal: Portal) -> None:
    rush(portal, 25)
    mail = Recorder(name="people", reaches=RecipientKind.USER, before=lambda _: permanent(550))
    Dispatcher(portal.runtime.database, [mail]).run()
    with portal.runtime.database.transaction() as session:
        assert channel_health.locked(session, "people").failures == 0


def test_whoever_asks_for_rest_gets_it(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    rush(portal, 5)
    calls: list[int] = []

    def busy(_):
        calls.append(1)
        return retry(DeliveryError.BUSY, timedelta(minutes=10), 429)

    dispatcher = Dispatcher(portal.runtime.database, [hook(before=busy)])
    dispatcher.run()
    move_clock(monkeypatch, timedelta(minutes=9))
    dispatcher.run()
    assert len(calls) == 1
    with portal.runtime.database.read() as session:
        tried = session.scalars(select(Delivery).where(Delivery.attempts == 1)).one()
        assert tried.next_attempt_at >= datetime.now(UTC) + timedelta(minutes=9) and tried.status_code == 429
    move_clock(monkeypatch, timedelta(minutes=11))
    assert Dispatcher(portal.runtime.database, [hook()]).run() == 5


def test_a_failing_channel_is_never_told_through_a_channel(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        outbox.add(session, Event.CHANNEL_FAILING, "webhook")
    assert Dispatcher(portal.runtime.database, [hook(), Recorder(name="mail", reaches=RecipientKind.USER)]).run() == 0


def test_the_system_page_says_so(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    rush(portal, 25)
    dispatcher = Dispatcher(portal.runtime.database, [broken()])
    dispatcher.run()
    page = portal.signed_in("ada")
    assert "一直发不出去" not in page.get("/admin/system").text
    with portal.runtime.database.transaction() as session:
        channel_health.locked(session, "webhook").failing_since = datetime.now(UTC) - timedelta(hours=2)
    assert "通知渠道“系统对接”从" in page.get("/admin/system").text
