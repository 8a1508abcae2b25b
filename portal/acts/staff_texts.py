"""What staff write is asked about when it seems to hold a secret; nothing of it is changed silently (UX 11)."""

from sqlalchemy.orm import Session

from portal.errors import Fault, InvalidError
from portal.reports import sealing
from portal.runtime import Runtime
from portal.tickets import lifecycle
from portal.tickets.lifecycle import Action
from portal.tickets.models import Ticket

CODE = "sensitive_text"
# Where what is found in a text is sealed, the text's field, and what happens to it next.
_PLACES = {
    Action.NOTE: ("note", "text", "保存"),
    Action.ASK: ("reply", "message", "发送"),
    Action.RESOLVE: ("resolution", "text", "发送"),
    Action.HAND_OVER: ("note", "text", "保存"),
    Action.TRANSFER: ("note", "text", "保存"),
    Action.URGENCY: ("note", "reason", "保存"),
}
_ELSEWHERE = ("reply", "text", "发送")
# The form fields in which staff write; an error page gives their texts back.
TEXT_FIELDS = tuple(dict.fromkeys(field for _, field, _ in (_ELSEWHERE, *_PLACES.values())))


class SensitiveTextError(InvalidError):
    """A text seems to hold an ID number, account or password: its writer decides before anything is kept."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__([Fault(field, CODE, message)])
        self.message = message


def checked(
    session: Session, runtime: Runtime, ticket: Ticket, action: Action, label: str, text: str, seal_found: bool
) -> str:
    """The text as it may be kept: free of ID numbers, accounts and passwords, or with them sealed and masked.

    Called before anything of the act is written, so that a stopped text leaves no trace. Phones stop nothing and stay
    as written: the service's own number stands in many a reply; a person's can be hidden by hand (`passages`).

    Raises:
        ConflictError: the state does not allow the act, whatever its text.
        SensitiveTextError: something was found and `seal_found` does not say to seal it.
    """
    lifecycle.check(ticket, action)
    found = sealing.stopping_spans(text)
    name, field, verb = _PLACES.get(action, _ELSEWHERE)
    if found and not seal_found:
        raise SensitiveTextError(field, f"{label}里像是有{'、'.join(sealing.labels_of(found))}，{verb}前请确认")
    return sealing.seal_staff_text(session, runtime.vault, ticket.report_id, name, label, text)
