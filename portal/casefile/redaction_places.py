"""The texts of a ticket's page in which a passage can be redacted."""

from sqlalchemy.orm import Session

from portal.casefile.view import TicketView
from portal.disclosure import ticket_texts
from portal.reports.holdings import ANSWER_LABELS, is_typed
from portal.tickets.holdings import ENTRY_LABELS


def places_of(session: Session, view: TicketView) -> list[tuple[str, str]]:
    """Names and labels of the ticket's texts, as choices of a form: those on the page, and what other rooms hold."""
    typed = {shown.name: shown.label for shown in view.fields if shown.texts and is_typed(shown.name)}
    entries = ENTRY_LABELS if any(entry.text for entry in view.timeline) else {}
    others = ticket_texts.labelled(session, view.ticket, {**ANSWER_LABELS, **ENTRY_LABELS})
    return list({**typed, **entries, **others}.items())
