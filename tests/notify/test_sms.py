"""Text messages: only to a clinic that agreed, to the phone it gave, without anything but number, event and place."""

import pytest
from sqlalchemy import select, update

from portal.acts.text_messages import STOP_TEXTS
from portal.audit.models import AuditEvent
from portal.errors import ConflictError, InvalidError
from portal.kinds.contact_fields import SMS_NOTICE
from portal.notification_settings import NotificationSettings
from portal.notify import matrix, outbox, quiet
from portal.notify.channels.active import active_channels
from portal.notify.delivery import Dispatcher
from portal.notify.events import Event
from portal.notify.models import Delivery
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from tests.acts.desk import Desk
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report
from tests.notify.servers import HttpServer, http_server

PHONE = "13800135791"


@pytest.fixture
def gateway():
    with http_server(body=b"") as server:
        yield server


@pytest.fixture
def texting(portal: Portal, gateway: HttpServer, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """A portal with a gateway, at an hour when clinics may be texted."""
    given = NotificationSettings(sms_url=f"{gateway.url}/send", sms_token="invented-token")
    portal.change_settings(notifications=given, base_url="https://portal.example.cn")
    monkeypatch.setattr(quiet, "FOR_CLINICS", quiet.NEVER)
    return portal


def send(portal: Portal) -> int:
    runtime = portal.runtime
    channels = [channel for channel in active_channels(runtime) if channel.name == "sms"]
    return Dispatcher(runtime.database, channels, runtime.settings.base_url).run()


def states(portal: Portal) -> list[str]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(Delivery.status).where(Delivery.channel == "sms")))


def test_a_tick_is_kept_with_the_version_of_its_sentence(texting: Portal) -> None:
    agreed = file_report(texting.runtime, contact_phone=PHONE, sms_consent="1").number
    silent = file_report(texting.runtime, contact_phone=PHONE).number
    with texting.runtime.database.read() as session:
        kept = {row.number: row.sms_notice for row in session.scalars(select(Ticket))}
    assert kept == {agreed: SMS_NOTICE, silent: None}


def test_without_a_gateway_the_tick_is_not_asked_and_not_kept(portal: Portal) -> None:
    file_report(portal.runtime, contact_phone=PHONE, sms_consent="1")
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Ticket.sms_notice)).one() is None


def test_the_phone_is_opened_for_the_message_and_recorded_first(texting: Portal, gateway: HttpServer) -> None:
    number = file_report(texting.runtime, contact_phone=PHONE, sms_consent="1").number
    recorded: list[int] = []

    def rows() -> list[AuditEvent]:
        with texting.runtime.database.read() as session:
            return list(session.scalars(select(AuditEvent).where(AuditEvent.tag == "contact:notify")))

    gateway.before = lambda: recorded.append(len(rows()))
    assert send(texting) == 1
    assert recorded == [1]
    (request,) = gateway.received
    (row,) = rows()
    assert request.headers["Authorization"] == "Bearer invented-token"
    assert request.fields == {
        "id": row.particulars["delivery"],
        "phone": PHONE,
        "template": "report-filed",
        "parameters": {"number": number, "what": "您的问题已收到", "where": "https://portal.example.cn/track"},
    }
    assert (row.ticket_number, row.field, row.actor_name) == (number, "contact_phone", "system")
    with texting.runtime.database.read() as session:
        delivery = session.scalars(select(Delivery).where(Delivery.channel == "sms")).one()
        assert PHONE not in str(vars(delivery)) and delivery.recipient_id == ""


def test_without_consent_or_phone_nothing_is_sent(texting: Portal, gateway: HttpServer) -> None:
    file_report(texting.runtime, contact_phone=PHONE)
    file_report(texting.runtime, sms_consent="1")
    assert send(texting) == 0
    assert gateway.received == [] and states(texting) == ["dropped"]


def test_a_destroyed_phone_drops_the_message(texting: Portal, gateway: HttpServer) -> None:
    file_report(texting.runtime, contact_phone=PHONE, sms_consent="1")
    with texting.runtime.database.transaction() as session:
        gone = update(SealedValue).where(SealedValue.field == "contact_phone")
        session.execute(gone.values(value_sealed=None, data_key_id=None))
    assert send(texting) == 0
    assert gateway.received == [] and states(texting) == ["dropped"]


def test_consent_is_withdrawn_on_the_tracking_page_or_by_staff(texting: Portal, gateway: HttpServer) -> None:
    """What waits to be sent is dropped; nobody who has not the page or the right can do it."""
    texting.change_settings(base_url="")
    own = file_report(texting.runtime, contact_phone=PHONE, sms_consent="1")
    called = Desk(texting.runtime, file_report(texting.runtime, contact_phone=PHONE, sms_consent="1").number)
    page = f"/track/{own.number}"
    stranger = texting.browser()
    assert post(stranger, "/track", f"{page}/sms-withdrawal").status_code == 403
    clinic = texting.browser()
    shown = post(clinic, "/track", "/track", number=own.number, query_code=own.query_code).text
    assert "不再发短信" in shown
    done = post(clinic, page, f"{page}/sms-withdrawal").headers["location"]
    assert "以后不再发短信" in clinic.get(done).text and "您同意过用短信" not in clinic.get(page).text
    post(clinic, page, f"{page}/sms-withdrawal")
    with pytest.raises(InvalidError):
        called.act(STOP_TEXTS, "agnes", reason=" ")
    called.act(STOP_TEXTS, "agnes", reason="王医生来电要求")
    with pytest.raises(ConflictError):
        called.act(STOP_TEXTS, "agnes", reason="再来一次")
    assert send(texting) == 0 and gateway.received == [] and states(texting) == []
    with texting.runtime.database.read() as session:
        stopped = select(AuditEvent).where(AuditEvent.tag == "contact:stop-texts")
        rows = session.scalars(stopped.order_by(AuditEvent.seq)).all()
        assert [(row.ticket_number, row.reason) for row in rows] == [
            (own.number, None), (called.number, "王医生来电要求"),
        ]  # fmt: skip
    assert "王医生" not in clinic.get(page).text


def test_a_gateway_that_fails_is_asked_again_and_one_that_refuses_is_not(texting: Portal, gateway: HttpServer) -> None:
    number = file_report(texting.runtime, contact_phone=PHONE, sms_consent="1").number
    gateway.status = 503
    assert send(texting) == 0 and states(texting) == ["waiting"]
    gateway.status = 400
    with texting.runtime.database.transaction() as session:
        session.execute(update(Delivery).values(next_attempt_at=Delivery.created_at))
        outbox.add(session, Event.REPLIED, number)
    assert send(texting) == 0 and states(texting) == ["failed", "failed"]


def test_clinics_can_have_text_messages_of_their_events_only() -> None:
    assert matrix.may(Event.REPLIED, matrix.Way.SMS) and not matrix.may(Event.ASSIGNED, matrix.Way.SMS)
