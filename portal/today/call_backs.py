"""回访: one's own open call-backs, the next due first."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.follow_up.call_backs import listing
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CAUSE_LABELS
from portal.today.section import MOST_LINES, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """With the reason of each, and how often it was tried."""
    if not reader.can(Permission.CALL_BACK):
        return None
    lines, has_more = cut([_line(row) for row in listing.mine(session, reader.user_id, MOST_LINES + 1)])
    empty = "没有等您回访的机构。评价不满意或没有评价的，会分给您并列在这里"
    return Section("call_backs", "回访", empty, lines, has_more=has_more)


def _line(row: CallBack) -> Line:
    words = CAUSE_LABELS[row.cause_enum] + (f"，已试 {row.tries} 次" if row.tries else "")
    return Line(row.number, f"/call-backs/{row.id}", words, row.due_at, row.queue, row.institution)
