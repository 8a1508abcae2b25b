"""Nothing that anybody typed leaves the portal: every event, every channel, read from what real servers received."""

import base64
import email
import email.policy
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import inspect, select, update

from portal import clock
from portal.notification_settings import Bot, NotificationSettings
from portal.notify import matrix, outbox, quiet
from portal.notify.channels.active import active_channels
from portal.notify.delivery import Dispatcher
from portal.notify.events import Event
from portal.notify.models import Delivery, OutboxMessage, StaffNotice
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.people import give_mail
from tests.notify.servers import http_server, smtp_server

PHONE = "13912345670"
TYPED = {
    "institution": "高唐县金丝雀镇卫生院",
    "description": "金丝雀描述：保存后参数没有存上，刷新后内容没有了",
    "previous_system": "金丝雀旧系统",
    "login_account": "canaryaccount7",
    "login_password": "Canary#Secret88",
    "contact_name": "金丝雀",
    "contact_phone": PHONE,
}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # the same texts on both
def test_no_typed_word_is_in_any_message_row_or_log(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(matrix.Rules, "is_on", lambda _, event, way: matrix.may(event, way))
    monkeypatch.setattr(quiet, "FOR_CLINICS", quiet.NEVER)
    caplog.set_level(logging.DEBUG)
    with http_server() as server, smtp_server() as mails:
        portal.change_settings(
            base_url="https://portal.example.cn",
            notifications=NotificationSettings(
                smtp_url=mails.url, mail_from="portal@clinic.example", wecom={"": Bot(f"{server.url}/wecom")},
                dingtalk={"": Bot(f"{server.url}/dingtalk", "s")}, feishu={"": Bot(f"{server.url}/feishu", "s")},
                webhook_url=f"{server.url}/hook", webhook_secret="s", sms_url=f"{server.url}/sms",
            ),
        )  # fmt: skip
        receipt = file_report(portal.runtime, sms_consent="1", **TYPED)
        _tell_everything(portal, receipt.number)
        runtime = portal.runtime
        dispatcher = Dispatcher(runtime.database, active_channels(runtime), runtime.settings.base_url)
        for minutes in range(0, 20, 2):
            monkeypatch.setattr(clock, "now", lambda passed=minutes: datetime.now(UTC) + timedelta(minutes=passed))
            dispatcher.run()
        requests = [(request.path, request.body.decode(), str(request.headers)) for request in server.received]
        letters = [email.message_from_string(raw, policy=email.policy.default) for raw in mails.mails]
    assert {path.split("?")[0] for path, _, _ in requests} == {"/wecom", "/dingtalk", "/feishu", "/hook", "/sms"}
    assert len(letters) > 10
    texts = {f"{path} {n}": unquote(path) + body + headers for n, (path, body, headers) in enumerate(requests)}
    texts |= {f"mail {n}": str(letter.items()) + letter.get_content() for n, letter in enumerate(letters)}
    texts |= {"rows": _rows(portal), "log": caplog.text}
    planted = {*TYPED.values(), receipt.query_code, *_masks(portal), base64.b64encode(PHONE.encode()).decode()}
    for where, text in texts.items():
        is_sms = where.startswith("/sms")
        found = [value for value in planted if value in text and not (is_sms and value == PHONE)]
        assert found == [], where
        assert not is_sms or text.count(PHONE) == 1


def _tell_everything(portal: Portal, number: str) -> None:
    names = ("alice", "bob", "leo", "ada")
    give_mail(portal, *names)
    people = [actor(portal.runtime, name).user_id for name in names]
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(assignee_id=people[0], urgency=0))
        for event in Event:
            outbox.add(session, event, number, to=people)


def _masks(portal: Portal) -> set[str]:
    with portal.runtime.database.read() as session:
        return set(session.scalars(select(SealedValue.value_masked))) - {""}


def _rows(portal: Portal) -> str:
    with portal.runtime.database.read() as session:
        rows = [row for model in (OutboxMessage, Delivery, StaffNotice) for row in session.scalars(select(model))]
        return str([[getattr(row, column.key) for column in inspect(type(row)).column_attrs] for row in rows])
