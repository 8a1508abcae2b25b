"""Signing in and out, passwords again, second factors."""

from datetime import timedelta

from sqlalchemy import update

from portal import clock
from portal.accounts import external
from portal.accounts.external import SignInRefusal
from portal.accounts.models import StaffSession
from portal.accounts.oidc import RETURN_PATH
from portal.audit.tags import Tag
from portal.pages.account.cookies import TRIP_COOKIE
from tests.accounts import factors
from tests.audit.events.scene import TYPED_SECRET, Scene, Told, Where, event
from tests.factories.cast import password_of
from tests.factories.openid import use_provider
from tests.factories.portals import csrf_of
from tests.factories.ticket_pages import token_of


def sign_in(scene: Scene, password: str, times: int = 1) -> None:
    browser = scene.portal.browser()
    for _ in range(times):
        data = {"csrf": csrf_of(browser.get("/sign-in").text), "username": "bob", "password": password}
        browser.post("/sign-in", data=data)


@event(Tag.SIGN_IN, "bob", Where.STAFF)
def _(scene: Scene) -> None:
    sign_in(scene, password_of("bob"))


@event(Tag.SIGN_IN_REFUSED, "bob", Where.KNOWN, fails=True)
def _(scene: Scene) -> None:
    sign_in(scene, TYPED_SECRET)


@event(Tag.SIGN_IN_REFUSED, "visitor", Where.NOBODY, fails=True)
def _(scene: Scene) -> Told:
    use_provider(scene.portal, "https://id.example")
    browser, trip = scene.portal.browser(), external.start_trip(scene.runtime.database, "127.0.0.1", "/")
    browser.cookies.set(TRIP_COOKIE, trip.secret)
    answer = browser.get(RETURN_PATH, params={"state": trip.state, "error": "access_denied"})
    assert answer.status_code == 400
    return {"refusal": SignInRefusal.NOT_DONE.value}


@event(Tag.SIGN_IN_LOCKED, "bob", Where.KNOWN, fails=True)
def _(scene: Scene) -> None:
    with scene.before():
        sign_in(scene, TYPED_SECRET, times=4)
    sign_in(scene, TYPED_SECRET)


@event(Tag.SIGN_OUT, "alice")
def _(scene: Scene) -> None:
    scene.post("alice", "/queues/general", "/sign-out")


@event(Tag.SESSION_EXPIRED, "alice")
def _(scene: Scene) -> None:
    browser, then = scene.page("alice"), clock.now() - timedelta(days=2)
    with scene.runtime.database.transaction() as session:
        session.execute(update(StaffSession).values(seen_at=then, created_at=then))
    browser.get("/queues/general")


def confirm(scene: Scene, password: str) -> None:
    """Look at a password in a browser that was quiet for a while."""
    number, alice = scene.number, scene.page("alice")
    token, then = token_of(alice), clock.now() - timedelta(minutes=6)
    with scene.runtime.database.transaction() as session:
        session.execute(update(StaffSession).values(seen_at=then, confirmed_at=then))
    data = {
        "csrf": token,
        "field": "login_password",
        "reason": "其他",
        "reason_text": "核对账号",
        "confirmation": password,
    }
    alice.post(f"/tickets/{number}/reveals", data=data, headers={"accept": "application/json"})


@event(Tag.CONFIRMED, "alice", rows=(Tag.CONFIRMED, Tag.FIELD_REVEALED))
def _(scene: Scene) -> None:
    confirm(scene, password_of("alice"))


@event(Tag.CONFIRMATION_REFUSED, "alice", fails=True)
def _(scene: Scene) -> None:
    confirm(scene, TYPED_SECRET)


@event(Tag.CONFIRMATION_REFUSED, "alice", fails=True)
def _(scene: Scene) -> Told:
    with scene.before():
        for _ in range(4):
            confirm(scene, TYPED_SECRET)
    confirm(scene, TYPED_SECRET)
    return {"is_locked": True}


@event(Tag.SECOND_FACTOR_ADDED, "alice")
def _(scene: Scene) -> Told:
    factors.enrol(scene.page("alice"))
    return {"username": "alice"}


@event(Tag.SECOND_FACTOR_REMOVED, "alice")
def _(scene: Scene) -> Told:
    with scene.before():
        secret, _ = factors.enrol(scene.page("alice"))
    scene.post("alice", factors.PAGE, f"{factors.PAGE}/remove", code=factors.code_of(secret))
    return {"username": "alice"}


@event(Tag.SECOND_FACTOR_RESET, "ada")
def _(scene: Scene) -> Told:
    with scene.before():
        factors.enrol(scene.page("bob"))
    page = f"/admin/people/{scene.person('bob').id}"
    scene.post("ada", page, f"{page}/second-factor/reset")
    return {"username": "bob"}


@event(Tag.RECOVERY_CODE_USED, "alice", Where.KNOWN, rows=(Tag.RECOVERY_CODE_USED, Tag.SIGN_IN))
def _(scene: Scene) -> Told:
    with scene.before():
        _, codes = factors.enrol(scene.page("alice"))
    factors.enter_code(factors.enter_password(scene.portal, "alice"), codes[0])
    return {"username": "alice", "codes_left": 9}
