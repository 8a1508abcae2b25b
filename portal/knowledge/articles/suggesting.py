"""Articles beside a ticket: those that fit what its clinic described."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from portal.knowledge.articles import finding
from portal.knowledge.articles.finding import Found
from portal.reports.models import Report
from portal.tickets.models import Ticket

_SUGGESTED = "articles suggested for a ticket"
_TOLD = ("description", "error_text", "form_name")


def for_ticket(session: Session, ticket: Ticket) -> Sequence[Found]:
    """At most three published ones of its queue, internal ones too; looked for once in a session."""
    known: dict[object, Sequence[Found]] = session.info.setdefault(_SUGGESTED, {})
    if ticket.id not in known:
        known.clear()
        known[ticket.id] = _found(session, ticket)
    return known[ticket.id]


def citable(session: Session, ticket: Ticket) -> Sequence[tuple[str, str]]:
    """Number and title of the same, for the boxes in which a text to the clinic is written."""
    return [(one.article.number, f"{one.article.number} {one.text.title}") for one in for_ticket(session, ticket)]


def _found(session: Session, ticket: Ticket) -> Sequence[Found]:
    if ticket.destroyed_at is not None:
        return []
    answers = session.get_one(Report, ticket.report_id).answers
    told = "\n".join(str(answers.get(name) or "") for name in _TOLD)
    queue = (finding.published(), finding.of_queue(ticket.queue))
    return finding.suggest(session, told, *queue)
