"""Data held of people at work on a ticket."""

from portal.acts.models import AssignmentOffer, OrderBreak, Presence, ReplyDraft, TicketLink, UnsentText
from portal.acts.triage_models import RootCause, TriageNote
from portal.acts.triage_notes import TEXTS
from portal.acts.unsent_texts import KEPT_FOR, texts_place
from portal.holdings import Expiry, Held, Keep, TicketText, ends_at, sealed_column

HOLDINGS = (
    Held(
        UnsentText,
        what="工作人员写了还没发出的文字，密封，只给本人",
        about="居民、患者（密文）；工作人员的编号",
        keep=Keep.SWEPT,
        report="report_id",
        is_removed=True,
        sealed=sealed_column("texts_sealed", texts_place),
        expiry=Expiry(lambda now: UnsentText.saved_at < now - KEPT_FOR),
        ends_at_restore=True,
    ),
    Held(
        AssignmentOffer,
        what="转交给同事的请求和答复，文字已遮住",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("text", is_copy=True), TicketText("note", is_copy=True)),
        plain=("from_name", "to_name"),
        codes=("status",),
        order="offered_at",
    ),
    Held(
        ReplyDraft,
        what="请主管审核的回复和决定，文字已遮住",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("text", is_copy=True), TicketText("note", is_copy=True)),
        plain=("author_name", "decided_by_name"),
        codes=("status",),
        order="asked_at",
    ),
    Held(
        TriageNote,
        what="摘要、初步处理意见、处理步骤、改进建议、备注的各个版本，文字已遮住；通话录音的编号",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=tuple(TicketText(name, is_copy=True) for name in (*TEXTS, "recording_ref")),
        plain=("by_name",),
        order="at",
    ),
    Held(RootCause, what="主管增加的定性原因", about="—", keep=Keep.LASTING, plain=("name",)),
    Held(
        TicketLink,
        what="哪些工单互相关联，谁关联的",
        about="工作人员姓名",
        keep=Keep.LASTING,
        plain=("by_name",),
        codes=("kind",),
    ),
    Held(
        OrderBreak,
        what="没有按队列顺序的领取：哪条、什么时候、原因、前面几条",
        about="—",
        keep=Keep.LASTING,
        codes=("reason",),
    ),
    Held(
        Presence,
        what="谁正打开一条工单，45 秒",
        about="工作人员的编号",
        keep=Keep.SWEPT,
        codes=("mode",),
        expiry=ends_at(Presence.until),
        ends_at_restore=True,
    ),
)
