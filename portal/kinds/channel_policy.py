"""What a deployment decides about the spec's musts: 「QQ可不附加」, patients without 住院号, text messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.kinds.names import Channel
from portal.settings import Settings

_KEY = "channel policy"
# Mail is as open as QQ; phone and visit are typed in by staff (UX 2, 8 (c)).
OPEN_CHANNELS = frozenset({Channel.QQ, Channel.EMAIL})


@dataclass(frozen=True)
class ChannelPolicy:
    """Never 一线通: 「一线通务必附加」."""

    open_channels: frozenset[Channel] = OPEN_CHANNELS
    takes_outpatients: bool = False
    sends_sms: bool = False

    @classmethod
    def of_settings(cls, settings: Settings) -> "ChannelPolicy":
        open_channels = frozenset(Channel(name) for name in settings.omitting_channels)
        return cls(open_channels, settings.outpatients == "on", bool(settings.notifications.sms_url))

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> "ChannelPolicy":
        """From `session.info`, for services whose only argument is the session."""
        policy: ChannelPolicy = info.get(_KEY, DEFAULT)
        return policy

    def session_info(self) -> dict[str, Any]:
        return {_KEY: self}


DEFAULT = ChannelPolicy()
