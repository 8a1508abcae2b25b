"""What is stored of work on a ticket: its line in lists, its timeline, what the clinic was asked for."""

from sqlalchemy import func

from portal.holdings import Held, Keep, TicketText
from portal.tickets.models import (
    FormerNumber,
    InformationRequest,
    Promise,
    QueueCount,
    Reminder,
    Ticket,
    TicketCounter,
    TimelineEntry,
    VoidRequest,
)
from portal.tickets.states import TicketState

ENTRY_LABELS = {"reply": "回复", "note": "备注", "comment": "机构说明", "resolution": "处理结果"}


def _entry_name(entry: TimelineEntry) -> str:
    if entry.actor_role == "clinic":
        return "comment"
    if entry.to_state == TicketState.AWAITING_CONFIRMATION.value != entry.from_state:
        return "resolution"  # submitting a result is what leads there
    return "reply" if entry.is_public else "note"


HOLDINGS = (
    Held(
        TimelineEntry,
        what="工单经过，文字已遮住",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("text", ENTRY_LABELS, _entry_name),),
        plain=("actor_label",),
        codes=("action", "actor_role", "from_state", "to_state"),
        order="at",
    ),
    Held(
        InformationRequest,
        what="请机构补充的项目",
        about="工作人员的编号",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("message", is_copy=True),),
        codes=("fields", "supplied"),
        order="asked_at",
    ),
    Held(
        VoidRequest,
        what="作废申请和决定，文字已遮住",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("text", is_copy=True), TicketText("note", is_copy=True)),
        plain=("asked_by_name",),
        codes=("reason_kind", "status"),
        order="asked_at",
    ),
    Held(
        Reminder,
        what="工程师给自己的提醒，文字已遮住",
        about="工作人员",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("text", is_copy=True),),
        order="at",
    ),
    Held(
        Promise,
        what="承诺和预约，文字已遮住",
        about="工作人员",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("text", is_copy=True), TicketText("reason", is_copy=True)),
        codes=("kind", "status"),
        order="made_at",
    ),
    Held(
        Ticket,
        what="工单：列表所见、状态、时限",
        about="机构；处理人姓名",
        keep=Keep.REPORT,
        ticket="id",
        texts=(
            TicketText("institution", is_copy=True),
            TicketText("leftover", is_copy=True, emptied=None),
            TicketText("resolution", is_copy=True, emptied=None),
            TicketText("hold_reason", is_copy=True, emptied=None),
            TicketText("excerpt", is_redactable=False),
            TicketText("search_text", is_redactable=False, emptied=func.lower(Ticket.number)),
            TicketText("picture_flags", is_redactable=False),
            TicketText("previous_system", is_copy=True),
            TicketText("module", is_copy=True),
        ),
        plain=("assignee_name", "changed_by", "held_by", "classified_module"),
        codes=(
            "sms_notice",
            "number",
            "former_numbers",
            "query_code_hash",
            "queue",
            "state",
            "channel",
            "request_type",
            "filed_as",
            "symptom",
            "scope",
            "merged_into",
            "reply_outcome",
            "closed_how",
            "archive_number",
            "root_cause",
            "turn",
            "turn_cause",
            "worst_collaboration",
            "stay",
            "coordination",
            "origin",
            "next_due_clock",
        ),
    ),
    Held(FormerNumber, what="转轨前的受理编号", about="—", keep=Keep.LASTING, codes=("number",)),
    Held(TicketCounter, what="编号序列", about="—", keep=Keep.LASTING, codes=("series",)),
    Held(QueueCount, what="各队列的数目", about="—", keep=Keep.LASTING, codes=("queue", "state")),
)
