"""Keepers: who may be one, whom the directory's word means, proposals that are confirmed, and who is told."""

import pytest
from sqlalchemy import select, update

from portal import occasions
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.errors import ConflictError, InvalidError
from portal.institutions.models import DirectoryEntry
from portal.keepers import assignment, people
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.directories import add_entry
from tests.factories.portals import Portal


def run(portal: Portal, work):
    return portal.runtime.database.run(lambda session: work(session, actor(portal.runtime, "leo")))


def read(portal: Portal, work):
    with portal.runtime.database.read() as session:
        return work(session)


def keeper_of(portal: Portal, entry) -> tuple[str, bool]:
    row = read(portal, lambda session: session.get(DirectoryEntry, entry.id))
    return row.keeper, row.keeper_id is not None


@pytest.fixture
def told(portal: Portal):
    """The occasions that were told."""
    heard: list[occasions.KeeperAssigned] = []
    listener = ((occasions.KeeperAssigned, lambda session, occasion: heard.append(occasion)),)
    portal.runtime.database.session_info |= occasions.session_info(listener)
    return heard


def test_who_talks_to_institutions_may_keep_them(portal: Portal):
    staff = read(portal, people.candidates)
    assert {person.role for person in staff} == {Role.AGENT.value, Role.ENGINEER.value}
    means = {
        word: getattr(people.named(staff, word), "username", None) for word in ("张工", "AGNES", "孙主管", "", "某")
    }
    assert means == {"张工": "alice", "AGNES": "agnes", "孙主管": None, "": None, "某": None}


def test_the_proposal_follows_words_and_skills_and_counts_what_is_kept(portal: Portal):
    ids = {name: actor(portal.runtime, name).user_id for name in ("alice", "bob", "hanna", "agnes")}
    with portal.runtime.database.transaction() as session:
        skills = {
            "alice": {"counties": ["高唐县"]},
            "bob": {"counties": ["高唐县"]},
            "hanna": {"systems": ["浪潮系统"]},
        }
        for name, known in skills.items():
            session.execute(update(User).where(User.username == name).values(skills=known))
    entries = [add_entry(portal.runtime, village=f"样例{n}卫生室") for n in range(5)]
    worded = add_entry(portal.runtime, village="李屯卫生室", keeper="赵坐席")
    used = add_entry(portal.runtime, "茌平区", "冯屯镇", "样例卫生室")
    desk = Desk(portal.runtime)
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.id == desk.ticket.id).values(
            institution_id=used.id, previous_system="浪潮系统"))  # fmt: skip
    made = read(portal, assignment.proposal)
    assert made.given[worded.id] == ids["agnes"] and made.given[used.id] == ids["hanna"]
    shares = sorted(made.loads[ids[name]][1] for name in ("alice", "bob"))
    assert shares == [2, 3] and {made.given[entry.id] for entry in entries} == {ids["alice"], ids["bob"]}
    assert [line.is_by_word for line in made.lines if line.institution.id == worded.id] == [True]
    assert read(portal, assignment.unkept_count) == 7
    assert read(portal, lambda session: len(assignment.proposal(session, "茌平区").given)) == 1


def test_nothing_is_assigned_before_it_is_confirmed_and_as_it_was_shown(portal: Portal, told):
    entries = [add_entry(portal.runtime, village=f"样例{n}卫生室") for n in range(3)]
    made = read(portal, assignment.proposal)
    assert {keeper_of(portal, entry) for entry in entries} == {("", False)} and not told
    add_entry(portal.runtime, village="又一个卫生室")
    with pytest.raises(ConflictError):
        run(portal, lambda session, leo: assignment.confirm_all(session, leo, "", made.digest))
    made = read(portal, assignment.proposal)
    assert run(portal, lambda session, leo: assignment.confirm_all(session, leo, "", made.digest)) == 4
    assert {(each.institution_id, each.keeper_id) for each in told} == set(made.given.items())
    assert read(portal, assignment.unkept_count) == 0
    tags = read(portal, lambda session: list(session.scalars(select(AuditEvent.tag))))
    assert tags.count("institution:keeper") == len(set(made.given.values()))


def test_somebody_else_was_faster_or_may_not_keep_any(portal: Portal, told):
    entry = add_entry(portal.runtime)
    alice, bob, leo_id = (actor(portal.runtime, name).user_id for name in ("alice", "bob", "leo"))
    assert run(portal, lambda session, leo: assignment.assign(session, leo, {entry.id: alice})) == 1
    assert run(portal, lambda session, leo: assignment.assign(session, leo, {entry.id: bob})) == 0
    assert keeper_of(portal, entry) == ("张工", True) and len(told) == 1
    with pytest.raises(InvalidError):
        run(portal, lambda session, leo: assignment.assign(session, leo, {entry.id: leo_id}))
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "alice").values(is_active=False))
    assert read(portal, assignment.unkept_count) == 1
    assert run(portal, lambda session, leo: assignment.assign(session, leo, {entry.id: bob})) == 1
