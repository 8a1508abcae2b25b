"""What is stored of complaints: facts in plain, every text sealed under the key of its case."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false

from portal.complaints import keeping, texts
from portal.complaints.models import (
    Complaint,
    ComplaintEntry,
    ComplaintInquiry,
    ComplaintProposal,
    ComplaintSubject,
    ComplaintText,
)
from portal.holdings import Expiry, Held, Keep, sealed_column

# The words of staff for the tables go with the texts from which they were made.
_WORDS = {"summary": "", "first_opinion": "", "improvement": ""}


def _never(_: datetime) -> ColumnElement[bool]:
    """`is_set` is asked in its place."""
    return false()


def _of_archived(settings: Any, now: datetime) -> ColumnElement[bool]:
    return keeping.is_due(settings, now)


HOLDINGS = (
    Held(
        Complaint,
        what="投诉：状态、期限、经办人；摘要、初步意见、改进对策由工作人员填写，不写姓名；确认人的姓名密封",
        about="投诉人（密文）；工作人员的编号",
        keep=Keep.COMPLAINT,
        plain=("summary", "first_opinion", "improvement"),
        codes=(
            "number", "query_code_hash", "submission_hash", "channel", "kind", "status", "verdict", "cause_class",
            "follow_level", "archive_number",
        ),
        sealed=sealed_column("confirmed_name_sealed", texts.name_place, emptied=_WORDS),
        expiry=Expiry(_never, keeping.destroy_due, _of_archived),
    ),
    Held(
        ComplaintText,
        what="投诉的内容、诉求、判断依据、答复、原因、结案报告，密封",
        about="投诉人、被投诉的工作人员（密文）",
        keep=Keep.COMPLAINT,
        codes=("field",),
        sealed=sealed_column("sealed", texts.text_place),
    ),
    Held(
        ComplaintEntry,
        what="投诉的经过，文字密封",
        about="投诉人、工作人员（密文）；工作人员的编号",
        keep=Keep.COMPLAINT,
        codes=("action",),
        sealed=sealed_column("sealed", texts.entry_place),
    ),
    Held(
        ComplaintProposal,
        what="投诉的解决方案，密封",
        about="投诉人（密文）；工作人员的编号",
        keep=Keep.COMPLAINT,
        codes=("status",),
        sealed=sealed_column("sealed", texts.proposal_place),
    ),
    Held(
        ComplaintSubject,
        what="一件投诉不能让谁知道",
        about="工作人员的编号",
        keep=Keep.LASTING,
    ),
    Held(
        ComplaintInquiry,
        what="就投诉问部门的事：状态和期限，不含姓名",
        about="工作人员的编号",
        keep=Keep.LASTING,
        codes=("number", "status"),
    ),
)  # fmt: skip
