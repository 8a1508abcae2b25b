"""The closed vocabularies of a report: its kind and the channel it came by (CONTRACT 3)."""

from enum import StrEnum


class TicketKind(StrEnum):
    """The two tracks (REQUIREMENTS B5)."""

    GENERAL = "general"
    HIS = "his"


class Channel(StrEnum):
    """How a report came in."""

    YXT = "yxt"
    QQ = "qq"
    PHONE = "phone"
    VISIT = "visit"
    EMAIL = "email"


CHANNEL_LABELS: dict[Channel, str] = {
    Channel.YXT: "一线通",
    Channel.QQ: "QQ",
    Channel.PHONE: "电话",
    Channel.VISIT: "来访",
    Channel.EMAIL: "邮件",
}
