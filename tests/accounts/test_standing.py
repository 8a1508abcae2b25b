"""A right that ended between the start of a request and its transaction: nothing is done, nothing is shown."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.accounts import sessions, standing, users
from portal.accounts.models import StaffSession, User
from portal.acts import performing
from portal.acts.table import CLAIM
from portal.audit.actor import SYSTEM, Actor
from portal.audit.models import AuditEvent
from portal.casefile.acts import ACTS
from portal.disclosure import break_glass, picture_redaction, reveals
from portal.errors import ConflictError, PortalError, SessionOverError
from portal.knowledge import contacts
from portal.screenshots.models import Screenshot
from portal.supplements import links
from portal.tickets import lookup
from tests.acts.desk import Desk
from tests.factories.cast import actor, password_of
from tests.factories.portals import Portal

Ending = Callable[[Portal, Actor], None]


def signed_in(portal: Portal, name: str) -> Actor:
    """The actor of a request that has just passed its guard."""
    started = sessions.sign_in(portal.runtime.database, name, password_of(name), sessions.NOWHERE)
    assert started is not None
    assert started[1] is not None
    return started[1].actor("127.0.0.1", "test")


def disable(portal: Portal, person: Actor) -> None:
    assert person.user_id is not None
    with portal.runtime.database.transaction() as session:
        users.set_active(session, SYSTEM, person.user_id, False)


def sign_out(portal: Portal, person: Actor) -> None:
    with portal.runtime.database.transaction() as session:
        for row in session.scalars(select(StaffSession).where(StaffSession.user_id == person.user_id)):
            session.delete(row)


def demote(portal: Portal, person: Actor) -> None:
    """Another role while the session stays: what a token meets."""
    with portal.runtime.database.transaction() as session:
        session.get_one(User, person.user_id).role = "agent"


def take_queue(portal: Portal, person: Actor) -> None:
    with portal.runtime.database.transaction() as session:
        session.get_one(User, person.user_id).queues = ["his"]


ENDINGS: dict[str, tuple[Ending, type[PortalError]]] = {
    "disabled": (disable, SessionOverError),
    "signed out": (sign_out, SessionOverError),
    "another role": (demote, ConflictError),
    "another queue": (take_queue, ConflictError),
}


def rows_of(portal: Portal, person: Actor) -> int:
    """What the trail says this person did."""
    with portal.runtime.database.read() as session:
        rows = select(AuditEvent).where(AuditEvent.actor_id == person.user_id, AuditEvent.is_success)
        return len(session.scalars(rows).all())


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_act_is_done(portal: Portal, act, ending: str) -> None:
    desk, end = Desk(portal.runtime), ENDINGS[ending]
    person = signed_in(portal, "alice")
    given = {asked.name: ["form_name"] if asked.is_list else "一句话说明" for asked in act.inputs}
    before = desk.ticket.version
    end[0](portal, person)
    rows = rows_of(portal, person)

    with pytest.raises(PortalError) as refused:
        performing.carry_out(portal.runtime, person, act, desk.number, before, given)

    assert refused.value.status in (401, 409, 422)
    if not isinstance(refused.value, end[1]):
        assert refused.value.status == 422  # the inputs alone were wrong: nothing was asked of the database
    assert desk.ticket.version == before
    assert rows_of(portal, person) == rows


def ways(portal: Portal, person: Actor, number: str) -> dict[str, Callable[[], object]]:
    """Everything else a member of staff can do to a ticket, besides acts."""
    runtime = portal.runtime
    with runtime.database.read() as session:
        ticket = lookup.by_number(session, number)
        assert ticket is not None
        picture = session.scalars(select(Screenshot.id).where(Screenshot.owner_id == ticket.report_id)).first()
    assert picture is not None

    def link() -> None:
        with runtime.database.transaction() as session:
            links.make(session, runtime, person, number)

    return {
        "reveal": lambda: reveals.reveal_field(runtime, person, number, "id_number", "排查登录"),
        "picture": lambda: reveals.open_picture(runtime, person, number, picture),
        "preview": lambda: reveals.unreadable_preview(runtime, person, number, picture),
        "redaction": lambda: picture_redaction.add(runtime, person, number, picture, (0, 0, 20, 20)),
        "break glass": lambda: break_glass.ask(runtime, person, number, "id_number", "今晚必须处理完"),
        "link": link,
    }


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("way", ["reveal", "picture", "preview", "redaction", "break glass", "link"])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nothing_is_shown(portal: Portal, way: str, ending: str) -> None:
    desk = Desk(portal.runtime)
    person = signed_in(portal, "alice")
    desk.act(CLAIM)
    end = ENDINGS[ending]
    end[0](portal, person)
    rows = rows_of(portal, person)

    with pytest.raises(end[1]):
        ways(portal, person, desk.number)[way]()

    assert rows_of(portal, person) == rows


def test_a_right_that_ends_while_the_value_is_opened_shows_nothing(portal: Portal, monkeypatch) -> None:
    desk = Desk(portal.runtime)
    person = signed_in(portal, "alice")
    desk.act(CLAIM)
    opening = type(portal.runtime.vault).open_value

    def open_slowly(*args, **kwargs):
        disable(portal, person)
        return opening(*args, **kwargs)

    monkeypatch.setattr(type(portal.runtime.vault), "open_value", open_slowly)
    with pytest.raises(SessionOverError):
        reveals.reveal_field(portal.runtime, person, desk.number, "id_number", "排查登录")


def test_an_administrator_who_was_disabled_changes_nobody(portal: Portal) -> None:
    ada, alice = signed_in(portal, "ada"), actor(portal.runtime, "alice")
    with portal.runtime.database.transaction() as session:
        users.add_user(
            session,
            SYSTEM,
            username="bea",
            password=password_of("bea"),
            role="admin",
            queues=(),
            display_name="吴管理员",
        )
    disable(portal, ada)
    assert alice.user_id is not None
    for change in (
        lambda session: users.set_active(session, ada, alice.user_id, False),
        lambda session: users.set_password(session, ada, alice.user_id, "ein neues Wort dafuer"),
        lambda session: users.change_user(
            session, ada, alice.user_id, role="engineer", queues=["his"], display_name="张工"
        ),
        lambda session: users.add_user(
            session, ada, username="eve", password=password_of("eve"), role="admin", queues=(), display_name="钱管理员"
        ),
    ):
        with pytest.raises(SessionOverError):
            portal.runtime.database.run(change)


def test_whoever_has_no_account_needs_no_standing(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        standing.require(session, SYSTEM)
        standing.require(session, replace(SYSTEM, session_id="of no session"))


def test_contacts_follow_the_same_rule(portal: Portal) -> None:
    person = signed_in(portal, "alice")
    disable(portal, person)
    with pytest.raises(PortalError):
        contacts.reveal(portal.runtime, person, "RC1", "phone", "排查登录", is_confirmed=True)
