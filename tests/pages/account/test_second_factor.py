"""The second factor: enrolment, two steps of signing in, codes that work once, and the ways out (SECURITY E-6)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from portal import clock
from portal.accounts import second_factor, sessions
from portal.accounts.models import AttemptCounter, PendingSignIn, RecoveryCode
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.db import Database
from portal.upkeep import rotation
from portal.vault.models import DataKey, SealedValue
from portal.vault.suites import SUITES
from tests.accounts.factors import (
    CODE_PAGE,
    PAGE,
    begin,
    code_of,
    enrol,
    enter_code,
    enter_password,
    is_signed_in,
    settle,
    stay_in_step,
    user_of,
)
from tests.factories.cast import password_of
from tests.factories.portals import Portal, post

WRONG = "验证码不对。连续输错 5 次后需要等 15 分钟再试"


def tags(portal: Portal, name: str) -> list[str]:
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.actor_name == name).order_by(AuditEvent.seq))
        return [row.tag for row in rows]


def wrong_code_of(secret: str) -> str:
    near = {code_of(secret, steps) for steps in range(-2, 3)}
    return next(f"{number:06d}" for number in range(10) if f"{number:06d}" not in near)


@pytest.mark.parametrize("name", ["agnes", "alice", "leo", "ada"])
def test_every_role_signs_in_in_two_steps_once_enrolled(portal: Portal, name: str):
    secret, _ = enrol(portal.signed_in(name))
    browser = enter_password(portal, name)
    assert "portal_session" not in browser.cookies
    assert not is_signed_in(browser)
    assert "输入验证码" in browser.get(CODE_PAGE).text
    assert enter_code(browser, code_of(secret)).status_code == 303
    assert is_signed_in(browser)
    assert "portal_pending" not in browser.cookies
    assert tags(portal, name) == ["session:sign-in", "user:second-factor", "session:sign-in"]


def test_the_page_that_was_asked_for_comes_after_the_code(portal: Portal):
    secret, _ = enrol(portal.signed_in("alice"))
    browser = enter_password(portal, "alice", next="/tickets/RC2026110001")
    assert 'value="/tickets/RC2026110001"' in browser.get(f"{CODE_PAGE}?next=/tickets/RC2026110001").text
    assert "evil" not in browser.get(f"{CODE_PAGE}?next=//evil.example").text
    answer = enter_code(browser, code_of(secret), next="/tickets/RC2026110001")
    assert answer.headers["location"] == "/tickets/RC2026110001"


def test_enrolment_shows_secret_and_codes_once_and_stores_neither(portal: Portal):
    browser = portal.signed_in("alice")
    secret, codes = enrol(browser)
    assert len(set(codes)) == 10
    later = browser.get(PAGE).text + browser.get("/account").text
    assert "还剩 10 个恢复码" in later
    assert not any(word in later for word in [secret, *codes])
    with portal.runtime.database.read() as session:
        stored = session.scalars(select(RecoveryCode.code_hash)).all()
        sealed = session.scalars(select(SealedValue).where(SealedValue.field == "second_factor")).one()
    assert not any(code in row or code.replace("-", "") in row for code in codes for row in stored)
    assert secret.encode() not in sealed.value_sealed
    assert secret not in sealed.value_masked


def test_enrolment_draws_a_qr_code_without_inline_markup(portal: Portal):
    browser = portal.signed_in("alice")
    page = post(browser, PAGE, f"{PAGE}/begin")
    assert page.headers["cache-control"] == "no-store, private"
    assert '<img src="data:image/svg+xml' in page.text
    assert "otpauth" not in page.text


def test_a_wrong_first_code_keeps_the_same_secret_and_turns_nothing_on(portal: Portal):
    browser = portal.signed_in("alice")
    secret = begin(browser)
    answer = post(browser, PAGE, f"{PAGE}/confirm", code=wrong_code_of(secret))
    assert answer.status_code == 422
    assert secret[:4] in answer.text
    assert user_of(portal, "alice").second_factor_at is None
    assert is_signed_in(portal.signed_in("alice"))
    assert post(browser, PAGE, f"{PAGE}/confirm", code=code_of(secret)).status_code == 200


def test_enrolment_ends_the_other_sessions_and_renews_this_one(portal: Portal):
    here, there = portal.signed_in("alice"), portal.signed_in("alice")
    before = here.cookies["portal_session"]
    secret = begin(here)
    answer = post(here, PAGE, f"{PAGE}/confirm", code=code_of(secret))
    assert here.cookies["portal_session"] != before
    assert is_signed_in(here)
    assert not is_signed_in(there)
    token = answer.text.split('name="csrf" value="')[1].split('"')[0]
    assert here.post("/sign-out", data={"csrf": token}).headers["location"] == "/sign-in"


def test_a_secret_in_use_cannot_be_replaced_without_a_code(portal: Portal):
    browser = portal.signed_in("alice")
    secret, _ = enrol(browser)
    answer = post(browser, PAGE, f"{PAGE}/begin")
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert post(browser, PAGE, f"{PAGE}/confirm", code=code_of(secret)).status_code == 303
    assert post(browser, PAGE, f"{PAGE}/remove", code=wrong_code_of(secret)).status_code == 422
    assert enter_code(enter_password(portal, "alice"), code_of(secret)).status_code == 303


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_a_code_is_good_one_step_around_now(portal: Portal, steps: int, status: int):
    secret, _ = enrol(portal.signed_in("alice"))
    with portal.runtime.database.transaction() as session:
        session.execute(text("UPDATE users SET second_factor_step = NULL"))
    stay_in_step()
    assert enter_code(enter_password(portal, "alice"), code_of(secret, steps)).status_code == status


def test_a_code_cannot_be_used_twice_nor_an_older_one_after_it(portal: Portal):
    secret, _ = enrol(portal.signed_in("alice"))
    code = code_of(secret)
    assert enter_code(enter_password(portal, "alice"), code).status_code == 303
    for again in (code, code_of(secret, -1)):
        answer = enter_code(enter_password(portal, "alice"), again)
        assert answer.status_code == 422
        assert WRONG in answer.text


def test_of_two_replicas_one_takes_the_code(portal: Portal):
    secret, _ = enrol(portal.signed_in("alice"))
    cookies = [enter_password(portal, "alice").cookies["portal_pending"] for _ in range(4)]
    code, results = code_of(secret), []
    replicas = [Database(portal.settings.database_url) for _ in range(4)]
    ready = threading.Barrier(4)

    def enter(database: Database, cookie: str) -> None:
        ready.wait()
        results.append(sessions.sign_in_with_code(database, portal.runtime.vault, cookie, code, SYSTEM))

    threads = [threading.Thread(target=enter, args=pair) for pair in zip(replicas, cookies, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for replica in replicas:
        replica.dispose()
    assert len(results) == 4
    assert sum(result is not None for result in results) == 1


def test_a_code_may_be_typed_as_people_type_it(portal: Portal):
    secret, codes = enrol(portal.signed_in("alice"))
    code = code_of(secret)
    assert enter_code(enter_password(portal, "alice"), f" {code[:3]} {code[3:]} ").status_code == 303
    assert enter_code(enter_password(portal, "alice"), codes[0].upper().replace("-", " ")).status_code == 303


@pytest.mark.parametrize("typed", ["", " ", "-", "\x00", "000000 OR 1=1", "１２", "²²²²²²", "٠١٢٣٤٥", "x" * 5000])
def test_nothing_else_is_a_code(portal: Portal, typed: str):
    enrol(portal.signed_in("alice"))
    assert enter_code(enter_password(portal, "alice"), typed).status_code == 422


def test_a_recovery_code_works_once_and_only_for_its_owner(portal: Portal):
    _, codes = enrol(portal.signed_in("alice"))
    _, bobs = enrol(portal.signed_in("bob"))
    assert enter_code(enter_password(portal, "alice"), codes[3]).status_code == 303
    assert enter_code(enter_password(portal, "alice"), codes[3]).status_code == 422
    assert enter_code(enter_password(portal, "alice"), bobs[0]).status_code == 422
    with portal.runtime.database.read() as session:
        assert second_factor.recovery_codes_left(session, user_of(portal, "alice").id) == 9
        assert second_factor.recovery_codes_left(session, user_of(portal, "bob").id) == 10
    assert "session:recovery-code" in tags(portal, "alice")


def test_five_wrong_codes_lock_the_code_and_the_password_alike(portal: Portal):
    secret, codes = enrol(portal.signed_in("alice"))
    browser = enter_password(portal, "alice")
    wrong = [enter_code(browser, wrong_code_of(secret)) for _ in range(5)]
    locked = [enter_code(browser, code_of(secret)), enter_code(browser, codes[0])]
    assert {answer.status_code for answer in wrong + locked} == {422}
    assert {len(answer.content) for answer in wrong + locked} == {len(wrong[0].content)}
    refused = post(portal.browser(), "/sign-in", "/sign-in", username="alice", password=password_of("alice"))
    unknown = post(portal.browser(), "/sign-in", "/sign-in", username="nobody", password=password_of("alice"))
    assert (refused.status_code, len(refused.content)) == (unknown.status_code, len(unknown.content))
    assert tags(portal, "alice")[-2:] == [
        "session:sign-in-refused",
        "session:sign-in-locked",
    ]  # what is locked writes nothing
    with portal.runtime.database.transaction() as session:
        session.execute(update(AttemptCounter).values(window_ends_at=clock.now() - timedelta(seconds=1)))
    assert enter_code(enter_password(portal, "alice"), codes[0]).status_code == 303


def test_a_right_password_does_not_give_new_tries_of_the_code(portal: Portal):
    secret, _ = enrol(portal.signed_in("alice"))
    for _ in range(5):
        assert enter_code(enter_password(portal, "alice"), wrong_code_of(secret)).status_code == 422
    answer = post(portal.browser(), "/sign-in", "/sign-in", username="alice", password=password_of("alice"))
    assert answer.status_code == 422


def test_nobody_cannot_skip_the_first_step(portal: Portal):
    secret, _ = enrol(portal.signed_in("alice"))
    stranger = portal.browser()
    assert stranger.get(CODE_PAGE).headers["location"] == "/sign-in"
    for cookie in ("", " ", "invented"):
        stranger.cookies.set("portal_pending", cookie)
        assert enter_code(stranger, code_of(secret)).headers["location"] == "/sign-in"
    waiting = enter_password(portal, "alice").cookies["portal_pending"]
    stranger.cookies.set("portal_session", waiting)
    assert not is_signed_in(stranger)


@pytest.mark.parametrize("change", ["time", "password", "disable", "reset"])
def test_a_pending_sign_in_ends(portal: Portal, change: str):
    secret, _ = enrol(portal.signed_in("alice"))
    browser = enter_password(portal, "alice")
    person = f"/admin/people/{user_of(portal, 'alice').id}"
    if change == "time":
        with portal.runtime.database.transaction() as session:
            session.execute(update(PendingSignIn).values(expires_at=clock.now()))
    elif change == "password":
        post(portal.signed_in("ada"), "/admin/people/new", f"{person}/password")
    elif change == "disable":
        post(portal.signed_in("ada"), "/admin/people/new", f"{person}/disable")
    else:
        post(portal.signed_in("ada"), "/admin/people/new", f"{person}/second-factor/reset")
    assert enter_code(browser, code_of(secret)).headers["location"] == "/sign-in"
    assert not is_signed_in(browser)


def test_an_own_factor_is_removed_with_a_code_and_leaves_nothing_behind(portal: Portal):
    here, there = portal.signed_in("alice"), None
    secret, codes = enrol(here)
    there = enter_password(portal, "alice")
    enter_code(there, code_of(secret))
    answer = post(here, PAGE, f"{PAGE}/remove", code=codes[0])
    assert answer.headers["location"] == f"{PAGE}?done=removed"
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert portal.signed_in("alice")
    with portal.runtime.database.read() as session:
        assert session.scalars(select(RecoveryCode)).all() == []
        assert session.scalars(select(SealedValue)).all() == []
        assert session.scalars(select(DataKey)).all() == []
    assert "user:second-factor-remove" in tags(portal, "alice")


def test_five_wrong_codes_lock_the_removal(portal: Portal):
    browser = portal.signed_in("alice")
    secret, codes = enrol(browser)
    for _ in range(5):
        post(browser, PAGE, f"{PAGE}/remove", code=wrong_code_of(secret))
    assert post(browser, PAGE, f"{PAGE}/remove", code=codes[0]).status_code == 422
    assert user_of(portal, "alice").second_factor_at is not None


def test_when_it_is_required_nothing_else_can_be_done_first(portal: Portal):
    settle(portal, second_factor="required")
    browser = portal.browser()
    answer = post(browser, "/sign-in", "/sign-in", username="alice", password=password_of("alice"), next="/queues/his")
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    for path in ("/queues/general", "/tickets/RC2026110001", "/account", "/admin", "/review"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers.get("location")) == (303, PAGE), path
    assert post(browser, PAGE, "/queues/general/search", q="x").headers["location"] == PAGE
    assert post(browser, PAGE, "/account/sessions/end", session="x").headers["location"] == PAGE
    enrol(browser)
    assert browser.get("/queues/general").status_code == 200


def test_somebody_who_must_enrol_can_still_sign_out(portal: Portal):
    settle(portal, second_factor="required")
    browser = portal.signed_in("alice")
    assert post(browser, PAGE, "/sign-out").headers["location"] == "/sign-in"


def test_a_secret_outlives_rotation_and_conversion_of_the_keys(portal: Portal):
    secret, _ = enrol(portal.signed_in("alice"))
    assert rotation.rotate(portal.runtime, SYSTEM).rewrapped == 1
    portal.runtime.vault.suite = SUITES["sm4-gcm"]
    assert rotation.convert(portal.runtime, SYSTEM) == rotation.Conversion(1)
    assert rotation.verify(portal.runtime).broken == []
    assert enter_code(enter_password(portal, "alice"), code_of(secret)).status_code == 303


def test_a_secret_that_does_not_open_is_told_to_the_trail_and_recovery_codes_still_work(portal: Portal):
    secret, codes = enrol(portal.signed_in("alice"))
    with portal.runtime.database.transaction() as session:
        row = session.scalars(select(SealedValue).where(SealedValue.field == "second_factor")).one()
        row.value_sealed = row.value_sealed[:-1] + bytes([row.value_sealed[-1] ^ 1])
    assert enter_code(enter_password(portal, "alice"), code_of(secret)).status_code == 422
    assert "seal:broken" in tags(portal, "alice")
    assert enter_code(enter_password(portal, "alice"), codes[0]).status_code == 303


def test_no_trail_row_holds_secret_or_code(portal: Portal):
    secret, codes = enrol(portal.signed_in("alice"))
    enter_code(enter_password(portal, "alice"), codes[0])
    enter_code(enter_password(portal, "alice"), "typed-by-mistake")
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent))
        words = "".join(f"{row.detail}{row.particulars}{row.reason}{row.field}{row.actor_name}" for row in rows)
    assert not any(value in words for value in [secret, *codes, "typed-by-mistake", "typedbymistake"])
