"""Without a setting nothing leaves the machine; with one, only to the host that it names."""

import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal import clock, worker
from portal.notification_settings import NotificationSettings
from portal.notify import outbox
from portal.notify.channels.active import active_channels
from portal.notify.events import Event
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.people import give_mail
from tests.notify.servers import http_server


@pytest.fixture
def reached(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address to which Python opened a connection, or whose name it looked up."""
    asked: list[Any] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def noted(self: socket.socket, address: Any) -> None:
        asked.append(address)
        connect(self, address)

    def looked_up(host: Any, port: Any, *more: Any, **others: Any) -> Any:
        asked.append((host, port))
        return look_up(host, port, *more, **others)

    monkeypatch.setattr(socket.socket, "connect", noted)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return asked


def tell_everything(portal: Portal) -> None:
    give_mail(portal, "alice", "leo", "ada")
    number = file_report(portal.runtime, contact_phone="13800135791", sms_consent="1").number
    with portal.runtime.database.transaction() as session:
        for event in Event:
            outbox.add(session, event, number)


def test_without_a_setting_there_is_no_connection(portal: Portal, reached: list[Any]) -> None:
    tell_everything(portal)
    assert [channel.name for channel in active_channels(portal.runtime)] == ["console"]
    reached.clear()
    worker.run_once(portal.runtime)
    assert reached == []


def test_with_one_only_its_host_is_reached(portal: Portal, reached: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with http_server() as server:
        given = NotificationSettings(webhook_url=server.url, webhook_secret="invented")
        portal.change_settings(notifications=given)
        tell_everything(portal)
        reached.clear()
        monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(seconds=1))
        worker.run_once(portal.runtime)
        port = int(server.url.rpartition(":")[2])
        assert len(server.received) > 10
    assert {address[:2] for address in reached} == {("127.0.0.1", port)}
