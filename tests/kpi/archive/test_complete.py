"""What a record lacks: each rule by itself, and that the archive objects to exactly what the list shows."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.acts.table import ASK, CLAIM, CLOSE, REPLY
from portal.collaboration.states import CollaborationState as C
from portal.db import new_id
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.models import Survey
from portal.kpi.archive import complete
from portal.progress import hooks
from portal.tickets.models import Promise, Ticket
from portal.tickets.states import TicketState as S
from tests.acts.desk import CONFIRMED, Desk
from tests.factories.archived import change, complete_one
from tests.factories.collaborations import Case
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def codes(desk: Desk) -> list[str]:
    with desk.runtime.database.read() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == desk.number)).one()
        gaps = complete.gaps_of(session, ticket)
        objected = {one.code for one in hooks.objections_to(session, ticket, hooks.ARCHIVE)}
        for waits in (True, False, None):
            found = select(Ticket.id).where(complete.is_incomplete(clock.now(), waits=waits), Ticket.id == ticket.id)
            ours = [gap for gap in gaps if not gap.waits]
            wanted = {None: bool(gaps), False: bool(ours), True: bool(gaps) and not ours}[waits]
            assert (session.scalar(found) is not None) is wanted, (waits, gaps)
    if not desk.ticket.is_open:
        assert objected == {gap.code for gap in gaps}
    return [gap.code for gap in gaps]


def test_an_open_one_lacks_what_comes_next(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    assert codes(desk) == ["unclaimed", "unanswered"]
    desk.act(CLAIM)
    assert codes(desk) == ["unanswered"]
    desk.act(REPLY, text="正在查")
    assert codes(desk) == ["unsolved"]
    desk.act(ASK, fields=["form_name"])
    assert codes(desk) == ["with_clinic"]


def test_a_result_waits_for_the_clinic(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.bring_to(S.AWAITING_CONFIRMATION)
    assert codes(desk) == ["unconfirmed", "unrated"]
    desk.act(CLOSE, **CONFIRMED)
    assert codes(desk) == ["unrated"]
    with portal.runtime.database.transaction() as session:
        session.execute(update(Survey).values(ends_at=clock.now() - timedelta(seconds=1)))
    assert codes(desk) == []


def test_each_fact_of_a_closed_one_is_missed(portal: Portal) -> None:
    case = complete_one(portal.runtime)
    assert codes(case) == []
    for columns, missing in (
        ({"root_cause": None}, ["no_cause"]),
        ({"root_cause": None, "request_type": "consultation"}, []),
        ({"closed_how": None}, ["no_ending"]),
        ({"resolved_at": None, "first_replied_at": None}, ["no_steps"]),
        ({"resolved_at": None, "first_replied_at": None, "closed_how": "lapsed_information"}, []),
        ({"stay": "records"}, ["on_hold"]),
        ({"held_at": clock.now()}, ["on_hold"]),
        ({"archived_at": clock.now(), "root_cause": None}, []),
    ):
        before = case.ticket
        change(case, **columns)
        assert codes(case) == missing, columns
        change(case, **{name: getattr(before, name) for name in columns})


def test_a_call_back_and_a_promise_are_done_first(portal: Portal) -> None:
    case = complete_one(portal.runtime)
    now, ticket = clock.now(), case.ticket
    call_back = CallBack(
        id=new_id(), number="HF1", cause="unhappy", subject_id=ticket.id, ticket_id=ticket.id, made_at=now, due_at=now,
        first_due_at=now,
    )  # fmt: skip
    promise = Promise(
        id=new_id(), ticket_id=ticket.id, round=1, kind="promise", made_by_id=ticket.assignee_id, made_at=now,
        text="再看一次", due_at=now, ends_at=now, status="open",
    )  # fmt: skip
    with portal.runtime.database.transaction() as session:
        session.add_all([call_back, promise])
    assert codes(case) == ["not_called", "promise"]
    for state in ("done", "unreachable", "no_contact", "withdrawn"):
        with portal.runtime.database.transaction() as session:
            session.execute(update(CallBack).values(status=state))
        assert codes(case) == ["promise"]


@pytest.mark.parametrize("state", [C.DISPATCHED, C.PASSED, C.FILED])
def test_the_clinics_own_word_leaves_collaborations_to_be_filed(portal: Portal, state: C) -> None:
    case = Case(portal.runtime)
    case.bring_to(state)
    ended = {"state": "closed", "is_open": False, "closed_how": "confirmed"}
    change(case.desk, **ended, resolved_at=clock.now(), root_cause="misuse")
    assert codes(case.desk) == ([] if state is C.FILED else ["not_filed"])
