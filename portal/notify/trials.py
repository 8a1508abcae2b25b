"""Sends a trial message through a channel, and says what came of it."""

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from portal import clock
from portal.errors import Fault, InvalidError, PortalError
from portal.kinds.table import QUEUES, queue_label
from portal.notification_settings import EVERY_QUEUE, Bot, NotificationSettings
from portal.notify import message
from portal.notify.channel import Outcome, Outgoing, Result
from portal.notify.channels.active import active_channels
from portal.notify.delivery import Lane
from portal.notify.matrix import WAY_LABELS, Way
from portal.notify.wording import ERROR_LABELS
from portal.runtime import Runtime


class NotSetUpError(PortalError):
    """The settings of a channel are missing."""

    status = 409

    def __init__(self, way: Way) -> None:
        super().__init__(f"渠道“{WAY_LABELS[way]}”还没有设置，请用环境变量设置后重新启动")


@dataclass(frozen=True)
class Trial:
    """One message to one place."""

    place: str
    result: Result

    @property
    def sentence(self) -> str:
        if self.result.is_ok:
            return f"{self.place}：已送达"
        if self.result.outcome is Outcome.DROPPED or self.result.error is None:
            return f"{self.place}：没有可发的对象"
        code = f"（代码 {self.result.status_code}）" if self.result.status_code else ""
        return f"{self.place}：没有送达，{ERROR_LABELS[self.result.error]}{code}"


def send(runtime: Runtime, way: Way, *, address: str = "") -> list[Trial]:
    """A trial to every place that the channel's settings name.

    Args:
        address: for mail, in place of the sender's own; for text messages the phone.

    Raises:
        NotSetUpError: the channel has no settings. InvalidError: a text message needs a phone.
    """
    channel = next((one for one in active_channels(runtime) if one.name == way.value), None)
    if channel is None:
        raise NotSetUpError(way)
    if way is Way.SMS and not address:
        raise InvalidError([Fault("phone", "required", "请填写接收测试短信的手机号")])
    settings = runtime.settings.notifications
    to = (address or settings.mail_from) if way is Way.MAIL else address
    said, places = message.trial(clock.now()), _places(settings, way)

    def tried(recipient: str) -> Trial:
        return Trial(places[recipient], Lane(channel).send(Outgoing(uuid.uuid4(), 1, recipient, said, to)))

    # All at once: whoever pressed the button waits for the slowest, not for one after another.
    with ThreadPoolExecutor(len(places)) as threads:
        return list(threads.map(tried, places))


def _places(settings: NotificationSettings, way: Way) -> dict[str, str]:
    bots: Mapping[Way, Mapping[str, Bot]] = {
        Way.WECOM: settings.wecom, Way.DINGTALK: settings.dingtalk, Way.FEISHU: settings.feishu,
    }  # fmt: skip
    label = WAY_LABELS[way]
    if way not in bots:
        return {"": label}
    return {queue: f"{label}（{_queue_words(queue)}）" for queue in bots[way]}


def _queue_words(queue: str) -> str:
    if queue == EVERY_QUEUE:
        return "各队列共用"
    return queue_label(queue) if queue in QUEUES else f"没有队列 {queue}"
