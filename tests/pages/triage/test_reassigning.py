"""Tickets of people who work here no more: found by a filter, marked, and handed over together."""

import re

import pytest
from sqlalchemy import select, update

from portal.accounts import users
from portal.accounts.models import User
from portal.acts.table import CLAIM, URGENCY
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import file_report
from tests.factories.ticket_pages import ticket_of

LIST = "/queues/general"
GONE = f"{LIST}?assignee=gone"


def held(portal: Portal, name: str, count: int) -> list[str]:
    numbers = [file_report(portal.runtime).number for _ in range(count)]
    for number in numbers:
        Desk(portal.runtime, number).act(CLAIM, name)
    return numbers


def disable(portal: Portal, name: str) -> None:
    with portal.runtime.database.transaction() as session:
        user_id = session.scalars(select(User.id).where(User.username == name)).one()
        users.set_active(session, actor(portal.runtime, "ada"), user_id, False)


def picked(page: str) -> list[str]:
    return re.findall(r'name="ticket" value="([^"]+)"', page)


@pytest.mark.parametrize("how", ["disabled", "moved"])
def test_they_are_listed_counted_and_marked(portal: Portal, how: str) -> None:
    mine, gone = held(portal, "alice", 1), held(portal, "bob", 2)
    leo = portal.signed_in("leo")
    assert "待交接<" not in leo.get(LIST).text and "（已" not in leo.get(LIST).text
    if how == "disabled":
        disable(portal, "bob")
    else:
        with portal.runtime.database.transaction() as session:
            session.execute(update(User).where(User.username == "bob").values(queues=["his"]))
    page = leo.get(LIST).text
    assert '待交接<span class="views__count">2</span>' in page
    assert page.count("（已停用）" if how == "disabled" else "（已不在这个队列）") == 2
    page = leo.get(GONE).text
    assert sorted(re.findall(r"data-row-link>(\w+)<", page)) == sorted(gone)
    assert "待交接（2）" in page
    assert "（已" in leo.get(f"/tickets/{gone[0]}").text
    assert "（已" not in leo.get(f"/tickets/{mine[0]}").text


def test_many_are_handed_over_with_a_line_each(portal: Portal) -> None:
    gone = held(portal, "bob", 3)
    disable(portal, "bob")
    leo = portal.signed_in("leo")
    page = leo.get(GONE).text
    rows = picked(page)
    assert len(rows) == 3
    Desk(portal.runtime, gone[0]).act(URGENCY, "leo", urgency="urgent", reason="停诊")
    answer = leo.post(
        f"{LIST}/transfers",
        data={
            "csrf": csrf_of(page),
            "from": "general?assignee=gone",
            "ticket": rows,
            "to": "alice",
            "text": "李工离职",
            "way": "order",
        },
    )
    assert answer.status_code == 200
    assert "已交接 2 条，1 条没有成" in answer.text
    assert answer.text.count("已指派给张工") == 2 and "更新了这条问题" in answer.text
    # What somebody acted on meanwhile has lost its owner, as whatever somebody disabled holds.
    assert [ticket_of(portal, number).assignee_name for number in gone] == [None, "张工", "张工"]
    assert 'href="/queues/general?assignee=gone"' in answer.text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_engineer_hands_over_only_their_own(portal: Portal) -> None:
    [own], [other] = held(portal, "alice", 1), held(portal, "bob", 1)
    alice = portal.signed_in("alice")
    token = csrf_of(alice.get(LIST).text)
    rows = [f"{number} {ticket_of(portal, number).version}" for number in (own, other)]
    answer = alice.post(f"{LIST}/transfers", data={"csrf": token, "ticket": rows, "to": "bob", "text": "请接手"})
    assert "已交接 1 条，1 条没有成" in answer.text and "只有负责人或主管可以转交" in answer.text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"to": "alice"}, "没有选中任何一条"),
        ({"ticket": "RC2099010001 1"}, "没有选择交给谁"),
        ({"ticket": "RC2099010001 1", "to": "alice"}, "没有写说明"),
        ({"ticket": "<script> 1", "to": "alice"}, "没有选中任何一条"),
    ],
)
def test_what_is_missing_is_said(portal: Portal, fields: dict[str, str], words: str) -> None:
    leo = portal.signed_in("leo")
    answer = leo.post(f"{LIST}/transfers", data={"csrf": csrf_of(leo.get(LIST).text), **fields})
    assert answer.status_code == 422 and words in answer.text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_strangers_to_the_queue_get_nothing(portal: Portal) -> None:
    [number] = held(portal, "alice", 1)
    hanna = portal.signed_in("hanna")
    token = csrf_of(hanna.get("/queues/his").text)
    assert (
        hanna.post(
            f"{LIST}/transfers", data={"csrf": token, "ticket": f"{number} 2", "to": "hanna", "text": "请"}
        ).status_code
        == 404
    )
    answer = hanna.post(
        "/queues/his/transfers", data={"csrf": token, "ticket": f"{number} 2", "to": "hanna", "text": "请"}
    )
    assert "没有找到这个编号" in answer.text
    assert ticket_of(portal, number).assignee_name == "张工"
