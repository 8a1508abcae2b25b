"""The answer, and the follow-up by somebody who is neither owner nor handler (DESK 5.2, REQUIREMENTS L7, L12)."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, occasions
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.clocks.names import OtherTerm
from portal.complaints import access, following, telling, terms, texts
from portal.complaints.access import Viewed
from portal.complaints.act import CaseAct, Done, S, Taking
from portal.complaints.inputs import OneOf, Option, Words, YesNo
from portal.complaints.investigating import is_owner
from portal.complaints.models import Complaint, ComplaintEntry
from portal.complaints.names import LEVEL_LABELS, PHONE, Field, FollowLevel, Verdict
from portal.errors import Fault
from portal.notify.events import Event
from portal.occasions import ComplaintAnswered, ComplaintCalled
from portal.vault.models import SealedValue

_NOT_REACHED = "not_reached"


def answer(taking: Taking, text: str) -> Done:
    """The complainant reads it, and may confirm it by name or ask for a review; somebody else calls."""
    complaint, session = taking.complaint, taking.session
    words = text or texts.latest(session, taking.runtime, complaint, Field.REPLY)
    if text:
        taking.writer.text(Field.REPLY, text, taking.by_id)
    begin_answer(session, complaint)
    following.answer(taking, words)
    others = access.eligible_managers(session, complaint, but=(complaint.owner_id, complaint.handler_id))
    telling.tell(session, Event.COMPLAINT_ANSWERED, complaint, access.ids_of(others), by=taking.by_id)
    out = {complaint.owner_id, complaint.handler_id, complaint.responsible_id, *access.subject_ids(session, complaint)}
    occasions.tell(
        session,
        ComplaintAnswered(
            complaint.id, complaint.number, tuple(person for person in out if person is not None),
            complaint.unreachable_at is None, round=2 if complaint.reviewed_at else 1,
        ),
    )  # fmt: skip
    return Done(text=text, public=True)


def begin_answer(session: Session, complaint: Complaint) -> None:
    """Without a phone nobody can call: 「未能联系到您」 stands at once."""
    complaint.answered_at = clock.now()
    complaint.confirmed_at = complaint.confirmed_name_sealed = None
    complaint.follow_level, complaint.is_unreached = None, False
    complaint.unreachable_at = None if _has_phone(session, complaint) else clock.now()


def _doubt_answer(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    is_kept = taking.complaint.verdict == Verdict.NOT_UPHELD
    if given.get("text") == "" and not is_kept:
        return [Fault("text", "required", "请写明给投诉人的答复：查到什么，怎样处理")]
    return []


def follow_up(taking: Taking, reached: bool, level: str, text: str) -> Done:
    """A call is written down; the third try on two days in vain puts a notice on the tracking page."""
    return _called(taking.session, taking.complaint, taking, is_reached=reached, level=level, text=text)


def _doubt_follow_up(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    faults, reached, level = [], given.get("reached"), given.get("level", "")
    if reached and level not in list(FollowLevel):
        faults.append(Fault("level", "required", "请选择投诉人是否满意"))
    if reached and level == FollowLevel.UNSATISFIED and not given.get("text"):
        faults.append(Fault("text", "required", "不满意的，请写明哪里不满意"))
    if taking.by_id in (taking.complaint.owner_id, taking.complaint.handler_id):
        faults.append(Fault("reached", "same_person", "回访要由负责人和处理人以外的人来做"))
    return faults


def on_called(session: Session, occasion: ComplaintCalled) -> None:
    """A listener: the call-back of this case was written down elsewhere; its words are kept here only."""
    complaint = session.get_one(Complaint, occasion.complaint_id)
    ticket = access.lock(session, complaint)
    if complaint.state_enum is not S.ANSWERED or occasion.outcome == "no_contact":
        return
    runtime = following.runtime_of(session)
    writer = texts.Writer.of(session, runtime, complaint)
    words = "\n".join(part for part in (occasion.aspect, occasion.wish, occasion.suggestion) if part)
    is_reached = occasion.outcome == "reached"
    if is_reached:
        writer.text(Field.FOLLOW_UP, words, occasion.by_id)
    state = _after_call(
        session, complaint, is_reached=is_reached, level=occasion.level or "", by_id=occasion.by_id,
        is_last=occasion.outcome == "unreachable",
    )  # fmt: skip
    writer.entry("follow_up" if is_reached else _NOT_REACHED, occasion.by_id, is_public=is_reached)
    following.move(session, complaint, ticket, state)


def _called(
    session: Session, complaint: Complaint, taking: Taking, *, is_reached: bool, level: str, text: str
) -> Done:  # fmt: skip
    if is_reached:
        taking.writer.text(Field.FOLLOW_UP, text, taking.by_id)
    is_last = not is_reached and _is_last_try(session, complaint)
    state = _after_call(
        session, complaint, is_reached=is_reached, level=level, by_id=taking.by_id, is_last=is_last
    )  # fmt: skip
    particulars = {"level": level} if is_reached else {"is_reached": False}
    return Done(state, action="" if is_reached else _NOT_REACHED, public=is_reached, particulars=particulars)


def _after_call(
    session: Session, complaint: Complaint, *, is_reached: bool, level: str, by_id: uuid.UUID | None, is_last: bool
) -> S:
    if not is_reached:
        complaint.unreachable_at = complaint.unreachable_at or (clock.now() if is_last else None)
        return S.ANSWERED
    complaint.follow_level, complaint.followed_up_by_id = level, by_id
    complaint.unreachable_at = None
    if level == FollowLevel.UNSATISFIED and complaint.reviewed_at is None:
        judge_again(session, complaint)
        return S.JUDGING
    complaint.followed_up_at = clock.now()
    return S.FOLLOWED_UP


def judge_again(session: Session, complaint: Complaint) -> None:
    """Once: by another person than the judge, a 客服经理 who is no subject (REQUIREMENTS T16)."""
    complaint.reviewed_at, complaint.first_judge_id = clock.now(), complaint.judged_by_id
    complaint.verdict = complaint.told_unjudged_at = None
    complaint.answered_at = complaint.followed_up_at = complaint.unreachable_at = None
    complaint.archived_at = complaint.archived_by_id = None
    free = access.eligible_managers(session, complaint, but=(complaint.judged_by_id,))
    complaint.handler_id = free[0].id if free else None
    complaint.named_at = clock.now() if free else None
    if free:
        telling.tell(session, Event.COMPLAINT_REVIEW, complaint, access.ids_of(free))
    else:
        people = access.ids_of(access.administrators(session))
        telling.tell(session, Event.COMPLAINT_UNATTENDED, complaint, people)


def give_up(session: Session, complaint: Complaint, now: datetime) -> None:
    """无法联系: after the notice so long without a word; the caller holds the locks."""
    ticket = access.lock(session, complaint)
    since = complaint.unreachable_at
    if complaint.state_enum is not S.ANSWERED or since is None:
        return
    if now < terms.end_of(session, OtherTerm.COMPLAINT_UNREACHED, since):
        return
    complaint.is_unreached, complaint.followed_up_at = True, now
    runtime = following.runtime_of(session)
    texts.Writer.of(session, runtime, complaint).entry("unreached", None, is_public=True)
    following.move(session, complaint, ticket, S.FOLLOWED_UP)
    trail.record(
        session, Tag.COMPLAINT_FOLLOWED_UP, SYSTEM, ticket_number=complaint.number, particulars={"is_reached": False}
    )  # fmt: skip


def _is_last_try(session: Session, complaint: Complaint) -> bool:
    """Whether this one, which is not written down yet, is at least the third, on at least two days."""
    rows = select(ComplaintEntry.at).where(
        ComplaintEntry.complaint_id == complaint.id, ComplaintEntry.action == _NOT_REACHED,
        ComplaintEntry.at >= complaint.answered_at,
    )  # fmt: skip
    tries = [*session.scalars(rows), clock.now()]
    return len(tries) >= terms.TRIES and len({clock.in_china(at).date() for at in tries}) >= terms.TRY_DAYS


def _has_phone(session: Session, complaint: Complaint) -> bool:
    of_case = (SealedValue.owner_id == complaint.id, SealedValue.field == PHONE, SealedValue.value_sealed.is_not(None))
    return session.scalar(select(SealedValue.id).where(*of_case).limit(1)) is not None


def _levels(session: Session, viewed: Viewed) -> Sequence[Option]:
    return [(level.value, label) for level, label in LEVEL_LABELS.items()]


def _may_answer(viewed: Viewed) -> bool:
    is_refused = viewed.complaint.verdict == Verdict.NOT_UPHELD
    return is_owner(viewed) or (is_refused and viewed.is_handler)


ANSWER = CaseAct(
    name="answer",
    title="答复投诉人",
    button="发送答复",
    leads={S.CARRYING_OUT: S.ANSWERED, S.NOT_UPHELD: S.ANSWERED},
    may=_may_answer,
    refusal="只有负责人可以答复；不成立的，处理人也可以",
    do=answer,
    doubt=_doubt_answer,
    tag=Tag.COMPLAINT_ANSWERED,
    is_public=True,
    inputs=(Words(name="text", label="答复", help="投诉人会看到。不成立的可以不写，就发送判断时写的答复"),),
)
FOLLOW_UP = CaseAct(
    name="follow-up",
    title="记录回访",
    button="保存回访",
    leads={S.ANSWERED: S.FOLLOWED_UP},
    may=lambda viewed: viewed.is_manager,
    refusal="回访由负责人和处理人以外的客服经理，或回访任务的负责人记录",
    do=follow_up,
    doubt=_doubt_follow_up,
    tag=Tag.COMPLAINT_FOLLOWED_UP,
    is_wanted=lambda session, viewed: viewed.user.id not in (viewed.complaint.owner_id, viewed.complaint.handler_id),
    inputs=(
        YesNo(name="reached", label="是否接通", missing="请选择是否接通", yes="接通了", no="没有接通"),
        OneOf(name="level", label="投诉人是否满意", options=_levels, empty="没有接通"),
        Words(name="text", label="投诉人怎么说", help="不满意必填", rows=3),
    ),
)
