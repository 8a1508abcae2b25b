"""Drafts are made once, seen by the right people, and nobody decides on their own."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock, worker
from portal.accounts import users
from portal.accounts.models import User
from portal.audit.actor import SYSTEM
from portal.errors import ForbiddenError, InvalidError, NotFoundError
from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.kpi.score import cases, deciding, drafting, policies, quality, reading, rules
from portal.kpi.score.bands import Metric
from portal.kpi.score.models import MonthlyScore, ScoreCase, WorkFact
from portal.kpi.score.months import Month
from portal.kpi.score.policies import StalePolicyError
from portal.notify.models import StaffNotice
from portal.retention import expiry
from portal.tickets.models import Ticket
from tests.factories.cast import actor
from tests.factories.closing import closed_ticket
from tests.factories.moments import move_clock
from tests.factories.scores import fact, month_of_work, sheet_of


@pytest.fixture
def month(portal):
    return month_of_work(portal.runtime)


def rows(portal, model):
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(model)))


def test_drafts_are_made_once_and_told(portal, month):
    before = [(sheet.id, sheet.version) for sheet in rows(portal, MonthlyScore)]
    assert drafting.make(portal.runtime, month) == drafting.run(portal.runtime) == 0
    assert [(sheet.id, sheet.version) for sheet in rows(portal, MonthlyScore)] == before and len(before) == 3
    told = {notice.user_id for notice in rows(portal, StaffNotice) if notice.event == "score-drafted"}
    assert told == {actor(portal.runtime, name).user_id for name in ("alice", "bob", "hanna")}
    mine = sheet_of(portal.runtime, "alice", month)
    listed = [case for case in rows(portal, ScoreCase) if case.score_id == mine.id]
    assert len([case for case in listed if case.metric == "resolution"]) == 12  # also the one beside the rate
    assert len([case for case in listed if case.metric == "resolution" and case.is_counted]) == 11


def test_the_worker_waits_until_one_in_the_morning(portal, monkeypatch):
    month = Month.of(clock.now()).next
    for hour, made in ((0.99, 0), (1.01, 3)):
        with monkeypatch.context() as patch:
            at = month.begins_at + timedelta(hours=hour)
            patch.setattr(clock, "now", lambda at=at: at)
            worker.score_drafting.run(portal.runtime)
            found = [sheet for sheet in rows(portal, MonthlyScore) if sheet.month == month.before.name]
            assert len(found) == made


def test_a_lead_decides_for_people_of_their_queues_and_never_for_themselves(portal, month):
    database, leo = portal.runtime.database, actor(portal.runtime, "leo")
    with database.transaction() as session:
        for name, queue in (("hugo", "his"), ("gina", "general")):
            users.add_user(
                session, SYSTEM, username=name, password=f"invented-{name}-phrase", role="lead", queues=[queue]
            )  # fmt: skip
    hugo, gina = actor(portal.runtime, "hugo"), actor(portal.runtime, "gina")
    with database.read() as session:
        assert [sheet.user.username for sheet in reading.of_team(session, hugo, month)] == ["hanna"]
        assert len(reading.of_team(session, leo, month)) == 3
        assert reading.of_colleague(session, gina, month, "alice").row.points == 87
    with pytest.raises(NotFoundError), database.transaction() as session:
        deciding.withdraw(session, hugo, month, "alice", 1, "不是我的人")
    with database.transaction() as session:  # alice becomes a lead: not the judge of her own month
        session.execute(update(User).where(User.username == "alice").values(role="lead"))
    with pytest.raises(ForbiddenError), database.transaction() as session:
        deciding.publish(session, actor(portal.runtime, "alice"), month, "alice", 1)
    with database.transaction() as session:  # she leaves the team: its leads see nothing any more
        session.execute(update(User).where(User.username == "alice").values(queues=["his"]))
    with database.read() as session:
        assert [sheet.user.username for sheet in reading.of_team(session, gina, month)] == ["bob"]
        with pytest.raises(NotFoundError):
            reading.of_colleague(session, gina, month, "alice")
        assert reading.own(session, actor(portal.runtime, "alice"), month).points == 87


def test_who_left_can_still_be_published(portal, month, monkeypatch):
    with portal.runtime.database.transaction() as session:
        users.set_active(session, SYSTEM, actor(portal.runtime, "bob").user_id, is_active=False)
    move_clock(monkeypatch, days=20)
    with portal.runtime.database.transaction() as session:
        done = deciding.publish(session, actor(portal.runtime, "leo"), month, "bob", 1)
        assert (done.row.status, done.user.is_active) == ("published", False)


def test_a_policy_counts_from_a_month_that_has_not_begun_and_changes_no_sheet(portal, month):
    database, leo = portal.runtime.database, actor(portal.runtime, "leo")
    coming = Month.of(clock.now()).next
    with database.transaction() as session:
        newest = policies.every(session)[0]
        wanted = newest.rules.with_weights(dict(zip(Metric, (30, 30, 20, 10, 10), strict=True)))
        policies.make(session, leo, 1, wanted, coming.name, "先看响应")
    with database.read() as session:
        assert [policies.of_month(session, one).version for one in (month, coming.before, coming)] == [1, 1, 2]
        assert policies.of_month(session, coming).rules == wanted
    for seen, given, when, fields in (
        (2, wanted, coming.before.name, ["valid_from"]),
        (2, wanted.with_weights(dict.fromkeys(Metric, 21)), coming.name, ["response.weight"]),
    ):
        with pytest.raises(InvalidError) as refused, database.transaction() as session:
            policies.make(session, leo, seen, given, when, "再改")
        assert [fault.field for fault in refused.value.faults] == fields
    with pytest.raises(StalePolicyError), database.transaction() as session:
        policies.make(session, leo, 1, wanted, coming.name, "又改")
    assert sheet_of(portal.runtime, "alice", month).policy_version == 1


def test_the_first_version_is_the_sources_own_and_has_no_faults(portal):
    with portal.runtime.database.read() as session:
        first = policies.of_version(session, 1).rules
    assert rules.faults_of(first) == [] and rules.Rules.from_json(*first.as_json()) == first
    assert [rule.weight for rule in first.metrics.values()] == [20, 30, 30, 10, 10]


def test_a_closing_by_staff_counts_only_with_a_call_that_says_solved(portal, month):
    alice, database = actor(portal.runtime, "alice").user_id, portal.runtime.database

    def said(word):
        with database.transaction() as session:
            call = session.scalars(select(CallBack)).first()
            if call is None:
                ticket = session.scalars(select(Ticket).where(Ticket.round == 12)).one()
                now = clock.now()
                call = CallBack(
                    number="HF1", cause="sampled", subject_id=ticket.id, round=12, ticket_id=ticket.id, made_at=now,
                    due_at=now, first_due_at=now,
                )  # fmt: skip
                session.add(call)
                session.flush()
            session.add(
                CallBackRecord(
                    call_back_id=call.id, ticket_id=call.ticket_id, at=clock.now(), by_name="李工", reached=True,
                    solved=word,
                )
            )  # fmt: skip
        with database.read() as session:
            found = cases.of_person(session, alice, month, policies.of_month(session, month).rules)[Metric.RESOLUTION]
        return [(case.outcome, case.is_counted) for case in found if case.round == 12]

    assert said("unknown") == [("staff", False)]
    assert said("yes") == [("said_solved", True)]
    assert said("no") == [("staff", False)]  # 重新处理 makes a round that counts


def test_facts_and_sheets_go_after_their_time_and_a_hold_keeps_its_facts(portal, month, monkeypatch):
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.round == 12).values(held_at=clock.now()))
    move_clock(monkeypatch, days=800)
    swept = expiry.sweep(portal.runtime)
    assert (swept["work_facts"], swept["monthly_scores"]) == (3, 3)
    assert len(rows(portal, WorkFact)) == 12 and rows(portal, ScoreCase) == []


def test_replies_are_drawn_repeatably_marked_and_answered(portal, monkeypatch):
    ticket = closed_ticket(portal.runtime)
    alice, leo, bob = (actor(portal.runtime, name) for name in ("alice", "leo", "bob"))
    database, month = portal.runtime.database, Month.of(clock.now())
    with database.transaction() as session:
        first = quality.draw(session, leo, month, "alice", 5, seed="ab12")
        again = quality.draw(session, leo, month, "alice", 5, seed="ab12")
        drawn = [[one.row.entry_id for one in quality.shown(session, sample)] for sample in (first, again)]
        assert drawn[0] == drawn[1] and first.population == len(drawn[0]) == 1
        assert quality.shown(session, first)[0].text == "已修复，请重新保存一次"
    given = {"address": "5", "clear": "4", "steps": "3", "tone": "5"}
    with pytest.raises(InvalidError) as refused, database.transaction() as session:
        quality.mark(session, leo, first.id, 1, {**given, "tone": "6", "steps": ""}, "密码是 Kw7-Mond-42")
    assert [fault.field for fault in refused.value.faults] == ["steps", "tone", "note"]
    with pytest.raises(NotFoundError), database.transaction() as session:
        quality.answer(session, alice, first.id, 1, "还没有评分")
    with database.transaction() as session:
        row = quality.mark(session, leo, first.id, 1, given, "称呼得体")
        assert row.number == ticket.number
    for someone in (bob, leo):
        with pytest.raises(NotFoundError), database.transaction() as session:
            quality.answer(session, someone, first.id, 1, "替别人答")
    with database.transaction() as session:
        quality.answer(session, alice, first.id, 1, "谢谢")
        assert quality.means(session, alice.user_id, month.name) == (
            1,
            {"address": 5, "clear": 4, "steps": 3, "tone": 5},
        )
    with pytest.raises(InvalidError), database.transaction() as session:
        quality.draw(session, leo, month, "leo", 5)


def test_only_whole_facts_of_the_month_are_read(portal, month):
    """A month that has sheets already gets none for what is written later; the next month has its own."""
    with portal.runtime.database.transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.round == 1)).first()
        session.add(fact(ticket, 9, actor(portal.runtime, "hanna").user_id, month))
    assert drafting.make(portal.runtime, month) == 0
    assert sheet_of(portal.runtime, "hanna", month).inputs["metrics"]["volume"]["n"] == 0
