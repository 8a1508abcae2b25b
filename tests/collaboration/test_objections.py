"""What open collaborations have against an end by us; a clinic's own word is never refused."""

from datetime import timedelta

import pytest

from portal.acts.table import CLOSE, RESOLVE
from portal.audit.actor import clinic
from portal.collaboration.states import FILE, JUDGE, VERIFY
from portal.collaboration.states import CollaborationState as C
from portal.progress.hooks import ObjectionError, objections_to
from portal.progress.lifecycle import LAPSES
from portal.tracking import confirmation, unconfirmed
from tests.acts.desk import CONFIRMED
from tests.factories.collaborations import Case
from tests.factories.moments import move_clock

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
SETTLED = {C.PASSED, C.FILED, C.WITHDRAWN}


def against(case, act):
    with case.runtime.database.read() as session:
        return [found.code for found in objections_to(session, case.desk.ticket, act)]


@pytest.mark.parametrize("state", C)
def test_a_result_needs_every_help_verified_or_withdrawn(portal, state):
    case = Case(portal.runtime)
    case.bring_to(state)
    assert against(case, "resolve") == ([] if state in SETTLED else ["not_passed"])


@pytest.mark.parametrize("state", C)
def test_an_end_by_us_needs_everything_filed(portal, state):
    case = Case(portal.runtime)
    case.bring_to(state)
    right = [] if state in (C.FILED, C.WITHDRAWN) else ["not_filed"]
    assert [against(case, act) for act in ("close", "archive", *LAPSES)] == [right] * 4


def test_a_suggestion_does_not_hold_up_the_result(portal):
    case = Case(portal.runtime)
    case.bring_to(C.DISPATCHED, kind="suggestion")
    assert (against(case, "resolve"), against(case, "close")) == ([], ["not_filed"])


def test_the_sentence_names_it(portal):
    case = Case(portal.runtime)
    case.bring_to(C.VERIFYING)
    with pytest.raises(ObjectionError, match=rf"协作 {case.number}（待验证）还没有验证通过"):
        case.desk.act(RESOLVE, text="已恢复")
    case.take(JUDGE, "alice", passed=True)
    case.desk.act(RESOLVE, text="已恢复")
    with pytest.raises(ObjectionError, match="还没有备案"):
        case.desk.act(CLOSE, **CONFIRMED)
    case.take(FILE, "petra", text="改好了")
    case.take(FILE, "alice", text="核对过")
    case.desk.act(CLOSE, **CONFIRMED)


def test_the_clinic_closes_whatever_is_open_and_the_department_files_afterwards(portal):
    case = Case(portal.runtime)
    case.bring_to(C.PASSED)
    case.desk.act(RESOLVE, text="已恢复")
    case.bring_to(C.ANSWERED)
    confirmation.confirm(portal.runtime, clinic(), case.desk.ticket.id, is_solved=True, comment="")
    assert case.desk.ticket.state == "closed"
    case.take(VERIFY, "alice")
    case.take(JUDGE, "alice", passed=True)
    case.take(FILE, "petra", text="改好了")
    assert case.take(FILE, "leo", text="核对过").status == "filed"
    assert case.desk.ticket.state == "closed"


def test_nothing_lapses_meanwhile(portal, monkeypatch):
    case = Case(portal.runtime)
    case.bring_to(C.PASSED)
    case.desk.act(RESOLVE, text="已恢复")
    for _ in range(3):
        move_clock(monkeypatch, seconds=timedelta(days=12).total_seconds())
        unconfirmed.run(portal.runtime)
    assert case.desk.ticket.state == "awaiting_confirmation"
