"""Mail against a real local SMTP server: taken, put off, refused, slow and dead."""

import email
import email.policy
import threading

import pytest
from sqlalchemy import select

from portal.accounts import departments
from portal.collaboration.states import WITHDRAW
from portal.notification_settings import NotificationSettings
from portal.notify.channel import Outcome
from portal.notify.channels import mail as mail_channel
from portal.notify.channels.active import active_channels
from portal.notify.channels.mail import Mail
from portal.notify.delivery import Dispatcher
from portal.notify.models import Delivery
from tests.factories.collaborations import ASK, Case
from tests.factories.portals import Portal, post
from tests.notify.outgoings import ID, outgoing
from tests.notify.servers import dead_port, smtp_server

TO = "alice@staff.example"


def channel(url: str) -> Mail:
    return Mail(url, "portal@clinic.example", lambda user_id: TO if user_id == "alice" else None)


def test_it_is_plain_text_with_number_link_and_the_delivery_s_id() -> None:
    with smtp_server() as server:
        result = channel(server.url).send(outgoing("alice", queue="general", link="https://p.example/tickets/R1"))
    assert result.outcome is Outcome.OK
    (raw,) = server.mails
    message = email.message_from_string(raw, policy=email.policy.default)
    assert message.get_content_type() == "text/plain"
    assert message["To"] == TO and message["Message-ID"] == f"<{ID}@clinic.example>"
    assert message["X-Portal-Delivery"] == str(ID)
    assert message["Subject"] == "【一线通】日常队列 有新问题 RC2026110001"
    assert "https://p.example/tickets/R1" in message.get_content()
    assert server.recipients == [f"RCPT TO:<{TO}>"] or TO in server.recipients[0]


@pytest.mark.parametrize(
    ("answers", "outcome", "error"),
    [
        ({"RCPT": "550 no such user"}, Outcome.PERMANENT, "refused"),
        ({"RCPT": "450 greylisted"}, Outcome.RETRY, "busy"),
        ({"CONTENT": "554 not wanted"}, Outcome.PERMANENT, "refused"),
        ({"CONTENT": "451 later"}, Outcome.RETRY, "busy"),
        ({"MAIL": "553 not your sender"}, Outcome.RETRY, "server"),
        ({"CONNECT": "421 too busy"}, Outcome.RETRY, "busy"),
        ({"CONNECT": "nonsense"}, Outcome.RETRY, "server"),
    ],
)
def test_it_judges_the_answer(answers: dict[str, str], outcome: Outcome, error: str) -> None:
    with smtp_server(answers=answers) as server:
        result = channel(server.url).send(outgoing("alice"))
    assert (result.outcome, result.error) == (outcome, error)


def test_a_refused_password_is_no_fault_of_the_message_and_is_repeated_nowhere() -> None:
    answers = {"EHLO": "250-mail.example\r\n250 AUTH PLAIN LOGIN", "AUTH": "535 geheim is wrong"}
    with smtp_server(answers=answers) as server:
        url = f"smtp://portal:geheim@127.0.0.1:{server.port}"
        result = channel(url).send(outgoing("alice"))
    assert (result.outcome, result.error, result.status_code) == (Outcome.RETRY, "server", 535)
    assert "geheim" not in repr(result) and "geheim" not in repr(channel(url))


def test_a_slow_one_and_a_dead_one_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_channel, "TIMEOUT_SECONDS", 1.2)
    may_end = threading.Event()
    with smtp_server(before=lambda _: may_end.wait(5)) as server:
        assert channel(server.url).send(outgoing("alice")).error == "timeout"
        may_end.set()
    assert channel(f"smtp://127.0.0.1:{dead_port()}").send(outgoing("alice")).error == "unreachable"


def test_it_sends_nothing_in_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_channel, "is_loopback", lambda host: False)
    with smtp_server() as server:
        result = channel(server.url).send(outgoing("alice"))
    assert (result.outcome, result.error) == (Outcome.RETRY, "certificate")
    assert not server.mails and not any(command.startswith("MAIL") for command in server.commands)


def test_whoever_has_no_address_any_more_is_left_out() -> None:
    assert channel("smtp://127.0.0.1:1").send(outgoing("bob")).outcome is Outcome.DROPPED


def test_a_department_is_told_at_its_common_address(portal: Portal) -> None:
    """With or without accounts; a number and no text; who switches the event off switches it off here too."""
    case = Case(portal.runtime, has_accounts=False)
    page = "/admin/departments"
    ada = portal.signed_in("ada")
    with portal.runtime.database.read() as session:
        department = departments.named(session, case.department)
    assert department is not None
    address = f"{page}/{department.id}/mail"
    assert post(ada, page, address, mail_address="kein@", version="1").status_code == 422
    assert post(ada, page, address, mail_address=" office@dept.example ", version="1").status_code == 303
    assert post(ada, page, address, mail_address="b@dept.example", version="1").status_code == 409
    with smtp_server() as server:
        given = NotificationSettings(smtp_url=server.url, mail_from="portal@clinic.example")
        portal.change_settings(notifications=given)
        channels = [channel for channel in active_channels(portal.runtime) if channel.name == "mail"]
        dispatcher = Dispatcher(portal.runtime.database, channels, "")
        case.dispatch()
        dispatcher.run()
        (raw,) = server.mails
        message = email.message_from_string(raw, policy=email.policy.default)
        assert message["To"] == "office@dept.example"
        assert case.number in message["Subject"] and ASK not in message.get_content()
        case.take(WITHDRAW, "alice", text="不需要了")
        assert post(ada, page, address, mail_address="", version="2").status_code == 303
        dispatcher.run()
        assert len(server.mails) == 1
    with portal.runtime.database.read() as session:
        kinds = session.scalars(select(Delivery.recipient_kind).where(Delivery.channel == "mail")).all()
    assert list(kinds) == ["department"]
    assert "office@dept.example" not in ada.get("/admin/notifications").text
