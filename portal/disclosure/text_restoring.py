"""Restores a passage that was hidden by hand, for seven days, by a lead: hiding is no way to delete.

Each hiding stores where the passage was, in the text as it was then. Later hidings in the same text move it: their own
places say by how much.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Word
from portal.audit.tags import Tag
from portal.disclosure import ticket_texts
from portal.disclosure.disclose import value_key
from portal.disclosure.models import TextRedaction
from portal.disclosure.reveals import find_value
from portal.disclosure.ticket_texts import StoredText
from portal.errors import ConflictError, NotFoundError
from portal.progress.lifecycle import ANY_STATE, Move
from portal.reports import listing
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.vault import vault
from portal.vault.models import SealedValue

DAYS = 7
_LIFE = timedelta(days=DAYS)
_CHANGED = "这段文字后来又改过或又隐藏过，请先恢复后来隐藏的文字"
_Spot = tuple[str, str, str, str]


@dataclass(frozen=True)
class Occurrence:
    """One place of a passage: its text, where it began before it was hidden, its length then and its mask's."""

    table: str
    row: str
    column: str
    name: str
    start: int
    was: int
    now: int

    @property
    def spot(self) -> _Spot:
        return self.table, self.row, self.column, self.name


@dataclass(frozen=True)
class Restorable:
    """A hidden passage as a lead is offered it."""

    key: str
    label: str
    mask: str
    made_by: str
    made_at: datetime


def is_over(now: datetime) -> ColumnElement[bool]:
    return TextRedaction.made_at < now - _LIFE


def place_of(row: TextRedaction) -> vault.Place:
    return vault.Place(TextRedaction.__tablename__, "passages", row.report_id, row.id)


def keep(
    hand: Hand, key: vault.OpenedKey, value: SealedValue, found: Sequence[tuple[Occurrence, str]], label: str
) -> None:
    """Store what a hiding replaced and where, in the transaction of the hiding."""
    row = TextRedaction(
        id=uuid.uuid4(),
        report_id=hand.ticket.report_id,
        value_id=value.id,
        label=label,
        places=[asdict(occurrence) for occurrence, _ in found],
        data_key_id=key.id,
        made_by=hand.actor.label[:60],
        made_at=clock.now(),
    )
    row.passages_sealed = hand.runtime.vault.seal(key, place_of(row), json.dumps([was for _, was in found]).encode())
    hand.session.add(row)


def restorable(session: Session, ticket: Ticket) -> list[Restorable]:
    """What can still be restored, latest first."""
    query = (
        select(TextRedaction, SealedValue)
        .join(SealedValue, SealedValue.id == TextRedaction.value_id)
        .where(TextRedaction.report_id == ticket.report_id, TextRedaction.passages_sealed.is_not(None))
        .where(~is_over(clock.now()))
        .order_by(TextRedaction.made_at.desc())
    )
    return [
        Restorable(value_key(value), row.label, value.value_masked, row.made_by, row.made_at)
        for row, value in session.execute(query)
    ]


def restore_passage(hand: Hand, key: str) -> Outcome:
    """Put a hidden passage back wherever it was, and delete its sealed value.

    Raises:
        NotFoundError: no such passage, or it was hidden more than seven days ago.
        ConflictError: it was destroyed meanwhile, or the text has changed since.
    """
    session, ticket = hand.session, hand.ticket
    value = find_value(session, ticket, key)
    query = select(TextRedaction).where(TextRedaction.report_id == ticket.report_id, ~is_over(clock.now()))
    rows = session.scalars(query.order_by(TextRedaction.made_at, TextRedaction.id)).all()
    row = next((row for row in rows if value is not None and row.value_id == value.id), None)
    if row is None or value is None:
        raise NotFoundError(f"没有找到这段隐藏的文字。隐藏超过 {DAYS} 天的不能恢复")
    if row.passages_sealed is None:
        raise ConflictError("这段文字已随账号和密码销毁，不能恢复")
    passages = _opened(hand.runtime, session, row)
    moved = _moved(_occurrences(row), rows[rows.index(row) + 1 :])
    mask, label = value.value_masked, row.label
    session.execute(delete(TextRedaction).where(TextRedaction.id == row.id))
    session.delete(value)
    with ticket_texts.changing(session, ticket.report_id):
        places = _put_back(list(ticket_texts.texts_of(session, ticket)), moved, passages, mask)
    listing.renew(session, ticket)
    signs = len(passages[0])
    return Outcome(f"恢复隐藏的{label}，{places} 处", {"places": places, "signs": signs}, about=key)


RESTORE = Act(
    move=Move("unseal", "恢复隐藏的文字", ANY_STATE, is_public=False),
    do=restore_passage,
    path="unsealings",
    permission=Permission.RESTORE_TEXT,
    refusal="只有主管可以恢复隐藏的文字",
    tag=Tag.TEXT_RESTORED,
    inputs=(Word(name="key", label="隐藏的文字", missing="请选择要恢复的文字"),),
    form=Form(Place.OWN, "恢复"),
    done="已{text}",
)


def _opened(runtime: Runtime, session: Session, row: TextRedaction) -> list[str]:
    passages: list[str] = json.loads(runtime.vault.open(session, place_of(row), row.passages_sealed or b""))
    return passages


def _occurrences(row: TextRedaction) -> list[Occurrence]:
    return [Occurrence(**stored) for stored in row.places]


def _moved(mine: list[Occurrence], later: Iterable[TextRedaction]) -> list[Occurrence | None]:
    """My occurrences with the start that their masks have now; None where a later hiding overlaps one.

    The places of the later hidings are changed to what they will be without mine.
    """
    starts = [_masked_start(one, mine) for one in mine]
    now: list[int | None] = list(starts)
    for row in later:
        theirs = _occurrences(row)
        changed = []
        for other in theirs:
            before = sum(
                one.was - one.now
                for one, start in zip(mine, now, strict=True)
                if start is not None and one.spot == other.spot and start < other.start
            )
            changed.append({**asdict(other), "start": other.start + before})
        now = [_after(one, start, theirs) for one, start in zip(mine, now, strict=True)]
        row.places = changed
    return [
        None if start is None else Occurrence(*one.spot, start, one.was, one.now)
        for one, start in zip(mine, now, strict=True)
    ]


def _masked_start(one: Occurrence, all_of_them: Iterable[Occurrence]) -> int:
    """Where its mask begins in the text in which all of them are masked."""
    earlier = (other for other in all_of_them if other.spot == one.spot and other.start < one.start)
    return one.start + sum(other.now - other.was for other in earlier)


def _after(one: Occurrence, start: int | None, theirs: Iterable[Occurrence]) -> int | None:
    """Where a mask begins after a later hiding; None if that overlaps it."""
    if start is None:
        return None
    shift = 0
    for other in theirs:
        if other.spot != one.spot:
            continue
        if other.start < start + one.now and start < other.start + other.was:
            return None
        if other.start < start:
            shift += other.now - other.was
    return start + shift


def _put_back(
    texts: Sequence[StoredText], occurrences: Sequence[Occurrence | None], passages: Sequence[str], mask: str
) -> int:
    """Write the passages over their masks; returns in how many places people see them."""
    stored = {text.place: text for text in texts}
    places = 0
    for spot, found in _by_spot(occurrences, passages):
        text = stored.get(spot)
        whole = _restored(text.text, found, mask) if text is not None else None
        if text is not None and whole is not None:
            text.write(whole)
            places += 0 if text.is_copy else len(found)
        elif text is None or not text.is_copy:  # a copy may have been written anew meanwhile
            raise ConflictError(_CHANGED)
    return places


def _by_spot(
    occurrences: Sequence[Occurrence | None], passages: Sequence[str]
) -> Iterator[tuple[_Spot, list[tuple[Occurrence, str]]]]:
    if None in occurrences:
        raise ConflictError(_CHANGED)
    spots: dict[_Spot, list[tuple[Occurrence, str]]] = {}
    for one, passage in zip(occurrences, passages, strict=True):
        if one is not None:
            spots.setdefault(one.spot, []).append((one, passage))
    yield from spots.items()


def _restored(text: str, found: list[tuple[Occurrence, str]], mask: str) -> str | None:
    """The text with the passages; None if a mask is not where it should be. From the end, so that starts stay right."""
    for one, passage in sorted(found, key=lambda pair: -pair[0].start):
        if text[one.start : one.start + one.now] != mask:
            return None
        text = text[: one.start] + passage + text[one.start + one.now :]
    return text
