"""今日: what waits for one person and for nobody else, the most pressing first."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from portal import clock
from portal.accounts.models import User
from portal.accounts.principal import principal_of
from portal.acts.own_reminders import REMIND_ME
from portal.acts.promises import PROMISE, of_ticket
from portal.acts.table import ACCEPT_OFFER, ASK, CLAIM, OFFER, REPLY, RESOLVE
from portal.collaboration.states import JUDGE, VERIFY
from portal.collaboration.states import CollaborationState as C
from portal.institutions.models import DirectoryEntry
from portal.keepers.models import InstitutionContact
from portal.tickets.models import Ticket
from portal.today import today_sections
from portal.today.section import MOST_LINES
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.collaborations import Case
from tests.factories.contacts import add_contact
from tests.factories.directories import add_entry
from tests.factories.reports import file_report


def reader(runtime, name="alice"):
    with runtime.database.read() as session:
        return principal_of(session.scalars(select(User).where(User.username == name)).one())


def sections(portal, name="alice", now=None):
    with portal.runtime.database.read() as session:
        found = today_sections.read(session, reader(portal.runtime, name), now or clock.now())
    return {section.name: section for section in found}


def lines(portal, section, name="alice"):
    return [(line.number, line.words) for line in sections(portal, name)[section].lines]


def desk_of(portal, owner="alice"):
    desk = Desk(portal.runtime)
    desk.act(CLAIM, owner)
    return desk


def queries_of(portal):
    """How many statements one reading takes."""
    asked, me = [], reader(portal.runtime)

    def note(connection, cursor, statement, *rest):
        asked.append(statement)

    with portal.runtime.database.read() as session:
        engine = session.connection().engine
        event.listen(engine, "before_cursor_execute", note)
        today_sections.read(session, me, clock.now())
        event.remove(engine, "before_cursor_execute", note)
    return len(asked)


def set_due(desk, **until):
    with desk.runtime.database.transaction() as session:
        session.execute(
            update(Ticket).where(Ticket.number == desk.number).values(next_due_at=clock.now() + timedelta(**until))
        )


def test_the_earliest_due_of_ones_own_tickets_comes_first(portal):
    late, soon, others = desk_of(portal), desk_of(portal), desk_of(portal, "bob")
    set_due(soon, hours=1)
    set_due(late, minutes=-5)
    set_due(others, minutes=-50)
    assert lines(portal, "dues") == [(late.number, "首次回复机构"), (soon.number, "首次回复机构")]
    section, now = sections(portal)["dues"], clock.now()
    assert [section.is_late(line, now) for line in section.lines] == [True, False]


def test_after_the_reply_the_next_word_is_due_and_a_waiting_ticket_owes_nothing(portal):
    replied, asked, solved = desk_of(portal), desk_of(portal), desk_of(portal)
    replied.act(REPLY, text="已收到，正在核对")
    asked.act(ASK, fields=["form_name"])
    solved.act(RESOLVE, text="已恢复，请刷新")
    assert lines(portal, "dues") == [(replied.number, "告诉机构进展")]
    assert lines(portal, "turns") == [(replied.number, "处理中，等您的下一步")]


def test_a_reminder_is_listed_with_its_words_until_it_comes(portal):
    desk = desk_of(portal)
    desk.act(ASK, fields=["form_name"])
    later = desk_of(portal)
    for each, hours in ((later, 5), (desk, 2)):
        each.act(REMIND_ME, at=(clock.now() + timedelta(hours=hours)).isoformat(), text=f"{hours} 小时后问药房")
    assert lines(portal, "reminders") == [(desk.number, "2 小时后问药房"), (later.number, "5 小时后问药房")]
    assert lines(portal, "reminders", "bob") == []


def test_a_lead_and_an_agent_have_no_tickets_of_their_own(portal):
    desk_of(portal)
    for name in ("leo", "agnes"):
        assert not {"dues", "turns", "reminders", "collaborations"} & set(sections(portal, name))


def test_a_queue_that_was_lost_is_not_listed(portal):
    desk_of(portal)
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "alice").values(queues=["his"]))
    assert [lines(portal, name) for name in ("dues", "turns", "reminders")] == [[], [], []]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_number_of_queries_does_not_grow_with_the_tickets(portal):
    desk_of(portal)
    few = queries_of(portal)
    for _ in range(4):
        desk_of(portal)
    assert queries_of(portal) == few


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_long_list_is_cut_and_says_so(portal):
    desk = desk_of(portal)
    with portal.runtime.database.transaction() as session:
        numbers = [file_report(portal.runtime).number for _ in range(MOST_LINES)]
        session.execute(
            update(Ticket)
            .where(Ticket.number.in_(numbers))
            .values(assignee_id=desk.ticket.assignee_id, state="in_progress", next_due_at=clock.now())
        )
    section = sections(portal)["dues"]
    assert (len(section.lines), section.has_more) == (MOST_LINES, True)
    assert "这里只列前 50 条" in portal.signed_in("alice").get("/desk/today").text


def test_promises_of_ones_own_tickets_are_listed_until_they_are_kept(portal):
    desk, other = desk_of(portal), desk_of(portal, "bob")
    for each, who, days in ((desk, "alice", 2), (desk, "alice", 0.25), (other, "bob", 1)):
        due_at = (clock.now() + timedelta(days=days)).isoformat()
        each.act(PROMISE, who, kind="promise", due_at=due_at, text=f"{days} 天后的结果")
    found = sections(portal)["promises"].lines
    assert [(line.number, line.words.split("：")[1]) for line in found] == [
        (desk.number, "0.25 天后的结果"), (desk.number, "2 天后的结果"),
    ]  # fmt: skip
    clocks = [(line.number, line.words) for line in sections(portal)["dues"].lines]
    desk.act(RESOLVE, text="已恢复", keeps=ids_of(portal, desk))
    assert lines(portal, "promises") == []
    assert clocks == [(desk.number, "首次回复机构")]  # not the promise, which stands above already


def ids_of(portal, desk):
    with portal.runtime.database.read() as session:
        return [str(one.id) for one in of_ticket(session, desk.ticket.id)]


def test_an_offer_is_its_receivers_to_accept_and_its_givers_to_wait_for(portal):
    desk = desk_of(portal)
    offer_id = desk.act(OFFER, assignee="bob", text="只差回访").answer["offer"]["id"]
    assert (lines(portal, "offers", "bob"), lines(portal, "offers")) == ([(desk.number, "张工请您接手")], [])
    assert (lines(portal, "offered"), lines(portal, "offered", "bob")) == ([(desk.number, "等李工答复")], [])
    desk.act(ACCEPT_OFFER, "bob", offer=offer_id)
    assert (lines(portal, "offers", "bob"), lines(portal, "offered")) == ([], [])


def test_a_departments_answer_is_the_owners_to_verify_until_it_is_judged(portal):
    case = Case(portal.runtime)
    case.bring_to(C.IN_WORK)
    assert lines(portal, "collaborations") == []
    case.bring_to(C.ANSWERED)
    assert lines(portal, "collaborations") == [(case.number, f"{case.department}已反馈，请验证")]
    assert lines(portal, "collaborations", "bob") == []
    case.take(VERIFY, "alice")
    assert lines(portal, "collaborations") == [(case.number, f"{case.department}已反馈，等您的验证结论")]
    assert f'href="/collaborations/{case.number}"' in portal.signed_in("alice").get("/desk/today").text
    case.take(JUDGE, "alice", passed=True)
    assert lines(portal, "collaborations") == []


def test_contacts_that_nobody_has_verified_for_a_year_come_back_to_the_keeper(portal, monkeypatch):
    """On both databases: one line an institution, with the stalest moment; none of what is new or gone."""
    runtime = portal.runtime
    agnes, entries = actor(runtime, "agnes"), [add_entry(runtime, village=f"{name}屯卫生室") for name in "甲乙丙"]
    with runtime.database.transaction() as session:
        session.execute(update(DirectoryEntry).values(keeper_id=agnes.user_id))
    today = clock.china_today()
    for entry, days in ((entries[0], 366), (entries[0], 400), (entries[1], 366), (entries[2], 364)):
        phone = f"1390000{days:04}" if entry is not entries[1] else "13900000999"
        row = add_contact(runtime, entry, phone=phone)
        with runtime.database.transaction() as session:
            session.get_one(InstitutionContact, row.id).verified_on = today - timedelta(days=days)
    found = sections(portal, "agnes")["stale_contacts"].lines
    assert [line.number for line in found] == [entries[0].name, entries[1].name]
    assert found[0].words.startswith("2 位") and found[0].at.date() == today - timedelta(days=400)
    assert sections(portal, "leo")["stale_contacts"].lines == []
    assert found[0].number in portal.signed_in("agnes").get("/desk/today").text
