"""One administrator is not two people: accounts that they made or took over approve nothing for each other."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts import users
from portal.accounts.models import User
from portal.acts.table import CLAIM
from portal.audit.models import AuditEvent
from portal.disclosure import break_glass
from portal.errors import ForbiddenError
from portal.notify import recipients
from portal.notify.events import Event
from portal.notify.models import OutboxMessage
from portal.notify.recipients import RecipientKind
from tests.acts.desk import Desk
from tests.factories.cast import actor, add_administrators, password_of
from tests.factories.portals import Portal

WHY = "负责人休假，机构今天要上报"


@pytest.fixture
def desk(portal: Portal) -> Desk:
    """A ticket of alice's."""
    made = Desk(portal.runtime)
    made.act(CLAIM)
    return made


def add(portal: Portal, by: str, name: str, role: str, *, days_ago: int = 30) -> None:
    """As the people page does it."""
    with portal.runtime.database.transaction() as session:
        user = users.add_user(
            session, actor(portal.runtime, by), username=name, password=password_of(name), role=role,
            queues=["general"], display_name=f"{name}工", is_given=True,
        )  # fmt: skip
        user.created_at = user.password_given_at = clock.now() - timedelta(days=days_ago)


def ask(portal: Portal, desk: Desk, name: str) -> uuid.UUID:
    return break_glass.ask(portal.runtime, actor(portal.runtime, name), desk.number, "login_password", WHY)


def approve(portal: Portal, request_id: uuid.UUID, name: str) -> None:
    break_glass.decide(portal.runtime, actor(portal.runtime, name), request_id, True)


def test_two_accounts_of_one_administrator_are_one_person(portal: Portal, desk: Desk) -> None:
    add_administrators(portal.runtime)
    add(portal, "ada", "eve", "engineer")
    add(portal, "ada", "lea", "lead")
    request_id = ask(portal, desk, "eve")  # leo could approve
    with pytest.raises(ForbiddenError):
        approve(portal, request_id, "lea")
    with portal.runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
        assert row is not None
        assert (row.tag, row.actor_name, row.particulars["dependence"]) == ("break-glass:refused", "lea", "same-maker")
        told = session.scalars(select(OutboxMessage.event)).all()
        assert told.count(Event.APPROVAL_ALARM.value) == 1
        named = recipients.recipients_of(session, Event.APPROVAL_ALARM, desk.number, RecipientKind.USER)
        assert [session.get_one(User, uuid.UUID(user_id)).username for user_id in named] == ["audrey"]
    approve(portal, request_id, "leo")


def test_the_request_is_refused_where_only_they_could_approve(portal: Portal, desk: Desk) -> None:
    add(portal, "ada", "eve", "engineer")
    add(portal, "ada", "lea", "lead")
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "leo").values(is_active=False))
    with pytest.raises(ForbiddenError):
        ask(portal, desk, "eve")
    ask(portal, desk, "bob")  # nobody's account: lea is independent of bob


@pytest.mark.parametrize(("days_ago", "is_allowed"), [(0, False), (2, True), (-3, False)])
def test_an_account_approves_after_its_first_day(portal: Portal, desk: Desk, days_ago: int, is_allowed: bool) -> None:
    add(portal, "ada", "lea", "lead", days_ago=days_ago)
    request_id = ask(portal, desk, "bob")
    if is_allowed:
        approve(portal, request_id, "lea")
    else:
        with pytest.raises(ForbiddenError, match="不满一天"):
            approve(portal, request_id, "lea")


def test_an_account_that_was_taken_over_approves_nothing_for_a_day(portal: Portal, desk: Desk) -> None:
    leo = actor(portal.runtime, "leo").user_id
    assert leo is not None
    with portal.runtime.database.transaction() as session:
        users.set_password(session, actor(portal.runtime, "ada"), leo, "set by somebody else", is_given=True)
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "leo").values(must_change_password=False))
    with pytest.raises(ForbiddenError):
        ask(portal, desk, "bob")


def test_they_may_still_refuse(portal: Portal, desk: Desk) -> None:
    add(portal, "ada", "eve", "engineer")
    add(portal, "ada", "lea", "lead")
    break_glass.decide(portal.runtime, actor(portal.runtime, "lea"), ask(portal, desk, "eve"), False)
