"""Whose turn it is, why and since when: shown in the list, ordered by it, counted."""

import re

import pytest

from portal.acts.table import ASK, CLAIM, CLOSE, REOPEN, RESOLVE
from portal.audit.actor import clinic
from portal.supplements import receiving
from portal.tickets.states import TicketState as S
from portal.tracking import confirmation
from tests.acts.desk import CONFIRMED, Desk
from tests.factories.portals import Portal
from tests.pages.account.test_notices import count

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def row_of(page: str, number: str) -> str:
    [row] = [row for row in page.split("<tr") if f'id="{number}"' in row]
    return row


def supplemented(desk: Desk) -> None:
    desk.act(CLAIM)
    desk.act(ASK, fields=["form_name"])
    receiving.supplement(desk.runtime, clinic(), desk.ticket.id, {"form_name": ["随访表"]}, [])


def partly_supplied(desk: Desk) -> None:
    desk.act(CLAIM)
    desk.act(ASK, fields=["form_name", "operation_steps"])
    receiving.supplement(desk.runtime, clinic(), desk.ticket.id, {"form_name": ["随访表"]}, [])


def refused(desk: Desk) -> None:
    desk.bring_to(S.AWAITING_CONFIRMATION)
    confirmation.confirm(desk.runtime, clinic(), desk.ticket.id, is_solved=False, comment="还是打不开")


def refused_twice(desk: Desk) -> None:
    refused(desk)
    desk.act(RESOLVE, text="已恢复")
    confirmation.confirm(desk.runtime, clinic(), desk.ticket.id, is_solved=False, comment="还是打不开")


def reopened(desk: Desk) -> None:
    desk.bring_to(S.AWAITING_CONFIRMATION)
    desk.act(CLOSE, **CONFIRMED)
    desk.act(REOPEN, text="同样的问题又出现了")


@pytest.mark.parametrize(
    ("bring", "words", "is_ours"),
    [
        (supplemented, ("机构已补充", "轮到您"), True),
        (refused, ("新回复：没有解决", "轮到您"), True),
        (refused_twice, ("新回复：没有解决（第 2 次）", "轮到您"), True),
        (reopened, ("重新打开", "轮到您"), True),
        (partly_supplied, ("已补一部分", "等机构补充"), False),
        (lambda desk: desk.bring_to(S.AWAITING_INFORMATION), ("等机构补充",), False),
        (lambda desk: desk.bring_to(S.AWAITING_CONFIRMATION), ("等机构确认",), False),
    ],
)
def test_the_row_says_it(portal: Portal, bring, words: tuple[str, ...], is_ours: bool) -> None:
    desk = Desk(portal.runtime)
    bring(desk)
    alice = portal.signed_in("alice")
    mine = alice.get("/queues/general?assignee=me").text
    row = row_of(mine, desk.number)
    assert [word for word in words if word not in row] == []
    ticket_page = alice.get(f"/tickets/{desk.number}").text
    assert words[-1] in ticket_page
    plain = alice.get("/queues/general").text
    assert (f'id="{desk.number}"' in plain) is is_ours
    assert count(plain, "to_do.general") == count(plain, "my_turn.general") == int(is_ours)


def test_the_counts_are_those_of_the_lists(portal: Portal) -> None:
    for bring in (supplemented, refused, partly_supplied, lambda desk: desk.act(CLAIM, "bob"), lambda desk: None):
        bring(Desk(portal.runtime))
    alice = portal.signed_in("alice")
    page = alice.get("/queues/general").text
    for words, query in (
        ("待处理", ""),
        ("轮到我", "?turn=me"),
        ("我的", "?assignee=me"),
        ("未领取", "?assignee=none"),
    ):
        shown = re.search(rf'>{words}<span class="views__count">(\d+)<', page)
        assert shown, words
        assert int(shown[1]) == alice.get(f"/queues/general{query}").text.count("data-row-link"), words
    for path in ("/account", "/known-issues", "/desk/reports/new"):
        assert count(alice.get(path).text, "to_do.general") == 4, path


def test_nothing_of_a_foreign_queue_is_counted(portal: Portal) -> None:
    Desk(portal.runtime)
    page = portal.signed_in("hanna").get("/account").text
    assert 'data-count="to_do.general"' not in page and count(page, "to_do.his") == 0
