"""Drafts of a month's sheets, on the first of the next month at 01:00 (DESK 6.4, rule 6).

The worker calls `run` every round. Each sheet is one transaction on its person's locked row, so that any number of
workers make it once; nothing is published by it.
"""

from datetime import timedelta
from functools import partial

from sqlalchemy import bindparam, exists, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.db import UtcDateTime, insert_rows, new_id
from portal.kpi.score import making, policies
from portal.kpi.score.making import Team
from portal.kpi.score.models import MonthlyScore, ScoreRun
from portal.kpi.score.months import Month
from portal.kpi.score.names import SheetState
from portal.kpi.score.team import Member
from portal.notify import outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.watch import clock_doubt

_AFTER_MIDNIGHT = timedelta(hours=1)
_DONE = text(
    "INSERT INTO score_runs (month, made_at) VALUES (:month, :at) ON CONFLICT (month) DO NOTHING RETURNING month"
).bindparams(bindparam("at", type_=UtcDateTime))


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
        whole = making.team_of(session, month)
    made = sum(runtime.database.run(partial(_make_one, whole, member)) for member in whole.members)
    runtime.database.run(partial(_finish, month, made))
    return made


def _make_one(whole: Team, member: Member, session: Session) -> bool:
    session.get_one(User, member.user_id, with_for_update=True)
    of_person = (MonthlyScore.month == whole.month.name, MonthlyScore.user_id == member.user_id)
    if session.scalar(select(exists().where(*of_person))):
        return False
    policy = policies.of_month(session, whole.month)
    computed, found = making.compute(session, whole, member, policy.rules)
    sheet = MonthlyScore(
        id=new_id(), month=whole.month.name, user_id=member.user_id, queues=member.queues(),
        policy_version=policy.version, status=SheetState.DRAFT.value, version=1, edition=1,
    )  # fmt: skip
    making.fill(session, sheet, computed, policy.rules)
    insert_rows(session, sheet)
    insert_rows(session, *making.rows_of(sheet, found))
    outbox.add(session, Event.SCORE_DRAFTED, whole.month.name, to=[member.user_id])
    return True


def _finish(month: Month, made: int, session: Session) -> None:
    """Write down that the month is done, once: the first worker to come here does."""
    if session.execute(_DONE, {"month": month.name, "at": clock.now()}).first() is not None:
        told: trail.Particulars = {"month": month.name, "sheets": made}
        trail.record(session, Tag.SCORES_DRAFTED, SYSTEM, particulars=told)
