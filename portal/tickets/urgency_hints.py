"""What of a report speaks for a higher urgency. Suggested to people, and never set by itself (DESK 1.6)."""

from portal.sensitive_text.folding import search_form
from portal.tickets.models import Ticket

_SCOPES = {"institution": "影响全机构", "batch": "影响一批居民"}
_WORDS = ("无法使用", "全院", "停诊", "泄露")


def hints(ticket: Ticket, *, needs_soothing: bool = False) -> list[str]:
    """One sentence with every sign, or none; 需安抚 is one of them (REQUIREMENTS T13)."""
    text = search_form(ticket.excerpt)
    signs = [_SCOPES[ticket.scope]] if ticket.scope in _SCOPES else []
    signs += [f"提到“{word}”" for word in _WORDS if search_form(word) in text]
    signs += ["需安抚"] if needs_soothing else []
    return [f"建议看看是否更急：{'，'.join(signs)}"] if signs else []
