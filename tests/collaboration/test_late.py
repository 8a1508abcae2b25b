"""Late departments and silent clinics: told once, whatever number of workers runs."""

from datetime import timedelta

import pytest

from portal.acts.table import REPLY
from portal.collaboration import late
from portal.collaboration.states import ANSWER, START
from portal.collaboration.states import CollaborationState as C
from portal.escalation import due_steps
from portal.progress.hooks import Hooks, Moment
from tests.factories.collaborations import ANSWER_TEXT, Case
from tests.factories.moments import move_clock

HOUR = timedelta(hours=1).total_seconds()


def test_it_is_told_once_to_both_and_shown_on_the_row(portal, monkeypatch):
    case = Case(portal.runtime)
    case.dispatch(is_urgent=True)
    case.desk.act(REPLY, text="已经请部门查看")
    assert late.run(portal.runtime) == 0
    move_clock(monkeypatch, seconds=2.1 * HOUR)
    assert [late.run(portal.runtime), late.run(portal.runtime)] == [1, 0]
    assert case.told("petra")[-1] == "collaboration-late"
    assert "collaboration-late" in case.desk.told("alice") and "collaboration-late" not in case.desk.told("leo")
    assert case.desk.ticket.is_collaboration_late
    move_clock(monkeypatch, seconds=1 * HOUR)
    due_steps.run(portal.runtime)
    assert "collaboration-late" in case.desk.told("leo")
    case.take(START, "petra")
    case.take(ANSWER, "petra", text=ANSWER_TEXT)
    assert not case.desk.ticket.is_collaboration_late


def test_who_listens_is_told(portal, monkeypatch):
    case = Case(portal.runtime)
    case.dispatch(is_urgent=True)
    heard = []
    hooks = Hooks(listeners=((Moment.COLLABORATION_LATE, lambda session, ticket: heard.append(ticket.number)),))
    monkeypatch.setitem(portal.runtime.database.session_info, "ticket hooks", hooks)
    move_clock(monkeypatch, seconds=2.1 * HOUR)
    late.run(portal.runtime)
    assert heard == [case.desk.number]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_answer_in_time_is_not_late(portal, monkeypatch):
    case = Case(portal.runtime)
    case.bring_to(C.ANSWERED)
    case.desk.act(REPLY, text="已经请部门查看")
    move_clock(monkeypatch, seconds=100 * HOUR)
    assert late.run(portal.runtime) == 0


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_clinic_that_heard_nothing_for_a_day(portal, monkeypatch):
    case = Case(portal.runtime)
    case.bring_to(C.ANSWERED)
    move_clock(monkeypatch, seconds=24.1 * HOUR)
    assert [late.run(portal.runtime), late.run(portal.runtime)] == [1, 0]
    assert case.told("alice")[-1] == "collaboration-uncontacted"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_sender_of_a_suggestion_is_reminded_but_nothing_is_late(portal, monkeypatch):
    case = Case(portal.runtime)
    case.dispatch(kind="suggestion")
    move_clock(monkeypatch, seconds=24 * 30 * HOUR)
    assert late.run(portal.runtime) == 1
    assert not case.desk.ticket.is_collaboration_late
