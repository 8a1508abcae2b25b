"""Texts of staff that seem to hold a secret need their writer's decision; nothing is changed silently (UX 11)."""

from sqlalchemy.orm import Session

from portal.acts.inputs import Text
from portal.errors import Fault, InvalidError
from portal.reports import sealing
from portal.runtime import Runtime
from portal.tickets.models import Ticket

CODE = "sensitive_text"


class SensitiveTextError(InvalidError):
    """A text seems to hold an ID number, account or password: its writer decides before anything is stored."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__([Fault(field, CODE, message)])
        self.message = message


def sealed(
    session: Session,
    runtime: Runtime,
    ticket: Ticket,
    asked: Text,
    text: str,
    sealed_as: str,
    verb: str,
    seal_found: bool,
) -> str:
    """The text that may be stored: without ID numbers, accounts and passwords, or with them sealed and masked.

    Phones are allowed and stay as written: many replies quote the service's own number; a person's can be redacted by
    hand (`disclosure.text_redaction`).

    Args:
        sealed_as: the field under which secrets are sealed. verb: what happens to the text next.

    Raises:
        SensitiveTextError: a secret was found and `seal_found` does not allow sealing it.
    """
    spans = sealing.stopping_spans(text)
    if spans and not seal_found:
        labels = "、".join(sealing.labels_of(spans))
        raise SensitiveTextError(asked.name, f"{asked.word}里像是有{labels}，{verb}前请确认")
    return sealing.seal_staff_text(session, runtime.vault, ticket.report_id, sealed_as, asked.word, text)
