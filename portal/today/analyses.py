"""不满意分析: low ratings that a lead has still to analyse, and measures whose day is past (DESK 4.4)."""

from collections.abc import Iterator
from datetime import datetime, time

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.follow_up import analyses
from portal.follow_up.analyses import OVERDUE, Shown
from portal.follow_up.dissatisfactions import AnalysisState
from portal.today.section import MOST_LINES, Counts, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """Of the lead's queues, the oldest first."""
    if not reader.can(Permission.ANALYSE):
        return None
    lines, has_more = cut(sorted(_lines(session, reader), key=lambda line: line.at)[: MOST_LINES + 1])
    empty = "没有等您分析的评价。机构评价不满意时，会列在这里"
    return Section("dissatisfactions", "不满意分析", empty, lines, Counts.SINCE, has_more)


def _lines(session: Session, reader: Principal) -> Iterator[Line]:
    for shown in analyses.oldest(session, reader.queues, OVERDUE, MOST_LINES + 1):
        day = shown.row.done_on or shown.row.on_day
        yield _line(shown, f"改进措施过了 {day.isoformat()} 还没有落实")
    for shown in analyses.oldest(session, reader.queues, AnalysisState.DRAFT, MOST_LINES + 1):
        if shown.row.done_on is None:
            yield _line(shown, "机构评价等您分析")


def _line(shown: Shown, words: str) -> Line:
    at = shown.rating.rated_at if shown.rating else datetime.combine(shown.row.on_day, time(9), clock.CHINA)
    ticket, address = shown.ticket, f"/dissatisfactions/{shown.row.id}"
    return Line(ticket.number, address, words, at, ticket.queue, ticket.institution)
