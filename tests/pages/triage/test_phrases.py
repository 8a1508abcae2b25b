"""Phrases on the ticket page: rendered for this ticket, inserted by a post where no script runs, sent only later."""

import re

from portal.acts.table import CLAIM
from tests.acts.desk import Desk
from tests.factories.portals import Portal
from tests.factories.ticket_pages import act, ticket_of


def phrase_of(page: str, title: str) -> str:
    return re.search(rf'value="([0-9a-f-]{{36}})"[^>]*>\s*<strong class="phrase__title">{title}<', page)[1]


def box(page: str, name: str) -> str:
    return re.search(rf'id="field-{name}"[^>]*?(?:value="([^"]*)"[^>]*)?>\n?([^<]*)', page)[2].strip()


def test_a_phrase_is_inserted_without_script_and_nothing_is_sent(portal: Portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    alice, number = portal.signed_in("alice"), desk.ticket.number
    page = alice.get(f"/tickets/{number}").text
    assert page.count('data-hints="reply"') >= 2 and 'data-hints="question"' in page
    assert not re.search(r'data-unsent="note-text"[^>]*data-hints', page)
    version = ticket_of(portal, number).version
    chosen = phrase_of(page, "还有别的吗")
    shown = act(alice, number, "replies", type="plain", text="先写的", insert=chosen)
    assert shown.status_code == 200
    text = box(shown.text, "reply-text")
    assert text.startswith("先写的\n") and f"{number} 已处理" in text and desk.ticket.institution in text
    assert ticket_of(portal, number).version == version
    gone = act(alice, number, "replies", type="plain", text="先写的", insert="x")
    assert gone.status_code == 409 and "不能用了" in gone.text and "先写的" in gone.text


def test_an_acceptance_fills_its_three_boxes(portal: Portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    alice, number = portal.signed_in("alice"), desk.ticket.number
    chosen = phrase_of(alice.get(f"/tickets/{number}").text, "数据修复类")
    shown = act(alice, number, "replies", type="acceptance", insert=chosen).text
    assert box(shown, "accept-steps") == "先备份数据，再由工程师修复，修好后请您核对一次"
    assert 'id="field-accept-time_needed" name="time_needed" value="' in shown
    assert "数据恢复完整" in re.search(r'id="field-accept-expected_result"[^>]*value="([^"]*)"', shown)[1]


def test_who_may_not_reply_inserts_nothing(portal: Portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    hanna = portal.signed_in("hanna")
    token = re.search(r'name="csrf" value="([^"]+)"', hanna.get("/account").text)[1]
    answer = hanna.post(f"/tickets/{desk.ticket.number}/replies", data={"csrf": token, "type": "plain", "insert": "x"})
    assert answer.status_code == 404
