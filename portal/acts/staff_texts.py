"""What staff write is asked about when it seems to hold a secret; nothing of it is changed silently (UX 11)."""

from sqlalchemy.orm import Session

from portal.acts.inputs import Text
from portal.errors import Fault, InvalidError
from portal.reports import sealing
from portal.runtime import Runtime
from portal.tickets.models import Ticket

CODE = "sensitive_text"


class SensitiveTextError(InvalidError):
    """A text seems to hold an ID number, account or password: its writer decides before anything is kept."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__([Fault(field, CODE, message)])
        self.message = message


def sealed(
    session: Session,
    runtime: Runtime,
    ticket: Ticket,
    asked: Text,
    text: str,
    kept_as: str,
    verb: str,
    seal_found: bool,
) -> str:
    """The text as it may be kept: free of ID numbers, accounts and passwords, or with them sealed and masked.

    Phones stop nothing and stay as written: the service's own number stands in many a reply; a person's can be hidden
    by hand (`disclosure.text_redaction`).

    Args:
        kept_as: the field under which what is found is sealed. verb: what happens to the text next.

    Raises:
        SensitiveTextError: something was found and `seal_found` does not say to seal it.
    """
    found = sealing.stopping_spans(text)
    if found and not seal_found:
        labels = "、".join(sealing.labels_of(found))
        raise SensitiveTextError(asked.name, f"{asked.word}里像是有{labels}，{verb}前请确认")
    return sealing.seal_staff_text(session, runtime.vault, ticket.report_id, kept_as, asked.word, text)
