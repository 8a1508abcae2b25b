"""The queue's search: text as people type it, numbers from any box, and where else there is something."""

import pytest
from sqlalchemy import update

from portal.acts.table import TRANSFER
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import file_report

LIST = "/queues/general"


def search(browser, text: str, queue: str = "general", **filters: str):
    page = browser.get(f"/queues/{queue}").text
    return browser.post(f"/queues/{queue}/search", data={"csrf": csrf_of(page), "q": text, **filters})


def listed(browser, text: str) -> bool:
    """Whether a search leads to a list with the only ticket."""
    answer = search(browser, text)
    assert answer.status_code == 303, answer.text
    return "data-row-link" in browser.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    "typed",
    [
        "张四屯　随访表",
        "张四屯 随访表",
        "随访表　张四屯",
        "随访\u200b表",
        "ＯＲＡ－００９４２",
        "ora—00942",
        "Ora–00942",
        "浪潮系统",
        "张四屯\u00a0ORA-00942",
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_it_reads_what_people_type(portal: Portal, typed: str) -> None:
    file_report(portal.runtime, description="打开高血压随访表，点保存，提示 ORA-00942，刷新后内容没有了")
    assert listed(portal.signed_in("alice"), typed)


def test_it_folds_on_both_sides(portal: Portal) -> None:
    file_report(portal.runtime, description="打开随访表，提示ＯＲＡ—００９４２，刷新后内容没有了")
    alice = portal.signed_in("alice")
    assert listed(alice, "ora-00942")
    assert not listed(alice, "ora-00943")


@pytest.mark.parametrize(
    "write",
    [
        str.lower,
        lambda number: "".join(chr(ord(c) + 0xFEE0) for c in number),
        lambda number: f"  {number[:2]} {number[2:]}　",
        lambda number: f"编号：{number}。",
        lambda number: f"【提报编号】#{number}",
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_whole_number_leads_to_its_ticket_from_any_box(portal: Portal, write) -> None:
    number = file_report(portal.runtime, kind="his").number
    leo = portal.signed_in("leo")
    for queue in ("general", "his"):
        assert search(leo, write(number), queue).headers["location"] == f"/tickets/{number}"


def test_a_former_number_and_an_ended_ticket_are_found(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    old = desk.number
    desk.act(TRANSFER, "leo", queue="his", text="是 HIS 的问题")
    desk.number = Desk(portal.runtime).number
    leo = portal.signed_in("leo")
    target = search(leo, old).headers["location"]
    assert target.startswith("/tickets/HIS")
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(state="closed", is_open=False))
    assert search(leo, old).headers["location"] == target


def test_a_number_of_a_queue_that_is_not_ones_own_is_as_absent_as_any(portal: Portal) -> None:
    number = file_report(portal.runtime, kind="his").number
    alice = portal.signed_in("alice")
    for typed in (number, "HIS2020010001"):
        answer = search(alice, typed)
        page = alice.get(answer.headers["location"]).text
        assert "没有编号" in page and "已查找日常的全部问题" in page and "data-row-link" not in page


def test_it_says_where_it_has_looked_and_offers_the_rest(portal: Portal) -> None:
    file_report(portal.runtime, description="打开随访表，点保存后一直转圈，没有结果")
    file_report(portal.runtime, kind="his", description="门诊收费，点保存后一直转圈，没有结果")
    leo = portal.signed_in("leo")
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.queue == "general").values(state="closed", is_open=False))
    page = leo.get(search(leo, "一直转圈").headers["location"]).text
    assert "data-row-link" not in page
    assert "全部状态里有 1 条" in page and "HIS 队列里有 1 条" in page
    assert "data-row-link" in leo.get(f"{LIST}?state=all&q=一直转圈").text
    alice = portal.signed_in("alice")
    assert "HIS" not in alice.get(f"{LIST}?q=一直转圈").text


def test_words_beyond_the_eighth_are_named(portal: Portal) -> None:
    alice = portal.signed_in("alice")
    page = alice.get(f"{LIST}?q=一 二 三 四 五 六 七 八 九 十").text
    assert "只按前 8 个词查找，没有用到：九、十" in page
    assert "没有用到" not in alice.get(f"{LIST}?q=一 二 三 四 五 六 七 八").text


def test_a_sentence_with_a_number_in_it_is_no_number(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    answer = search(portal.signed_in("alice"), f"张三 {number}")
    assert answer.headers["location"].startswith(LIST)
