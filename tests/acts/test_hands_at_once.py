"""Many hands at one ticket: one owner always; and whatever happens, tickets, owners, offers and lines agree.

`HAND_ROUNDS=100` and `HAND_ACTS=10000` run the whole proof; the gate runs a part of it.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal import clock
from portal.accounts import users
from portal.accounts.models import User
from portal.acts import offer_ends
from portal.acts.act import Act
from portal.acts.models import AssignmentOffer
from portal.acts.table import (
    ACCEPT_OFFER,
    ASSIGN,
    CLAIM,
    DECLINE_OFFER,
    OFFER,
    RELEASE,
    REPLY,
    RESOLVE,
    TRANSFER,
    WITHDRAW_OFFER,
)
from portal.audit.actor import SYSTEM, clinic
from portal.errors import PortalError, StorageUnavailableError
from portal.kinds.table import QUEUES
from portal.runtime import Runtime
from portal.tickets.models import QueueCount, Ticket, TimelineEntry
from portal.tickets.states import TicketState as S
from portal.tracking import confirmation
from tests.acts.desk import Desk
from tests.factories.portals import Portal
from tests.factories.reports import file_report

ROUNDS = int(os.environ.get("HAND_ROUNDS", "3"))
ACTS = int(os.environ.get("HAND_ACTS", "400"))
CROWD = 50
ENGINEERS = ("alice", "bob", "cathy", "dora")


def add_engineers(runtime: Runtime) -> None:
    with runtime.database.transaction() as session:
        for name, shown in (("cathy", "陈工"), ("dora", "董工")):
            users.add_user(
                session, SYSTEM, username=name, password=f"invented-{name}-phrase", role="engineer",
                queues=list(QUEUES), display_name=shown,
            )  # fmt: skip


def tried(desk: Desk, act: Act, who: str, **given: Any) -> str:
    """The refusal of an act, or nothing; an error that is not ours is raised."""
    try:
        desk.act(act, who, **given)
    except StorageUnavailableError:
        return "busy"
    except PortalError as error:
        return error.message
    return ""


@pytest.mark.servers  # many connections at once
def test_fifty_at_once_leave_one_owner(portal: Portal) -> None:
    add_engineers(portal.runtime)
    for number in range(ROUNDS):
        desk = Desk(portal.runtime)
        offer_id = desk.act(OFFER, "leo", assignee="dora", text="请处理").answer["offer"]["id"]
        steps: list[Callable[[], str]] = [partial(tried, desk, ACCEPT_OFFER, "dora", offer=offer_id)] * 2
        steps += [partial(tried, desk, CLAIM, ENGINEERS[place % 3]) for place in range(CROWD - len(steps))]
        steps += [partial(tried, desk, OFFER, "leo", assignee="alice", text="请处理")] * 4
        random.Random(number).shuffle(steps)
        with ThreadPoolExecutor(len(steps)) as pool:
            refusals = list(pool.map(lambda step: step(), steps))
        ticket = desk.ticket
        assert ticket.assignee_name in ("张工", "李工", "陈工", "董工")
        assert ticket.state == S.IN_PROGRESS.value
        assert all(ticket.assignee_name in words for words in refusals if "已被" in words)
        actions = Counter(line.action for line in desk.entries())
        assert actions["claim"] + actions["accept_offer"] == 1
        assert_conserved(portal.runtime)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_whatever_happens_hands_and_lines_agree(portal: Portal) -> None:
    add_engineers(portal.runtime)
    chance, runtime = random.Random(41), portal.runtime
    desks = [Desk(runtime, file_report(runtime).number) for _ in range(6)]
    ids = [desk.ticket.id for desk in desks]
    lines, done = 0, Counter[str]()
    for _ in range(ACTS):
        desk = refresh(runtime, chance.choice(ids))
        act_at_random(runtime, desk, chance, done)
        with runtime.database.read() as session:
            now = session.scalar(select(func.count()).select_from(TimelineEntry)) or 0
        assert now >= lines
        lines = now
        assert_conserved(runtime)
    assert {"claim", "offer", "accept_offer", "assign", "decline_offer"} <= set(done)


def refresh(runtime: Runtime, ticket_id: Any) -> Desk:
    with runtime.database.read() as session:
        return Desk(runtime, session.get_one(Ticket, ticket_id).number)


def act_at_random(runtime: Runtime, desk: Desk, chance: random.Random, done: Counter[str]) -> None:
    with runtime.database.read() as session:
        of_ticket = select(AssignmentOffer).where(AssignmentOffer.ticket_id == desk.ticket.id)
        offers = session.scalars(of_ticket.order_by(AssignmentOffer.offered_at)).all()
        asked = session.get(User, offers[-1].to_id) if offers else None
    who, other = chance.choice(ENGINEERS), chance.choice(ENGINEERS)
    answer = {"offer": str(chance.choice(offers[-2:]).id)} if offers else {"offer": "none"}
    receiver = asked.username if asked else who
    choices: list[tuple[Act, str, dict[str, Any]]] = [
        (CLAIM, who, {}), (RELEASE, who, {}), (REPLY, who, {"text": "在看"}), (RESOLVE, who, {"text": "好了"}),
        (OFFER, who, {"assignee": other, "text": "请接手"}), (OFFER, "leo", {"assignee": other, "text": "请接手"}),
        (ACCEPT_OFFER, receiver, answer), (ACCEPT_OFFER, other, answer),
        (DECLINE_OFFER, receiver, {**answer, "text": "忙"}),
        (WITHDRAW_OFFER, chance.choice((who, "leo")), answer),
        (ASSIGN, "leo", {"assignee": other, "order": True, "reason": "请假"}),
        (TRANSFER, "leo", {"queue": chance.choice(QUEUES), "text": "转"}),
    ]  # fmt: skip
    roll = chance.random()
    if roll < 0.05:
        with runtime.database.transaction() as session:
            change = {"is_active": chance.random() < 0.7, "away_from": None if chance.random() < 0.7 else clock.now()}
            session.execute(update(User).where(User.username == who).values(**change))
    elif roll < 0.1:
        with runtime.database.transaction() as session:
            session.execute(update(AssignmentOffer).where(AssignmentOffer.status == "open").values(ends_at=clock.now()))
        offer_ends.run(runtime)
    elif roll < 0.15:
        try:
            confirmation.confirm(runtime, clinic(), desk.ticket.id, is_solved=chance.random() < 0.3, comment="还不行")
        except PortalError:
            return
    else:
        act, person, given = chance.choice(choices)
        if not tried(desk, act, person, **given):
            done[act.name] += 1


def assert_conserved(runtime: Runtime) -> None:
    """One owner or none, one queue, hand-overs are accepted offers, an open offer is what its ticket says."""
    with runtime.database.read() as session:
        tickets = session.scalars(select(Ticket)).all()
        accepted = Counter(
            session.scalars(select(AssignmentOffer.ticket_id).where(AssignmentOffer.status == "accepted"))
        )
        is_open = select(AssignmentOffer).where(AssignmentOffer.status == "open")
        waiting = {offer.ticket_id: offer.to_id for offer in session.scalars(is_open)}
        counted = {(row.queue, row.state): row.count for row in session.scalars(select(QueueCount)) if row.count}
    assert counted == Counter((ticket.queue, ticket.state) for ticket in tickets)
    for ticket in tickets:
        assert (ticket.assignee_id is None) == (ticket.assignee_name is None), ticket.number
        assert ticket.hand_over_count == accepted[ticket.id], ticket.number
        assert ticket.offered_to_id == waiting.get(ticket.id), ticket.number
        assert ticket.offered_to_id is None or ticket.offered_to_id != ticket.assignee_id, ticket.number
        if ticket.state == S.IN_PROGRESS.value:
            assert ticket.assignee_id is not None, ticket.number
        if ticket.state == S.SUBMITTED.value:
            assert ticket.assignee_id is None, ticket.number
