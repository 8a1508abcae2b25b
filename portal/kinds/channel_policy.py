"""What a deployment decides about the spec's musts: 「QQ可不附加」, patients without 住院号, text messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.kinds.names import Channel, RequestType
from portal.settings import Settings

_KEY = "channel policy"
# Mail is as open as QQ; phone and visit are typed in by staff (UX 2, 8 (c)).
OPEN_CHANNELS = frozenset({Channel.QQ, Channel.EMAIL, Channel.WECHAT, Channel.OTHER})


@dataclass(frozen=True)
class ChannelPolicy:
    """`open_channels` never holds 一线通: 「一线通务必附加」."""

    open_channels: frozenset[Channel] = OPEN_CHANNELS
    takes_outpatients: bool = False
    sends_sms: bool = False
    takes_after_sales: bool = False

    @property
    def request_types(self) -> tuple[RequestType, ...]:
        """Those that staff may choose here."""
        return tuple(one for one in RequestType if one is not RequestType.AFTER_SALES or self.takes_after_sales)

    @classmethod
    def of_settings(cls, settings: Settings) -> "ChannelPolicy":
        open_channels = frozenset(Channel(name) for name in settings.omitting_channels)
        return cls(
            open_channels,
            takes_outpatients=settings.outpatients == "on",
            sends_sms=bool(settings.notifications.sms_url),
            takes_after_sales=settings.after_sales == "on",
        )

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> "ChannelPolicy":
        """From `session.info`, for services whose only argument is the session."""
        policy: ChannelPolicy = info.get(_KEY, DEFAULT)
        return policy

    def session_info(self) -> dict[str, Any]:
        return {_KEY: self}


DEFAULT = ChannelPolicy()
