"""The closed vocabularies of a report: its kind, its channel and its request type (CONTRACT 3)."""

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
    WECHAT = "wechat"
    OTHER = "other"  # named by its `channel_note`


CHANNEL_LABELS: dict[Channel, str] = {
    Channel.YXT: "一线通",
    Channel.QQ: "QQ",
    Channel.PHONE: "电话",
    Channel.VISIT: "来访",
    Channel.EMAIL: "邮件",
    Channel.WECHAT: "微信",
    Channel.OTHER: "其他",
}


class RequestType(StrEnum):
    """诉求类型 (REQUIREMENTS T3). 投诉 is none of them: it is a case of its own."""

    HELP = "help"
    CONSULTATION = "consultation"
    SUGGESTION = "suggestion"
    AFTER_SALES = "after_sales"  # only where a deployment takes it


REQUEST_TYPE_LABELS: dict[RequestType, str] = {
    RequestType.HELP: "求助",
    RequestType.CONSULTATION: "咨询",
    RequestType.SUGGESTION: "建议",
    RequestType.AFTER_SALES: "售后",
}
REQUEST_TYPE_CRITERIA: dict[RequestType, str] = {
    RequestType.HELP: "出了故障，或要人帮着操作",
    RequestType.CONSULTATION: "问功能、问政策，没有故障",
    RequestType.SUGGESTION: "希望增加或改进功能、服务",
    RequestType.AFTER_SALES: "安装、培训、续费等，按求助的要求登记",
}


def flag_of_channel(channel: str) -> str:
    """What lists say of a channel; nothing of our own."""
    return "" if channel == Channel.YXT else CHANNEL_LABELS[Channel(channel)]


def flag_of_type(request_type: str) -> str:
    """What lists say of a request type; nothing of 求助."""
    return "" if request_type == RequestType.HELP else REQUEST_TYPE_LABELS[RequestType(request_type)]


def joined(*words: str) -> str:
    """Words of a sentence, a blank where 汉字 meet Latin letters or figures: 转为 HIS 问题, 转为日常问题."""
    text = ""
    for word in filter(None, words):
        is_mixed = text and text[-1].isalnum() and word[0].isalnum() and text[-1].isascii() != word[0].isascii()
        text += f" {word}" if is_mixed else word
    return text
