"""A hand-over is an offer: until it is accepted nothing changes, and only an accepted one counts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import User
from portal.acts import offer_ends, offers
from portal.acts.assignment import TakenError
from portal.acts.models import AssignmentOffer
from portal.acts.table import (
    ACCEPT_OFFER,
    ASK,
    ASSIGN,
    CLAIM,
    CLOSE,
    DECLINE_OFFER,
    MERGE,
    OFFER,
    RELEASE,
    RESOLVE,
    TRANSFER,
    WITHDRAW_OFFER,
)
from portal.disclosure import reveals
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portal.notify.models import OutboxMessage, StaffNotice
from portal.progress import hooks
from portal.progress.hooks import Hooks, Moment
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.tickets.states import Urgency
from tests.acts.desk import CONFIRMED, Desk
from tests.factories.cast import actor
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
NOTE = "已核对表单，只差回访"


@pytest.fixture
def desk(portal: Any) -> Desk:
    made = Desk(portal.runtime)
    made.act(CLAIM)
    return made


def offered(desk: Desk, who: str = "alice", to: str = "bob") -> str:
    return str(desk.act(OFFER, who, assignee=to, text=NOTE).answer["offer"]["id"])


def outcome(desk: Desk, offer_id: str) -> str:
    with desk.runtime.database.read() as session:
        return next(row.status for row in session.scalars(select(AssignmentOffer)) if str(row.id) == offer_id)


@contextmanager
def refused(words: str) -> Iterator[None]:
    """With exactly one fault that says so."""
    with pytest.raises(InvalidError) as error:
        yield
    [fault] = error.value.faults
    assert re.search(words, fault.message), fault.message


def told(runtime: Runtime, name: str) -> list[str]:
    with runtime.database.read() as session:
        mine = select(StaffNotice.event).where(
            StaffNotice.user_id == actor(runtime, name).user_id, StaffNotice.seen_at.is_(None)
        )
        return list(session.scalars(mine.order_by(StaffNotice.created_at)))


def change(desk: Desk, name: str, **values: Any) -> None:
    with desk.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == name).values(**values))


def heard(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[Moment]:
    """What is announced from now on."""
    moments: list[Moment] = []
    info = desk.runtime.database.session_info
    also = tuple((moment, lambda _s, _t, m=moment: moments.append(m)) for moment in Moment)
    monkeypatch.setitem(info, hooks._HOOKS, Hooks(info[hooks._HOOKS].objectors, (*info[hooks._HOOKS].listeners, *also)))
    return moments


def test_until_it_is_accepted_the_giver_has_ticket_clocks_and_reveals(desk: Desk) -> None:
    before = desk.ticket
    offered(desk)
    after = desk.ticket
    assert (after.assignee_name, after.state, after.version) == ("张工", "in_progress", before.version)
    assert (after.reply_due_at, after.hand_over_count) == (before.reply_due_at, 0)
    with desk.runtime.database.read() as session:
        ticket = session.get_one(Ticket, after.id)
        assert reveals.may_reveal(session, ticket, actor(desk.runtime, "alice").user_id)
        assert not reveals.may_reveal(session, ticket, actor(desk.runtime, "bob").user_id)
    assert told(desk.runtime, "bob") == ["offered"]


def test_accepted_it_is_the_receivers_with_everything(desk: Desk) -> None:
    desk.act(ACCEPT_OFFER, "bob", offer=offered(desk))
    ticket = desk.ticket
    assert (ticket.assignee_name, ticket.hand_over_count, ticket.offered_to_id) == ("李工", 1, None)
    assert ticket.first_owner_id == actor(desk.runtime, "alice").user_id  # 首问 stays
    assert told(desk.runtime, "alice") == ["offer-answered"] and told(desk.runtime, "bob") == []
    with desk.runtime.database.read() as session:
        row = session.get_one(Ticket, ticket.id)
        assert reveals.may_reveal(session, row, actor(desk.runtime, "bob").user_id)
        assert not reveals.may_reveal(session, row, actor(desk.runtime, "alice").user_id)


def test_declined_it_comes_back_to_the_giver_uncounted(desk: Desk) -> None:
    desk.act(ASK, fields=["form_name"])
    offer_id = offered(desk)
    with refused("请写明不接手的原因"):
        desk.act(DECLINE_OFFER, "bob", offer=offer_id, text=" ")
    desk.act(DECLINE_OFFER, "bob", offer=offer_id, text="这周在值班")
    ticket = desk.ticket
    assert (ticket.assignee_name, ticket.hand_over_count, outcome(desk, offer_id)) == ("张工", 0, "declined")
    assert (ticket.state, ticket.turn, ticket.turn_cause) == ("awaiting_information", "us", "offer_returned")
    assert told(desk.runtime, "alice") == ["offer-answered"]


def test_only_one_is_asked_at_a_time_and_only_they_answer(desk: Desk) -> None:
    offer_id = offered(desk)
    with pytest.raises(ConflictError, match="已经请李工接手"):
        offered(desk, "leo")
    with pytest.raises(ForbiddenError, match="只能由本人答复"):
        desk.act(ACCEPT_OFFER, "alice", offer=offer_id)
    with pytest.raises(NotFoundError):
        Desk(desk.runtime).act(ACCEPT_OFFER, "bob", offer=offer_id)  # another ticket's
    with pytest.raises(NotFoundError):
        desk.act(ACCEPT_OFFER, "bob", offer="no id")
    desk.act(WITHDRAW_OFFER, offer=offer_id)
    with pytest.raises(ConflictError, match="已经撤回"):
        desk.act(ACCEPT_OFFER, "bob", offer=offer_id)
    assert told(desk.runtime, "bob") == []


def test_who_cannot_take_it_is_not_asked(desk: Desk) -> None:
    for name, words in (("hanna", "这个队列的工程师"), ("leo", "这个队列的工程师"), ("alice", "已经由张工处理")):
        with refused(words):
            offered(desk, to=name)
    change(desk, "bob", away_from=clock.now() - timedelta(hours=1), away_until=clock.now() + timedelta(days=1))
    with refused("李工暂时不在（到 .*），请选择别人"):
        offered(desk)
    with refused("请写明做过什么"):
        desk.act(OFFER, assignee="bob", text="")


def test_nobodys_ticket_is_offered_by_a_lead_and_stays_free(portal: Any) -> None:
    desk = Desk(portal.runtime)
    with pytest.raises(ForbiddenError):
        offered(desk)
    offer_id = offered(desk, "leo")
    desk.act(CLAIM, "alice")
    assert (outcome(desk, offer_id), desk.ticket.assignee_name) == ("withdrawn", "张工")
    with pytest.raises(TakenError, match="已被张工在"):
        desk.act(ACCEPT_OFFER, "bob", offer=offer_id)
    other = Desk(portal.runtime)
    other.act(ACCEPT_OFFER, "bob", offer=offered(other, "leo"))
    assert (other.ticket.state, other.ticket.assignee_name) == ("in_progress", "李工")


@pytest.mark.parametrize("how", ["transfer", "close", "merge", "void", "assign"])
def test_what_goes_elsewhere_is_offered_no_more(desk: Desk, how: str) -> None:
    if how == "close":
        desk.act(RESOLVE, text="已恢复")
    offer_id = offered(desk)
    if how == "transfer":
        desk.act(TRANSFER, queue="his", text="是 HIS 的问题")
        with desk.runtime.database.read() as session:
            desk.number = session.scalars(select(Ticket.number).where(Ticket.queue == "his")).one()
    elif how == "close":
        desk.act(CLOSE, **CONFIRMED)
    elif how == "merge":
        desk.act(MERGE, into=file_report(desk.runtime).number)
    elif how == "assign":
        desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="张工请假")
    else:
        desk.void()
    assert outcome(desk, offer_id) == "withdrawn"
    assert (desk.ticket.offered_to_id, desk.ticket.hand_over_count) == (None, 0)
    assert told(desk.runtime, "bob") == (["assigned"] if how == "assign" else [])


@pytest.mark.parametrize(
    ("urgency", "at", "ends"),
    [
        (Urgency.CRITICAL, "2026-11-28T23:00+08:00", "2026-11-28T23:15+08:00"),  # at night too
        (Urgency.URGENT, "2026-11-27T11:30+08:00", "2026-11-27T14:30+08:00"),  # lunch
        (Urgency.NORMAL, "2026-11-27T15:30+08:00", "2026-11-30T10:30+08:00"),  # a weekend
    ],
)
def test_how_long_an_offer_lasts(desk: Desk, urgency: Urgency, at: str, ends: str) -> None:
    with desk.runtime.database.read() as session:
        found = offers.ends_at(session, urgency, datetime.fromisoformat(at))
    assert found == datetime.fromisoformat(ends)


@pytest.mark.parametrize("urgency", Urgency)
def test_unanswered_it_returns_and_both_are_told(desk: Desk, urgency: Urgency, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.runtime.database.transaction() as session:
        session.get_one(Ticket, desk.ticket.id).urgency = urgency.value
    offer_id = offered(desk)
    assert offer_ends.run(desk.runtime) == 0
    with desk.runtime.database.transaction() as session:
        session.execute(update(AssignmentOffer).values(ends_at=clock.now() - timedelta(seconds=1)))
    with pytest.raises(ConflictError, match="到时没有答复"):
        desk.act(ACCEPT_OFFER, "bob", offer=offer_id)
    assert (offer_ends.run(desk.runtime), offer_ends.run(desk.runtime)) == (1, 0)
    ticket = desk.ticket
    assert (ticket.assignee_name, ticket.offered_to_id, outcome(desk, offer_id)) == ("张工", None, "expired")
    assert ticket.turn_cause == "offer_returned"
    assert told(desk.runtime, "alice") == told(desk.runtime, "bob") == ["offer-expired"], "each once"
    assert told(desk.runtime, "leo") == ([] if urgency is Urgency.NORMAL else ["offer-expired"])
    with desk.runtime.database.read() as session:
        written = select(OutboxMessage.id).where(OutboxMessage.event == "offer-expired")
        assert len(session.scalars(written).all()) == 1


@pytest.mark.parametrize("values", [{"is_active": False}, {"queues": ["his"]}, {"away_from": datetime(2020, 1, 1)}])
def test_who_leaves_before_answering_is_asked_no_more(desk: Desk, values: dict[str, Any]) -> None:
    if "away_from" in values:
        values = {"away_from": clock.now() - timedelta(minutes=1)}
    offer_id = offered(desk)
    change(desk, "bob", **values)
    assert offer_ends.run(desk.runtime) == 1
    assert (outcome(desk, offer_id), desk.ticket.assignee_name) == ("withdrawn", "张工")
    assert told(desk.runtime, "alice") == ["offer-answered"]


def test_the_third_hand_over_of_a_round_is_announced(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = heard(desk, monkeypatch)
    for count, (giver, receiver) in enumerate([("alice", "bob"), ("bob", "alice"), ("alice", "bob"), ("bob", "alice")]):
        desk.act(ACCEPT_OFFER, receiver, offer=offered(desk, giver, receiver))
        assert desk.ticket.hand_over_count == count + 1
        assert moments.count(Moment.HAND_OVERS_3) == (1 if count >= 2 else 0)


def test_a_lead_assigns_at_once_with_a_reason_and_it_is_no_hand_over(desk: Desk) -> None:
    with pytest.raises(ForbiddenError, match="只有主管可以直接指派"):
        desk.act(ASSIGN, assignee="bob", order=True, reason="我请假")
    with refused("请写明指派的原因"):
        desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="")
    desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="张工请假")
    assert (desk.ticket.assignee_name, desk.ticket.hand_over_count) == ("李工", 0)
    assert desk.entries()[-1].action == "assign" and desk.rows()[-1].tag == "ticket:assign"
    assert told(desk.runtime, "bob") == ["assigned"]


def test_transfer_with_a_name_only_is_an_offer(desk: Desk) -> None:
    with refused("请写明做过什么"):
        desk.act(ASSIGN, assignee="bob")
    done = desk.act(ASSIGN, assignee="bob", text=NOTE)
    assert done.answer["offer"]["to"] == "李工" and desk.ticket.assignee_name == "张工"
    assert desk.entries()[-1].action == "offer" and desk.rows()[-1].tag == "ticket:offer"


def test_released_while_offered_it_can_still_be_accepted_or_claimed(desk: Desk) -> None:
    offer_id = offered(desk)
    desk.act(RELEASE)
    desk.act(ACCEPT_OFFER, "bob", offer=offer_id)
    assert (desk.ticket.assignee_name, desk.ticket.state) == ("李工", "in_progress")


def test_leads_are_alerted_of_the_third_hand_over_and_of_an_urgent_offer_that_lapsed(desk: Desk) -> None:
    for giver, receiver in (("alice", "bob"), ("bob", "alice"), ("alice", "bob")):
        desk.act(ACCEPT_OFFER, receiver, offer=offered(desk, giver, receiver))
    assert "hand-overs-3" in told(desk.runtime, "leo")
    with desk.runtime.database.transaction() as session:
        session.get_one(Ticket, desk.ticket.id).urgency = Urgency.URGENT.value
    offered(desk, "bob", "alice")
    with desk.runtime.database.transaction() as session:
        session.execute(update(AssignmentOffer).values(ends_at=clock.now()))
    offer_ends.run(desk.runtime)
    assert "offer-expired" in told(desk.runtime, "leo")
