"""After a quiet time everything that opens doors asks for the password or the code again (SECURITY D-4)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import StaffSession, User
from portal.acts.table import CLAIM
from portal.disclosure import break_glass
from tests.accounts.factors import code_of, enrol
from tests.acts.desk import Desk
from tests.factories.browsers import PlainBrowser
from tests.factories.cast import actor, password_of
from tests.factories.portals import Portal, csrf_of, post

FACTOR = "/account/second-factor"
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def quieten(portal: Portal) -> None:
    """Everybody was last known to be there an hour ago, in sessions that go on."""
    with portal.runtime.database.transaction() as session:
        session.execute(update(StaffSession).values(confirmed_at=clock.now() - timedelta(hours=1)))


def user_of(portal: Portal, name: str) -> User:
    with portal.runtime.database.read() as session:
        return session.scalars(select(User).where(User.username == name)).one()


def sent_again(browser: PlainBrowser, asked: Any, path: str, **typed: str) -> Any:
    """Fill in the page that asks, as a browser sends it."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', asked.text)
    data: dict[str, Any] = {}
    for name, value in hidden:
        data[name] = [*data.get(name, []), value]
    return browser.post(path, data={**data, "csrf": csrf_of(asked.text), **typed})


def doors(portal: Portal) -> dict[str, tuple[str, str, str, dict[str, Any]]]:
    """who, the page with the form, where it goes, and what is typed."""
    bob = f"/admin/people/{user_of(portal, 'bob').id}"
    word = "an invented phrase"
    return {
        "second factor": ("alice", FACTOR, f"{FACTOR}/begin", {}),
        "new person": (
            "ada",
            "/admin/people/new",
            "/admin/people",
            {"username": "chen", "role": "engineer", "queues": ["his"]},
        ),
        "role": ("ada", bob, bob, {"role": "lead", "display_name": "李主管"}),
        "password": ("ada", bob, f"{bob}/password", {"password": word, "password_again": word}),
        "disable": ("ada", bob, f"{bob}/disable", {}),
        "reset": ("ada", bob, f"{bob}/second-factor/reset", {}),
        "external": ("ada", bob, f"{bob}/external/link", {"subject": "staff-1"}),
        "unlink": ("ada", bob, f"{bob}/external/unlink", {}),
        "token": ("ada", bob, f"{bob}/tokens/revoke", {"token": "x"}),
        "approval": ("leo", "/review/approvals", "", {"decision": "approve"}),
    }


@pytest.mark.parametrize("door", [
    "second factor", "new person", "role", "password", "disable", "reset", "external", "unlink", "token", "approval",
])  # fmt: skip
def test_a_quiet_browser_opens_no_door(portal: Portal, door: str) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    request_id = break_glass.ask(
        portal.runtime, actor(portal.runtime, "bob"), desk.number, "login_password", "今晚上报"
    )
    who, page, path, typed = doors(portal)[door]
    path = path or f"/review/approvals/{request_id}"
    browser = portal.signed_in(who)
    quieten(portal)
    before = user_of(portal, "bob")

    asked = post(browser, page, path, **typed)

    assert asked.status_code == 401
    assert "再次验证身份" in asked.text
    assert "an invented phrase" not in asked.text
    after = user_of(portal, "bob")
    assert (after.role, after.password_hash, after.is_active) == (before.role, before.password_hash, True)

    again = {name: typed[name] for name in ("password", "password_again") if name in typed}
    wrong = sent_again(browser, asked, path, confirmation="not-this-one", **again)
    assert wrong.status_code == 401
    answer = sent_again(browser, wrong, path, confirmation=password_of(who), **again)
    assert answer.status_code in (200, 303, 404, 409), answer.text
    if door == "role":
        assert user_of(portal, "bob").role == "lead"
    if door == "new person":
        assert user_of(portal, "chen").queues == ["his"]


def test_a_strangers_telephone_is_not_set_up_in_a_quiet_browser(portal: Portal) -> None:
    browser = portal.signed_in("alice")
    post(browser, FACTOR, f"{FACTOR}/begin")
    quieten(portal)
    asked = browser.post(f"{FACTOR}/confirm", data={"csrf": csrf_of(browser.get(FACTOR).text), "code": "000000"})
    assert asked.status_code == 401
    assert user_of(portal, "alice").second_factor_at is None


def test_the_session_that_takes_its_place_keeps_when_the_person_was_there(portal: Portal) -> None:
    browser = portal.signed_in("alice")
    earlier = clock.now() - timedelta(minutes=3)
    with portal.runtime.database.transaction() as session:
        session.execute(update(StaffSession).values(confirmed_at=earlier))
    portal.change_settings(reveal_quiet_minutes=15)
    with portal.runtime.database.transaction() as session:
        before = session.scalars(select(StaffSession.confirmed_at)).one()
    enrol(browser)
    with portal.runtime.database.read() as session:
        after = session.scalars(select(StaffSession.confirmed_at)).one()
    assert before is not None
    assert after is not None
    assert before <= after <= clock.now()
    assert clock.now() - after < timedelta(minutes=3)  # the form itself was a sign of presence, the new session is none


def test_who_has_a_second_factor_is_asked_for_a_code(portal: Portal) -> None:
    browser = portal.signed_in("ada")
    secret, _ = enrol(browser)
    quieten(portal)
    bob = f"/admin/people/{user_of(portal, 'bob').id}"
    asked = post(browser, bob, f"{bob}/disable")
    assert "您的验证码" in asked.text
    answer = sent_again(browser, asked, f"{bob}/disable", confirmation=code_of(secret, 1))
    assert answer.status_code == 303
    assert user_of(portal, "bob").is_active is False
