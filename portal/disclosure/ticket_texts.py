"""The texts of a ticket that people typed, and their copies, as the rooms declare them; the way to change them."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import delete, insert, inspect
from sqlalchemy.orm import Session

from portal.disclosure.models import MaskingPermit
from portal.holdings import Held, Register, Subject, TicketText
from portal.tickets.models import Ticket


@dataclass(frozen=True)
class StoredText:
    """One stored text. A copy is not displayed by itself and is not counted.

    Attributes:
        place: table, row, column and name: where it is, for finding it again.
    """

    name: str
    text: str
    write: Callable[[str], None]
    place: tuple[str, str, str, str]
    is_copy: bool = False


def texts_of(session: Session, ticket: Ticket) -> Iterator[StoredText]:
    for held in Register.of(session.info).of_reports():
        texts = [text for text in held.texts if text.is_redactable]
        if texts:
            for row in session.scalars(held.rows_of(Subject(ticket.report_id, ticket.id))):
                yield from _texts_of(held, row, texts)


def labels(session: Session) -> dict[str, str]:
    """The labels that pages use, by the text's name."""
    texts = [text for held in Register.of(session.info).of_reports() for text in held.texts]
    return {name: label for text in texts for name, label in text.labels.items()}


def labelled(session: Session, ticket: Ticket, known: Mapping[str, str]) -> dict[str, str]:
    """Names and labels of the ticket's texts beyond those that are known to its page already."""
    found: dict[str, str] = {}
    for held in Register.of(session.info).of_reports():
        texts = [text for text in held.texts if text.is_redactable and text.labels.keys() - known.keys()]
        if texts:
            for row in session.scalars(held.rows_of(Subject(ticket.report_id, ticket.id))):
                present = {stored.name for stored in _texts_of(held, row, texts)}
                found |= {name: text.labels[name] for text in texts for name in text.labels if name in present}
    return found


@contextmanager
def changing(session: Session, report_id: uuid.UUID) -> Iterator[None]:
    """While it lasts, the database lets the texts of this report be changed."""
    session.execute(insert(MaskingPermit).values(report_id=report_id))
    yield
    session.flush()
    session.execute(delete(MaskingPermit).where(MaskingPermit.report_id == report_id))


def _texts_of(held: Held, row: Any, texts: Sequence[TicketText]) -> Iterator[StoredText]:
    for text in texts:
        for name, stored in text.parts(row):
            place = (held.table, _key_of(row), text.column, name)
            yield StoredText(name, stored, partial(text.write, row, name), place, text.is_copy)


def _key_of(row: Any) -> str:
    """Its primary key; not every table has one column for it."""
    return "|".join(map(str, inspect(row).identity))
