"""企业微信 group bots: markdown of at most 2,048 bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from portal.notification_settings import Bot
from portal.notify.bots import Codes, bot_for, markdown_of, result_of
from portal.notify.channel import DROPPED, Outgoing, Result
from portal.notify.recipients import RecipientKind
from portal.notify.speaking import TIMEOUT_SECONDS, post
from portal.settings import Settings

_CODES = Codes("errcode", busy=(45009, 45033), rest=timedelta(minutes=1))
_MOST_BYTES = 2048


@dataclass(frozen=True)
class Wecom:
    """One bot for each queue, or one for all."""

    bots: Mapping[str, Bot] = field(repr=False)
    name: str = "wecom"
    reaches: RecipientKind = RecipientKind.GROUP
    timeout_seconds: float = TIMEOUT_SECONDS

    @classmethod
    def of(cls, settings: Settings) -> "Wecom | None":
        return cls(settings.notifications.wecom) if settings.notifications.wecom else None

    def send(self, outgoing: Outgoing) -> Result:
        bot = bot_for(self.bots, outgoing.recipient_id)
        if bot is None:
            return DROPPED
        text = markdown_of(outgoing).encode()[:_MOST_BYTES].decode(errors="ignore")
        return result_of(post(bot.webhook, {"msgtype": "markdown", "markdown": {"content": text}}), _CODES)
