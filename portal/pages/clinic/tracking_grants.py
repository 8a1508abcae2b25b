"""What the tracking pages need: number and code as pasted, the grant that stands for a code."""

import hmac
import re
import unicodedata
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from portal import clock
from portal.acts import closing
from portal.knowledge.models import Follower
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

GRANT_COOKIE = "portal_track"
GRANT_LIFE = timedelta(minutes=30)
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2,4}[0-9]{10,}(?![0-9A-Za-z])")
_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{4}[- ]?[0-9A-Za-z]{4}[- ]?[0-9A-Za-z]{2}(?![0-9A-Za-z])")

Sign = Callable[[str], str]


def number_and_code(number: str, code: str) -> tuple[str, str]:
    """The pair, also when both were pasted into one box, with or without the words of the receipt (UX 3.7)."""
    number, code = unicodedata.normalize("NFKC", number).strip(), unicodedata.normalize("NFKC", code).strip()
    if number and code:
        return number, code
    both = number or code
    found = _NUMBER.search(both)
    if not found:
        return number, code
    rest = _CODE.search(both[: found.start()] + " " + both[found.end() :])
    return (found[0], rest[0]) if rest else (number and found[0], code)


def echoed(number: str) -> str:
    """The typed number as the page may show it again: never something that could be a query code."""
    found = _NUMBER.search(number)
    if found:
        return found[0]
    return "" if _CODE.search(number) else number[:40]


def grant(sign: Sign, ticket: Ticket | Follower) -> str:
    """Stands for number and code in this browser for half an hour; it ends when the code is changed."""
    ends = int((clock.now() + GRANT_LIFE).timestamp())
    return f"{ends}.{_signature(sign, ticket, ends)}"


def is_granted(sign: Sign, ticket: Ticket | Follower, cookie: str) -> bool:
    """Whether the cookie opens this ticket now."""
    ends, _, signature = cookie.partition(".")
    if not (ends.isascii() and ends.isdigit() and len(ends) <= 12 and signature.isascii()):
        return False
    is_genuine = hmac.compare_digest(signature, _signature(sign, ticket, int(ends)))
    return is_genuine and int(ends) > clock.now().timestamp()


def reopening_ends(ticket: Ticket) -> datetime | None:
    """Until when a clinic may say that a closed ticket is not solved; None when it may not (any more)."""
    if ticket.state_enum is not TicketState.CLOSED or ticket.closed_at is None:
        return None
    ends = ticket.closed_at + closing.REOPEN_DAYS
    return ends if ends > clock.now() else None


def _signature(sign: Sign, ticket: Ticket | Follower, ends: int) -> str:
    ticket_id: uuid.UUID = ticket.id
    return sign(f"{ticket_id}|{ends}|{ticket.query_code_hash}")
