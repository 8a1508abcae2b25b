"""投诉: the cases that wait for this person. Nobody learns here of one about themselves (DESK 5.4)."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.complaints import access, alarms, terms, viewing
from portal.complaints.access import Able
from portal.complaints.models import Complaint
from portal.complaints.names import PART_LABELS, STATE_LABELS, ComplaintState
from portal.complaints.own_alarms import CAUSE_LABELS, OwnAlarm
from portal.complaints.terms import CaseTimes
from portal.today.section import MOST_LINES, Counts, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """Of a handler and an owner their own open ones; of a 客服经理 also those that nobody has, or has any more."""
    user = session.get(User, reader.user_id)
    if user is None or not access.may_handle(user):
        return None
    own, able = or_(Complaint.handler_id == user.id, Complaint.owner_id == user.id), None
    if access.is_manager(user):
        able = access.able(session)
        own = or_(own, Complaint.status == ComplaintState.REGISTERED.value, able.adrift())
    waiting = (access.visible_to(user), own, Complaint.archived_at.is_(None), Complaint.joined_to_id.is_(None))
    query = select(Complaint).where(*waiting).order_by(Complaint.received_at, Complaint.id).limit(MOST_LINES + 1)
    times = terms.current(session)
    lines, has_more = cut([_line(times, row, able) for row in session.scalars(query)])
    empty = "没有等您处理的投诉。登记或指定给您的投诉，会列在这里"
    return Section("complaints", "投诉", empty, lines, Counts.DUE, has_more)


def _line(times: CaseTimes, row: Complaint, able: Able | None) -> Line:
    """`able`: for a 客服经理, who can see to it that somebody has the case."""
    due_at, _ = viewing.next_due(times, row)
    words, lost = STATE_LABELS[row.state_enum], able.lost_part(row) if able else None
    if able and alarms.is_waiting(row):
        words = f"{CAUSE_LABELS[OwnAlarm(row, row.received_at).cause]}，请打开确认"
    elif lost is not None:
        words = f"{words}，{PART_LABELS[lost]}已停用或不再处理投诉，请另外指定"
    return Line(row.number, f"/complaints/{row.number}", words, due_at or row.received_at)
