"""The sentences of messages. What staff are told is worded once, in `notices`."""

from portal.notify.events import Event
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
    Event.VOIDED: "问题已作废",
    Event.KNOWN_ISSUE_SETTLED: "您遇到的问题已恢复",
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
