"""What staff write about a call: secrets are found, asked about and sealed under the report, else masked."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from portal.acts import staff_texts
from portal.acts.inputs import Text
from portal.acts.staff_texts import SensitiveTextError
from portal.errors import Fault, InvalidError
from portal.follow_up.call_backs.models import CallBack
from portal.reports import sealing
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.vault.span_masks import masked_text

Written = tuple[Text, str, str]  # what is asked, the text, the field under which secrets are sealed


def kept(
    session: Session, runtime: Runtime, row: CallBack, written: Sequence[Written], *, seal_found: bool
) -> list[str]:
    """The texts that may be stored, in their order.

    Raises:
        InvalidError: some seem to hold a secret and their writer has not agreed to hiding it, every one named.
    """
    faults: list[Fault] = []
    found = []
    for asked, text, sealed_as in written:
        try:
            found.append(_kept(session, runtime, row, asked, text, sealed_as, seal_found=seal_found))
        except SensitiveTextError as error:
            faults += error.faults
    if faults:
        raise InvalidError(faults)
    return found


def _kept(
    session: Session, runtime: Runtime, row: CallBack, asked: Text, text: str, sealed_as: str, *, seal_found: bool
) -> str:
    clean = asked.clean(text)
    if row.ticket_id is not None:
        ticket = session.get_one(Ticket, row.ticket_id)
        return staff_texts.sealed(session, runtime, ticket, asked, clean, sealed_as, "保存", seal_found)
    return without_ticket(asked, clean, seal_found=seal_found)


def without_ticket(asked: Text, text: str, *, seal_found: bool) -> str:
    """A text that belongs to no report: its secrets are masked, and nobody can open them any more.

    Raises:
        SensitiveTextError: there are some, and their writer has not agreed to hiding them.
    """
    spans = sealing.stopping_spans(text)
    if spans and not seal_found:
        labels = "、".join(sealing.labels_of(spans))
        raise SensitiveTextError(asked.name, f"{asked.word}里像是有{labels}，保存前请确认")
    return masked_text(text.strip()) if spans else text.strip()
