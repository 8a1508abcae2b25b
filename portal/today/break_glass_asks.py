"""应急查看: requests for single values that this lead could approve now."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.disclosure import break_glass
from portal.today.section import MOST_LINES, Counts, Line, Section, cut

_PAGE = "/review/approvals"


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """Never the reader's own; the one that ends first in front."""
    if not reader.can(Permission.APPROVE_BREAK_GLASS):
        return None
    found = break_glass.decidable(session, reader.user_id, reader.queues, MOST_LINES + 1)
    lines, has_more = cut(
        [
            Line(
                ticket.number,
                _PAGE,
                f"{row.asker_name}申请查看{row.label}",
                row.expires_at,
                ticket.queue,
                ticket.institution,
            )
            for row, ticket in found
        ]
    )
    empty = "没有等您批准的应急查看。同事申请查看别人的问题里的一项内容时，会列在这里"
    return Section("break_glass", "应急查看", empty, lines, Counts.DUE, has_more)
