"""Looking at one sealed value: who may, what must be said first, what is recorded, and that no other way is open."""

from typing import Any

import pytest
from sqlalchemy import select, text, update

from portal.audit.models import AuditEvent
from portal.db import Database
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from tests.factories import people
from tests.factories.closing import voided_ticket
from tests.factories.portals import Portal
from tests.factories.reports import file_report, general_fields, his_fields
from tests.factories.ticket_pages import act, done, ticket_of, token_of

SECRETS = {name: general_fields()[name] for name in ("id_number", "login_account", "login_password")}


def reveal(browser: Any, number: str, field: str, reason: str = "排查登录", **more: str) -> Any:
    data = {"csrf": token_of(browser), "field": field, "reason": reason, **more}
    return browser.post(f"/tickets/{number}/reveals", data=data, headers={"accept": "application/json"})


def events(portal: Portal, tag: str) -> list[AuditEvent]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.tag == tag).order_by(AuditEvent.seq)))


@pytest.fixture
def claimed(portal: Portal) -> tuple[Any, str]:
    """alice with a ticket of hers."""
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    done(alice, number, "assignment")
    return alice, number


def test_the_assignee_sees_each_value_once_a_reason_is_given(portal: Portal, claimed: tuple[Any, str]) -> None:
    alice, number = claimed
    for field, value in SECRETS.items():
        answer = reveal(alice, number, field, "复现问题", reason_text="按步骤试一次")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store, private"
        assert set(answer.json()) == {"value", "label", "expires_at"}
        assert answer.json()["value"] == value
    rows = events(portal, "field:reveal")
    assert [row.field for row in rows] == list(SECRETS)
    assert {row.reason for row in rows} == {"复现问题：按步骤试一次"}
    assert not any(value in str(vars(row)) for row in rows for value in SECRETS.values())


def test_without_script_a_page_shows_that_one_value_and_leaves(portal: Portal, claimed: tuple[Any, str]) -> None:
    alice, number = claimed
    page = alice.post(
        f"/tickets/{number}/reveals",
        data={"csrf": token_of(alice), "field": "login_password", "reason": "排查登录"},
    )
    assert page.status_code == 200
    assert page.headers["refresh"] == f"60;url=/tickets/{number}"
    assert page.headers["cache-control"] == "no-store, private"
    assert page.text.count(SECRETS["login_password"]) == 1
    assert SECRETS["login_password"] not in page.text.split("</title>")[0]
    assert SECRETS["id_number"] not in page.text
    assert SECRETS["login_account"] not in page.text


def test_no_page_but_the_reveal_holds_a_value(portal: Portal, claimed: tuple[Any, str]) -> None:
    alice, number = claimed
    his = file_report(portal.runtime, kind="his").number
    for browser in (alice, portal.signed_in("leo"), portal.signed_in("agnes")):
        for path in ("/queues/general", f"/tickets/{number}", "/queues/his", f"/tickets/{his}"):
            text_of_page = browser.get(path).text
            for secret in (*SECRETS.values(), *(his_fields()[n] for n in ("login_password", "inpatient_number"))):
                assert secret not in text_of_page


def test_a_reason_must_be_chosen(portal: Portal, claimed: tuple[Any, str]) -> None:
    alice, number = claimed
    for reason in ("", "  ", "made up"):
        answer = reveal(alice, number, "login_password", reason)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["message"] == "请选择查看原因"
    page = act(alice, number, "reveals", field="login_password", reason="")
    assert page.status_code == 422
    assert "请选择查看原因" in page.text
    assert SECRETS["login_password"] not in page.text
    assert events(portal, "field:reveal") == []


def test_a_colleague_cannot_reveal_and_the_try_is_recorded(portal: Portal, claimed: tuple[Any, str]) -> None:
    _, number = claimed
    bob = portal.signed_in("bob")
    answer = reveal(bob, number, "login_password")
    assert answer.status_code == 403
    assert SECRETS["login_password"] not in answer.text
    page = act(bob, number, "reveals", field="login_password", reason="排查登录")
    assert page.status_code == 403
    assert "领取后才能查看这项信息" in page.text
    refused = events(portal, "field:reveal-refused")
    assert [(row.actor_name, row.ticket_number, row.is_success) for row in refused] == [("bob", number, False)] * 2


def test_nobody_reveals_on_a_released_closed_or_unclaimed_ticket(portal: Portal, claimed: tuple[Any, str]) -> None:
    alice, number = claimed
    unclaimed = file_report(portal.runtime).number
    assert reveal(alice, unclaimed, "login_password").status_code == 403
    done(alice, number, "release")
    assert reveal(alice, number, "login_password").status_code == 403
    done(alice, number, "assignment")
    voided_ticket(portal.runtime, number)
    assert reveal(alice, number, "id_number").status_code == 403
    assert len(events(portal, "field:reveal-refused")) == 3
    assert "data-reveal" not in alice.get(f"/tickets/{number}").text


def test_an_unknown_field_is_not_found(portal: Portal, claimed: tuple[Any, str]) -> None:
    alice, number = claimed
    for field in ("", "query_code_hash", "login_password.99", "institution", "login_password\x00"):
        assert reveal(alice, number, field).status_code in (404, 422), field


def test_the_former_queue_reveals_nothing_after_a_transfer(portal: Portal, claimed: tuple[Any, str]) -> None:
    alice, number = claimed
    report_id = ticket_of(portal, number).report_id
    act(alice, number, "transfer", queue="his", text="结算的问题")
    hanna = portal.signed_in("hanna")
    with portal.runtime.database.read() as session:
        moved = session.scalars(select(Ticket.number).where(Ticket.report_id == report_id)).one()
    assert reveal(alice, number, "login_password").status_code == 404
    assert reveal(alice, moved, "login_password").status_code == 404
    done(hanna, moved, "assignment")
    assert reveal(hanna, moved, "login_password").json()["value"] == SECRETS["login_password"]


def test_no_value_leaves_when_the_trail_cannot_be_written(portal: Portal, claimed: tuple[Any, str]) -> None:
    alice, number = claimed
    token = token_of(alice)
    _rename(portal.runtime.database, "audit_events", "audit_events_away")
    for accept in ("application/json", "text/html"):
        answer = alice.post(
            f"/tickets/{number}/reveals",
            data={"csrf": token, "field": "login_password", "reason": "排查登录"},
            headers={"accept": accept},
        )
        assert answer.status_code >= 500
        assert SECRETS["login_password"] not in answer.text
    assert alice.get(f"/tickets/{number}").status_code >= 500
    _rename(portal.runtime.database, "audit_events_away", "audit_events")
    assert reveal(alice, number, "login_password").status_code == 200


def test_the_trail_row_is_committed_before_the_value_is_opened(
    portal: Portal, claimed: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, number = claimed
    seen: list[int] = []
    vault = portal.runtime.vault
    opened = type(vault).open_value

    def counting(self: Any, session: Any, row: Any) -> str:
        seen.append(len(events(portal, "field:reveal")))  # through another connection: only what is committed
        return opened(self, session, row)

    monkeypatch.setattr(type(vault), "open_value", counting)
    assert reveal(alice, number, "login_account").status_code == 200
    assert seen == [1]


def test_one_flipped_bit_breaks_one_value_only(portal: Portal, claimed: tuple[Any, str]) -> None:
    alice, number = claimed
    with portal.runtime.database.transaction() as session:
        row = session.scalars(select(SealedValue).where(SealedValue.field == "login_password")).one()
        assert row.value_sealed is not None
        broken = bytearray(row.value_sealed)
        broken[-1] ^= 1
        session.execute(update(SealedValue).where(SealedValue.id == row.id).values(value_sealed=bytes(broken)))
    answer = reveal(alice, number, "login_password")
    assert answer.status_code == 409
    assert "无法解密" in answer.text
    assert len(events(portal, "seal:broken")) == 1
    assert reveal(alice, number, "login_account").json()["value"] == SECRETS["login_account"]
    assert alice.get("/queues/general").status_code == 200
    assert alice.get(f"/tickets/{number}").status_code == 200


def test_a_secret_in_a_reply_is_masked_and_can_be_revealed(portal: Portal, claimed: tuple[Any, str]) -> None:
    alice, number = claimed
    resident = people.id_number(seed=44)
    page = done(alice, number, "replies", text=f"请核对 {resident} 这位居民", seal_found="1")
    assert resident not in page
    assert "回复中的身份证号" in page
    assert reveal(alice, number, "reply.1").json()["value"] == resident


def _rename(database: Database, old: str, new: str) -> None:
    with database.transaction() as session:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
