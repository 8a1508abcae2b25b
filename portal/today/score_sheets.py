"""月度考核: sheets whose objection a lead has to answer, and those that can be published. No points are shown here."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.kpi.score import reading
from portal.kpi.score.reading import Sheet
from portal.today.section import MOST_LINES, Counts, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """Of people in the reader's queues, never the reader's own; objections first."""
    if not reader.can(Permission.KEEP_SCORES):
        return None
    found = reading.to_decide(session, reader.user_id, reader.queues, now)
    found.sort(key=lambda sheet: not reading.is_to_answer(sheet.row))
    lines, has_more = cut([_line(sheet, now) for sheet in found[: MOST_LINES + 1]])
    empty = "没有等您的考核表。本人提出异议，或者可以公布时，会列在这里"
    return Section("score_sheets", "月度考核", empty, lines, Counts.SINCE, has_more)


def _line(sheet: Sheet, now: datetime) -> Line:
    row, name = sheet.row, sheet.user.display_name
    address = f"/scores/{row.month}/{sheet.user.username}"
    if reading.is_to_answer(row):
        return Line(row.month, address, f"{name}提出异议，请答复", row.objected_at or row.made_at)
    since = row.answered_at or row.seen_at or row.objection_ends_at
    return Line(row.month, address, f"{name}的考核表可以公布", min(since, now))
