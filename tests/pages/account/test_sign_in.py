"""Signing in and out: one answer for every refusal, lock-out, fixation, redirects only to own pages."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.limiter import RateLimit
from portal.accounts.models import AttemptCounter, StaffSession, User
from portal.audit.models import AuditEvent
from portal.db import Database
from portal.pages.account.sign_in import safe_next
from tests.factories.cast import password_of
from tests.factories.portals import Portal, csrf_of, post

REFUSAL = "用户名或密码不对。连续输错 5 次后需要等 15 分钟再试"
FOREIGN_TARGETS = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\evil.example",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "evil.example",
    "/@evil.example",
    "@evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/review\r\nset-cookie: a=b",
    "/\u3000/evil.example",
    "/review//evil.example",
    "/review\n",
    "/" + "a" * 300,
    "/sign-out",
    "",
)


def sign_in(portal: Portal, name: str, password: str, **more: str):
    browser = portal.browser()
    return post(browser, "/sign-in", "/sign-in", username=name, password=password, **more)


def cookie_of(answer) -> str:
    return answer.cookies["portal_session"]


def disable(portal: Portal, name: str) -> None:
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == name).values(is_active=False))


def end_windows(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(AttemptCounter).values(window_ends_at=clock.now() - timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("alice", "/queues/general"),
        ("hanna", "/queues/his"),
        ("agnes", "/queues/general"),
        ("leo", "/desk/board"),
        ("ada", "/admin"),
    ],
)
def test_it_leads_each_role_to_its_own_start(portal: Portal, name: str, start: str):
    answer = sign_in(portal, name, password_of(name))
    assert (answer.status_code, answer.headers["location"]) == (303, start)
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("portal_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age" not in cookie


def test_it_goes_on_to_the_page_that_was_asked_for(portal: Portal):
    asked = portal.browser().get("/review")
    assert asked.headers["location"] == "/sign-in?next=/review"
    answer = sign_in(portal, "alice", password_of("alice"), next="/tickets/RC2026110001")
    assert answer.headers["location"] == "/tickets/RC2026110001"


@pytest.mark.parametrize("target", FOREIGN_TARGETS)
def test_it_refuses_a_foreign_target(target: str):
    assert safe_next(target) == ""


@pytest.mark.parametrize("target", ["/review", "/queues/general?state=all&q=%E6%97%A5", "/tickets/HIS2026110001/"])
def test_it_keeps_an_own_target(target: str):
    assert safe_next(target) == target


def test_it_never_redirects_or_writes_a_foreign_target(portal: Portal):
    page = portal.browser().get("/sign-in", params={"next": "//evil.example"})
    assert "evil.example" not in page.text
    answer = sign_in(portal, "leo", password_of("leo"), next="//evil.example")
    assert answer.headers["location"] == "/desk/board"
    again = portal.signed_in("leo").get("/sign-in", params={"next": "/\\evil.example"})
    assert (again.status_code, again.headers["location"]) == (303, "/desk/board")


def test_it_gives_one_answer_to_unknown_wrong_locked_and_disabled(portal: Portal):
    answers = {"unknown": sign_in(portal, "nobody", password_of("alice")), "wrong": sign_in(portal, "alice", "x" * 20)}
    for _ in range(6):
        sign_in(portal, "hanna", "x" * 20)
    answers["locked"] = sign_in(portal, "hanna", password_of("hanna"))
    disable(portal, "bob")
    answers["disabled"] = sign_in(portal, "bob", password_of("bob"))
    assert {answer.status_code for answer in answers.values()} == {422}
    assert {len(answer.content) for answer in answers.values()} == {len(answers["unknown"].content)}
    assert all(REFUSAL in answer.text for answer in answers.values())
    assert {tuple(sorted(answer.headers)) for answer in answers.values()} == {tuple(sorted(answers["wrong"].headers))}
    assert not any("set-cookie" in answer.headers for answer in answers.values())


def test_it_shows_nothing_that_was_typed(portal: Portal):
    answer = sign_in(portal, "Typed#Secret99", "Other#Secret88")
    assert "Secret" not in answer.text
    with portal.runtime.database.read() as session:
        for event in session.scalars(select(AuditEvent)):
            assert "Secret" not in f"{event.actor_name}{event.detail}{event.particulars}{event.reason}{event.field}"


def test_five_failures_lock_every_way_to_write_the_name(portal: Portal):
    for name in ("alice", "ALICE", " alice ", "ａｌｉｃｅ", "al\u200bice"):
        assert sign_in(portal, name, "not-this-one").status_code == 422
    for name in ("alice", "Alice", "ＡＬＩＣＥ"):
        answer = sign_in(portal, name, password_of("alice"))
        assert answer.status_code == 422
        assert REFUSAL in answer.text
    assert sign_in(portal, "bob", password_of("bob")).status_code == 303


def test_the_lock_is_kept_in_the_database_and_ends_with_its_window(portal: Portal):
    for _ in range(5):
        sign_in(portal, "alice", "not-this-one")
    restarted = Database(portal.settings.database_url)
    with restarted.read() as session:
        counter = session.get_one(AttemptCounter, "sign-in-name|alice|127.0.0.1")
        assert counter.count == 5
        assert timedelta(minutes=14) < counter.window_ends_at - clock.now() <= timedelta(minutes=15)
    assert sign_in(portal, "alice", password_of("alice")).status_code == 422
    end_windows(restarted)
    restarted.dispose()
    assert sign_in(portal, "alice", password_of("alice")).status_code == 303


def test_a_success_forgets_the_failures_of_the_name(portal: Portal):
    for _ in range(2):
        for _ in range(4):
            assert sign_in(portal, "alice", "not-this-one").status_code == 422
        assert sign_in(portal, "alice", password_of("alice")).status_code == 303


def test_a_name_with_control_characters_is_only_unknown(portal: Portal):
    assert sign_in(portal, "ali\x00ce\x1b", "not-this-one").status_code == 422
    assert sign_in(portal, "\x00", "not-this-one").status_code == 422


def test_an_old_session_ends_when_its_browser_signs_in_again(portal: Portal):
    browser = portal.signed_in("alice")
    before = browser.cookies["portal_session"]
    token = csrf_of(browser.get("/account").text)
    answer = browser.post("/sign-in", data={"csrf": token, "username": "alice", "password": password_of("alice")})
    assert cookie_of(answer) != before
    old = portal.browser()
    old.cookies.set("portal_session", before)
    assert old.get("/account").headers["location"].startswith("/sign-in")


def test_a_session_cookie_chosen_by_somebody_else_is_not_taken_over(portal: Portal):
    browser = portal.browser()
    browser.cookies.set("portal_session", "chosen-by-somebody-else")
    answer = post(browser, "/sign-in", "/sign-in", username="alice", password=password_of("alice"))
    assert answer.status_code == 303
    assert cookie_of(answer) != "chosen-by-somebody-else"
    stranger = portal.browser()
    stranger.cookies.set("portal_session", "chosen-by-somebody-else")
    assert stranger.get("/account").status_code == 303


def test_only_the_hash_of_a_session_is_stored(portal: Portal):
    browser = portal.signed_in("alice")
    with portal.runtime.database.read() as session:
        hashes = session.scalars(select(StaffSession.token_hash)).all()
    assert browser.cookies["portal_session"] not in hashes
    assert all(len(stored) == 64 for stored in hashes)


def test_it_signs_out_at_once(portal: Portal):
    browser = portal.signed_in("alice")
    kept = browser.cookies["portal_session"]
    answer = post(browser, "/account", "/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "portal_session" not in browser.cookies
    browser.cookies.set("portal_session", kept)
    assert browser.get("/account").status_code == 303


def test_it_records_sign_in_refusal_lock_and_sign_out(portal: Portal):
    for _ in range(5):
        sign_in(portal, "bob", "not-this-one")
    browser = portal.signed_in("alice")
    post(browser, "/account", "/sign-out")
    with portal.runtime.database.read() as session:
        events = [
            (event.tag, event.actor_name)
            for event in session.scalars(select(AuditEvent).order_by(AuditEvent.seq))
            if event.tag.startswith("session:")
        ]
    assert events == [
        *[("session:sign-in-refused", "bob")] * 4,
        ("session:sign-in-locked", "bob"),
        ("session:sign-in", "alice"),
        ("session:sign-out", "alice"),
    ]


def test_an_address_that_tries_many_names_is_stopped(portal: Portal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("portal.accounts.sessions.ADDRESS_LIMIT", RateLimit("sign-in-address", most=3, minutes=15))
    stranger = portal.browser("203.0.113.7")
    for name in ("one", "two", "three"):
        post(stranger, "/sign-in", "/sign-in", username=name, password="invented wrong words")
    right = {"username": "alice", "password": password_of("alice")}
    assert post(stranger, "/sign-in", "/sign-in", **right).status_code == 422
    assert post(portal.browser("203.0.113.8"), "/sign-in", "/sign-in", **right).status_code == 303


@pytest.mark.parametrize(("path", "field"), [("/sign-in", "username"), ("/setup", "code")])
def test_what_is_typed_first_has_the_focus(portal, path, field):
    if path == "/setup":
        with portal.runtime.database.transaction() as session:
            session.execute(update(User).where(User.username == "ada").values(is_active=False))
    page = portal.browser().get(path).text
    assert re.search(rf'<input [^>]*name="{field}"[^>]* autofocus', page)
    assert page.count(" autofocus") == 1
