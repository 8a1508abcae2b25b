"""The channels of this deployment. A new one is one file beside this and one line here."""

from collections.abc import Callable

from portal.notify.channel import Channel
from portal.notify.channels.console import Console
from portal.notify.channels.dingtalk import Dingtalk
from portal.notify.channels.feishu import Feishu
from portal.notify.channels.mail import Mail
from portal.notify.channels.sms import Sms
from portal.notify.channels.webhook import Webhook
from portal.notify.channels.wecom import Wecom
from portal.runtime import Runtime

# Each returns its channel, or None without its settings.
_MAKERS: tuple[Callable[[Runtime], Channel | None], ...] = (
    lambda runtime: Console(),
    lambda runtime: Mail.of(runtime.settings, runtime.database),
    lambda runtime: Wecom.of(runtime.settings),
    lambda runtime: Dingtalk.of(runtime.settings),
    lambda runtime: Feishu.of(runtime.settings),
    lambda runtime: Webhook.of(runtime.settings),
    lambda runtime: Sms.of(runtime.settings, runtime),
)


def active_channels(runtime: Runtime) -> tuple[Channel, ...]:
    """The channels that have settings; the console always has."""
    made = (make(runtime) for make in _MAKERS)
    return tuple(channel for channel in made if channel is not None)
