"""The texts of a ticket's page in which a passage can be redacted."""

from portal.casefile.view import TicketView
from portal.reports.holdings import is_typed
from portal.tickets.holdings import ENTRY_LABELS


def places_of(view: TicketView) -> list[tuple[str, str]]:
    """Names and labels of the texts on the page, as choices of a form."""
    typed = [(shown.name, shown.label) for shown in view.fields if shown.texts and is_typed(shown.name)]
    return typed + (list(ENTRY_LABELS.items()) if any(entry.text for entry in view.timeline) else [])
