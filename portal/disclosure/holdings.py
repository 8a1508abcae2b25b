"""What is stored of emergency requests, and the permit under which a text is masked."""

from portal.disclosure.models import BreakGlassRequest, MaskingPermit
from portal.holdings import Held, Keep, TicketText

HOLDINGS = (
    Held(
        BreakGlassRequest,
        what="应急查看的申请和批准",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("reason", {"break_glass_reason": "应急查看的原因"}),),
        plain=("asker_name", "decider_name"),
        codes=("field", "label", "status"),
        order="asked_at",
    ),
    Held(MaskingPermit, what="一个事务之内许可遮住一段文字", about="—", keep=Keep.TRANSACTION),
)
