"""The closed vocabularies of a report: its kind and its channel (CONTRACT 3)."""

from enum import StrEnum


class TicketKind(StrEnum):
    """The tracks (REQUIREMENTS B5). The fields and look of one are its entry in `kinds.table`."""

    GENERAL = "general"
    HIS = "his"


class Mark(StrEnum):
    """The shape and colour by which a kind is recognised at a glance; each has its classes in `portal.css`."""

    DOT = "dot"
    SQUARE = "square"
    HEXAGON = "hexagon"
    PLUS = "plus"


class Channel(StrEnum):
    """How a report arrived."""

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


def joined(*words: str) -> str:
    """Words of a sentence, a blank where 汉字 meet Latin letters or figures: 转为 HIS 问题, 转为日常问题."""
    text = ""
    for word in filter(None, words):
        is_mixed = text and text[-1].isalnum() and word[0].isalnum() and text[-1].isascii() != word[0].isascii()
        text += f" {word}" if is_mixed else word
    return text
