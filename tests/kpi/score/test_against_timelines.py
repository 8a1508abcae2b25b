"""Facts that the acts wrote, against a slow reading of the timelines of random lives, and the rate made of them.

`SCORE_LIVES=10000` for a night.
"""

import contextlib
import os
import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.acts.table import ASK, CLAIM, CLOSE, MERGE, RELEASE, REOPEN, REPLY, RESOLVE, UNMERGE
from portal.audit.actor import clinic
from portal.calendar.working_time import WorkingTime
from portal.clocks import policies as service
from portal.errors import PortalError
from portal.kpi.score import cases, policies
from portal.kpi.score.bands import Metric
from portal.kpi.score.models import WorkFact
from portal.kpi.score.months import Month
from portal.tickets.states import TicketState as S
from portal.tracking import confirmation, unconfirmed
from tests.acts.desk import CONFIRMED, Desk
from tests.factories.cast import actor

LIVES = int(os.environ.get("SCORE_LIVES", "5"))
STEPS = 9
PEOPLE = ("alice", "bob")
MONDAY = datetime(2026, 11, 2, 9, tzinfo=clock.CHINA)
TOUCHES = {"claim", "assign", "accept_offer"}
WORDS = {"reply", "ask", "resolve", "partial", "postpone", "accept", "desk_answer", "desk_answer_asking"}
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


class Life:
    """One ticket with random acts at random moments; what is not allowed just then is left out."""

    def __init__(self, runtime, dice, monkeypatch):
        self.runtime, self.dice, self.at = runtime, dice, MONDAY + timedelta(hours=dice.uniform(0, 240))
        monkeypatch.setattr(clock, "now", self.now)
        self.desk = Desk(runtime)

    def now(self):
        self.at += timedelta(microseconds=1)
        return self.at

    def step(self):
        self.at += timedelta(hours=self.dice.choice((0.01, 0.4, 3, 20, 70)))
        ticket, anybody = self.desk.ticket, self.dice.choice(PEOPLE)
        owner = next((name for name in PEOPLE if actor(self.runtime, name).user_id == ticket.assignee_id), anybody)
        who = owner if self.dice.random() < 0.9 else anybody
        claim, reply = lambda: self.desk.act(CLAIM, anybody), lambda: self.desk.act(REPLY, who, text="在看")
        solve = lambda: self.desk.act(RESOLVE, who, text="已恢复")  # noqa: E731
        yes, no = lambda: self.say(True), lambda: self.say(False)
        reopen = lambda: self.desk.act(REOPEN, who, text="再看一下")  # noqa: E731
        acts = {
            S.SUBMITTED: (claim, claim, reply),
            S.IN_PROGRESS: (
                solve, solve, solve, solve, reply, lambda: self.desk.act(RELEASE, who),
                lambda: self.desk.act(ASK, who, fields=["form_name"]), lambda: self.merge(who),
                lambda: self.desk.void(who),
            ),
            S.AWAITING_INFORMATION: (reply, lambda: self.desk.act(RELEASE, who), lambda: self.merge(who)),
            S.AWAITING_CONFIRMATION: (
                yes, yes, no, no, reopen, lambda: self.desk.act(CLOSE, who, **CONFIRMED),
                self.lapse,
            ),
            S.CLOSED: (no, reopen),
            S.VOID: (reopen,),
            S.MERGED: (lambda: self.desk.act(UNMERGE, who, text="不是一回事"),),
        }  # fmt: skip
        with contextlib.suppress(PortalError):
            self.dice.choice(acts[ticket.state_enum])()

    def say(self, is_solved):
        comment = "" if is_solved else "还不行"
        confirmation.confirm(self.runtime, clinic(), self.desk.ticket.id, is_solved=is_solved, comment=comment)

    def lapse(self):
        """The worker's round, for this ticket alone: by its clock, the other lives have acts that are still to come."""
        with self.runtime.database.transaction() as session:
            if not unconfirmed._close(self.at, self.desk.ticket.id, session):
                unconfirmed._remind(self.at, self.desk.ticket.id, session)

    def merge(self, owner):
        self.desk.act(MERGE, owner, into=Desk(self.runtime).number)


def rounds_of(desk, time: WorkingTime):
    """The slow reference: the timeline cut at every reopening, each part read from its end."""
    lines, ticket, parts = desk.entries(), desk.ticket, []
    part, began = [], ticket.submitted_at
    for line in lines:
        if line.action == "reopen":
            parts.append((began, part, line))
            part, began = [], line.at
        else:
            part.append(line)
    parts.append((began, part, None))
    for number, (began, part, reopening) in enumerate(parts, 1):
        found = read_round(began, part, reopening, time)
        if found is not None:
            yield number, *found


def read_round(began, part, reopening, time):
    ends = [line for line in part if line.to_state in ("closed", "merged", "void") and line.from_state != line.to_state]
    ends = [line for line in ends if not any(later.action == "unmerge" and later.at > line.at for later in part)]
    if ends:
        last = ends[-1]
        ways = {"confirm": "confirmed", "close": "staff", "lapse_confirmation": "lapsed_confirmation",
                "lapse": "lapsed_information", "merge": "merged", "void": "void", "decide_void": "void"}  # fmt: skip
        how, day = ways[last.action], last.at
    elif reopening is not None:
        how, day = ("not_solved" if reopening.actor_id is None else "reopened"), reopening.at
    else:
        return None
    mine = [line for line in part if line.actor_id is not None]
    first = next((line for line in mine if line.action in TOUCHES | WORDS), None)
    claim = next((line.actor_id for line in mine if line.action == "claim"), None)
    result = next((line.actor_id for line in reversed(mine) if line.action == "resolve"), None)
    said = {"confirmed": "yes", "not_solved": "no"}.get(how, "none")
    seconds = time.minutes_between(began, first.at) * 60 if first else None
    claimer = claim or (first.actor_id if first else None)
    return how, said, clock.in_china(day).date(), claimer, result, seconds


def test_facts_are_what_the_timelines_say(portal, monkeypatch):
    dice, runtime, desks = random.Random(int(os.environ.get("SCORE_SEED", "6"))), portal.runtime, []
    for _ in range(LIVES):
        life = Life(runtime, dice, monkeypatch)
        for _ in range(STEPS):
            life.step()
        desks.append(life.desk)
    with runtime.database.read() as session:
        time = service.of(session, 1).time(session)
    expected, month = [], Month(MONDAY.date().replace(day=1))
    for desk in desks:
        mine = list(rounds_of(desk, time))
        expected += mine
        with runtime.database.read() as session:
            rows = session.scalars(
                select(WorkFact).where(WorkFact.ticket_id == desk.ticket.id).order_by(WorkFact.round)
            ).all()
        found = [
            (row.round, row.ended_how, row.is_confirmed, row.ended_on, row.first_claimer_id, row.resolver_id)
            for row in rows
        ]
        assert found == [one[:-1] for one in mine], [(line.action, line.at) for line in desk.entries()]
        for row, one in zip(rows, mine, strict=True):
            assert row.touch_working_seconds == (None if one[-1] is None else pytest.approx(one[-1], abs=0.5))
    assert len(expected) >= LIVES  # the lives are lives
    with runtime.database.read() as session:
        rules = policies.of_month(session, month).rules
        for name in PEOPLE:
            person = actor(runtime, name).user_id
            counted = cases.of_person(session, person, month, rules)[Metric.RESOLUTION]
            mine = [one for one in expected if one[5] == person and month.first <= one[3] <= month.last]
            assert len(counted) == len(mine)
            assert sum(case.is_counted for case in counted) == sum(one[2] != "none" for one in mine)
