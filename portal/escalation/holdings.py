"""What is stored of duty, alerts and what was put before leads."""

from datetime import timedelta

from portal.escalation.models import Alert, AlertSeries, DutyShift, Escalation, RotaWarning
from portal.holdings import Expiry, Held, Keep, TicketText

_STAY = timedelta(days=730)

HOLDINGS = (
    Held(
        Escalation,
        what="上报主管、机构要求主管处理，和主管的决定，文字已遮住",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("reason", is_copy=True), TicketText("decision_text", is_copy=True)),
        plain=("by_name", "decided_by_name"),
        codes=("by", "decision"),
        order="at",
    ),
    Held(
        DutyShift,
        what="值班表",
        about="工作人员的编号",
        keep=Keep.SWEPT,
        codes=("queue",),
        expiry=Expiry(lambda now: DutyShift.ends_at < now - _STAY),
    ),
    Held(RotaWarning, what="哪个队列的值班表有空缺、何时提醒过", about="—", keep=Keep.LASTING, codes=("queue",)),
    Held(
        AlertSeries,
        what="因为什么提醒、到第几步、谁确认的，只有编号",
        about="工作人员的编号",
        keep=Keep.SWEPT,
        codes=("cause",),
        expiry=Expiry(lambda now: AlertSeries.raised_at < now - _STAY),
    ),
    Held(Alert, what="每一步提醒了谁，只有编号", about="工作人员的编号", keep=Keep.PARENT),
)
