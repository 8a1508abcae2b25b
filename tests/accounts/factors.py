"""People with a second factor: enrolment through the pages, and the codes their telephone would show."""

import re
import time

import pyotp
from sqlalchemy import select

from portal import clock
from portal.accounts.models import User
from tests.factories.browsers import PlainBrowser
from tests.factories.cast import password_of
from tests.factories.portals import Portal, csrf_of, post

PAGE = "/account/second-factor"
CODE_PAGE = "/sign-in/code"


def settle(portal: Portal, **changes: object) -> None:
    """Run the portal with other settings."""
    portal.change_settings(**changes)


def user_of(portal: Portal, name: str) -> User:
    with portal.runtime.database.read() as session:
        return session.scalars(select(User).where(User.username == name)).one()


def code_of(secret: str, steps: int = 0) -> str:
    """What the telephone shows `steps` half minutes from now."""
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()) + 30 * steps)


def stay_in_step() -> None:
    """Not across the edge of a half minute: what is one step old now would be two steps old then."""
    left = 30 - clock.now().timestamp() % 30
    if left < 3:
        time.sleep(left)


def begin(browser: PlainBrowser) -> str:
    """Start to enrol; the secret as the page shows it for typing."""
    page = post(browser, PAGE, f"{PAGE}/begin").text
    return re.search(r'id="second-factor-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")


def enrol(browser: PlainBrowser) -> tuple[str, list[str]]:
    """Enrol with the code of the half minute before this one; secret and recovery codes."""
    secret = begin(browser)
    stay_in_step()
    answer = post(browser, PAGE, f"{PAGE}/confirm", code=code_of(secret, -1))
    assert answer.status_code == 200, answer.text
    return secret, re.findall(r"<li>([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})</li>", answer.text)


def enter_password(portal: Portal, name: str, **more: str) -> PlainBrowser:
    """A browser in which the password was right and a code is asked for."""
    browser = portal.browser()
    answer = post(browser, "/sign-in", "/sign-in", username=name, password=password_of(name), **more)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(CODE_PAGE)
    return browser


def enter_code(browser: PlainBrowser, code: str, **more: str):
    """Post a code, with the form token of a public page: it is the same for all of them."""
    token = csrf_of(browser.get("/sign-in").text)
    return browser.post(CODE_PAGE, data={"csrf": token, "code": code, **more})


def is_signed_in(browser: PlainBrowser) -> bool:
    return browser.get("/account").status_code == 200
