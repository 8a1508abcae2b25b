"""待交接 and 在岗与专长: an absent engineer's tickets are found, taken and spread; who is away keeps the rest."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import User
from portal.acts.table import ACCEPT_OFFER, ASK, CLAIM, NOTE, OFFER, REPLY, RESOLVE
from portal.audit.actor import clinic
from portal.supplements import receiving
from portal.tracking import confirmation
from tests.acts.desk import Desk
from tests.factories.portals import Portal, csrf_of, post
from tests.factories.ticket_pages import ticket_of

PAGE = "/desk/handover"
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def leave(portal: Portal, name: str, **values: object) -> None:
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == name).values(**values))


def held(portal: Portal, name: str, count: int) -> list[str]:
    desks = [Desk(portal.runtime) for _ in range(count)]
    for desk in desks:
        desk.act(CLAIM, name)
    return [desk.number for desk in desks]


def away() -> dict[str, object]:
    return {"away_from": clock.now() - timedelta(hours=1), "away_until": clock.now() + timedelta(days=3)}


def picked(page: str) -> list[str]:
    return re.findall(r'name="ticket" value="([^"]+)"', page)


def test_nine_tickets_of_a_disabled_engineer_are_spread_in_one_press(portal: Portal) -> None:
    numbers = held(portal, "alice", 9)
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "hanna").values(queues=["general", "his"]))
    leave(portal, "alice", is_active=False)
    leo = portal.signed_in("leo")
    page = leo.get(PAGE).text
    assert page.count("张工</bdi>（已停用）") == 9 and len(picked(page)) == 9
    data = {"csrf": csrf_of(page), "ticket": picked(page), "to": "*", "text": "张工离职", "way": "order"}
    answer = leo.post("/queues/general/transfers", data={**data, "back": "handover"})
    assert "已交接 9 条" in answer.text and f'href="{PAGE}"' in answer.text
    owners = sorted(str(ticket_of(portal, number).assignee_name) for number in numbers)
    assert owners == ["李工"] * 5 + ["王工"] * 4 or owners == ["李工"] * 4 + ["王工"] * 5
    assert "没有待交接的问题" in leo.get(PAGE).text


def test_many_are_offered_and_stay_whose_they_are(portal: Portal) -> None:
    numbers = held(portal, "alice", 2)
    leave(portal, "alice", **away())
    leo = portal.signed_in("leo")
    page = leo.get(PAGE).text
    assert "张工</bdi>（暂时不在）" in page
    data = {"csrf": csrf_of(page), "ticket": picked(page), "to": "bob", "text": "张工请假", "way": "offer"}
    answer = leo.post("/queues/general/transfers", data=data).text
    assert answer.count("已请李工接手，等对方答复") == 2
    assert [ticket_of(portal, number).assignee_name for number in numbers] == ["张工", "张工"]
    assert leo.get(PAGE).text.count("等同事答复") == 2


def test_an_engineer_claims_what_an_absent_colleague_has(portal: Portal) -> None:
    [number] = held(portal, "alice", 1)
    leave(portal, "alice", **away())
    bob = portal.signed_in("bob")
    assert number in bob.get(PAGE).text and "直接指派" not in bob.get(PAGE).text
    assert ">领取</button>" in bob.get(f"/tickets/{number}").text
    desk = Desk(portal.runtime, number)
    desk.act(CLAIM, "bob")
    assert (desk.ticket.assignee_name, desk.ticket.state) == ("李工", "in_progress")
    assert any("张工暂时不在" in line.text for line in desk.entries())


def test_who_is_away_keeps_and_works_what_nobody_took(portal: Portal) -> None:
    [number] = held(portal, "alice", 1)
    leave(portal, "alice", **away())
    desk = Desk(portal.runtime, number)
    desk.act(NOTE, "agnes", text="机构来电")
    desk.act(REPLY, "alice", text="我在外面看一下")
    assert desk.ticket.assignee_name == "张工"
    assert number not in portal.signed_in("alice").get(PAGE).text


@pytest.mark.parametrize("how", ["supplied", "not solved"])
def test_the_clinic_brings_it_back_to_the_queue(portal: Portal, how: str) -> None:
    [number] = held(portal, "alice", 1)
    desk = Desk(portal.runtime, number)
    if how == "supplied":
        desk.act(ASK, fields=["form_name"])
    else:
        desk.act(RESOLVE, text="好了")
    leave(portal, "alice", **away())
    if how == "supplied":
        receiving.supplement(desk.runtime, clinic(), desk.ticket.id, {"form_name": ["随访表"]}, [])
    else:
        confirmation.confirm(desk.runtime, clinic(), desk.ticket.id, is_solved=False, comment="还不行")
    assert (desk.ticket.state, desk.ticket.assignee_id) == ("submitted", None)
    assert any(line.text == "负责人张工暂时不在，这条问题不再有负责人" for line in desk.entries())


def test_one_says_oneself_when_one_is_away(portal: Portal) -> None:
    alice, page = portal.signed_in("alice"), "/account/availability"
    until = clock.in_china(clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert post(alice, page, page, what="away", away_until=until).status_code == 303
    assert "现在不在" in alice.get(page).text
    refused = post(alice, page, page, what="away", away_until="2020-01-01T10:00")
    assert refused.status_code == 422 and "回来的时间要在现在以后" in refused.text
    assert post(alice, page, page, what="away", away_until="soon").status_code == 422
    post(alice, page, page, what="back")
    assert "现在在岗" in alice.get(page).text


def test_a_lead_keeps_skills_of_the_own_queues_and_nobody_elses(portal: Portal) -> None:
    with portal.runtime.database.read() as session:
        ids = {user.username: user.id for user in session.scalars(select(User))}
    leave(portal, "leo", queues=["general"])
    leo, page = portal.signed_in("leo"), f"/desk/people/{ids['alice']}"
    assert post(leo, page, page, what="skills", kinds="general").status_code == 303
    assert post(leo, page, page, what="skills", kinds="nonsense").status_code == 422
    with portal.runtime.database.read() as session:
        assert session.get_one(User, ids["alice"]).skills == {"kinds": ["general"]}
    assert leo.get(f"/desk/people/{ids['hanna']}").status_code == 404
    assert portal.signed_in("alice").get(page).status_code == 403
    assert portal.signed_in("ada").get(f"/admin/people/{ids['alice']}/availability").status_code == 200


def test_whoever_was_asked_first_still_finds_it_after_a_hand_over(portal: Portal) -> None:
    [number] = held(portal, "alice", 1)
    desk = Desk(portal.runtime, number)
    desk.act(ACCEPT_OFFER, "bob", offer=desk.act(OFFER, assignee="bob", text="只差回访").answer["offer"]["id"])
    alice, bob = portal.signed_in("alice"), portal.signed_in("bob")
    page = alice.get("/queues/general?assignee=first").text
    assert f"data-row-link>{number}<" in page and '我首问的<span class="views__count">1</span>' in page
    assert f"data-row-link>{number}<" not in alice.get("/queues/general?assignee=me").text
    assert f"data-row-link>{number}<" not in bob.get("/queues/general?assignee=first").text
    ticket = bob.get(f"/tickets/{number}").text
    assert "首问责任人" in ticket and "已转交" in ticket and "1 次" in ticket
