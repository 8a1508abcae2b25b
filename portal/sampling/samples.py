"""抽查: a random sample of accesses that can be redrawn exactly, and its findings (REQUIREMENTS D7, UX 6).

Every access of the period gets the hash of seed and row number; the smallest hashes are the sample. Anyone with the
seed, the period and the newest row of that day gets the same rows.
"""

import re
import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import insert_rows, new_id
from portal.draws import drawn
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError, NotFoundError
from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS
from portal.notify import outbox
from portal.notify.events import Event
from portal.sampling.models import Sample, SampledRow, SampleMark
from portal.sensitive_text.free_text import checked_text
from portal.vault.span_masks import masked_text

LOOKED = (Tag.FIELD_REVEALED, Tag.PICTURE_OPENED)
MOST = 200
MOST_TEXT = 500
_SEED = re.compile(r"[0-9a-zA-Z-]{1,32}")
_BATCH = 5000
_MOST_LOOKED_THROUGH = 1000
_ALL = tuple(kind.value for kind in TicketKind)
# The queues whose accesses a person reviews; None for auditors, who review all.
Reach = Sequence[str] | None


@dataclass(frozen=True)
class Progress:
    """How many rows of a sample are reviewed, and how many of them wait for an answer or a second review."""

    sample: Sample
    rows: int
    marked: int
    unsettled: int


def draw(
    session: Session, actor: Actor, reach: Reach, since: datetime, until: datetime, size: int, seed: str = ""
) -> Sample:
    """Draw a sample of the accesses of a period; the trail records seed and size before it is stored.

    Args:
        seed: to repeat a sample by hand; if empty, a new random one.

    Raises:
        InvalidError: the seed is no word, the size is not 1 to 200, or there was no access in the period.
    """
    faults = []
    if not 1 <= size <= MOST:
        faults.append(Fault("size", "invalid", f"抽查条数应是 1 到 {MOST} 的整数"))
    if seed and not _SEED.fullmatch(seed):
        faults.append(Fault("seed", "invalid", "抽查种子只能是字母、数字和短横线，最多 32 个"))
    if faults:
        raise InvalidError(faults)
    seed = seed or secrets.token_hex(8)
    newest = session.scalar(select(func.max(AuditEvent.seq))) or 0
    queue_names = None if reach is None else sorted(reach)
    chosen, population = _chosen(session, queue_names, since, until, newest, size, seed)
    if not chosen:
        raise InvalidError([Fault("from", "invalid", "这段时间没有人查看过敏感信息")])
    drawn: Particulars = {"seed": seed, "sampled": len(chosen), "population": population}
    trail.record(session, Tag.SAMPLE_DRAWN, actor, particulars=drawn)
    sample = Sample(
        drawn_at=clock.now(), drawn_by=actor.user_id, drawer_name=actor.label, since=since, until=until, size=size,
        seed=seed, newest_seq=newest, population=population, queues=queue_names,
    )  # fmt: skip
    session.add(sample)
    session.flush()
    events = {event.seq: event for event in session.scalars(select(AuditEvent).where(AuditEvent.seq.in_(chosen)))}
    insert_rows(session, *(_new_row(sample, place, events[seq]) for place, seq in enumerate(chosen, 1)))
    return sample


def is_repeatable(session: Session, sample: Sample) -> bool:
    """Whether redrawing gives exactly the stored rows."""
    period = (sample.since, sample.until)
    chosen, _ = _chosen(session, sample.queues, *period, sample.newest_seq, sample.size, sample.seed)
    return chosen == [row.seq for row in rows_of(session, sample)]


def mark(
    session: Session, actor: Actor, reach: Reach, sample_id: uuid.UUID, place: int, found: SampleMark, note: str
) -> None:
    """合规 ticks the row off permanently; 需说明 asks the person for an explanation. The trail row is written first.

    Raises:
        NotFoundError: no such row. ForbiddenError: one's own access. ConflictError: ticked off already.
        InvalidError: 需说明 without a question.
    """
    get(session, reach, sample_id)
    note = masked_text(checked_text(note, field="note", most=MOST_TEXT))[:MOST_TEXT]
    row = session.scalars(
        select(SampledRow).where(SampledRow.sample_id == sample_id, SampledRow.place == place).with_for_update()
    ).first()
    if row is None or found is SampleMark.OPEN:
        raise NotFoundError("没有找到这一条")
    if row.person_id is not None and row.person_id == actor.user_id:
        raise ForbiddenError("不能审核自己的查看，请另一位主管处理")
    if row.mark == SampleMark.FINE:
        raise ConflictError("这一条已经标为合规")
    if found is SampleMark.EXPLAIN and not note:
        raise InvalidError([Fault("note", "required", "请写明需要说明什么，查看的人会看到")])
    tag = Tag.SAMPLE_TICKED_OFF if found is SampleMark.FINE else Tag.SAMPLE_QUESTIONED
    trail.record(
        session, tag, actor, ticket_number=row.ticket_number, reason=note or None, particulars={"row": row.seq}
    )
    row.mark, row.marked_by, row.marked_at = found.value, actor.label, clock.now()
    if found is SampleMark.EXPLAIN:
        row.note, row.answer, row.answered_at = note, "", None
        person = () if row.person_id is None else (row.person_id,)
        outbox.add(session, Event.SAMPLE_QUESTIONED, row.ticket_number or "", to=person)
    elif note:
        row.note = f"{row.note}；{note}" if row.note else note


def answer(session: Session, actor: Actor, row_id: uuid.UUID, text: str) -> None:
    """The explanation of the person who had access. The trail row is written first.

    Raises:
        NotFoundError: no such question to this person. InvalidError: the text is empty.
    """
    text = masked_text(checked_text(text, field="answer", most=MOST_TEXT))[:MOST_TEXT]
    row = session.get(SampledRow, row_id, with_for_update=True)
    if row is None or row.person_id != actor.user_id or row.mark != SampleMark.EXPLAIN:
        raise NotFoundError("没有找到这一条")
    if not text:
        raise InvalidError([Fault("answer", "required", "请写明当时为什么查看")])
    trail.record(
        session, Tag.SAMPLE_ANSWERED, actor, ticket_number=row.ticket_number, reason=text, particulars={"row": row.seq}
    )
    row.answer, row.answered_at = text, clock.now()


def get(session: Session, reach: Reach, sample_id: uuid.UUID) -> Sample:
    """One sample.

    Raises:
        NotFoundError: it does not exist, or was drawn from other queues too.
    """
    sample = session.get(Sample, sample_id)
    if sample is None or not _is_within(sample, reach):
        raise NotFoundError("没有找到这次抽查")
    return sample


def rows_of(session: Session, sample: Sample) -> Sequence[SampledRow]:
    """The rows of a sample in their order."""
    mine = select(SampledRow).where(SampledRow.sample_id == sample.id)
    return session.scalars(mine.order_by(SampledRow.place)).all()


def newest(session: Session, reach: Reach, limit: int = 50) -> list[Progress]:
    """The newest samples that were drawn from no other queues."""
    samples = session.scalars(select(Sample).order_by(Sample.drawn_at.desc()).limit(_MOST_LOOKED_THROUGH))
    shown = islice((sample for sample in samples if _is_within(sample, reach)), limit)
    return [progress_of(sample, rows_of(session, sample)) for sample in shown]


def progress_of(sample: Sample, rows: Sequence[SampledRow]) -> Progress:
    marked = sum(row.mark != SampleMark.OPEN for row in rows)
    return Progress(sample, len(rows), marked, sum(row.mark == SampleMark.EXPLAIN for row in rows))


def questions_to(session: Session, user_id: uuid.UUID, limit: int = 100) -> Sequence[SampledRow]:
    """Questions to one person, open and answered; open ones first, then newest first."""
    is_asked = or_(SampledRow.mark == SampleMark.EXPLAIN, SampledRow.answered_at.is_not(None))
    mine = select(SampledRow).where(SampledRow.person_id == user_id, is_asked)
    return session.scalars(
        mine.order_by(SampledRow.answered_at.is_not(None), SampledRow.marked_at.desc()).limit(limit)
    ).all()


def _is_within(sample: Sample, reach: Reach) -> bool:
    return reach is None or set(_ALL if sample.queues is None else sample.queues) <= set(reach)


def _chosen(
    session: Session, queue_names: Reach, since: datetime, until: datetime, newest_seq: int, size: int, seed: str
) -> tuple[list[int], int]:
    """Row numbers of the sample in rising order, and how many accesses there were to choose from."""
    return drawn(seed, _accesses(session, queue_names, since, until, newest_seq), size, lambda seq: seq)


def _accesses(session: Session, queue_names: Reach, since: datetime, until: datetime, newest_seq: int) -> Iterator[int]:
    """The accesses of a period in constant memory, of the queues that the tickets were in at that time.

    The number in the row says so for ever; a ticket that moves later must not change what the seed draws.
    """
    last = 0
    wanted = (
        select(AuditEvent.seq)
        .where(AuditEvent.tag.in_(LOOKED), AuditEvent.is_success, AuditEvent.at >= since, AuditEvent.at < until)
        .where(AuditEvent.seq <= newest_seq)
        .order_by(AuditEvent.seq)
        .limit(_BATCH)
    )
    if queue_names is not None and not set(queue_names) >= set(_ALL):
        prefixes = [KINDS[TicketKind(name)].prefix for name in queue_names]
        # A year follows the prefix, so that no prefix finds the numbers of a longer one.
        wanted = wanted.where(or_(false(), *(AuditEvent.ticket_number.startswith(f"{prefix}2") for prefix in prefixes)))
    while True:
        batch = session.scalars(wanted.where(AuditEvent.seq > last)).all()
        yield from batch
        if len(batch) < _BATCH:
            return
        last = batch[-1]


def _new_row(sample: Sample, place: int, event: AuditEvent) -> SampledRow:
    return SampledRow(
        id=new_id(), sample_id=sample.id, place=place, seq=event.seq, ticket_number=event.ticket_number,
        person_id=event.actor_id, mark=SampleMark.OPEN.value, note="", marked_by="", answer="",
    )  # fmt: skip
