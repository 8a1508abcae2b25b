"""Before a value is shown to a browser that was quiet for long, its person proves again who they are (SECURITY D-4)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import StaffSession
from portal.audit.models import AuditEvent
from tests.accounts.factors import code_of, enrol, settle
from tests.factories.cast import password_of
from tests.factories.portals import Portal
from tests.factories.reports import file_report, general_fields
from tests.factories.ticket_pages import act, done, token_of

PASSWORD = general_fields()["login_password"]


def reveal(browser: Any, number: str, token: str, **more: str) -> Any:
    data = {"csrf": token, "field": "login_password", "reason": "其他", "reason_text": "机构来电催办", **more}
    return browser.post(f"/tickets/{number}/reveals", data=data, headers={"accept": "application/json"})


def quieten(portal: Portal, minutes: float) -> None:
    """As if nobody had touched any browser for so long."""
    then = clock.now() - timedelta(minutes=minutes)
    with portal.runtime.database.transaction() as session:
        session.execute(update(StaffSession).values(seen_at=then, confirmed_at=then))


def confirmed_at(portal: Portal) -> datetime:
    with portal.runtime.database.read() as session:
        return session.scalars(select(StaffSession.confirmed_at)).one()


def tags(portal: Portal, *wanted: str) -> list[str]:
    with portal.runtime.database.read() as session:
        query = select(AuditEvent.tag).where(AuditEvent.tag.in_(wanted)).order_by(AuditEvent.seq)
        return list(session.scalars(query))


@pytest.fixture
def claimed(portal: Portal) -> tuple[Any, str, str]:
    """alice, a ticket of hers, and a form token of her browser."""
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    done(alice, number, "assignment")
    return alice, number, token_of(alice)


def test_a_quiet_browser_is_asked_for_the_password_and_goes_on(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    alice, number, token = claimed
    quieten(portal, 5.1)
    asked = reveal(alice, number, token)
    assert (asked.status_code, asked.json()["confirm"]) == (401, "password")
    assert "再次验证身份" in asked.json()["title"]
    assert tags(portal, "field:reveal", "field:reveal-refused") == []
    shown = reveal(alice, number, token, confirmation=password_of("alice"))
    assert shown.json()["value"] == PASSWORD
    assert reveal(alice, number, token).status_code == 200  # nobody is asked twice in a row
    assert tags(portal, "session:confirm", "field:reveal") == ["session:confirm", "field:reveal", "field:reveal"]


def test_without_script_the_page_asks_and_keeps_the_reason(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    alice, number, _ = claimed
    fields = {"field": "login_password", "reason": "其他", "reason_text": "机构来电催办"}
    quieten(portal, 6)
    page = act(alice, number, "reveals", **fields)
    assert page.status_code == 401
    assert 'name="confirmation" type="password"' in page.text
    assert 'value="机构来电催办"' in page.text
    assert "<option selected>其他</option>" in page.text
    shown = act(alice, number, "reveals", **fields, confirmation=password_of("alice"))
    assert shown.text.count(PASSWORD) == 1
    assert password_of("alice") not in page.text + shown.text


def test_other_pages_do_not_make_a_quiet_browser_confirmed(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    alice, number, token = claimed
    quieten(portal, 6)
    for path in ("/queues/general", f"/tickets/{number}", "/account"):
        assert alice.get(path).status_code == 200
    assert reveal(alice, number, token).status_code == 401


def test_work_keeps_a_browser_confirmed(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    alice, number, token = claimed
    quieten(portal, 4.5)
    alice.get("/queues/general")
    assert clock.now() - confirmed_at(portal) < timedelta(minutes=1)
    assert reveal(alice, number, token).status_code == 200


def test_what_a_page_fetches_by_itself_is_no_sign_of_a_person(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    alice, number, _ = claimed
    quieten(portal, 4)
    before = confirmed_at(portal)
    assert alice.get(f"/tickets/{number}", headers={"sec-fetch-dest": "empty"}).status_code == 200
    assert confirmed_at(portal) == before


def test_a_wrong_password_shows_nothing_and_is_recorded(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    alice, number, token = claimed
    quieten(portal, 6)
    for wrong in ("wrong", password_of("bob"), PASSWORD):
        answer = reveal(alice, number, token, confirmation=wrong)
        assert (answer.status_code, answer.json()["confirm"]) == (401, "password")
        assert "密码不对" in answer.json()["title"]
    assert tags(portal, "session:confirm-refused", "field:reveal") == ["session:confirm-refused"] * 3
    with portal.runtime.database.read() as session:
        everything = " ".join(str(vars(row)) for row in session.scalars(select(AuditEvent)))
    assert password_of("bob") not in everything


def test_wrong_answers_lock_the_questions_of_this_session_only(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    alice, number, token = claimed
    quieten(portal, 6)
    for _ in range(5):
        assert reveal(alice, number, token, confirmation="wrong").status_code == 401
    assert reveal(alice, number, token, confirmation=password_of("alice")).status_code == 401
    # She can still sign in: whoever finds her browser must not be able to lock her out.
    portal.signed_in("alice")
    assert reveal(alice, number, token, confirmation=password_of("alice")).status_code == 401
    with portal.runtime.database.read() as session:
        refused = (
            select(AuditEvent.particulars).where(AuditEvent.tag == "session:confirm-refused").order_by(AuditEvent.seq)
        )
        assert list(session.scalars(refused.order_by(AuditEvent.seq))) == [None] * 4 + [{"is_locked": True}]


def test_with_a_second_factor_the_code_is_asked_and_works_once(portal: Portal) -> None:
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    secret, recovery = enrol(alice)
    done(alice, number, "assignment")
    token = token_of(alice)
    quieten(portal, 6)
    assert reveal(alice, number, token).json()["confirm"] == "code"
    assert reveal(alice, number, token, confirmation=password_of("alice")).status_code == 401
    code = code_of(secret)
    assert reveal(alice, number, token, confirmation=code).status_code == 200
    quieten(portal, 6)
    assert reveal(alice, number, token, confirmation=code).status_code == 401
    assert reveal(alice, number, token, confirmation=recovery[0]).status_code == 200


def test_the_setting_can_be_off_or_longer(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    alice, number, token = claimed
    quieten(portal, 20)
    settle(portal, reveal_quiet_minutes=25)
    assert reveal(alice, number, token).status_code == 200
    quieten(portal, 20)
    settle(portal, reveal_quiet_minutes=0)
    assert reveal(alice, number, token).status_code == 200


def test_a_session_from_before_the_upgrade_is_asked(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    alice, number, token = claimed
    with portal.runtime.database.transaction() as session:
        session.execute(update(StaffSession).values(confirmed_at=None))
    assert reveal(alice, number, token).status_code == 401


def test_a_token_is_not_asked(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    _, number, _ = claimed
    quieten(portal, 20)
    body = {"field": "login_password", "reason": "排查登录"}
    assert portal.api("alice").post(f"/api/v1/tickets/{number}/reveals", json=body).json()["value"] == PASSWORD


def test_somebody_who_may_not_look_is_not_asked_either(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    _, number, _ = claimed
    bob = portal.signed_in("bob")
    token = token_of(bob)
    quieten(portal, 6)
    assert reveal(bob, number, token).status_code == 403
    assert tags(portal, "field:reveal-refused") == ["field:reveal-refused"]


def test_the_open_reason_needs_words(portal: Portal, claimed: tuple[Any, str, str]) -> None:
    alice, number, token = claimed
    answer = reveal(alice, number, token, reason_text=" ")
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "field": "reason_text", "code": "required", "message": "选择“其他”时，请写明查看原因",
    }  # fmt: skip
    assert tags(portal, "field:reveal") == []
