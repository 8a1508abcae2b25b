"""Text messages to clinics through a gateway that takes JSON: number, what happened, where to look."""

from collections.abc import Callable
from dataclasses import dataclass, field

from portal.notify import clinic_pages
from portal.notify.channel import DROPPED, Outgoing, Result
from portal.notify.contact_phones import PhoneBook
from portal.notify.recipients import RecipientKind
from portal.notify.speaking import TIMEOUT_SECONDS, post, taken
from portal.runtime import Runtime
from portal.settings import Settings


@dataclass(frozen=True)
class Sms:
    """`phone_of` opens the clinic's phone for one delivery; None when there is none any more.

    `page_of` says where the clinic answers; "" when there is nothing to answer any more.
    """

    url: str = field(repr=False)
    token: str = field(repr=False)
    phone_of: Callable[[Outgoing], str | None] = field(repr=False)
    page_of: Callable[[Outgoing], str | None] = field(repr=False, default=lambda outgoing: None)
    name: str = "sms"
    reaches: RecipientKind = RecipientKind.CLINIC
    timeout_seconds: float = TIMEOUT_SECONDS

    @classmethod
    def of(cls, settings: Settings, runtime: Runtime) -> "Sms | None":
        given = settings.notifications
        if not given.sms_url:
            return None
        return cls(given.sms_url, given.sms_token, PhoneBook(runtime).open_for, clinic_pages.finder(runtime))

    def send(self, outgoing: Outgoing) -> Result:
        page = None if outgoing.address else self.page_of(outgoing)
        if page == "":
            return DROPPED
        phone = outgoing.address or self.phone_of(outgoing)
        if not phone:
            return DROPPED
        message = outgoing.message
        where = page or message.link or "一线通“查询进度”"
        content = {
            "id": str(outgoing.id),
            "phone": phone,
            "template": message.event,
            "parameters": {"number": message.number, "what": message.sentence, "where": where},
        }
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return taken(post(self.url, content, bearer))
