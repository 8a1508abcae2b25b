"""Ratings: one a round, by whichever way the answer comes first (REQUIREMENTS E12, G14, T4, DESK 4.2).

A low one brings a call-back and a draft of its analysis; nothing else follows by itself.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import insert_rows, new_id
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError
from portal.follow_up import dissatisfactions, scales, surveys
from portal.follow_up.models import Rating, Survey
from portal.follow_up.scales import Reason, Scale
from portal.follow_up.survey_holdings import RATING_TEXT
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import hooks, lifecycle
from portal.progress.hooks import Moment
from portal.progress.lifecycle import ANY_STATE, Move
from portal.reports.sealing import seal_later_text
from portal.runtime import Runtime
from portal.sensitive_text import free_text
from portal.tickets import lookup
from portal.tickets.models import Ticket, TimelineEntry

MOST_COMMENT = 500
TEXT_FIELD = "comment"  # as the API and the survey's page call it
RATE = Move("rate", "机构评价", ANY_STATE, is_remark=True)


class Way(StrEnum):
    """How a rating came."""

    PAGE = "page"
    LINK = "link"
    CALL = "call"  # written down by somebody who did not give the result
    DESK = "desk"  # written down by whoever gave the answer; in no score


WAY_LABELS: dict[Way, str] = {
    Way.PAGE: "查询页",
    Way.LINK: "评价链接",
    Way.CALL: "电话回访",
    Way.DESK: "当场询问",
}


class AlreadyRatedError(ConflictError):
    """Carries the round's rating, which stays."""

    code = "already_rated"

    def __init__(self, rating: Rating) -> None:
        when = clock.clinic_time(rating.rated_at)
        super().__init__(f"这次处理已经评价过：{rating.label}（{when}，{WAY_LABELS[Way(rating.way)]}）")
        self.rating = rating


class NothingToRateError(ConflictError):
    code = "state"

    def __init__(self) -> None:
        super().__init__("现在没有可以评价的处理结果：还没有结果，或已经超过 30 天")


class OwnWorkError(ForbiddenError):
    """A member of staff who worked on the ticket answers in its clinic's place."""

    def __init__(self) -> None:
        super().__init__("您处理过这条问题，不能替机构评价。请由机构自己评价，或请同事电话询问后记录")


@dataclass(frozen=True)
class Answer:
    """A checked answer. `comment` is what was typed until it is sealed."""

    scale: Scale
    label: str
    reason: str = ""
    comment: str = ""

    @property
    def score(self) -> int:
        return scales.LABELS[self.scale][self.label]


def read_score(score: str, reason: str, comment: str, *, comment_field: str = TEXT_FIELD) -> Answer:
    """A clinic's own answer, on the portal's scale; raises InvalidError with every fault."""
    words = {str(value): word for word, value in scales.LABELS[Scale.S3].items()}
    label = words.get(score.strip(), "")
    faults = [] if label else [Fault("score", "invalid" if score.strip() else "required", "请选择满意程度")]
    value = scales.LABELS[Scale.S3].get(label, 0)
    return _read(Scale.S3, label, value, reason, comment, faults, comment_field)


def read_words(scale: str, label: str, reason: str, comment: str) -> Answer:
    """An answer in the words that somebody used on the phone; raises InvalidError with every fault."""
    faults = faults_of_words(scale, label)
    known = Scale(scale) if scale in list(Scale) else Scale.S3
    return _read(known, label, scales.LABELS[known].get(label, 0), reason, comment, faults, TEXT_FIELD)


def faults_of_words(scale: str, label: str) -> list[Fault]:
    if scale not in list(Scale):
        return [Fault("scale", "invalid" if scale else "required", "请选择用的是哪一种说法")]
    if label not in scales.LABELS[Scale(scale)]:
        words = "、".join(scales.LABELS[Scale(scale)])
        return [Fault("label", "invalid" if label else "required", f"请选择对方的原话：{words}")]
    return []


def faults_of_reason(score: int, reason: str, comment: str, *, comment_field: str = TEXT_FIELD) -> list[Fault]:
    """Up to 不满意 a reason is required; 其他 needs its words."""
    found = scales.reason_of(reason)
    if reason.strip() and found is None:
        return [Fault("reason", "invalid", "请在列出的原因里选择")]
    if 0 < score <= scales.LOW and found is None:
        return [Fault("reason", "required", "请选择不满意的原因，方便改进")]
    if 0 < score <= scales.MIDDLE and found is Reason.OTHER and free_text.is_blank(comment):
        return [Fault(comment_field, "required", "请写一下是什么原因")]
    return []


def _read(
    scale: Scale, label: str, score: int, reason: str, comment: str, faults: list[Fault], comment_field: str
) -> Answer:
    faults += faults_of_reason(score, reason, comment, comment_field=comment_field)
    too_long = free_text.text_fault(comment, field=comment_field, most=MOST_COMMENT)
    if too_long is not None:
        faults = [*(fault for fault in faults if fault.field != comment_field), too_long]
    if faults:
        raise InvalidError(faults)
    kept = scales.reason_of(reason) if score <= scales.MIDDLE else None
    return Answer(scale, label, kept or "", "" if free_text.is_blank(comment) else comment.strip())


def check_not_own_work(session: Session, ticket_id: uuid.UUID, user_id: uuid.UUID | None) -> None:
    """Raises OwnWorkError if this person did anything on the ticket (DESK 4.2)."""
    if user_id is None:
        return
    ticket = session.get_one(Ticket, ticket_id)
    acted = select(TimelineEntry.id).where(TimelineEntry.ticket_id == ticket_id, TimelineEntry.actor_id == user_id)
    people = (ticket.assignee_id, ticket.resolved_by_id, ticket.first_owner_id, ticket.received_by_id)
    if user_id in people or session.scalar(acted.limit(1)) is not None:
        raise OwnWorkError


def give(
    runtime: Runtime, actor: Actor, ticket_id: uuid.UUID, round: int | None, answer: Answer, way: Way,
    signed_in: uuid.UUID | None = None,
) -> Rating:  # fmt: skip
    """Record a clinic's own rating.

    Args:
        round: which one it is about; None: the last one that had a result.
        signed_in: the member of staff in whose browser it was given.

    Raises:
        AlreadyRatedError: somebody was faster. NothingToRateError: no result, or its survey is over.
        OwnWorkError: see `check_not_own_work`.
    """

    def given(session: Session) -> Rating:
        ticket = lookup.locked(session, ticket_id)
        check_not_own_work(session, ticket_id, signed_in)
        survey = asked(session, ticket, round)
        check_unrated(session, ticket, survey.round)
        if not surveys.is_live(ticket, survey):
            raise NothingToRateError
        comment = seal_later_text(
            session, runtime.vault, ticket.report_id, RATING_TEXT, "评价说明", answer.comment
        )  # fmt: skip
        rating = record(session, ticket, survey, replace(answer, comment=comment), way)
        lifecycle.apply(session, ticket, RATE, actor)
        after(session, ticket, rating)
        particulars: trail.Particulars = {"rating_way": way.value, "round": rating.round}
        trail.record(session, Tag.TICKET_RATED, actor, ticket_number=ticket.number, particulars=particulars)
        return rating

    return runtime.database.run(given)


def asked(session: Session, ticket: Ticket, round: int | None = None) -> Survey:
    """The survey of a round, or of the last one that had a result.

    Raises:
        AlreadyRatedError: a desk answer with the caller's word, which asked nobody. NothingToRateError: no result.
    """
    survey = surveys.of_round(session, ticket.id, round) if round else surveys.newest(session, ticket)
    if survey is None:
        check_unrated(session, ticket, round or ticket.round)
        raise NothingToRateError
    return survey


def check_unrated(session: Session, ticket: Ticket, round: int) -> None:
    """Raises AlreadyRatedError with the round's rating."""
    rating = of_round(session, ticket, round)
    if rating is not None:
        session.expunge(rating)  # it is shown after the rollback
        raise AlreadyRatedError(rating)


def record(
    session: Session, ticket: Ticket, survey: Survey, answer: Answer, way: Way,
    by: uuid.UUID | None = None, call_back_id: uuid.UUID | None = None,
) -> Rating:  # fmt: skip
    """Insert a round's rating in the caller's transaction, under the ticket's lock; the caller calls `after` later.

    Args:
        answer: with its comment sealed. by: who wrote it down.
    """
    check_unrated(session, ticket, survey.round)
    survey.answered_at = clock.now()
    session.flush()
    return _insert(session, ticket, survey.round, survey.resolver_id, answer, way, by, call_back_id)


def at_desk(session: Session, ticket: Ticket, answerer: uuid.UUID, answer: Answer) -> Rating:
    """The caller's word beside a desk answer, which takes the survey's place and is in no score (DESK 3.2).

    In the transaction of the desk answer and before its move, whose result then asks nobody; the caller calls `after`
    behind the move.
    """
    check_unrated(session, ticket, ticket.round)
    return _insert(session, ticket, ticket.round, answerer, answer, Way.DESK, answerer, None)


def after(session: Session, ticket: Ticket, rating: Rating) -> None:
    """What a rating brings about, before the row of the trail."""
    if rating.score <= scales.LOW:
        dissatisfactions.draft(session, ticket, rating)
        outbox.add(session, Event.RATED_UNHAPPY, ticket.number, by=rating.rated_by_id)
    hooks.announce(session, ticket, Moment.RATED)


def _insert(
    session: Session, ticket: Ticket, round: int, resolver_id: uuid.UUID | None, answer: Answer, way: Way,
    by: uuid.UUID | None, call_back_id: uuid.UUID | None,
) -> Rating:  # fmt: skip
    rating = Rating(
        id=new_id(), ticket_id=ticket.id, round=round, scale=answer.scale.value, label=answer.label,
        score=answer.score, reason=answer.reason, comment=answer.comment, way=way.value, rated_at=clock.now(),
        rated_by_id=by, resolver_id=resolver_id, call_back_id=call_back_id,
    )  # fmt: skip
    insert_rows(session, rating)
    return rating


def of_round(session: Session, ticket: Ticket, round: int) -> Rating | None:
    return session.scalars(select(Rating).where(Rating.ticket_id == ticket.id, Rating.round == round)).first()


def of_ticket(session: Session, ticket: Ticket) -> Sequence[Rating]:
    """Of every round, the newest first."""
    return session.scalars(select(Rating).where(Rating.ticket_id == ticket.id).order_by(Rating.round.desc())).all()


def askable(session: Session, ticket: Ticket) -> int | None:
    """The round that its clinic can rate now: the last one with a result, unless it is rated or over."""
    survey = surveys.newest(session, ticket)
    if survey is None or survey.answered_at is not None or not surveys.is_live(ticket, survey):
        return None
    return survey.round
