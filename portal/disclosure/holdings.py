"""What is stored of emergency requests, and the permit under which a text is masked."""

from dataclasses import replace

from portal.disclosure import text_restoring
from portal.disclosure.models import BreakGlassRequest, MaskingPermit, TextRedaction, TextSearch
from portal.holdings import Expiry, Held, Keep, TicketText, sealed_column

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
    Held(
        TextRedaction,
        what="手工隐藏的文字在哪里，原文密封，七天内可以恢复",
        about="居民、患者（密文）；工作人员姓名",
        keep=Keep.SWEPT,
        report="report_id",
        plain=("made_by",),
        codes=("label", "places"),
        order="made_at",
        is_removed=True,
        sealed=replace(sealed_column("passages_sealed", text_restoring.place_of), is_counted=False),
        expiry=Expiry(text_restoring.is_over),
    ),
    Held(TextSearch, what="旧提报按新规则复查到哪里", about="—", keep=Keep.LASTING, codes=("rules",)),
    Held(MaskingPermit, what="一个事务之内许可遮住一段文字", about="—", keep=Keep.TRANSACTION),
)
