"""Who is to be called, by whom and until when; each once."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal import clock
from portal.accounts import users
from portal.accounts.models import User
from portal.acts.table import REOPEN
from portal.audit.actor import SYSTEM
from portal.complaints.names import ComplaintState
from portal.errors import NotFoundError
from portal.follow_up.call_backs import following, owners, records, rows
from portal.follow_up.call_backs.models import CallBackCheck, CallBackRecord
from portal.follow_up.call_backs.names import CallBackState, Cause, EndCause
from portal.follow_up.call_backs.owners import Wanted
from portal.follow_up.call_backs.records import Said
from portal.knowledge import followers
from portal.occasions import FollowerToCall, KeeperAssigned, tell
from portal.tickets.models import Ticket, TimelineEntry
from tests.factories.acts import perform
from tests.factories.call_backs import call_back, call_backs, resolved_ticket
from tests.factories.cast import actor
from tests.factories.closing import ticket_named
from tests.factories.complaints import MANAGERS, Case, add_people
from tests.factories.directories import add_entry
from tests.factories.known_issues import add_issue, follow
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def rate(portal: Portal, number: str, score: int, **more: bool) -> None:
    with portal.runtime.database.transaction() as session:
        ticket = ticket_named(portal.runtime, number)
        following.on_rated(session, ticket, round=ticket.round, score=score, **more)


def test_an_unhappy_rating_is_called_about_once(portal: Portal) -> None:
    ticket = resolved_ticket(portal.runtime)

    rate(portal, ticket.number, 2)
    rate(portal, ticket.number, 1)

    (made,) = call_backs(portal.runtime)
    assert (made.cause, made.status, made.subject_number) == ("unhappy", "open", ticket.number)
    assert made.number.startswith("HF")
    assert made.owner_id not in (None, ticket.resolved_by_id)
    assert made.resolver_id == ticket.resolved_by_id


@pytest.mark.parametrize(("score", "more"), [(3, {}), (5, {}), (1, {"is_by_phone": True})])
def test_nobody_is_called_who_is_content_or_said_so_in_a_call(
    portal: Portal, score: int, more: dict[str, bool]
) -> None:
    rate(portal, resolved_ticket(portal.runtime).number, score, **more)

    assert not call_backs(portal.runtime)


def test_without_a_phone_it_is_no_contact_at_once(portal: Portal) -> None:
    ticket = resolved_ticket(portal.runtime, phone=None)

    made = call_back(portal.runtime, ticket)

    assert (made.state_enum, made.owner_id, made.ended_at is None) == (CallBackState.NO_CONTACT, None, False)


def test_a_rating_withdraws_what_asked_for_one(portal: Portal) -> None:
    ticket = resolved_ticket(portal.runtime)
    made = call_back(portal.runtime, ticket, Cause.UNANSWERED)

    rate(portal, ticket.number, 4)

    (row,) = call_backs(portal.runtime)
    assert (row.id, row.state_enum, row.end_cause) == (made.id, CallBackState.WITHDRAWN, EndCause.RATED)
    with portal.runtime.database.read() as session:
        (check,) = session.query(CallBackCheck).all()
    assert (check.checked_at is None, check.is_chosen) == (False, False)


def test_it_is_withdrawn_with_a_line_when_its_round_is_over(portal: Portal) -> None:
    ticket = resolved_ticket(portal.runtime)
    call_back(portal.runtime, ticket)

    _reopen(portal, ticket)

    (row,) = call_backs(portal.runtime)
    assert (row.state_enum, row.end_cause) == (CallBackState.WITHDRAWN, EndCause.REOPENED)
    with portal.runtime.database.read() as session:
        lines = session.query(TimelineEntry).filter_by(ticket_id=ticket.id, action="call_back_withdrawn").all()
    assert [(line.is_public, line.text) for line in lines] == [(False, "评价不满意，问题重新处理")]


def test_a_rating_of_an_earlier_round_makes_nothing(portal: Portal) -> None:
    ticket = resolved_ticket(portal.runtime)
    _reopen(portal, ticket)

    with portal.runtime.database.transaction() as session:
        following.on_rated(session, ticket_named(portal.runtime, ticket.number), round=1, score=1)

    assert not call_backs(portal.runtime)


def test_agents_call_first_then_leads_and_never_the_resolver(portal: Portal) -> None:
    with portal.runtime.database.read() as session:
        ids = {person.username: person.id for person in owners.possible(session, Wanted("general"))}
        assert set(ids) == {"alice", "bob", "agnes", "leo"}
        assert owners.choose(session, Wanted("general")) == ids["agnes"]
        assert owners.choose(session, Wanted("general", not_for=[ids["agnes"]])) == ids["leo"]
        assert owners.choose(session, Wanted("general", not_for=list(ids.values()))) is None


def test_the_least_busy_gets_it_and_nobody_who_is_away(portal: Portal) -> None:
    runtime = portal.runtime
    with runtime.database.transaction() as session:
        users.add_user(
            session,
            SYSTEM,
            username="anna",
            display_name="钱坐席",
            role="agent",
            queues=[],
            password="a phrase of anna",
        )
    first, second = call_back(runtime), call_back(runtime)
    with runtime.database.read() as session:
        agents = [person.id for person in owners.possible(session, Wanted("general")) if person.role == "agent"]
    assert {first.owner_id, second.owner_id} == set(agents)
    with runtime.database.transaction() as session:
        session.execute(update(User).where(User.id.in_(agents)).values(away_from=clock.now() - timedelta(hours=1)))
    with runtime.database.read() as session:
        assert owners.choose(session, Wanted("general")) not in agents


def test_a_new_keeper_has_a_week_and_a_newer_one_another(portal: Portal) -> None:
    runtime = portal.runtime
    bob, agent = actor(runtime, "bob").user_id, actor(runtime, "agnes").user_id
    place = add_entry(runtime)
    for keeper in (bob, bob, agent):
        with runtime.database.transaction() as session:
            assert keeper is not None
            tell(session, KeeperAssigned(place.id, keeper))

    rows = call_backs(runtime)
    assert [(row.status, row.owner_id, row.round) for row in rows] == [("withdrawn", bob, 1), ("open", agent, 2)]
    assert rows[1].first_due_at - rows[1].made_at == timedelta(days=7)
    assert rows[1].institution == place.name


def test_a_complaint_is_followed_up_by_nobody_of_it_and_keeps_its_words(portal: Portal) -> None:
    runtime = portal.runtime
    add_people(runtime, MANAGERS)
    case = Case.for_caller(runtime, "agnes").bring_to(ComplaintState.ANSWERED)

    (row,) = call_backs(runtime)
    assert (row.cause, row.status, row.subject_number, row.queue) == ("complaint", "open", case.number, None)
    assert str(row.owner_id) not in row.not_for
    owner = next(name for name in ("leo", "max", "agnes") if actor(runtime, name).user_id == row.owner_id)
    for name in {"leo", "max", "mona", "alice"} - {owner}:
        with pytest.raises(NotFoundError), runtime.database.read() as session:
            rows.find(session, actor(runtime, name), row.id)
    said = Said(True, "satisfied", suggestion="以后别再挂电话")
    records.write(runtime, actor(runtime, owner), row.id, row.version, said)

    with runtime.database.read() as session:
        (record,) = session.query(CallBackRecord).all()
    assert (record.level, record.suggestion) == ("satisfied", "")
    assert case.row.state_enum is ComplaintState.FOLLOWED_UP


def test_who_said_that_it_happens_there_too_is_called_when_it_works_again(portal: Portal) -> None:
    number = follow(portal.runtime, add_issue(portal.runtime)).number
    with portal.runtime.database.read() as session:
        follower = followers.by_number(session, number)
    assert follower is not None
    for _ in range(2):
        with portal.runtime.database.transaction() as session:
            tell(session, FollowerToCall(follower.id, number, follower.institution, ("general",)))

    (row,) = call_backs(portal.runtime)
    assert (row.cause, row.subject_number, row.status, row.queue) == ("settled", number, "open", "general")
    assert row.owner_id == actor(portal.runtime, "agnes").user_id


def _reopen(portal: Portal, ticket: Ticket) -> None:
    with portal.runtime.database.transaction() as session:
        alice = actor(portal.runtime, "alice")
        perform(session, portal.runtime, alice, REOPEN, ticket.number, ticket.version, text="还要再看")
