"""What lists show of a report, rebuilt when its texts change."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from portal.institutions import directory
from portal.reports import call_records, current
from portal.search import index
from portal.tickets.models import Ticket


def renew(session: Session, ticket: Ticket) -> None:
    """Rebuild what the ticket copies from the answers that count now.

    Also after a redaction: a truncated old excerpt could hold half a masked passage.
    """
    answers = current.answers_of(session, ticket.report_id)
    institution = answers.get("institution", "")
    if institution != ticket.institution:
        ticket.institution, ticket.institution_id = institution, directory.matched(session, institution)
    if "description" in answers:
        ticket.excerpt = index.excerpt_of(answers["description"])
    ticket.previous_system = answers.get("previous_system", "")
    ticket.module = module_of(ticket, answers)
    ticket.symptom = answers.get("symptom", "")
    ticket.scope = answers.get("scope", "")
    numbers = (*ticket.former_numbers, *call_records.numbers_of(session, ticket.id))
    ticket.search_text = index.search_text(ticket.number, answers, numbers)


def module_of(ticket: Ticket, answers: Mapping[str, str]) -> str:
    """What staff have classified counts; the reporter's own word stays beside it."""
    return ticket.classified_module if ticket.classified_module is not None else answers.get("module", "")
