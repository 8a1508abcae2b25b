"""A lead makes a campaign: drawn by a stored seed, spread evenly over its callers, each told once (DESK 4.4)."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError
from portal.follow_up.call_backs import dues, owners
from portal.follow_up.call_backs.making import make_call_back
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import Cause
from portal.follow_up.call_backs.owners import Wanted as Who
from portal.follow_up.campaigns import selecting
from portal.follow_up.campaigns.models import QUESTION_LENGTH, TITLE_LENGTH, Campaign
from portal.follow_up.campaigns.selecting import Selection
from portal.notify import outbox
from portal.notify.events import Event
from portal.reports import sealing
from portal.runtime import Runtime
from portal.sensitive_text.free_text import text_fault

MOST_QUESTIONS = 3  # a call-back is short (REQUIREMENTS L18)
MOST_CONTACTS = 500
LONGEST = timedelta(days=92)
OPEN = "open"


@dataclass(frozen=True)
class Wanted:
    """What a lead enters. `callers`: usernames. `seed`: empty for a fresh one."""

    title: str
    selection: Selection
    size: int | None
    starts_on: date | None
    ends_on: date | None
    callers: Sequence[str]
    questions: Sequence[str] = ()
    seed: str = ""


def make(runtime: Runtime, actor: Actor, wanted: Wanted) -> Campaign:
    """Raises InvalidError with every fault; nothing is made then."""
    return runtime.database.run(lambda session: _made(session, actor, wanted))


def _made(session: Session, actor: Actor, wanted: Wanted) -> Campaign:
    standing.require(session, actor)
    people = _callers(session, wanted.callers)
    found = selecting.matching(session, wanted.selection) if not selecting.faults_of(wanted.selection) else ()
    if faults := _faults(wanted, people, len(found)):
        raise InvalidError(faults)
    assert wanted.starts_on and wanted.ends_on and wanted.size and actor.user_id  # noqa: S101
    campaign = Campaign(
        id=new_id(), title=wanted.title.strip(), selection=wanted.selection.as_json(),
        seed=wanted.seed.strip() or secrets.token_hex(8), size=wanted.size, matching=len(found),
        questions=[question.strip() for question in wanted.questions if question.strip()],
        callers=[str(person.id) for person in people], starts_on=wanted.starts_on, ends_on=wanted.ends_on,
        made_by_id=actor.user_id, made_by_name=actor.label[:60], made_at=clock.now(), status=OPEN, version=1,
    )  # fmt: skip
    insert_rows(session, campaign)
    chosen = selecting.draw(found, wanted.size, campaign.seed)
    made = _spread(session, actor, campaign, chosen, people)
    _tell(session, actor, made)
    particulars: trail.Particulars = {"campaign": campaign.title, "call_backs": len(chosen)}
    trail.record(session, Tag.CAMPAIGN_MADE, actor, particulars=particulars)
    return campaign


def _spread(
    session: Session, actor: Actor, campaign: Campaign, chosen: Sequence[uuid.UUID], people: Sequence[User]
) -> list[CallBack]:
    """To everybody the same number, up to one; whoever begins a district is not the one who ends it."""
    made = []
    due_at = dues.end_of(session, campaign.ends_on).at
    for place, institution_id in enumerate(chosen):
        row = make_call_back(
            session, cause=Cause.CAMPAIGN, institution_id=institution_id, campaign_id=campaign.id, due_at=due_at,
            owner_id=people[place % len(people)].id, made_by_id=actor.user_id,
        )  # fmt: skip
        if row is not None:
            made.append(row)
    return made


def _tell(session: Session, actor: Actor, made: Sequence[CallBack]) -> None:
    """Each caller once, with the number of the first call-back."""
    told: set[uuid.UUID] = set()
    for row in made:
        if row.owner_id is not None and row.owner_id not in told:
            told.add(row.owner_id)
            outbox.add(session, Event.CAMPAIGN_ASSIGNED, row.number, by=actor.user_id, to=[row.owner_id])


def possible_callers(session: Session) -> list[User]:
    return owners.possible(session, Who())


def _callers(session: Session, names: Sequence[str]) -> list[User]:
    wanted = {name.strip().casefold() for name in names if name.strip()}
    return [person for person in possible_callers(session) if person.username.casefold() in wanted]


def _faults(wanted: Wanted, people: Sequence[User], found: int) -> list[Fault]:
    faults = [*_faults_of_words(wanted), *selecting.faults_of(wanted.selection)]
    if wanted.size is None or not 1 <= wanted.size <= MOST_CONTACTS:
        faults.append(Fault("size", "invalid", f"回访几家：请填 1 至 {MOST_CONTACTS} 的整数"))
    if not people or len(people) != len({name.casefold() for name in wanted.callers if name.strip()}):
        faults.append(Fault("callers", "required", "请选择由谁回访，至少一人；停用或不在岗的人不能选"))
    faults += _faults_of_days(wanted)
    if not faults and not found:
        faults.append(Fault("selection", "invalid", "没有符合条件的机构。90 天内回访过的不会再选，重点机构除外"))
    return faults


def _faults_of_words(wanted: Wanted) -> list[Fault]:
    faults = []
    if fault := text_fault(wanted.title, field="title", missing="请填写回访活动的名称", most=TITLE_LENGTH):
        faults.append(fault)
    if sum(bool(question.strip()) for question in wanted.questions) > MOST_QUESTIONS:
        faults.append(Fault("questions", "too_many", f"最多 {MOST_QUESTIONS} 个问题，回访时间不宜过长"))
    for place, question in enumerate(wanted.questions):
        name = f"questions.{place}"
        if fault := text_fault(question, field=name, most=QUESTION_LENGTH):
            faults.append(fault)
    written = {"title": wanted.title, **{f"questions.{place}": text for place, text in enumerate(wanted.questions)}}
    for name, text in written.items():
        if spans := sealing.stopping_spans(text):
            labels = "、".join(sealing.labels_of(spans))
            faults.append(Fault(name, "sensitive_text", f"里面像是有{labels}，请去掉"))
    return faults


def _faults_of_days(wanted: Wanted) -> list[Fault]:
    faults = [
        Fault(name, "required", f"请填写{label}")
        for name, label, day in (
            ("starts_on", "开始的日期", wanted.starts_on), ("ends_on", "结束的日期", wanted.ends_on),
        )
        if day is None
    ]  # fmt: skip
    if wanted.starts_on is not None and wanted.ends_on is not None:
        if wanted.ends_on < wanted.starts_on:
            faults.append(Fault("ends_on", "invalid", "结束的日期不能早于开始的日期"))
        elif wanted.ends_on < clock.china_today():
            faults.append(Fault("ends_on", "in_past", "结束的日期不能早于今天"))
        elif wanted.ends_on - wanted.starts_on > LONGEST:
            faults.append(Fault("ends_on", "too_far", f"一次回访最长 {LONGEST.days} 天"))
    return faults
