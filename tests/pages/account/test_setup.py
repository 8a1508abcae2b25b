"""The first administrator: a one-time code that ends in 30 minutes and only works while nobody exists."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from portal import clock
from portal.accounts import users
from portal.accounts.models import SetupCode, User
from tests.factories.portals import Portal, post

NEW = {"username": "first", "password": "invented-first-phrase", "password_again": "invented-first-phrase"}


@pytest.fixture
def code(portal: Portal) -> str:
    """The code of a portal in which nobody exists yet."""
    with portal.runtime.database.transaction() as session:
        session.execute(delete(User))
        made = users.new_setup_code(session)
    assert made
    return made


def people(portal: Portal) -> list[tuple[str, str]]:
    with portal.runtime.database.read() as session:
        return [(user.username, user.role) for user in session.scalars(select(User))]


def test_it_makes_the_first_administrator_once(portal: Portal, code: str):
    browser = portal.browser()
    assert 'href="/setup"' in browser.get("/sign-in").text
    answer = post(browser, "/setup", "/setup", code=code, **NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    assert browser.get("/admin").status_code == 200
    assert people(portal) == [("first", "admin")]
    assert portal.browser().get("/setup").status_code == 404
    again = post(portal.browser(), "/sign-in", "/setup", code=code, **NEW | {"username": "second"})
    assert again.status_code == 404
    assert people(portal) == [("first", "admin")]


def test_it_is_absent_once_somebody_exists(portal: Portal):
    assert portal.browser().get("/setup").status_code == 404
    assert 'href="/setup"' not in portal.browser().get("/sign-in").text
    with portal.runtime.database.transaction() as session:
        assert users.new_setup_code(session) is None


@pytest.mark.parametrize("wrong", ["", "   ", "0000-0000-0000-0000", "\x00"])
def test_a_wrong_code_makes_nobody(portal: Portal, code: str, wrong: str):
    answer = post(portal.browser(), "/setup", "/setup", code=wrong, **NEW)
    assert answer.status_code == 422
    assert "一次性代码不对或已过期" in answer.text
    assert 'value="first"' in answer.text
    assert NEW["password"] not in answer.text
    assert people(portal) == []


def test_a_code_ends_after_thirty_minutes(portal: Portal, code: str):
    with portal.runtime.database.read() as session:
        left = session.scalars(select(SetupCode.expires_at)).one() - clock.now()
        assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    with portal.runtime.database.transaction() as session:
        session.execute(update(SetupCode).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert post(portal.browser(), "/setup", "/setup", code=code, **NEW).status_code == 422
    assert people(portal) == []


def test_a_weak_password_keeps_the_code_for_the_next_try(portal: Portal, code: str):
    browser = portal.browser()
    weak = post(
        browser, "/setup", "/setup", code=code, username="first", password="12345678", password_again="12345678"
    )
    assert weak.status_code == 422
    assert "太常见" in weak.text
    assert post(browser, "/setup", "/setup", code=code, **NEW).status_code == 303


def test_the_code_cannot_be_guessed_for_long(portal: Portal, code: str):
    browser = portal.browser()
    for _ in range(10):
        assert post(browser, "/setup", "/setup", code="0000-0000-0000-0000", **NEW).status_code == 422
    late = post(browser, "/setup", "/setup", code=code, **NEW)
    assert late.status_code == 429
    assert late.headers["retry-after"] == "900"
    assert people(portal) == []
    elsewhere = portal.browser("192.0.2.9")
    assert post(elsewhere, "/setup", "/setup", code=code, **NEW).status_code == 303


def test_a_code_is_stored_as_a_hash(portal: Portal, code: str):
    with portal.runtime.database.read() as session:
        assert session.scalar(select(func.count()).where(SetupCode.code_hash == code)) == 0
        assert len(session.scalars(select(SetupCode.code_hash)).one()) == 64
