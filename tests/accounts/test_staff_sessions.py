"""How sessions end: without use, after their day, and with every change of rights or password."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts import users
from portal.accounts.models import StaffSession, User
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from tests.factories.browsers import PlainBrowser
from tests.factories.cast import password_of
from tests.factories.portals import Portal, csrf_of, post


def age(portal: Portal, **columns: timedelta) -> None:
    values = {name: clock.now() - back for name, back in columns.items()}
    with portal.runtime.database.transaction() as session:
        session.execute(update(StaffSession).values(**values))


def is_signed_in(browser: PlainBrowser) -> bool:
    return browser.get("/account").status_code == 200


def user_id(portal: Portal, name: str):
    with portal.runtime.database.read() as session:
        return session.scalars(select(User.id).where(User.username == name)).one()


def test_a_session_ends_without_use(portal: Portal):
    browser = portal.signed_in("alice")
    age(portal, seen_at=timedelta(minutes=29))
    assert is_signed_in(browser)
    age(portal, seen_at=timedelta(minutes=30, seconds=1))
    assert not is_signed_in(browser)
    with portal.runtime.database.read() as session:
        assert session.scalars(select(StaffSession)).all() == []
        assert (
            session.scalars(select(AuditEvent).where(AuditEvent.tag == "session:expired")).one().actor_name == "alice"
        )


def test_use_keeps_a_session_alive_but_not_beyond_its_day(portal: Portal):
    browser = portal.signed_in("alice")
    age(portal, seen_at=timedelta(minutes=20), created_at=timedelta(hours=7, minutes=59))
    assert is_signed_in(browser)
    with portal.runtime.database.read() as session:
        assert clock.now() - session.scalars(select(StaffSession.seen_at)).one() < timedelta(minutes=1)
    age(portal, created_at=timedelta(hours=8, seconds=1))
    assert not is_signed_in(browser)


@pytest.mark.parametrize("change", ["disable", "role", "password"])
def test_every_session_ends_when_rights_or_password_change(portal: Portal, change: str):
    browsers = [portal.signed_in("alice"), portal.signed_in("alice")]
    other = portal.signed_in("bob")
    who = user_id(portal, "alice")
    with portal.runtime.database.transaction() as session:
        if change == "disable":
            users.set_active(session, SYSTEM, who, False)
        elif change == "role":
            users.change_user(session, SYSTEM, who, role="lead", queues=(), display_name="张工")
        else:
            users.set_password(session, SYSTEM, who, "another invented phrase")
    assert not any(is_signed_in(browser) for browser in browsers)
    assert is_signed_in(other)


def test_an_own_new_password_keeps_this_browser_and_ends_the_others(portal: Portal):
    here, there = portal.signed_in("alice"), portal.signed_in("alice")
    before = here.cookies["portal_session"]
    new = "一句新的暗语，够长"
    answer = post(
        here, "/account", "/account/password", old_password=password_of("alice"), password=new, password_again=new
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=password")
    assert here.cookies["portal_session"] != before
    assert is_signed_in(here)
    assert not is_signed_in(there)
    here.cookies.clear()
    assert post(here, "/sign-in", "/sign-in", username="alice", password=password_of("alice")).status_code == 422
    assert post(here, "/sign-in", "/sign-in", username="alice", password=new).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "message"),
    [
        ("not-this-one", "a fine new phrase", "a fine new phrase", "原密码不对"),
        (None, "short", "short", "密码至少 8 个字符"),
        (None, "a fine new phrase", "another phrase", "两次输入的密码不一样"),
    ],
)
def test_a_faulty_new_password_changes_nothing(portal: Portal, old: str | None, new: str, again: str, message: str):
    browser = portal.signed_in("alice")
    answer = post(
        browser,
        "/account",
        "/account/password",
        old_password=old or password_of("alice"),
        password=new,
        password_again=again,
    )
    assert answer.status_code == 422
    assert message in answer.text
    assert new not in answer.text
    assert portal.signed_in("alice")


def test_the_old_password_cannot_be_guessed_from_a_stolen_browser(portal: Portal):
    browser = portal.signed_in("alice")
    new = {"password": "a fine new phrase", "password_again": "a fine new phrase"}
    for _ in range(5):
        post(browser, "/account", "/account/password", old_password="not-this-one", **new)
    answer = post(browser, "/account", "/account/password", old_password=password_of("alice"), **new)
    assert answer.status_code == 422
    assert portal.signed_in("alice")


def test_it_lists_own_sessions_and_ends_one_of_them(portal: Portal):
    here, there, bob = portal.signed_in("alice"), portal.signed_in("alice"), portal.signed_in("bob")
    page = here.get("/account").text
    assert page.count("本次登录") == 1
    other = page.split('name="session" value="')[1].split('"')[0]
    assert page.count('name="session"') == 1
    post(bob, "/account", "/account/sessions/end", session=other)
    assert is_signed_in(there), "bob cannot end a session of alice"
    assert post(here, "/account", "/account/sessions/end", session=other).status_code == 303
    assert not is_signed_in(there)
    assert is_signed_in(here)


def test_nobody_cannot_open_an_account_page(portal: Portal):
    browser = portal.browser()
    assert browser.get("/account").headers["location"] == "/sign-in?next=/account"
    token = csrf_of(browser.get("/sign-in").text)
    answer = browser.post("/account/password", data={"csrf": token, "password": "x"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
