"""What the group bots of chat services have in common: an address for each queue, and an answer whose code decides."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from portal.notification_settings import EVERY_QUEUE, Bot
from portal.notify.channel import Outgoing, Result, ok, permanent, retry
from portal.notify.models import DeliveryError
from portal.notify.speaking import Answer, judged

_MOST_CODE = 2**31  # of what a column takes


@dataclass(frozen=True)
class Codes:
    """How a chat service answers: `name` holds the code, 0 is success.

    Attributes:
        busy: codes of a bot that was sent too much, which then rests for `rest`. again: codes of a passing fault.
    """

    name: str
    busy: Collection[int]
    rest: timedelta
    again: Collection[int] = (-1,)


def bot_for(bots: Mapping[str, Bot], queue: str) -> Bot | None:
    """The queue's own bot, else the one for every queue."""
    return bots.get(queue) or bots.get(EVERY_QUEUE)


def result_of(answer: Answer | Result, codes: Codes) -> Result:
    """HTTP 200 is no success: the code in the answer is."""
    result = judged(answer)
    if not isinstance(answer, Answer) or not result.is_ok:
        return result
    code = answer.fields().get(codes.name)
    if not isinstance(code, int) or isinstance(code, bool):
        return retry(DeliveryError.SERVER, None, answer.status)
    if code == 0:
        return ok(answer.status)
    if code in codes.busy:
        return retry(DeliveryError.BUSY, codes.rest, answer.status)
    if code in codes.again:
        return retry(DeliveryError.SERVER, None, answer.status)
    # The service's own code: its papers explain that one.
    return permanent(code if 0 < code < _MOST_CODE else answer.status)


def text_of(outgoing: Outgoing) -> str:
    """The message with the beginning of the delivery's id, by which a repetition is recognised."""
    return "\n".join([*outgoing.message.lines, f"通知编号 {str(outgoing.id)[:8]}"])


def markdown_of(outgoing: Outgoing) -> str:
    message = outgoing.message
    look = f"[打开查看]({message.link})" if message.link else ""
    lines = [f"**【一线通】{message.title}**", message.facts, look, f"通知编号 {str(outgoing.id)[:8]}"]
    return "\n\n".join(line for line in lines if line)
