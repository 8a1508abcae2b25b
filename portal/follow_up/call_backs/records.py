"""Writing down what came of a call (REQUIREMENTS L6, L18, DESK 4.3): reached or not, and at most three questions."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.acts.inputs import Text
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError
from portal.follow_up import dissatisfactions, ratings
from portal.follow_up.call_backs import ending, phones, rows, texts, trails
from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.follow_up.call_backs.names import CallBackState, Cause, Level, Solved
from portal.follow_up.campaigns.models import Campaign
from portal.follow_up.models import Survey
from portal.follow_up.ratings import Answer, NothingToRateError, Way
from portal.follow_up.recording import RECORD_ONES_OWN
from portal.follow_up.survey_holdings import RATING_TEXT
from portal.occasions import ComplaintCalled, tell
from portal.progress.lifecycle import ANY_STATE, Move
from portal.reports.sealing import seal_later_text
from portal.runtime import Runtime
from portal.tickets.models import Ticket

MOST_TRIES, LEAST_DAYS = 3, 2
MOST_WORDS = 500
CALLED = Move("call_back", "回访", ANY_STATE, is_public=False, is_remark=True)
# They get to know each other, or talk about what was agreed: nobody is asked whether they are content.
_ASKS_NO_LEVEL = (Cause.FIRST_CONTACT, Cause.APPOINTMENT, Cause.SETTLED)
ASPECT = Text(name="aspect", word="不满意的方面", missing="请写明是哪方面", most=MOST_WORDS)
WISH = Text(name="wish", word="希望怎样改进", missing="请写明希望怎样改进", most=MOST_WORDS)
SUGGESTION = Text(name="suggestion", word="建议", most=MOST_WORDS)
NOTE = Text(name="note", word="备注", most=MOST_WORDS)
_TEXTS = (ASPECT, WISH, SUGGESTION, NOTE)


@dataclass(frozen=True)
class RatingWords:
    """A rating in the words that the clinic used on the phone."""

    scale: str
    label: str
    reason: str = ""
    comment: str = field(default="", repr=False)


@dataclass(frozen=True)
class Said:
    """What somebody wrote down of a call.

    Attributes:
        answers: to a campaign's questions, in their order. is_refused: they did not want to talk.
    """

    reached: bool | None
    level: str = ""
    aspect: str = field(default="", repr=False)
    wish: str = field(default="", repr=False)
    suggestion: str = field(default="", repr=False)
    solved: str = ""
    note: str = field(default="", repr=False)
    answers: Sequence[str] = field(default=(), repr=False)
    rating: RatingWords | None = None
    is_refused: bool = False
    has_no_phone: bool = False
    seal_found: bool = False


def asks_level(cause: Cause) -> bool:
    return cause not in _ASKS_NO_LEVEL


def asks_solved(row: CallBack) -> bool:
    """Whether the call is about something that was to be solved."""
    return row.ticket_id is not None or row.cause_enum in (Cause.SETTLED, Cause.COMPLAINT)


def write(runtime: Runtime, actor: Actor, call_back_id: uuid.UUID, version: int, said: Said) -> CallBack:
    """Record one call by its owner; one that was reached ends it, and so does the last try.

    Raises:
        InvalidError: every fault; `same_person` for a rating of one's own result. AlreadyRatedError: it has a rating.
            See `rows.opened`.
    """
    return runtime.database.run(lambda session: _written(session, runtime, actor, call_back_id, version, said))


def _written(
    session: Session, runtime: Runtime, actor: Actor, call_back_id: uuid.UUID, version: int, said: Said
) -> CallBack:
    row = rows.opened(session, actor, call_back_id, version)
    if said.has_no_phone:
        return _without_phone(session, row, actor)
    said = _relevant(row, said)
    questions = questions_of(session, row)
    if faults := [*_faults(row, said), *_faults_of_answers(said, questions)]:
        raise InvalidError(faults)
    rated = _rated(session, row, actor, said) if said.rating is not None else None
    said = _kept(session, runtime, row, said)
    _insert(session, row, actor, said, questions)
    row.tries += 1
    _settle(session, row, said)
    ending.write_line(session, row, CALLED, actor, _line(row, said))
    if rated is not None:
        _rate(session, runtime, row, actor, *rated)
    elif said.level == Level.UNSATISFIED and row.ticket_id is not None:
        _draft_analysis(session, row)
    _tell_complaint(session, row, actor, said)
    trails.record(session, row, Tag.CALL_BACK_RECORDED, actor, {"call_back": row.number, "reached": bool(said.reached)})
    return row


def _without_phone(session: Session, row: CallBack, actor: Actor) -> CallBack:
    if phones.find(session, row) is not None:
        raise InvalidError([Fault("reached", "invalid", "这条回访有电话，请先拨打")])
    ending.without_phone(session, row, actor=actor)
    particulars: trail.Particulars = {"call_back": row.number, "reached": False}
    trails.record(session, row, Tag.CALL_BACK_RECORDED, actor, particulars)
    return row


def _relevant(row: CallBack, said: Said) -> Said:
    """Without what belongs to an answer that was not given."""
    if not said.reached:
        return Said(said.reached, note=said.note, seal_found=said.seal_found)
    if said.is_refused:
        return Said(True, note=said.note, is_refused=True, seal_found=said.seal_found)
    if said.level == Level.SATISFIED:
        said = replace(said, aspect="", wish="")
    if not said.solved and asks_solved(row):
        said = replace(said, solved=Solved.UNKNOWN.value)
    return said


def _faults(row: CallBack, said: Said) -> list[Fault]:
    if said.reached is None:
        return [Fault("reached", "required", "请选择是否接通")]
    faults = [fault for text in _TEXTS if (fault := _optional(text).fault(getattr(said, text.name)))]
    if not said.reached or said.is_refused:
        return faults
    if said.level not in list(Level) and (said.level or asks_level(row.cause_enum)):
        code = "invalid" if said.level else "required"
        faults.append(Fault("level", code, "请选择满意程度：满意、一般或不满意"))
    if said.level in (Level.FAIR, Level.UNSATISFIED):
        known = {fault.field for fault in faults}
        asked = (ASPECT, WISH)
        faults += [f for text in asked if text.name not in known and (f := text.fault(getattr(said, text.name)))]
    if said.solved and said.solved not in list(Solved):
        faults.append(Fault("solved", "invalid", "请选择是否解决"))
    if said.rating is not None:
        faults += _faults_of_rating(row, said.rating)
    return faults


def _optional(text: Text) -> Text:
    return replace(text, missing="")


def _faults_of_rating(row: CallBack, words: RatingWords) -> list[Fault]:
    if row.ticket_id is None:
        return [Fault("rating", "invalid", "这条回访没有工单，不能记录评价")]
    try:
        ratings.read_words(words.scale, words.label, words.reason, words.comment)
    except InvalidError as error:
        return [Fault(f"rating.{fault.field}", fault.code, fault.message) for fault in error.faults]
    return []


def _faults_of_answers(said: Said, questions: Sequence[str]) -> list[Fault]:
    if len(said.answers) > len(questions):
        return [Fault("answers", "too_many", f"这次回访有 {len(questions)} 个问题")]
    asked = (Text(name=f"answers.{place}", word=f"第 {place + 1} 个回答", most=MOST_WORDS) for place in range(3))
    return [fault for text, answer in zip(asked, said.answers, strict=False) if (fault := text.fault(answer))]


def questions_of(session: Session, row: CallBack) -> Sequence[str]:
    """The questions of its campaign."""
    campaign = session.get(Campaign, row.campaign_id) if row.campaign_id else None
    return campaign.questions if campaign else ()


def _kept(session: Session, runtime: Runtime, row: CallBack, said: Said) -> Said:
    """With the texts that may be stored."""
    written = [(text, getattr(said, text.name), f"call_back_{text.name}") for text in _TEXTS]
    answers = [
        (Text(name=f"answers.{place}", word=f"第 {place + 1} 个回答"), answer, "call_back_note")
        for place, answer in enumerate(said.answers)
    ]
    found = texts.kept(session, runtime, row, [*written, *answers], seal_found=said.seal_found)
    aspect, wish, suggestion, note, *more = found
    return replace(said, aspect=aspect, wish=wish, suggestion=suggestion, note=note, answers=more)


def _insert(session: Session, row: CallBack, actor: Actor, said: Said, questions: Sequence[str]) -> None:
    is_complaint = row.cause_enum is Cause.COMPLAINT  # its words are kept by the case, under its own key
    words: Mapping[str, str] = {text.name: "" if is_complaint else getattr(said, text.name) for text in _TEXTS}
    record = CallBackRecord(
        id=new_id(), call_back_id=row.id, ticket_id=row.ticket_id, at=clock.now(), by_id=actor.user_id,
        by_name=actor.label[:60], reached=bool(said.reached), level=said.level or None, solved=said.solved or None,
        answers={str(place): answer for place, answer in enumerate(said.answers) if place < len(questions)}, **words,
    )  # fmt: skip
    insert_rows(session, record)


def _settle(session: Session, row: CallBack, said: Said) -> None:
    """Done when reached; unreachable after three tries on at least two days; else it waits for the next try."""
    if said.reached:
        ending.end(session, row, CallBackState.DONE)
    elif row.tries >= MOST_TRIES and len(days_of_tries(session, row)) >= LEAST_DAYS:
        ending.end(session, row, CallBackState.UNREACHABLE)
    else:
        row.version += 1
        session.flush()


def days_of_tries(session: Session, row: CallBack) -> set[object]:
    """The days in China on which somebody called in vain."""
    moments = session.scalars(select(CallBackRecord.at).where(CallBackRecord.call_back_id == row.id))
    return {clock.in_china(at).date() for at in moments}


def _line(row: CallBack, said: Said) -> str:
    if said.reached:
        return "已接通，对方不愿回访" if said.is_refused else "已接通"
    return "联系不上，不再拨打" if not row.is_open else f"没有接通，第 {row.tries} 次"


def _rated(session: Session, row: CallBack, actor: Actor, said: Said) -> tuple[Survey, Answer]:
    """The survey that the rating answers, and the answer."""
    words = said.rating
    ticket = session.get_one(Ticket, row.ticket_id)
    survey = ratings.asked(session, ticket, row.round)
    if words is None:
        raise NothingToRateError
    if survey.resolver_id == actor.user_id:
        raise InvalidError([Fault("rating.label", "same_person", RECORD_ONES_OWN)])
    ratings.check_unrated(session, ticket, row.round)
    return survey, ratings.read_words(words.scale, words.label, words.reason, words.comment)


def _rate(session: Session, runtime: Runtime, row: CallBack, actor: Actor, survey: Survey, answer: Answer) -> None:
    ticket = session.get_one(Ticket, row.ticket_id)
    comment = seal_later_text(session, runtime.vault, ticket.report_id, RATING_TEXT, "评价说明", answer.comment)
    kept = replace(answer, comment=comment)
    rating = ratings.record(session, ticket, survey, kept, Way.CALL, actor.user_id, row.id)
    ratings.after(session, ticket, rating)


def _draft_analysis(session: Session, row: CallBack) -> None:
    """不满意 without a rating is analysed too (DESK 4.3)."""
    ticket = session.get_one(Ticket, row.ticket_id)
    if ratings.of_round(session, ticket, row.round) is None:
        dissatisfactions.draft_of_round(session, ticket, row.round)


def _tell_complaint(session: Session, row: CallBack, actor: Actor, said: Said) -> None:
    if row.complaint_id is None:
        return
    outcome = "reached" if said.reached else "not_reached" if row.is_open else "unreachable"
    called = ComplaintCalled(
        row.complaint_id, row.id, actor.user_id, outcome, said.level or None, said.solved or None,
        said.aspect, said.wish, said.suggestion,
    )  # fmt: skip
    tell(session, called)
