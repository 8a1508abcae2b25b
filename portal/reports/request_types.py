"""诉求类型 at filing: 求助 at the public door and on 一线通, whoever files; the others are staff's (DESK 3.1)."""

from portal.errors import Fault
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.names import REQUEST_TYPE_LABELS, Channel, RequestType

_NOT_ALLOWED = "request_type_not_allowed"
COMPLAINT = "complaint"  # a word that people look for among the types: it opens a case of its own


def chosen(
    word: str, channel: Channel | None, policy: ChannelPolicy, *, is_staff: bool
) -> tuple[RequestType, list[Fault]]:
    """The type whose rules apply. A refused one gains nothing: the strict rules of 求助 apply beside its fault."""
    word = word.strip()
    allowed = policy.request_types
    if word in ("", RequestType.HELP):
        return RequestType.HELP, []
    if not is_staff:
        return RequestType.HELP, [_fault("这里只能提交求助，请填写 help 或不填")]
    if word == COMPLAINT:
        return RequestType.HELP, [_fault("投诉要单独登记，请到“登记投诉”填写")]
    if word not in allowed:
        return RequestType.HELP, [_fault(f"诉求类型应为 {'、'.join(allowed)} 之一")]
    if channel is Channel.YXT:
        label = REQUEST_TYPE_LABELS[RequestType(word)]
        return RequestType.HELP, [_fault(f"一线通的提报都是求助，不能登记为“{label}”；提交以后可以修改类型")]
    return RequestType(word), []


def _fault(message: str) -> Fault:
    return Fault("request_type", _NOT_ALLOWED, message)
