"""An open ticket page: what was typed is kept, who else is there is shown, and neither keeps a session alive."""

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import StaffSession
from portal.acts import unsent_texts
from portal.acts.models import Presence, UnsentText
from portal.acts.table import CLAIM, CLOSE, RESOLVE
from portal.retention import expiry
from tests.acts.desk import Desk
from tests.factories.moments import move_clock
from tests.factories.portals import Portal, csrf_of
from tests.factories.ticket_pages import act, done, ticket_of

WORDS = "机构说密码是 Abc#12345，先记在这里"


@pytest.fixture
def number(portal: Portal) -> str:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    return desk.number


def keep(browser, number: str, **texts: str):
    page = browser.get(f"/tickets/{number}").text
    fields = {f"text.{box}": text for box, text in texts.items()}
    return browser.post(f"/tickets/{number}/unsent", data={"csrf": csrf_of(page), **fields})


def rows(portal: Portal) -> list[UnsentText]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(UnsentText)))


def test_it_is_back_for_its_writer_only_and_sealed(portal: Portal, number: str) -> None:
    alice = portal.signed_in("alice")
    assert keep(alice, number, **{"reply-text": WORDS, "note-text": "像是老问题"}).status_code == 200
    page = alice.get(f"/tickets/{number}").text
    assert WORDS in page and "像是老问题" in page and "上次没有发出的文字还在" in page
    assert WORDS not in portal.signed_in("bob").get(f"/tickets/{number}").text
    [row] = rows(portal)
    assert row.texts_sealed and WORDS.encode() not in row.texts_sealed


def test_sending_clears_that_text_and_no_other(portal: Portal, number: str) -> None:
    alice = portal.signed_in("alice")
    keep(alice, number, **{"reply-text": "在看", "note-text": "像是老问题"})
    page = done(alice, number, "replies", text="在看，稍后回复您")
    assert "像是老问题" in page
    page = done(alice, number, "notes", text="像是老问题")
    assert rows(portal) == [] and "上次没有发出的文字还在" not in page


def test_a_refused_text_stays_kept(portal: Portal, number: str) -> None:
    alice = portal.signed_in("alice")
    keep(alice, number, **{"note-text": "像是老问题"})
    assert act(alice, number, "replies", text="").status_code == 422
    assert len(rows(portal)) == 1


def test_emptied_boxes_keep_nothing(portal: Portal, number: str) -> None:
    alice = portal.signed_in("alice")
    keep(alice, number, **{"reply-text": "在看"})
    keep(alice, number, **{"reply-text": "  "})
    assert rows(portal) == []


def test_it_ends_with_the_ticket_and_after_a_week(portal: Portal, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, desk = portal.signed_in("alice"), Desk(portal.runtime, number)
    keep(alice, number, **{"note-text": WORDS})
    desk.act(RESOLVE, text="已恢复")
    assert len(rows(portal)) == 1
    desk.act(CLOSE, way="phone", text="机构来电确认已解决")
    assert rows(portal) == []
    keep(alice, number, **{"note-text": "关闭后写的"})
    move_clock(monkeypatch, days=7.1)
    with portal.runtime.database.read() as session:
        assert unsent_texts.of(session, portal.runtime, ticket_of(portal, number), rows(portal)[0].user_id).texts == {}
    expiry.sweep(portal.runtime)
    assert rows(portal) == []


def test_only_boxes_of_the_page_are_kept_and_not_without_end(portal: Portal, number: str) -> None:
    alice = portal.signed_in("alice")
    keep(alice, number, **{"reply-text": "长" * 20_000, "foreign": WORDS})
    with portal.runtime.database.read() as session:
        kept = unsent_texts.of(session, portal.runtime, ticket_of(portal, number), rows(portal)[0].user_id)
    assert list(kept.texts) == ["reply-text"] and len(kept.texts["reply-text"]) < 20_000


def test_who_else_is_there_is_shown_for_a_moment(portal: Portal, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = portal.signed_in("alice"), portal.signed_in("bob")
    assert be_there(alice, number, "viewing") == []
    assert be_there(bob, number, "writing") == ["张工 正在查看"]
    assert be_there(alice, number, "viewing") == ["李工 正在填写"]
    move_clock(monkeypatch, seconds=46)
    assert be_there(alice, number, "viewing") == []
    expiry.sweep(portal.runtime)
    with portal.runtime.database.read() as session:
        assert len(session.scalars(select(Presence)).all()) == 1


def be_there(browser, number: str, mode: str) -> list[str]:
    token = csrf_of(browser.get("/account").text)
    answer = browser.post(
        f"/tickets/{number}/presence", data={"csrf": token, "mode": mode}, headers={"x-by-timer": "1"}
    )
    assert answer.status_code == 200, answer.text
    return [one["text"] for one in answer.json()["others"]]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_who_may_not_see_the_ticket_neither_is_there_nor_learns_who_is(portal: Portal, number: str) -> None:
    hanna = portal.signed_in("hanna")
    token = csrf_of(hanna.get("/queues/his").text)
    for path in ("presence", "unsent"):
        assert hanna.post(f"/tickets/{number}/{path}", data={"csrf": token, "mode": "viewing"}).status_code == 404


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_being_there_keeps_no_session_alive(portal: Portal, number: str) -> None:
    alice = portal.signed_in("alice")
    token = csrf_of(alice.get(f"/tickets/{number}").text)
    with portal.runtime.database.transaction() as session:
        session.execute(update(StaffSession).values(seen_at=clock.now().replace(second=0, microsecond=0)))
    seen = _seen_at(portal)
    form = {"csrf": token, "mode": "viewing"}
    alice.post(f"/tickets/{number}/presence", data=form, headers={"x-by-timer": "1"})
    alice.get("/account/news", headers={"sec-fetch-dest": "empty"})
    assert _seen_at(portal) == seen


def _seen_at(portal: Portal):
    with portal.runtime.database.read() as session:
        return session.scalars(select(StaffSession.seen_at)).one()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("version", ["1", "99", "", "x"])
def test_a_note_is_never_refused_as_stale(portal: Portal, number: str, version: str) -> None:
    bob = portal.signed_in("bob")
    token = csrf_of(bob.get(f"/tickets/{number}").text)
    answer = bob.post(f"/tickets/{number}/notes", data={"csrf": token, "version": version, "text": "机构来电催过"})
    assert answer.status_code == 303, answer.text
