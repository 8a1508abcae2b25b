"""Who is suggested: skills that fit, then the fewest tickets, then the longest without a new one; never who is away."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from portal import clock
from portal.accounts import users
from portal.accounts.models import User
from portal.acts import suggestion
from portal.acts.table import CLAIM, OFFER
from portal.audit.actor import SYSTEM
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def desk(portal: Portal) -> Desk:
    with portal.runtime.database.transaction() as session:
        users.add_user(
            session, SYSTEM, username="cathy", password="invented-cathy-phrase", role="engineer",
            queues=["general"], display_name="陈工",
        )  # fmt: skip
    return Desk(portal.runtime)


def change(desk: Desk, name: str, **values: Any) -> None:
    with desk.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == name).values(**values))


def suggested(desk: Desk) -> list[tuple[str, str]]:
    with desk.runtime.database.read() as session:
        ticket = session.get_one(Ticket, desk.ticket.id)
        return [(one.user.display_name, one.reason) for one in suggestion.suggested(session, ticket)]


def names(desk: Desk) -> list[str]:
    return [name for name, _ in suggested(desk)]


def test_fewest_first_then_whoever_waits_longest(desk: Desk) -> None:
    for who in ("bob", "alice", "bob"):
        Desk(desk.runtime).act(CLAIM, who)
    assert names(desk) == ["陈工", "张工", "李工"]
    Desk(desk.runtime).act(CLAIM, "cathy")
    assert names(desk) == ["张工", "陈工", "李工"]  # one each: the older first
    assert suggested(desk)[2][1].startswith("轮到 2 条，上次接到 ")


def test_what_is_offered_counts_as_theirs(desk: Desk) -> None:
    Desk(desk.runtime).act(OFFER, "leo", assignee="cathy", text="请处理")
    assert names(desk)[-1] == "陈工"


def test_skills_that_fit_come_before_everything(desk: Desk) -> None:
    Desk(desk.runtime).act(CLAIM, "bob")
    county = desk.ticket.institution[:3]
    change(desk, "bob", skills={"kinds": ["general"], "counties": [county], "systems": ["没有的系统"]})
    change(desk, "cathy", skills={"kinds": ["general"]})
    assert names(desk) == ["李工", "陈工", "张工"]
    assert suggested(desk)[0][1].startswith(f"熟悉日常、{county}，轮到 1 条")


@pytest.mark.parametrize("values", [{"is_active": False}, {"queues": ["his"]}, {"role": "lead"}, {"away_until": None}])
def test_who_cannot_take_it_is_not_suggested(desk: Desk, values: dict[str, Any]) -> None:
    if "away_until" in values:
        values = {"away_from": clock.now() - timedelta(hours=1)}
    change(desk, "cathy", **values)
    assert "陈工" not in names(desk) and "王工" not in names(desk)


def test_the_owner_is_no_choice_and_the_form_says_why(portal: Portal, desk: Desk) -> None:
    desk.act(CLAIM)
    assert "张工" not in names(desk)
    page = portal.signed_in("alice").get(f"/tickets/{desk.number}").text
    assert "建议：李工（轮到 0 条，还没有接过）" in page or "建议：陈工（轮到 0 条，还没有接过）" in page
