"""What is stored of service times: the policy, every clock, and why its due time was changed."""

from portal.clocks.models import DueChange, ServicePolicy, ServiceTerm, TicketClock
from portal.holdings import Held, Keep, TicketText

HOLDINGS = (
    Held(
        ServicePolicy,
        what="服务时限的版本",
        about="制定人的编号",
        keep=Keep.LASTING,
        plain=("note",),
        codes=("hours", "quiet_hours", "switches"),
    ),
    Held(
        ServiceTerm,
        what="服务时限的各条",
        about="—",
        keep=Keep.LASTING,
        codes=("clock", "queue", "request_type", "channel", "coordination", "urgency", "unit"),
    ),
    Held(
        TicketClock,
        what="每一轮的计时，怎样结束",
        about="工作人员的编号",
        keep=Keep.LASTING,
        codes=("clock", "unit", "pauses", "outcome", "ended_by_action"),
    ),
    Held(
        DueChange,
        what="时限的每次改动和原因，文字已遮住",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("reason", is_copy=True),),
        plain=("by_label",),
        codes=("cause",),
        order="at",
    ),
)
