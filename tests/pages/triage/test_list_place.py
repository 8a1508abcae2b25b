"""The list travels with the ticket: back to the row, previous, next, and 处理完，下一条."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from portal.acts.table import CLAIM, REPLY
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.factories.ticket_pages import act

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)


def ways(page: str) -> tuple[str | None, str | None]:
    """The numbers of 上一条 and 下一条."""
    found = [re.search(rf'<a rel="{rel}" href="/tickets/([A-Z0-9]+)', page) for rel in ("prev", "next")]
    before, after = (match and match[1] for match in found)
    return before, after


def test_the_plain_queue_goes_from_mine_to_the_others(portal: Portal) -> None:
    numbers = [file_report(portal.runtime).number for _ in range(4)]
    for number in (numbers[2], numbers[1]):
        Desk(portal.runtime, number).act(CLAIM)
    alice = portal.signed_in("alice")
    page = alice.get("/queues/general").text
    rows = re.findall(r"data-row-link>(\w+)<", page)
    mine, others = rows[:2], rows[2:]
    assert sorted(mine) == sorted(numbers[1:3]) and others == [numbers[0], numbers[3]]
    assert page.index("轮到您 2 条") < page.index(mine[0]) < page.index("其他待处理")
    seen, at = [], rows[0]
    while at:
        seen.append(at)
        before, at = ways(alice.get(f"/tickets/{at}").text)
        assert before == (seen[-2] if len(seen) > 1 else None)
    assert seen == rows


def test_filter_and_page_come_along_and_back(portal: Portal) -> None:
    free = [file_report(portal.runtime, channel="qq").number for _ in range(2)]
    Desk(portal.runtime, file_report(portal.runtime).number).act(CLAIM)
    alice = portal.signed_in("alice")
    address = "/queues/general?assignee=none&channel=qq"
    link = re.search(rf'href="(/tickets/{free[0]}[^"]*)"', alice.get(address).text)
    assert link
    page = alice.get(link[1].replace("&amp;", "&")).text
    assert f'href="/queues/general?assignee=none&amp;channel=qq#{free[0]}"' in page
    assert ways(page) == (None, free[1])
    answer = act(alice, free[0], "assignment", **{"from": "general?assignee=none&channel=qq"})
    target = urlsplit(answer.headers["location"])
    assert parse_qs(target.query) == {"from": ["general?assignee=none&channel=qq"], "done": ["claim"]}
    after = alice.get(answer.headers["location"]).text
    assert "data-focus-first" in after and "已领取，现在由您处理" in after
    assert ways(after)[1] == free[1]  # though the first has left the list


def test_done_with_one_leads_to_the_next_with_a_word_about_the_last(portal: Portal) -> None:
    numbers = [file_report(portal.runtime).number for _ in range(3)]
    for number in numbers[:2]:
        Desk(portal.runtime, number).act(CLAIM)
    Desk(portal.runtime, numbers[0]).act(REPLY, text="在看")
    alice, first = portal.signed_in("alice"), numbers[0]
    answer = act(alice, first, "resolution", text="已恢复", then="next", **{"from": "general?turn=me"})
    assert answer.headers["location"].startswith(f"/tickets/{numbers[1]}?")
    page = alice.get(answer.headers["location"]).text
    assert f"{first} 处理结果已发送给机构，等待确认。这是下一条" in page
    answer = act(alice, numbers[1], "resolution", text="已恢复", then="next", **{"from": "general?turn=me"})
    assert answer.headers["location"].startswith("/queues/general?turn=me&")
    page = alice.get(answer.headers["location"]).text
    assert f"{numbers[1]} 处理结果已发送给机构，等待确认。这份列表里没有下一条了" in page


def test_what_was_answered_in_the_list_by_turn_is_followed_by_its_first(portal: Portal) -> None:
    numbers = [file_report(portal.runtime).number for _ in range(3)]
    for number in numbers:
        Desk(portal.runtime, number).act(CLAIM)
    alice = portal.signed_in("alice")
    act(alice, numbers[1], "information-request", fields="form_name")
    assert ways(alice.get(f"/tickets/{numbers[1]}?from=general%3Fturn%3Dme").text) == (None, numbers[0])


@pytest.mark.parametrize(
    "place", ["his", "his?turn=me", "https://example.org/", "//example.org", "general#x", "%00", "x" * 900]
)
def test_a_forged_list_is_the_queue_as_it_opens(portal: Portal, place: str) -> None:
    number = file_report(portal.runtime).number
    page = portal.signed_in("alice").get(f"/tickets/{number}", params={"from": place}).text
    assert f'href="/queues/general#{number}"' in page and "example.org" not in page


def test_a_refused_act_keeps_the_list(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    Desk(portal.runtime, number).act(CLAIM)
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(version=9))
    answer = act(portal.signed_in("alice"), number, "replies", text="", **{"from": "general?turn=me"})
    assert answer.status_code == 422
    assert f'href="/queues/general?turn=me#{number}"' in answer.text
