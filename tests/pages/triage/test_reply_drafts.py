"""审核 on the ticket page: who sees which form, what is typed survives, and direct posts of others are refused."""

import re

import pytest

from portal.acts.reply_drafts import ASK_DRAFT
from portal.acts.table import CLAIM
from portal.api import models
from tests.acts.desk import Desk
from tests.api.calls import V1
from tests.api.test_described_answers import strict
from tests.factories.portals import Portal, post
from tests.factories.ticket_pages import act, token_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
TEXT = "请更换读卡器后重试"


@pytest.fixture
def desk(portal: Portal) -> Desk:
    made = Desk(portal.runtime)
    made.act(CLAIM)
    return made


def draft_path(page: str, end: str) -> str:
    found = re.search(rf'action="(/tickets/[^"]+/reply-drafts/[0-9a-f-]+/{end})"', page)
    return found[1] if found else ""


def test_the_author_asks_a_lead_decides_and_the_author_sends(portal: Portal, desk: Desk) -> None:
    page, alice, leo = f"/tickets/{desk.number}", portal.signed_in("alice"), portal.signed_in("leo")
    assert act(alice, desk.number, "reply-drafts", text=TEXT).status_code == 303
    for person, may in ((leo, True), (alice, False), (portal.signed_in("bob"), False)):
        shown = person.get(page).text
        assert "张工</bdi>请主管审核这份回复" in shown and TEXT in shown
        assert bool(draft_path(shown, "decision")) is may and not draft_path(shown, "sending")
    assert "张工请您审核回复" in leo.get("/desk/today").text
    decision = draft_path(leo.get(page).text, "decision")
    empty = post(leo, page, decision, approved="false", note="")
    assert empty.status_code == 422 and "退回时请写明要改什么" in empty.text
    assert post(leo, page, decision, approved="true", note="").status_code == 303
    sending = draft_path(alice.get(page).text, "sending")
    assert sending and not draft_path(portal.signed_in("bob").get(page).text, "sending")
    assert "孙主管已同意，请发送给机构" in alice.get("/desk/today").text
    assert post(alice, page, sending).status_code == 303
    assert desk.ticket.first_replied_at is not None and "已同意，请发送给机构" not in alice.get("/desk/today").text


def test_a_returned_text_waits_in_the_authors_form(portal: Portal, desk: Desk) -> None:
    desk.act(ASK_DRAFT, text=TEXT)
    leo, page = portal.signed_in("leo"), f"/tickets/{desk.number}"
    post(leo, page, draft_path(leo.get(page).text, "decision"), approved="false", note="先说原因")
    shown = portal.signed_in("alice").get(page).text
    box = shown.partition('id="field-ask_draft-text"')[2].partition("</textarea>")[0]
    assert TEXT in box and "要改的：先说原因" in shown
    assert 'id="field-ask_draft-text"' not in portal.signed_in("bob").get(page).text
    assert "退回：先说原因" in portal.signed_in("alice").get("/desk/today").text


def test_direct_posts_of_the_wrong_people_are_refused(portal: Portal, desk: Desk) -> None:
    desk.act(ASK_DRAFT, text=TEXT)
    page = f"/tickets/{desk.number}"
    decision = draft_path(portal.signed_in("leo").get(page).text, "decision")
    for name, path, status in (
        ("alice", decision, 403), ("agnes", decision, 403), ("hanna", decision, 403),
        ("bob", f"{page}/reply-drafts", 403),
        ("leo", f"{page}/reply-drafts", 403), ("leo", decision.replace("decision", "sending"), 403),
        ("bob", decision.replace("decision", "sending"), 403), ("alice", decision.replace("decision", "sending"), 409),
    ):  # fmt: skip
        browser = portal.signed_in(name)
        data = {"csrf": token_of(browser), "version": str(desk.ticket.version), "approved": "true", "text": "别的"}
        assert browser.post(path, data=data).status_code == status, (name, path)
    assert desk.ticket.first_replied_at is None


def test_the_calls_are_those_of_the_contract(portal: Portal, desk: Desk) -> None:
    alice, leo, path = portal.api("alice"), portal.api("leo"), f"{V1}/tickets/{desk.number}"
    version = desk.ticket.version
    empty = alice.post(f"{path}/reply-drafts", json={"version": version, "text": " "})
    assert [(fault["field"], fault["code"]) for fault in empty.json()["errors"]] == [("text", "required")]
    asked = alice.post(f"{path}/reply-drafts", json={"version": version, "text": TEXT})
    assert (asked.status_code, asked.json()["reply_draft"]["state"], asked.json()["version"]) == (201, "asked", version)
    strict(models.Ticket, asked.json())
    draft = f"{path}/reply-drafts/{asked.json()['reply_draft']['id']}"
    decided = leo.post(f"{draft}/decision", json={"version": version, "approved": True, "note": "可以"})
    assert (decided.status_code, decided.json()["reply_draft"]["decided_by"]) == (200, "孙主管")
    again = leo.post(f"{draft}/decision", json={"version": version, "approved": False, "note": "不"})
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    sent = alice.post(f"{draft}/sending", json={"version": version})
    assert (sent.status_code, sent.json()["reply_draft"]) == (200, None)
    assert sent.json()["timeline"][-2]["text"] == TEXT
    nowhere = f"{path}/reply-drafts/nothing/sending"
    assert alice.post(nowhere, json={"version": version + 1}).status_code == 404


def test_a_secret_in_it_is_asked_about(portal: Portal, desk: Desk) -> None:
    alice = portal.signed_in("alice")
    stopped = act(alice, desk.number, "reply-drafts", text="密码：Qz8812!x")
    assert stopped.status_code == 422 and "隐藏后发送" in stopped.text
    kept = act(alice, desk.number, "reply-drafts", text="密码：Qz8812!x", seal_found="1")
    assert kept.status_code == 303 and "Qz8812" not in alice.get(f"/tickets/{desk.number}").text
