"""钉钉 group bots, signed: a message carries the time and its keyed hash in the address."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from portal import clock
from portal.notification_settings import Bot
from portal.notify.bots import Codes, bot_for, markdown_of, result_of
from portal.notify.channel import DROPPED, Outgoing, Result
from portal.notify.recipients import RecipientKind
from portal.notify.speaking import TIMEOUT_SECONDS, post
from portal.settings import Settings

_CODES = Codes("errcode", busy=(130101, 410100), rest=timedelta(minutes=10))


@dataclass(frozen=True)
class Dingtalk:
    """One bot for each queue, or one for all. A bot that was sent too much is shut for ten minutes."""

    bots: Mapping[str, Bot] = field(repr=False)
    name: str = "dingtalk"
    reaches: RecipientKind = RecipientKind.GROUP
    timeout_seconds: float = TIMEOUT_SECONDS

    @classmethod
    def of(cls, settings: Settings) -> "Dingtalk | None":
        return cls(settings.notifications.dingtalk) if settings.notifications.dingtalk else None

    def send(self, outgoing: Outgoing) -> Result:
        bot = bot_for(self.bots, outgoing.recipient_id)
        if bot is None:
            return DROPPED
        url = bot.webhook
        if bot.secret:
            milliseconds = int(clock.now().timestamp() * 1000)
            signed = urlencode({"timestamp": milliseconds, "sign": sign(bot.secret, milliseconds)})
            url += f"{'&' if '?' in url else '?'}{signed}"
        text = {"title": f"一线通：{outgoing.message.title}", "text": markdown_of(outgoing)}
        return result_of(post(url, {"msgtype": "markdown", "markdown": text}), _CODES)


def sign(secret: str, milliseconds: int) -> str:
    """Keyed with the secret, over time and secret; valid for an hour."""
    digest = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
