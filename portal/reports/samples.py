"""Reports of other types than 求助 for the demo, as a 坐席 takes them."""

from portal.audit.actor import Actor
from portal.kinds.fields import CheckContext
from portal.kinds.names import Channel, RequestType, TicketKind
from portal.kinds.table import KINDS
from portal.kinds.validation import checked_report
from portal.reports import filing, urgency_at_filing
from portal.runtime import Runtime

_CALLS = (
    (
        RequestType.CONSULTATION, Channel.PHONE, ("urgent", "今天下班前要上报"),
        {"description": "月报在哪里导出", "module": "随访", "title": "ms", "wish": "请先告诉导出的步骤"},
    ),
    (
        RequestType.SUGGESTION, Channel.WECHAT, ("", ""),
        {"description": "随访表的字能不能大一些，老花眼看不清", "module": "随访", "terminal": "pc"},
    ),
)  # fmt: skip


def add_calls(runtime: Runtime, taker: Actor) -> None:
    """A 咨询 by phone that is urgent, and a 建议 from a chat."""
    for chosen, channel, urgency, told in _CALLS:
        values = {name: [text] for name, text in told.items()} | {"institution": ["高唐县杨屯乡张四屯卫生室"]}
        context = CheckContext.of(runtime.settings)
        draft = checked_report(KINDS[TicketKind.GENERAL], channel, values, [], context, chosen)
        filing.file_report(runtime, draft, taker, urgency=urgency_at_filing.chosen(*urgency)[0])
