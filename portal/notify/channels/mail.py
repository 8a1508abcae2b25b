"""Mail to members of staff and departments: plain text, encrypted unless the server is this machine."""

import smtplib
import socket
import ssl
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import Department, User
from portal.db import Database
from portal.notify.channel import DROPPED, Outgoing, Result, ok, permanent, retry
from portal.notify.cutting import cut_in_time, watched
from portal.notify.models import DeliveryError
from portal.notify.recipients import RecipientKind
from portal.setting_addresses import is_loopback
from portal.settings import Settings

TIMEOUT_SECONDS = 10
_SUBMISSION, _SUBMISSION_TLS, _PLAIN = 587, 465, 25


class _Server(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return watched(super()._get_socket(host, port, timeout))  # type: ignore[misc]


class _TlsServer(smtplib.SMTP_SSL, _Server):
    """Watched before its handshake."""


@dataclass(frozen=True)
class Mail:
    """One server of the settings; `address_of` finds the address of a person or department when the mail is sent."""

    url: str = field(repr=False)
    sender: str
    address_of: Callable[[str], str | None] = field(repr=False)
    name: str = "mail"
    reaches: RecipientKind = RecipientKind.USER
    timeout_seconds: float = TIMEOUT_SECONDS

    @classmethod
    def of(cls, settings: Settings, database: Database) -> "Mail | None":
        given = settings.notifications

        def address_of(user_id: str) -> str | None:
            with database.read() as session:
                return _address(session, user_id)

        return cls(given.smtp_url, given.mail_from, address_of) if given.smtp_url else None

    def send(self, outgoing: Outgoing) -> Result:
        to = outgoing.address or self.address_of(outgoing.recipient_id)
        return self._sent(self._mail(outgoing, to), to) if to else DROPPED

    def _mail(self, outgoing: Outgoing, to: str) -> EmailMessage:
        mail, message = EmailMessage(), outgoing.message
        mail["Subject"] = f"【一线通】{message.title}"
        mail["From"] = Address("一线通", addr_spec=self.sender)
        mail["To"] = Address(addr_spec=to)
        mail["Date"] = clock.now()
        mail["Message-ID"] = f"<{outgoing.id}@{self.sender.rpartition('@')[2]}>"
        mail["X-Portal-Delivery"] = str(outgoing.id)
        mail["Auto-Submitted"] = "auto-generated"
        lines = [*message.lines, "", "这封邮件由系统自动发出，请不要回复。"]
        mail.set_content("\n".join(lines) + "\n")
        return mail

    def _sent(self, mail: EmailMessage, to: str) -> Result:
        """One conversation; the texts of errors are dropped, since they may repeat addresses and passwords."""
        with cut_in_time() as conversation:
            try:
                with self._server() as server:
                    server.send_message(mail, self.sender, [to])
            except (smtplib.SMTPException, OSError, ValueError) as error:
                return retry(DeliveryError.TIMEOUT) if conversation.is_cut else _of_error(error)
            return ok()

    def _server(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, is_tls = parts.hostname or "", parts.scheme == "smtps"
        is_here = is_loopback(host)
        port = parts.port or (_SUBMISSION_TLS if is_tls else _PLAIN if is_here else _SUBMISSION)
        # A name of its own, so that nothing is looked up for it.
        own_name = self.sender.rpartition("@")[2]
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if is_tls:
            server = _TlsServer(host, port, own_name, timeout=TIMEOUT_SECONDS - 1, context=context)
        else:
            server = _Server(host, port, own_name, timeout=TIMEOUT_SECONDS - 1)
        try:
            if not is_tls and not is_here:
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
        except BaseException:
            server.close()
            raise
        return server


def _of_error(error: Exception) -> Result:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _of_code(next(iter(error.recipients.values()))[0], is_recipient=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return _of_code(error.smtp_code, is_recipient=isinstance(error, smtplib.SMTPDataError))
    if isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError):
        return retry(DeliveryError.CERTIFICATE)  # also: no encryption offered, or none that allows a password
    # The library reports a server that falls silent in the middle as one that has hung up.
    is_slow = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
    return retry(DeliveryError.TIMEOUT if is_slow else DeliveryError.UNREACHABLE)


def _of_code(code: int, *, is_recipient: bool) -> Result:
    """5xx about a recipient or a mail is for good; about sender or password the settings may be mended."""
    if not 200 <= code < 600:  # no SMTP at all
        return retry(DeliveryError.SERVER)
    if is_recipient and 500 <= code < 600:
        return permanent(code)
    return retry(DeliveryError.BUSY if 400 <= code < 500 else DeliveryError.SERVER, None, code)


def _address(session: Session, recipient_id: str) -> str | None:
    """Of a person who is active, or of a department."""
    user = session.get(User, uuid.UUID(recipient_id))
    if user is not None:
        return user.mail_address if user.is_active else None
    department = session.get(Department, uuid.UUID(recipient_id))
    return department.mail_address if department is not None else None
