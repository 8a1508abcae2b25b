"""The channels of this deployment. A new one is one file beside this and one line here."""

from collections.abc import Callable

from portal.notify.channel import Channel
from portal.notify.channels.console import Console
from portal.settings import Settings

# Each returns its channel, or None without its settings.
_MAKERS: tuple[Callable[[Settings], Channel | None], ...] = (lambda settings: Console(),)


def active_channels(settings: Settings) -> tuple[Channel, ...]:
    """The channels that have settings; the console always has."""
    made = (make(settings) for make in _MAKERS)
    return tuple(channel for channel in made if channel is not None)
