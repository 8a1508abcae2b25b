"""应急查看: one field, once, after a second person has agreed; where nobody could, nothing is asked."""

import uuid
from typing import Any

import pytest
from sqlalchemy import select, text

from portal.accounts import users
from portal.accounts.models import User
from portal.acts.table import CLAIM, TRANSFER
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.disclosure import break_glass
from portal.disclosure.models import BreakGlassRequest
from portal.errors import ConfirmationNeededError, ConflictError, ForbiddenError, InvalidError, NotFoundError
from portal.tickets import lookup
from portal.tickets.models import Ticket
from tests.factories import people
from tests.factories.acts import perform
from tests.factories.cast import actor, password_of
from tests.factories.closing import voided_ticket
from tests.factories.moments import move_clock
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report, general_fields

PASSWORD = general_fields()["login_password"]
WHY = "负责人休假，机构今天要上报"


@pytest.fixture
def number(portal: Portal) -> str:
    """A ticket of alice's; leo is the only lead."""
    filed = file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, actor(portal.runtime, "alice"), CLAIM, filed, 1)
    return filed


def add_lead(portal: Portal, name: str = "lena", queues: tuple[str, ...] = ("general",)) -> None:
    with portal.runtime.database.transaction() as session:
        users.add_user(
            session,
            SYSTEM,
            username=name,
            password=password_of(name),
            role="lead",
            queues=queues,
            display_name=f"{name}主管",
        )


def ask(portal: Portal, number: str, name: str = "bob", key: str = "login_password", reason: str = WHY) -> uuid.UUID:
    return break_glass.ask(portal.runtime, actor(portal.runtime, name), number, key, reason)


def decide(portal: Portal, request_id: uuid.UUID, is_approved: bool = True, name: str = "leo") -> None:
    break_glass.decide(portal.runtime, actor(portal.runtime, name), request_id, is_approved)


def use(portal: Portal, request_id: uuid.UUID, name: str = "bob", number: str = "", **more: Any) -> str:
    number = number or _number_of(portal, request_id)
    return break_glass.use(portal.runtime, actor(portal.runtime, name), number, request_id, **more).value


def _number_of(portal: Portal, request_id: uuid.UUID) -> str:
    with portal.runtime.database.read() as session:
        row = session.get_one(BreakGlassRequest, request_id)
        return session.get_one(Ticket, row.ticket_id).number


def trail_of(portal: Portal) -> list[tuple[str, str, bool]]:
    with portal.runtime.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.tag.startswith("break-glass")).order_by(AuditEvent.seq)
        return [(row.tag, row.actor_name, row.is_success) for row in session.scalars(query)]


def kept(portal: Portal) -> list[BreakGlassRequest]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(BreakGlassRequest)))


def test_an_approved_field_is_seen_once(portal: Portal, number: str) -> None:
    request_id = ask(portal, number)
    with pytest.raises(ConflictError):
        use(portal, request_id)
    decide(portal, request_id)
    assert use(portal, request_id) == PASSWORD
    with pytest.raises(ConflictError):
        use(portal, request_id)
    assert trail_of(portal) == [
        ("break-glass:ask", "bob", True), ("break-glass:refused", "bob", False), ("break-glass:approve", "leo", True),
        ("break-glass:use", "bob", True), ("break-glass:refused", "bob", False),
    ]  # fmt: skip
    with portal.runtime.database.read() as session:
        look = session.scalars(select(AuditEvent).where(AuditEvent.tag == "field:reveal")).one()
    assert (look.actor_name, look.field, look.reason) == ("bob", "login_password", WHY)
    assert look.particulars == {"decider": "孙主管"}


def test_with_nobody_to_approve_it_is_refused_at_once(portal: Portal, number: str) -> None:
    with pytest.raises(ForbiddenError, match="没有另一位主管可以批准"):
        ask(portal, number, "leo")
    assert trail_of(portal) == [("break-glass:refused", "leo", False)]
    assert kept(portal) == []
    add_lead(portal, "hugo", ("his",))  # a lead of another queue is nobody
    with pytest.raises(ForbiddenError):
        ask(portal, number, "leo")
    add_lead(portal)
    _disable(portal, "lena")
    with pytest.raises(ForbiddenError):
        ask(portal, number, "leo")


def test_a_lead_cannot_approve_their_own_request(portal: Portal, number: str) -> None:
    add_lead(portal)
    request_id = ask(portal, number, "leo")
    with pytest.raises(ForbiddenError, match="不能批准自己的申请"):
        decide(portal, request_id)
    decide(portal, request_id, name="lena")
    assert use(portal, request_id, "leo") == PASSWORD
    assert trail_of(portal)[1] == ("break-glass:refused", "leo", False)


def test_an_approval_is_good_only_at_its_own_ticket(portal: Portal, number: str) -> None:
    other = file_report(portal.runtime).number
    request_id = ask(portal, number)
    decide(portal, request_id)
    for elsewhere in (other, "RC2026010001"):
        with pytest.raises(NotFoundError):
            use(portal, request_id, number=elsewhere)
    assert use(portal, request_id, number=number.lower()) == PASSWORD


def test_a_try_on_the_request_of_another_is_recorded_and_looks_like_none(portal: Portal, number: str) -> None:
    add_lead(portal, "hugo", ("his",))
    request_id = ask(portal, number)
    with pytest.raises(NotFoundError):
        decide(portal, request_id, name="hugo")
    decide(portal, request_id)
    for name in ("alice", "leo"):
        with pytest.raises(NotFoundError):
            use(portal, request_id, name)
    assert [row for row in trail_of(portal) if not row[2]] == [
        ("break-glass:refused", name, False) for name in ("hugo", "alice", "leo")
    ]
    assert use(portal, request_id) == PASSWORD


def test_a_denied_request_is_final(portal: Portal, number: str) -> None:
    request_id = ask(portal, number)
    decide(portal, request_id, is_approved=False)
    with pytest.raises(ConflictError):
        decide(portal, request_id)
    with pytest.raises(ConflictError):
        use(portal, request_id)
    assert ask(portal, number) != request_id


@pytest.mark.parametrize(("passed", "is_over"), [(14, False), (16, True)])
def test_an_approval_ends_after_a_quarter_of_an_hour(
    portal: Portal, number: str, monkeypatch: pytest.MonkeyPatch, passed: int, is_over: bool
) -> None:
    request_id = ask(portal, number)
    decide(portal, request_id)
    move_clock(monkeypatch, minutes=passed)
    if is_over:
        with pytest.raises(ConflictError):
            use(portal, request_id)
    else:
        assert use(portal, request_id) == PASSWORD


def test_a_request_that_nobody_decides_ends(portal: Portal, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = ask(portal, number)
    move_clock(monkeypatch, hours=4.1)
    with pytest.raises(ConflictError):
        decide(portal, request_id)


def test_nobody_else_uses_an_approval(portal: Portal, number: str) -> None:
    request_id = ask(portal, number)
    decide(portal, request_id)
    for name in ("alice", "leo", "hanna"):
        with pytest.raises(NotFoundError):
            use(portal, request_id, name)
    assert use(portal, request_id) == PASSWORD


def test_rights_follow_the_ticket_to_another_queue(portal: Portal, number: str) -> None:
    request_id = ask(portal, number)
    decide(portal, request_id)
    with portal.runtime.database.transaction() as session:
        ticket = lookup.find(session, actor(portal.runtime, "alice"), number)
        perform(session, portal.runtime, actor(portal.runtime, "alice"), TRANSFER, number, ticket.version, queue="his")
    with pytest.raises(NotFoundError):
        use(portal, request_id)


def test_nothing_is_shown_once_the_ticket_has_ended(portal: Portal, number: str) -> None:
    request_id = ask(portal, number)
    decide(portal, request_id)
    voided_ticket(portal.runtime, number)
    with pytest.raises(ConflictError, match="没有获批、已用过或已过期"):  # withdrawn with the end
        use(portal, request_id)
    with pytest.raises(ForbiddenError, match="工单已结束"):
        ask(portal, number, key="id_number")


def test_what_cannot_be_asked(portal: Portal, number: str) -> None:
    with pytest.raises(InvalidError):
        ask(portal, number, reason="  ")
    with pytest.raises(ConflictError, match="您就是负责人"):
        ask(portal, number, "alice")
    with pytest.raises(NotFoundError):
        ask(portal, number, key="query_code_hash")
    with pytest.raises(NotFoundError):
        ask(portal, number, "hanna")
    ask(portal, number)
    with pytest.raises(ConflictError, match="已经申请过"):
        ask(portal, number)
    assert [row[0] for row in trail_of(portal)] == [
        *["break-glass:refused"] * 3,
        "break-glass:ask",
        "break-glass:refused",
    ]


def test_a_quiet_asker_is_asked_who_they_are(portal: Portal, number: str) -> None:
    request_id = ask(portal, number)
    decide(portal, request_id)
    with pytest.raises(ConfirmationNeededError):
        use(portal, request_id, is_confirmed=False)
    assert use(portal, request_id) == PASSWORD


def test_no_secret_typed_as_a_reason_is_kept(portal: Portal, number: str) -> None:
    resident = people.id_number(seed=91)
    ask(portal, number, reason=f"急，居民 {resident}，密码：{PASSWORD}")
    assert len(kept(portal)) == 1
    with portal.runtime.database.read() as session:
        everything = " ".join(str(vars(row)) for row in session.scalars(select(AuditEvent)))
    for secret in (resident, PASSWORD):
        assert secret not in everything + kept(portal)[0].reason


@pytest.mark.parametrize("step", ["ask", "decide", "use"])
def test_nothing_happens_when_the_trail_cannot_be_written(portal: Portal, number: str, step: str) -> None:
    request_id = None if step == "ask" else ask(portal, number)
    if step == "use":
        decide(portal, request_id)
    before = [row.status for row in kept(portal)]
    _rename(portal, "audit_events", "audit_events_away")
    with pytest.raises(Exception, match="审计记录暂时无法写入"):
        {"ask": lambda: ask(portal, number), "decide": lambda: decide(portal, request_id),
         "use": lambda: use(portal, request_id)}[step]()  # fmt: skip
    _rename(portal, "audit_events_away", "audit_events")
    assert [row.status for row in kept(portal)] == before


def test_the_pages_lead_from_asking_to_one_look(portal: Portal, number: str) -> None:
    bob, leo = portal.signed_in("bob"), portal.signed_in("leo")
    here = f"/tickets/{number}/break-glass"
    assert f'href="{here}"' in bob.get(f"/tickets/{number}").text
    refused = post(bob, here, here, field="login_password", reason="")
    assert refused.status_code == 422
    assert "请写明为什么现在必须查看" in refused.text
    assert post(bob, here, here, field="login_password", reason=WHY).status_code == 303
    assert "等待批准" in bob.get(here).text
    approvals = leo.get("/review/approvals").text
    assert WHY in approvals
    assert PASSWORD not in approvals + bob.get(here).text
    (row,) = kept(portal)
    assert post(leo, "/review/approvals", f"/review/approvals/{row.id}", decision="approve").status_code == 303
    shown = post(bob, here, f"{here}/{row.id}/reveals")
    assert shown.status_code == 200
    assert shown.text.count(PASSWORD) == 1
    assert shown.headers["cache-control"] == "no-store, private"
    again = post(bob, here, f"{here}/{row.id}/reveals")
    assert again.status_code == 409
    assert PASSWORD not in again.text
    review = leo.get("/review").text
    assert "今天非负责人查看" in review
    assert 'class="is-wrong"><a href="/review?action=break-glass%3Ause' in review


@pytest.mark.parametrize("name", ["ada", "agnes"])
def test_an_admin_or_agent_cannot_ask(portal: Portal, number: str, name: str) -> None:
    browser = portal.signed_in(name)
    assert browser.get(f"/tickets/{number}/break-glass").status_code == 403
    answer = post(browser, "/account", f"/tickets/{number}/break-glass", field="login_password", reason=WHY)
    assert answer.status_code == 403
    assert kept(portal) == []


@pytest.mark.parametrize("name", ["bob", "alice", "ada", "agnes"])
def test_only_a_lead_can_approve(portal: Portal, number: str, name: str) -> None:
    request_id = ask(portal, number)
    browser = portal.signed_in(name)
    answer = post(browser, "/account", f"/review/approvals/{request_id}", decision="approve")
    assert answer.status_code == 403
    assert kept(portal)[0].status == "asked"


def _disable(portal: Portal, name: str) -> None:
    with portal.runtime.database.transaction() as session:
        session.scalars(select(User).where(User.username == name)).one().is_active = False


def _rename(portal: Portal, old: str, new: str) -> None:
    with portal.runtime.database.transaction() as session:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
