"""The sentences of messages. What staff are told is worded once, in `notices`."""

from portal.notify.events import Event
from portal.notify.models import DeliveryError, DeliveryState
from portal.notify.notices import SENTENCES
from portal.notify.recipients import RULES, Concern, RecipientKind

# What happened, for the clinic; its number follows, and where to look.
FOR_CLINICS: dict[Event, str] = {
    Event.REPORT_FILED: "您的问题已收到",
    Event.REPLIED: "工程师有了答复",
    Event.INFORMATION_REQUESTED: "需要您补充资料",
    Event.INFORMATION_REMINDED: "还在等您补充资料",
    Event.RESOLVED: "已有处理结果，请您确认",
    Event.CLOSED: "问题已关闭",
    Event.CLOSED_UNANSWERED: "没有收到补充资料，问题已关闭",
    Event.REOPENED: "问题已重新处理",
    Event.CONFIRMATION_REMINDED: "处理结果还在等您确认",
    Event.CLOSED_UNCONFIRMED: "没有收到您的确认，问题已关闭",
    Event.MERGED: "您的问题和另一份相同的问题一并处理",
    Event.VOIDED: "问题已作废",
    Event.KNOWN_ISSUE_SETTLED: "您遇到的问题已恢复",
    Event.PROMISE_MADE: "工程师和您约定了时间",
    Event.PROMISE_DUE: "约定的时间到了",
    Event.POSTPONED: "处理时间有调整，原因在查询页",
    Event.SURVEY: "这次处理得怎么样，请您评价",
    Event.CODE_REISSUED: "查询码已更换，旧的不能再用",
}
_NEWS = "有了新进展"
# What groups are told and no member of staff is told alone.
_FOR_GROUPS = {Event.REPORT_FILED: "有新问题"}


def sentence_for(event: Event, kind: RecipientKind) -> str:
    """What happened, as one kind of recipient reads it."""
    if kind is RecipientKind.CLINIC:
        return FOR_CLINICS.get(event, _NEWS)
    return SENTENCES.get(event) or _FOR_GROUPS.get(event) or FOR_CLINICS.get(event, _NEWS)


def label_of(event: Event) -> str:
    """An event as administrators read it in the list of all events."""
    if Concern.CLINIC in RULES[event] and event not in SENTENCES:
        return _FOR_GROUPS.get(event) or FOR_CLINICS.get(event, _NEWS)
    return SENTENCES.get(event, _NEWS)


STATE_LABELS: dict[DeliveryState, str] = {
    DeliveryState.WAITING: "等待发送",
    DeliveryState.SENDING: "正在发送",
    DeliveryState.DELIVERED: "已送达",
    DeliveryState.FAILED: "对方拒收",
    DeliveryState.GIVEN_UP: "多次失败，不再发送",
    DeliveryState.DROPPED: "没有可发的对象",
}
ERROR_LABELS: dict[DeliveryError, str] = {
    DeliveryError.TIMEOUT: "对方没有在 10 秒内答复",
    DeliveryError.UNREACHABLE: "连接不上",
    DeliveryError.CERTIFICATE: "证书不可信，或没有加密",
    DeliveryError.REDIRECTED: "对方要求转到别的地址，没有照做",
    DeliveryError.BUSY: "对方请稍后再发",
    DeliveryError.SERVER: "对方出错，或密码、签名不对",
    DeliveryError.REFUSED: "对方拒绝接收",
    DeliveryError.FAULT: "渠道自身出错",
    DeliveryError.INTERRUPTED: "发送时被中断",
}
CONCERN_LABELS: dict[Concern, str] = {
    Concern.CLINIC: "机构",
    Concern.OWNER: "负责人",
    Concern.AUDITORS: "审计管理员",
    Concern.LEADS: "主管",
    Concern.NAMED: "当事人",
    Concern.ADMINISTRATORS: "管理员",
}


def people_of(event: Event) -> str:
    """Whom an event concerns, in words."""
    return "、".join(CONCERN_LABELS.get(concern, "当事人") for concern in Concern if concern in RULES[event])
