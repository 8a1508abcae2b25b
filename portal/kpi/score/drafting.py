"""Drafts of a month's sheets, on the first of the next month at 01:00 (DESK 6.4, rule 6).

The worker calls `run` every round. Each sheet is one transaction on its person's locked row, so that any number of
workers make it once; nothing is published by it.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import partial

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.calendar import working_days
from portal.db import insert_rows, new_id
from portal.kpi.score import cases, policies, sheets, team
from portal.kpi.score.bands import Metric
from portal.kpi.score.cases import Case
from portal.kpi.score.models import MonthlyScore, ScoreCase, ScoreRun
from portal.kpi.score.months import Month
from portal.kpi.score.names import SheetState
from portal.kpi.score.rules import Rules
from portal.kpi.score.sheets import Place
from portal.kpi.score.team import Member
from portal.notify import outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.watch import clock_doubt

_AFTER_MIDNIGHT = timedelta(hours=1)


def run(runtime: Runtime) -> int:
    """Make the drafts of the last month once they are due; returns how many. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    month = Month.of(clock.now() - _AFTER_MIDNIGHT).before
    with runtime.database.read() as session:
        is_done = session.scalar(select(exists().where(ScoreRun.month == month.name)))
    return 0 if is_done else make(runtime, month)


def make(runtime: Runtime, month: Month) -> int:
    """The drafts of a month that has ended; sheets that are there stay as they are."""
    with runtime.database.read() as session:
        members, rules = team.of_month(session, month), policies.of_month(session, month).rules
        counts = cases.volumes(session, month, rules)
    everybody = _everybody(members, counts, rules)
    made = sum(runtime.database.run(partial(_make_one, month, member, counts, everybody)) for member in members)
    runtime.database.run(partial(_finish, month, made))
    return made


def _everybody(
    members: Sequence[Member], counts: Mapping[tuple[uuid.UUID, str], int], rules: Rules
) -> dict[str, dict[uuid.UUID, int]]:
    """By queue everybody who was its engineer long enough, with what they closed; nothing is a count too."""
    found: dict[str, dict[uuid.UUID, int]] = {}
    for member in members:
        for queue in member.queues(rules.term("least_days_in_team")):
            found.setdefault(queue, {})[member.user_id] = counts.get((member.user_id, queue), 0)
    return found


def _make_one(
    month: Month,
    member: Member,
    counts: Mapping[tuple[uuid.UUID, str], int],
    everybody: Mapping[str, Mapping[uuid.UUID, int]],
    session: Session,
) -> bool:
    session.get_one(User, member.user_id, with_for_update=True)
    of_person = (MonthlyScore.month == month.name, MonthlyScore.user_id == member.user_id)
    if session.scalar(select(exists().where(*of_person))):
        return False
    policy = policies.of_month(session, month)
    found = cases.of_person(session, member.user_id, month, policy.rules)
    places = {
        queue: _place(member.user_id, counts.get((member.user_id, queue), 0), everybody.get(queue, {}))
        for queue in member.queues()
    }
    otherwise = cases.ended_otherwise(session, member.user_id, month)
    computed = sheets.compute(found, places, member.present, policy.rules, otherwise)
    now = clock.now()
    sheet = MonthlyScore(
        id=new_id(), month=month.name, user_id=member.user_id, queues=member.queues(), policy_version=policy.version,
        inputs=computed.inputs, points=computed.points, out_of=computed.out_of, grade=computed.grade,
        remark="" if computed.points is not None else _absent(policy.rules),
        status=SheetState.DRAFT.value, made_at=now,
        objection_ends_at=_objection_ends(session, now, policy.rules.term("objection_days")), version=1,
    )  # fmt: skip
    insert_rows(session, sheet)
    insert_rows(session, *_rows(sheet, found))
    outbox.add(session, Event.SCORE_DRAFTED, month.name, to=[member.user_id])
    return True


def _absent(rules: Rules) -> str:
    return f"在岗不足 {rules.term('least_days_present')} 个工作日，不评分"


def _place(user_id: uuid.UUID, own: int, counts: Mapping[uuid.UUID, int]) -> Place:
    return Place(own, list({**counts, user_id: own}.values()))


def _objection_ends(session: Session, now: datetime, days: int) -> datetime:
    """The end of the last of so many working days after the draft's own."""
    last = team.working_days_after(working_days.load(session), clock.in_china(now).date(), days)
    return datetime.combine(last + timedelta(days=1), time(), clock.CHINA)


def _rows(sheet: MonthlyScore, found: Mapping[Metric, Sequence[Case]]) -> list[ScoreCase]:
    return [
        ScoreCase(
            score_id=sheet.id, metric=metric.value, position=position, number=case.number, ticket_id=case.ticket_id,
            round=case.round, outcome=case.outcome, value=case.value, is_counted=case.is_counted,
        )
        for metric, listed in found.items()
        for position, case in enumerate(listed, 1)
    ]  # fmt: skip


def _finish(month: Month, made: int, session: Session) -> None:
    """Write down that the month is done, once."""
    if session.get(ScoreRun, month.name) is None:
        session.add(ScoreRun(month=month.name, made_at=clock.now()))
        session.flush()
        told: trail.Particulars = {"month": month.name, "sheets": made}
        trail.record(session, Tag.SCORES_DRAFTED, SYSTEM, particulars=told)
