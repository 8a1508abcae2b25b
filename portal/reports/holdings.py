"""What is stored of reports: answers, supplements, receipts, and call records."""

from portal.holdings import Held, Keep, TicketText
from portal.kinds.table import FIELDS, KINDS
from portal.reports import receipts
from portal.reports.call_records import CallRecord
from portal.reports.models import Report, SubmissionKey, Supplement

ANSWER_LABELS = {name: spec.label for name, spec in FIELDS.items()}


def is_typed(name: str) -> bool:
    """Whether an answer is typed text, not one of fixed choices; a name means the same in every kind."""
    return not any(kind.asks(name) and kind.field(name).choices for kind in KINDS.values())


REPORTS = (
    Held(
        Report,
        what="提报原文：不敏感的答案，其中的号码、账号、密码已遮住",
        about="机构；可能带出个人",
        keep=Keep.REPORT,
        report="id",
        texts=(TicketText("answers", ANSWER_LABELS, is_typed=is_typed, emptied={}),),
        plain=("filed_by",),
        codes=("kind", "channel", "notice_version"),
    ),
    Held(
        Supplement,
        what="后来补充的文字，同上",
        about="机构；可能带出个人",
        keep=Keep.REPORT,
        report="report_id",
        texts=(TicketText("text", ANSWER_LABELS, lambda later: str(later.field)),),
        codes=("field",),
        order="created_at",
    ),
    Held(
        SubmissionKey,
        what="防重复提交，只存散列和已遮住的回执",
        about="—",
        keep=Keep.REPORT,
        ticket="ticket_id",
        codes=("key_hash", "fingerprint", "receipt"),
        is_removed=True,
        sealed=receipts.SEALED,
        renew=receipts.renew,
        is_older=receipts.is_older,
    ),
)
CALL_RECORDS = (
    Held(
        CallRecord,
        what="来电记录：工作人员接待的每一次联系，文字已遮住",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(
            TicketText("late_reason", {"late_reason": "补录的原因"}),
            TicketText("incomplete_note", {"incomplete_note": "未填全的说明"}),
            TicketText("text", is_copy=True),
        ),
        plain=("taken_by_name",),
        codes=("number", "channel", "identity_method"),
        order="created_at",
    ),
)
