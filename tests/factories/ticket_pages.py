"""Short ways through the engineers' pages."""

import re
from typing import Any

from portal.tickets import lookup
from portal.tickets.models import Ticket
from tests.factories.acts import with_cause
from tests.factories.browsers import PlainBrowser
from tests.factories.portals import Portal, csrf_of

_VERSION = re.compile(r'name="version" value="(\d+)"')


def ticket_of(portal: Portal, number: str) -> Ticket:
    """The ticket as it stands."""
    with portal.runtime.database.read() as session:
        ticket = lookup.by_number(session, number)
    assert ticket is not None
    return ticket


def act(browser: PlainBrowser, number: str, resource: str, **fields: Any) -> Any:
    """Open the ticket, then post to one of its resources with the page's token and version."""
    page = browser.get(f"/tickets/{number}")
    assert page.status_code == 200, page.text
    found = _VERSION.search(page.text)
    assert found, "no version on the page"
    data = {"csrf": csrf_of(page.text), "version": found[1], **with_cause(resource, fields)}
    return browser.post(f"/tickets/{number}/{resource}", data=data)


def done(browser: PlainBrowser, number: str, resource: str, **fields: Any) -> str:
    """As `act`, which must succeed; the page that follows."""
    answer = act(browser, number, resource, **fields)
    assert answer.status_code == 303, answer.text
    page = browser.get(answer.headers["location"])
    assert page.status_code == 200, page.text
    return page.text


def token_of(browser: PlainBrowser) -> str:
    """A form token of a signed-in browser, whatever its role sees."""
    for path in ("/queues/general", "/queues/his", "/admin", "/account", "/styleguide", "/"):
        page = browser.get(path)
        if page.status_code == 200 and 'name="csrf" value="' in page.text:
            return csrf_of(page.text)
    raise AssertionError("no page with a form token")


def say_why(browser: PlainBrowser, number: str, reason: str = "核对数据") -> None:
    """From now on this browser opens the pictures of the ticket, for a while."""
    data = {"csrf": token_of(browser), "reason": reason}
    assert browser.post(f"/tickets/{number}/pictures/1/reason", data=data).status_code == 303
