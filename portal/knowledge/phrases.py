"""常用语: texts that staff insert into what they write, or read out; kept by leads (DESK 3.5, REQUIREMENTS O1, F4)."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError, NotFoundError, StaleRowError
from portal.institutions.directory import tidy
from portal.knowledge.models import Phrase
from portal.knowledge.phrase_variables import VARIABLES, unknown_in
from portal.reports.sealing import labels_of, stopping_spans
from portal.sensitive_text.free_text import text_fault
from portal.sensitive_text.lines import lines

MOST_OF_TITLE, MOST_OF_TEXT, MOST_PHRASES = 40, 500, 300


class PhrasePlace(StrEnum):
    """Where a phrase is offered."""

    REPLY = "reply"
    ACCEPTANCE = "acceptance"
    QUESTION = "question"
    CALL = "call"


PLACE_LABELS: dict[PhrasePlace, str] = {
    PhrasePlace.REPLY: "回复机构",
    PhrasePlace.ACCEPTANCE: "受理说明",
    PhrasePlace.QUESTION: "请机构补充",
    PhrasePlace.CALL: "电话里说",
}


@dataclass(frozen=True)
class PhraseDetails:
    """What a lead writes. Offered from the first to the last day, both inside; without a day there is no limit."""

    place: str
    title: str
    text: str
    valid_from: date | None = None
    valid_until: date | None = None


def offered(session: Session, places: Collection[PhrasePlace], today: date | None = None) -> list[Phrase]:
    """The active phrases of these places that are valid on this day, China's today by default, in order."""
    day = today or clock.china_today()
    rows = _in_order().where(
        Phrase.place.in_([place.value for place in places]),
        Phrase.is_active,
        or_(Phrase.valid_from.is_(None), Phrase.valid_from <= day),
        or_(Phrase.valid_until.is_(None), Phrase.valid_until >= day),
    )
    return list(session.scalars(rows))


def every(session: Session) -> list[Phrase]:
    """All, also those that are switched off, by place and in order."""
    order = {place.value: at for at, place in enumerate(PhrasePlace)}
    return sorted(session.scalars(_in_order()), key=lambda row: (order.get(row.place, len(order)), row.position))


def add(session: Session, actor: Actor, details: PhraseDetails) -> Phrase:
    """The last of its place.

    Raises:
        InvalidError: lists every fault.
    """
    clean = _checked(session, details, None)
    last = session.scalar(select(func.max(Phrase.position))) or 0
    row = Phrase(id=new_id(), position=last + 1, is_active=True, version=1, **vars(clean))
    insert_rows(session, row)
    trail.record(session, Tag.PHRASE_ADDED, actor, particulars=_named(row))
    return row


def change(session: Session, actor: Actor, phrase_id: uuid.UUID, details: PhraseDetails, version: int) -> Phrase:
    """Texts that were written with it stay as they are.

    Raises:
        StaleRowError: saved by somebody else since `version`. InvalidError, NotFoundError.
    """
    row = find(session, phrase_id, lock=True)
    if row.version != version:
        raise StaleRowError
    clean = _checked(session, details, row.id)
    if any(getattr(row, name) != value for name, value in vars(clean).items()):
        for name, value in vars(clean).items():
            setattr(row, name, value)
        row.version += 1
        trail.record(session, Tag.PHRASE_CHANGED, actor, particulars=_named(row))
    return row


def set_active(session: Session, actor: Actor, phrase_id: uuid.UUID, is_active: bool) -> Phrase:
    """Whether it is offered."""
    row = find(session, phrase_id, lock=True)
    if row.is_active != is_active:
        row.is_active = is_active
        trail.record(session, Tag.PHRASE_CHANGED, actor, particulars={**_named(row), "is_offered": is_active})
    return row


def move_up(session: Session, actor: Actor, phrase_id: uuid.UUID) -> Phrase:
    """Swap with the one above of the same place; does nothing for the first."""
    row = find(session, phrase_id)
    rows = list(session.scalars(_in_order().where(Phrase.place == row.place).with_for_update()))
    at = rows.index(row)
    if at > 0:
        above = rows[at - 1]
        above.position, row.position = row.position, above.position
        trail.record(session, Tag.PHRASE_CHANGED, actor, particulars={**_named(row), "position": at})
    return row


def find(session: Session, phrase_id: uuid.UUID, *, lock: bool = False) -> Phrase:
    """Raises NotFoundError."""
    row = session.get(Phrase, phrase_id, with_for_update=lock)
    if row is None:
        raise NotFoundError("没有找到这条常用语")
    return row


def is_over(phrase: Phrase) -> bool:
    """Whether its last day has been."""
    return phrase.valid_until is not None and phrase.valid_until < clock.china_today()


def _in_order() -> Select[Phrase]:
    return select(Phrase).order_by(Phrase.position, Phrase.id)


def _named(row: Phrase) -> Particulars:
    return {"phrase": row.title}


def _checked(session: Session, details: PhraseDetails, own_id: uuid.UUID | None) -> PhraseDetails:
    faults = [*_text_faults(details), *_day_faults(details)]
    if details.place not in list(PhrasePlace):
        faults.append(Fault("place", "required", "请选择用在哪里"))
    title = tidy(details.title)
    rows = session.execute(select(Phrase.id, Phrase.place, Phrase.title)).all()
    if any(row.place == details.place and row.title == title and row.id != own_id for row in rows):
        faults.append(Fault("title", "invalid", f"这里已有“{title}”，请换个名称"))
    if own_id is None and len(rows) >= MOST_PHRASES:
        faults.append(Fault("title", "too_many", f"常用语最多 {MOST_PHRASES} 条，请先改掉不用的"))
    if faults:
        raise InvalidError(faults)
    return PhraseDetails(details.place, title, lines(details.text), details.valid_from, details.valid_until)


def _text_faults(details: PhraseDetails) -> list[Fault]:
    """Both are read by everybody and not sealed."""
    found = [
        text_fault(details.title, field="title", missing="请填写名称，例如：先安抚", most=MOST_OF_TITLE),
        text_fault(details.text, field="text", missing="请填写常用语的内容", most=MOST_OF_TEXT),
    ]
    faults = [fault for fault in found if fault]
    for field, text in (("title", details.title), ("text", details.text)):
        if spans := stopping_spans(text):
            words = "、".join(labels_of(spans))
            faults.append(Fault(field, "sensitive_text", f"这里像是有{words}，常用语里不能写，请删去"))
    if unknown_in(details.text):
        names = "、".join(f"{{{name}}}" for name in VARIABLES)
        faults.append(Fault("text", "invalid", f"花括号里只能写这几个：{names}"))
    return faults


def _day_faults(details: PhraseDetails) -> list[Fault]:
    begins, ends = details.valid_from, details.valid_until
    if begins and ends and ends < begins:
        return [Fault("valid_until", "invalid", "最后一天不能早于第一天")]
    return []
