"""Sign-in through a real OpenID provider: the whole way, whom it lets in, and what cannot be done with its parts."""

import base64
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import ExternalTrip, PendingSignIn, StaffSession, User
from portal.accounts.oidc import RETURN_PATH
from portal.audit.models import AuditEvent
from tests.accounts.factors import code_of, enrol, enter_code, is_signed_in, settle, stay_in_step
from tests.factories.cast import password_of
from tests.factories.linking import link
from tests.factories.openid import depart, query_of, refused_there, sign_in_there
from tests.factories.portals import Portal, csrf_of, post

NOT_DONE = "登录没有完成"
CLOSED = "这个账号现在不能登录"
# What no database has a part in.
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def trail(portal: Portal) -> list[tuple[str, str, str | None]]:
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq))
        return [(row.tag, row.actor_name, _way(row)) for row in rows if row.tag.startswith("session:")]


def _way(row: AuditEvent) -> str | None:
    told = row.particulars or {}
    return "external" if told.get("is_external") else told.get("refusal")


def trips(portal: Portal) -> int:
    with portal.runtime.database.read() as session:
        return len(session.scalars(select(ExternalTrip)).all())


def change(portal: Portal, name: str, **values: object) -> None:
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == name).values(**values))


def enter(browser, login: str, **fields: str):
    return browser.get(sign_in_there(depart(browser, **fields), login))


def test_a_linked_account_signs_in(external: Portal):
    link(external, "alice", "staff-7f3a")
    browser = external.browser()
    answer = enter(browser, "staff-7f3a")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queues/general")
    assert "张工" in browser.get("/account").text
    assert trail(external) == [("session:sign-in", "alice", "external")]
    assert trips(external) == 0
    assert "portal_trip" not in browser.cookies


@on_sqlite
def test_the_address_asks_for_a_code_with_pkce_state_and_nonce(external: Portal, issuer: str):
    asked = [query_of(depart(external.browser())) for _ in range(2)]
    first = asked[0]
    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert first["scope"] == "openid"
    assert first["redirect_uri"] == "http://portal.test/sign-in/oidc/return"
    for name in ("state", "nonce", "code_challenge"):
        assert len(base64.urlsafe_b64decode(first[name] + "=")) == 32
        assert asked[0][name] != asked[1][name]
    assert len({first["state"], first["nonce"], first["code_challenge"]}) == 3


@on_sqlite
def test_the_way_back_comes_from_the_settings_never_from_the_host_header(external: Portal):
    browser = external.browser()
    token = csrf_of(browser.get("/sign-in").text)
    answer = browser.post(
        "/sign-in/oidc",
        data={"csrf": token},
        headers={"host": "evil.example", "x-forwarded-host": "evil.example", "origin": "http://portal.test"},
    )
    assert answer.status_code == 200
    assert "evil.example" not in answer.headers["refresh"]
    assert "evil.example" not in answer.text


@on_sqlite
def test_the_cookie_of_the_way_is_kept_from_scripts_and_other_sites(external: Portal):
    answer = post(external.browser(), "/sign-in", "/sign-in/oidc")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("portal_trip="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=600" in cookie
    settle(external, base_url="https://portal.test")
    browser = external.browser()
    browser.base_url = "https://portal.test"
    answer = post(browser, "/sign-in", "/sign-in/oidc")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if "portal_trip=" in value)
    assert cookie.startswith("__Host-portal_trip=")
    assert "Secure" in cookie


def test_nothing_of_the_way_lies_readable_in_the_database(external: Portal):
    browser = external.browser()
    sent = query_of(depart(browser))
    with external.runtime.database.read() as session:
        row = session.scalars(select(ExternalTrip)).one()
    kept = f"{row.token_hash} {row.target}"
    for secret in (browser.cookies["portal_trip"], sent["state"], sent["nonce"], sent["code_challenge"]):
        assert secret not in kept


def test_nobody_is_made_or_linked_by_signing_in(external: Portal):
    with external.runtime.database.read() as session:
        before = len(session.scalars(select(User)).all())
    for login in ("alice", "alice@example.cn", "staff-new"):
        browser = external.browser()
        answer = enter(browser, login)
        assert answer.status_code == 403
        assert "还没有绑定，请把这个编号交给管理员" in answer.text
        assert login in answer.text
        assert not is_signed_in(browser)
    with external.runtime.database.read() as session:
        assert len(session.scalars(select(User)).all()) == before
    assert trail(external) == [("session:sign-in-refused", "visitor", "external:unlinked")] * 3


def test_a_subject_is_another_account_when_its_letters_differ_in_case(external: Portal):
    link(external, "alice", "Staff-A")
    assert enter(external.browser(), "staff-a").status_code == 403


@on_sqlite
def test_a_hostile_subject_is_only_text(external: Portal):
    answer = enter(external.browser(), "<img/src=x>")
    assert "<img/src" not in answer.text
    assert "&lt;img/src=x&gt;" in answer.text


def test_disabled_and_locked_get_one_answer(external: Portal):
    link(external, "alice", "staff-1")
    link(external, "bob", "staff-2")
    change(external, "alice", is_active=False)
    for _ in range(5):
        post(external.browser(), "/sign-in", "/sign-in", username="bob", password="not-this-one")
    browsers = [external.browser(), external.browser()]
    answers = [enter(browser, login) for browser, login in zip(browsers, ("staff-1", "staff-2"), strict=True)]
    assert {answer.status_code for answer in answers} == {422}
    assert all(CLOSED in answer.text for answer in answers)
    assert len({len(answer.content) for answer in answers}) == 1
    assert not any(is_signed_in(browser) for browser in browsers)
    assert trail(external)[-2][:2] == ("session:sign-in-refused", "alice")
    assert trail(external)[-1][:2] == ("session:sign-in-locked", "bob")


def test_the_portals_own_second_factor_is_asked_for_all_the_same(external: Portal):
    link(external, "alice", "staff-1")
    secret, _ = enrol(external.signed_in("alice"))
    browser = external.browser()
    answer = enter(browser, "staff-1", next="/tickets/RC2026110001")
    assert answer.headers["location"] == "/sign-in/code?next=%2Ftickets%2FRC2026110001"
    assert not is_signed_in(browser)
    stay_in_step()
    assert enter_code(browser, "000000").status_code == 422
    assert enter_code(browser, code_of(secret)).status_code == 303
    assert is_signed_in(browser)
    assert trail(external)[-1] == ("session:sign-in", "alice", "external")


@on_sqlite
def test_a_required_second_factor_leads_to_enrolment(external: Portal):
    link(external, "alice", "staff-1")
    settle(external, second_factor="required")
    browser = external.browser()
    assert enter(browser, "staff-1").headers["location"] == "/account/second-factor"
    assert browser.get("/queues/general").headers["location"] == "/account/second-factor"


def test_the_session_is_a_new_one_and_the_former_ends(external: Portal):
    link(external, "alice", "staff-1")
    browser = external.signed_in("alice")
    before = browser.cookies["portal_session"]
    token = csrf_of(browser.get("/account").text)
    sent = browser.post("/sign-in/oidc", data={"csrf": token}).headers["refresh"].partition("url=")[2]
    browser.get(sign_in_there(sent, "staff-1"))
    assert browser.cookies["portal_session"] != before
    old = external.browser()
    old.cookies.set("portal_session", before)
    assert not is_signed_in(old)


@on_sqlite
def test_a_session_cookie_chosen_by_somebody_else_is_not_taken_over(external: Portal):
    link(external, "alice", "staff-1")
    browser = external.browser()
    path = sign_in_there(depart(browser), "staff-1")
    browser.cookies.set("portal_session", "chosen-by-somebody-else")
    answer = browser.get(path)
    assert answer.cookies["portal_session"] != "chosen-by-somebody-else"
    stranger = external.browser()
    stranger.cookies.set("portal_session", "chosen-by-somebody-else")
    assert not is_signed_in(stranger)


def test_an_answer_works_once(external: Portal):
    link(external, "alice", "staff-1")
    browser = external.browser()
    path = sign_in_there(depart(browser), "staff-1")
    kept = browser.cookies["portal_trip"]
    assert browser.get(path).status_code == 303
    again = external.browser()
    again.cookies.set("portal_trip", kept)
    answer = again.get(path)
    assert answer.status_code == 400
    assert NOT_DONE in answer.text
    assert not is_signed_in(again)


def test_an_attacker_cannot_sign_a_victim_in_to_the_attackers_account(external: Portal):
    link(external, "bob", "attacker")
    path = sign_in_there(depart(external.browser()), "attacker")
    for victim in (external.browser(), external.browser()):
        answer = victim.get(path)
        assert answer.status_code == 400
        assert not is_signed_in(victim)
        depart(victim)  # the second try meets a browser that is on a way of its own
        assert victim.get(path).status_code == 400
        assert not is_signed_in(victim)


def test_a_foreign_link_does_not_end_somebodys_way(external: Portal):
    link(external, "alice", "staff-1")
    browser = external.browser()
    path = sign_in_there(depart(browser), "staff-1")
    assert browser.get(RETURN_PATH, params={"state": "x", "code": "y"}).status_code == 400
    assert trail(external)[-1] == ("session:sign-in-refused", "visitor", "external:state")
    assert browser.get(path).status_code == 303


def test_a_stolen_code_cannot_be_used_on_another_way(external: Portal):
    """PKCE: the provider gives the token only to whoever has asked for the code."""
    link(external, "alice", "staff-1")
    stolen = query_of(sign_in_there(depart(external.browser()), "staff-1"))
    thief = external.browser()
    own = query_of(depart(thief))
    answer = thief.get(RETURN_PATH, params={**stolen, "state": own["state"]})
    assert answer.status_code == 400
    assert not is_signed_in(thief)
    assert trail(external)[-1] == ("session:sign-in-refused", "visitor", "external:answer")


def test_a_code_that_was_used_is_refused_by_the_provider(external: Portal):
    link(external, "alice", "staff-1")
    browser = external.browser()
    path = sign_in_there(depart(browser), "staff-1")
    trip = {"portal_trip": browser.cookies["portal_trip"]}
    with external.runtime.database.read() as session:
        row = session.scalars(select(ExternalTrip)).one()
    assert browser.get(path).status_code == 303
    with external.runtime.database.transaction() as session:
        session.add(ExternalTrip(token_hash=row.token_hash, target="", expires_at=row.expires_at))
    again = external.browser()
    again.cookies.update(trip)
    assert again.get(path).status_code == 400
    assert not is_signed_in(again)


@on_sqlite
def test_the_provider_refuses_a_request_without_pkce(external: Portal):
    address = depart(external.browser())
    challenge = query_of(address)["code_challenge"]
    stripped = address.replace(f"&code_challenge={challenge}", "").replace("&code_challenge_method=S256", "")
    assert refused_there(stripped)["error"] == "invalid_request"


def test_a_way_ends_after_ten_minutes(external: Portal):
    link(external, "alice", "staff-1")
    browser = external.browser()
    path = sign_in_there(depart(browser), "staff-1")
    with external.runtime.database.transaction() as session:
        row = session.scalars(select(ExternalTrip)).one()
        assert timedelta(minutes=9) < row.expires_at - clock.now() <= timedelta(minutes=10)
        row.expires_at = clock.now()
    assert browser.get(path).status_code == 400
    assert not is_signed_in(browser)
    depart(external.browser())
    assert trips(external) == 1


@on_sqlite
def test_giving_up_at_the_provider_shows_none_of_its_words(external: Portal):
    browser = external.browser()
    state = query_of(depart(browser))["state"]
    params = {"state": state, "error": "access_denied", "error_description": "call-0900-evil"}
    answer = browser.get(RETURN_PATH, params=params)
    assert answer.status_code == 400
    assert NOT_DONE in answer.text
    assert "evil" not in answer.text
    assert "access_denied" not in answer.text
    assert trail(external) == [("session:sign-in-refused", "visitor", "external:not-done")]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "/review//evil.example"]
)
@on_sqlite
def test_it_never_leads_to_a_foreign_target(external: Portal, target: str):
    link(external, "alice", "staff-1")
    answer = enter(external.browser(), "staff-1", next=target)
    assert answer.headers["location"] == "/queues/general"


@on_sqlite
def test_it_goes_on_to_the_page_that_was_asked_for(external: Portal):
    link(external, "alice", "staff-1")
    answer = enter(external.browser(), "staff-1", next="/tickets/RC2026110001")
    assert answer.headers["location"] == "/tickets/RC2026110001"


@on_sqlite
def test_reading_or_another_site_begins_nothing(external: Portal):
    browser, other = external.browser(), external.browser()
    assert browser.get("/sign-in/oidc").status_code == 405
    own, foreign = csrf_of(browser.get("/sign-in").text), csrf_of(other.get("/sign-in").text)
    assert browser.post("/sign-in/oidc").status_code == 403
    assert browser.post("/sign-in/oidc", data={"csrf": foreign}).status_code == 403
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert browser.post("/sign-in/oidc", data={"csrf": own}, headers=headers).status_code == 403
    assert trips(external) == 0


@on_sqlite
def test_without_a_provider_there_is_no_button_and_no_way(portal: Portal):
    browser = portal.browser()
    page = browser.get("/sign-in").text
    assert "/sign-in/oidc" not in page
    assert browser.post("/sign-in/oidc", data={"csrf": csrf_of(page)}).status_code == 404
    assert browser.get(RETURN_PATH).status_code == 404


@on_sqlite
def test_a_hostile_label_is_only_text(external: Portal):
    settle(external, oidc_label="<b>x</b>")
    browser = external.browser()
    page = browser.get("/sign-in").text
    assert "<b>x" not in page
    assert "用&lt;b&gt;x&lt;/b&gt;登录" in page
    assert "<b>x" not in post(browser, "/sign-in", "/sign-in/oidc").text


def test_an_address_cannot_begin_without_end(external: Portal, monkeypatch: pytest.MonkeyPatch):
    from portal.accounts.limiter import RateLimit

    monkeypatch.setattr("portal.accounts.external.TRIP_LIMIT", RateLimit("external-trip", most=3, minutes=15))
    stranger = external.browser("203.0.113.7")
    for _ in range(3):
        depart(stranger)
    assert post(stranger, "/sign-in", "/sign-in/oidc").status_code == 429
    assert trips(external) == 3


@on_sqlite
def test_the_password_still_works_for_a_linked_person(external: Portal):
    link(external, "alice", "staff-1")
    answer = post(external.browser(), "/sign-in", "/sign-in", username="alice", password=password_of("alice"))
    assert answer.status_code == 303


def test_only_hashes_of_sessions_are_stored(external: Portal):
    link(external, "alice", "staff-1")
    browser = external.browser()
    enter(browser, "staff-1")
    with external.runtime.database.read() as session:
        assert [row.token_hash for row in session.scalars(select(StaffSession))] != [browser.cookies["portal_session"]]
        assert session.scalars(select(PendingSignIn)).all() == []
