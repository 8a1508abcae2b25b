"""What lists show of a report, rebuilt when its texts change."""

from sqlalchemy.orm import Session

from portal.reports.models import Report
from portal.search import index
from portal.tickets.models import Ticket


def renew(session: Session, ticket: Ticket) -> None:
    """Rebuild excerpt and search text from the answers: a truncated old excerpt could hold half a masked passage."""
    answers = session.get_one(Report, ticket.report_id).answers
    if "description" in answers:
        ticket.excerpt = index.excerpt_of(answers["description"])
    ticket.previous_system = answers.get("previous_system", "")
    ticket.search_text = index.search_text(ticket.number, answers, ticket.former_numbers)
