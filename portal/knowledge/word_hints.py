"""用词提示: the words that leads keep, and the hints that they give; nothing is ever blocked (DESK 3.5).

Internal notes and what is said on the phone have rules of their own: a note gets no hint, and on the phone 嗯 shows
that one listens (REQUIREMENTS T14).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError, NotFoundError, StaleRowError
from portal.institutions.directory import tidy
from portal.knowledge.hint_finding import Hint, hints_in, same_length
from portal.knowledge.models import WordHint
from portal.reports.sealing import stopping_spans
from portal.sensitive_text.free_text import text_fault

MOST_OF_PATTERN, MOST_OF_ADVICE, MOST_EXCEPTIONS, MOST_WORDS = 40, 120, 20, 300


class HintKind(StrEnum):
    """Why a word had better not be written."""

    FORBIDDEN = "forbidden"
    RESPECT = "respect"
    PLAIN = "plain"
    WAITING = "waiting"


KIND_LABELS: dict[HintKind, str] = {
    HintKind.FORBIDDEN: "不说的话",
    HintKind.RESPECT: "敬称",
    HintKind.PLAIN: "说得通俗些",
    HintKind.WAITING: "说明要等多久",
}


class HintPlace(StrEnum):
    """What kind of text is written."""

    REPLY = "reply"
    ACCEPTANCE = "acceptance"
    QUESTION = "question"
    CALL = "call"
    NOTE = "note"


@dataclass(frozen=True)
class WordDetails:
    """What a lead writes; see `WordHint`."""

    pattern: str
    advice: str
    kind: str
    exceptions: tuple[str, ...] = ()
    is_whole: bool = False


def hints(session: Session, place: HintPlace, text: str) -> list[Hint]:
    """For a text that is being written. Writes nothing."""
    if place is HintPlace.NOTE:
        return []
    words = session.scalars(select(WordHint).where(WordHint.is_active).order_by(WordHint.id)).all()
    return hints_in([word for word in words if place is not HintPlace.CALL or not word.is_whole], text)


def every(session: Session) -> list[WordHint]:
    """All, also those that are switched off, by kind and word."""
    order = {kind.value: at for at, kind in enumerate(HintKind)}
    return sorted(session.scalars(select(WordHint)), key=lambda row: (order.get(row.kind, len(order)), row.pattern))


def add(session: Session, actor: Actor, details: WordDetails) -> WordHint:
    """Raises InvalidError with every fault."""
    clean = _checked(session, details, None)
    row = WordHint(id=new_id(), is_active=True, version=1, **_columns(clean))
    insert_rows(session, row)
    trail.record(session, Tag.WORD_HINT_ADDED, actor, particulars=_named(row))
    return row


def change(session: Session, actor: Actor, word_id: uuid.UUID, details: WordDetails, version: int) -> WordHint:
    """Raises StaleRowError if somebody else saved it since `version`; InvalidError, NotFoundError."""
    row = find(session, word_id, lock=True)
    if row.version != version:
        raise StaleRowError
    columns = _columns(_checked(session, details, row.id))
    if any(getattr(row, name) != value for name, value in columns.items()):
        for name, value in columns.items():
            setattr(row, name, value)
        row.version += 1
        trail.record(session, Tag.WORD_HINT_CHANGED, actor, particulars=_named(row))
    return row


def set_active(session: Session, actor: Actor, word_id: uuid.UUID, is_active: bool) -> WordHint:
    """Whether it is hinted."""
    row = find(session, word_id, lock=True)
    if row.is_active != is_active:
        row.is_active = is_active
        trail.record(session, Tag.WORD_HINT_CHANGED, actor, particulars={**_named(row), "is_offered": is_active})
    return row


def find(session: Session, word_id: uuid.UUID, *, lock: bool = False) -> WordHint:
    """Raises NotFoundError."""
    row = session.get(WordHint, word_id, with_for_update=lock)
    if row is None:
        raise NotFoundError("没有找到这个词")
    return row


def _columns(details: WordDetails) -> dict[str, object]:
    return vars(details) | {"exceptions": list(details.exceptions)}


def _named(row: WordHint) -> Particulars:
    return {"word": row.pattern}


def _checked(session: Session, details: WordDetails, own_id: uuid.UUID | None) -> WordDetails:
    clean = WordDetails(
        tidy(details.pattern), tidy(details.advice), details.kind,
        tuple(dict.fromkeys(filter(None, map(tidy, details.exceptions)))), details.is_whole,
    )  # fmt: skip
    faults = [*_text_faults(clean), *_exception_faults(clean)]
    if clean.kind not in list(HintKind):
        faults.append(Fault("kind", "required", "请选择为什么提示"))
    known: Sequence[WordHint] = session.scalars(select(WordHint)).all()
    if any(same_length(row.pattern) == same_length(clean.pattern) and row.id != own_id for row in known):
        faults.append(Fault("pattern", "invalid", f"名单里已有“{clean.pattern}”"))
    if own_id is None and len(known) >= MOST_WORDS:
        faults.append(Fault("pattern", "too_many", f"最多 {MOST_WORDS} 个词，请先改掉不用的"))
    if faults:
        raise InvalidError(faults)
    return clean


def _text_faults(details: WordDetails) -> list[Fault]:
    found = [
        text_fault(details.pattern, field="pattern", missing="请填写要提示的词", most=MOST_OF_PATTERN),
        text_fault(details.advice, field="advice", missing="请写明换成什么说法", most=MOST_OF_ADVICE),
    ]
    faults = [fault for fault in found if fault]
    for field, text in (("pattern", details.pattern), ("advice", details.advice)):
        if stopping_spans(text):
            faults.append(Fault(field, "sensitive_text", "这里像是有身份证号、账号或密码，请删去"))
    return faults


def _exception_faults(details: WordDetails) -> list[Fault]:
    if len(details.exceptions) > MOST_EXCEPTIONS:
        return [Fault("exceptions", "too_many", f"不提示的说法最多 {MOST_EXCEPTIONS} 个")]
    for longer in details.exceptions:
        if len(longer) > MOST_OF_PATTERN or same_length(details.pattern) not in same_length(longer):
            return [Fault("exceptions", "invalid", f"每个不提示的说法都要包含“{details.pattern}”，例如：你们")]
    return []
