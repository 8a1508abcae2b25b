"""Signed JSON for another system."""

import hashlib
import hmac
from dataclasses import dataclass, field

from portal import clock
from portal.notify.channel import Outgoing, Result
from portal.notify.recipients import RecipientKind
from portal.notify.speaking import TIMEOUT_SECONDS, json_body, post, taken
from portal.settings import Settings


@dataclass(frozen=True)
class Webhook:
    """A receiver checks the signature, rejects a time older than five minutes, and knows a repetition by the id."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    name: str = "webhook"
    reaches: RecipientKind = RecipientKind.WEBHOOK
    timeout_seconds: float = TIMEOUT_SECONDS

    @classmethod
    def of(cls, settings: Settings) -> "Webhook | None":
        given = settings.notifications
        return cls(given.webhook_url, given.webhook_secret) if given.webhook_url else None

    def send(self, outgoing: Outgoing) -> Result:
        message = outgoing.message
        body = json_body(
            {
                "id": str(outgoing.id),
                "event": message.event,
                "number": message.number,
                "queue": message.queue or None,
                "state": message.state or None,
                "at": message.at.isoformat(timespec="seconds"),
            }
        )
        seconds = int(clock.now().timestamp())
        signed = {
            "X-Portal-Delivery": str(outgoing.id),
            "X-Portal-Signature": f"t={seconds},v1={sign(self.secret, seconds, body)}",
        }
        return taken(post(self.url, body, signed))


def sign(secret: str, seconds: int, body: bytes) -> str:
    """Keyed hash over time, a full stop and the body, in hexadecimal."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
