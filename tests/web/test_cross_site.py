"""No post of the account, people and review pages works from another site or with another browser's token."""

import pytest
from sqlalchemy import func, select

from portal.accounts.models import StaffSession, User
from portal.audit.models import AuditEvent
from tests.factories.cast import password_of
from tests.factories.portals import Portal, csrf_of

ACTS = {
    "/sign-out": ("alice", {}),
    "/account/password": (
        "alice",
        {"old_password": password_of("alice"), "password": "a fine new phrase", "password_again": "a fine new phrase"},
    ),
    "/account/sessions/end": ("alice", {"session": "{session}"}),
    "/admin/people": ("ada", {"username": "mallory", "role": "admin"}),
    "/admin/people/{id}": ("ada", {"role": "admin", "display_name": "x", "version": "1"}),
    "/admin/people/{id}/password": ("ada", {"password": "a fine new phrase", "password_again": "a fine new phrase"}),
    "/admin/people/{id}/disable": ("ada", {}),
    "/admin/people/{id}/enable": ("ada", {}),
    "/review/verification": ("leo", {}),
    "/sign-in": ("alice", {"username": "ada", "password": password_of("ada")}),
}
FORGERIES = {
    "no token": (False, {}),
    "another session's token": (None, {}),
    "foreign origin": (True, {"origin": "https://evil.example"}),
    "hidden origin, another session's token": (None, {"origin": "null"}),
    "hidden origin, cross-site": (True, {"origin": "null", "sec-fetch-site": "cross-site"}),
    "cross-site": (True, {"sec-fetch-site": "cross-site", "origin": "http://portal.test"}),
    "same-site": (True, {"sec-fetch-site": "same-site"}),
}


def everything(portal: Portal):
    """Whatever these posts could have changed."""
    with portal.runtime.database.read() as session:
        people = [
            (user.username, user.role, user.queues, user.display_name, user.is_active, user.password_hash)
            for user in session.scalars(select(User).order_by(User.name_key))
        ]
        hashes = session.scalars(select(StaffSession.token_hash).order_by(StaffSession.token_hash)).all()
        return people, hashes, session.scalar(select(func.count()).select_from(AuditEvent))


@pytest.mark.parametrize("path", ACTS)
def test_a_forged_post_changes_nothing(portal: Portal, path: str):
    name, fields = ACTS[path]
    browser, other = portal.signed_in(name), portal.signed_in(name)
    with portal.runtime.database.read() as session:
        bob = session.scalars(select(User.id).where(User.username == "bob")).one()
        someone = session.scalars(select(StaffSession.token_hash)).first()[:16]
    fields = {key: value.format(session=someone) for key, value in fields.items()}
    tokens = {
        True: csrf_of(browser.get("/account").text),
        None: csrf_of(other.get("/account").text),
        False: None,
    }
    before = everything(portal)
    for forgery, (kind, headers) in FORGERIES.items():
        data = fields | ({"csrf": tokens[kind]} if tokens[kind] else {})
        answer = browser.post(path.format(id=bob), data=data, headers=headers)
        assert answer.status_code == 403, forgery
        assert everything(portal) == before, forgery
    answer = browser.post(path.format(id=bob), data=fields | {"csrf": tokens[True]})
    assert answer.status_code in (200, 303)
    assert everything(portal) != before, "the same post with the right token does change something"


def test_a_token_of_a_visitor_cannot_be_used_by_another_visitor(portal: Portal):
    token = csrf_of(portal.browser().get("/sign-in").text)
    victim = portal.browser()
    victim.get("/sign-in")
    answer = victim.post("/sign-in", data={"csrf": token, "username": "alice", "password": password_of("alice")})
    assert answer.status_code == 403
    assert "portal_session" not in victim.cookies


def test_reading_a_page_never_signs_out_or_changes(portal: Portal):
    browser = portal.signed_in("ada")
    for path in ("/sign-out", "/account/password", "/admin/people", "/review/verification"):
        assert browser.get(path).status_code in (404, 405)
    assert browser.get("/account").status_code == 200
