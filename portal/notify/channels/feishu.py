"""飞书 group bots, signed: a message carries the time and a keyed hash of nothing, keyed with time and secret."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from portal import clock
from portal.notification_settings import Bot
from portal.notify.bots import Codes, bot_for, result_of, text_of
from portal.notify.channel import DROPPED, Outgoing, Result
from portal.notify.recipients import RecipientKind
from portal.notify.speaking import TIMEOUT_SECONDS, post
from portal.settings import Settings

_CODES = Codes("code", busy=(9499, 11232), rest=timedelta(minutes=1))


@dataclass(frozen=True)
class Feishu:
    """One bot for each queue, or one for all."""

    bots: Mapping[str, Bot] = field(repr=False)
    name: str = "feishu"
    reaches: RecipientKind = RecipientKind.GROUP
    timeout_seconds: float = TIMEOUT_SECONDS

    @classmethod
    def of(cls, settings: Settings) -> "Feishu | None":
        return cls(settings.notifications.feishu) if settings.notifications.feishu else None

    def send(self, outgoing: Outgoing) -> Result:
        bot = bot_for(self.bots, outgoing.recipient_id)
        if bot is None:
            return DROPPED
        content: dict[str, Any] = {"msg_type": "text", "content": {"text": text_of(outgoing)}}
        if bot.secret:
            seconds = int(clock.now().timestamp())
            content |= {"timestamp": str(seconds), "sign": sign(bot.secret, seconds)}
        return result_of(post(bot.webhook, content), _CODES)


def sign(secret: str, seconds: int) -> str:
    """Keyed with time and secret, over an empty message; valid for an hour."""
    digest = hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
