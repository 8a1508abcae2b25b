"""Reported credentials live only while the ticket is open."""

import pytest
from sqlalchemy import select

from portal.acts.table import ASK, CLAIM, RESOLVE
from portal.audit.actor import clinic as at_clinic
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.disclosure import reveals
from portal.disclosure.disclose import DestroyedError
from portal.errors import ForbiddenError
from portal.runtime import Runtime
from portal.supplements import receiving
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tracking import confirmation
from portal.vault.models import DataKey, SealedValue
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def test_closing_destroys_the_credentials_and_nothing_else(portal: Portal) -> None:
    ticket = _resolved(portal.runtime)
    confirmation.confirm(portal.runtime, at_clinic(), ticket.id, is_solved=True, comment="")
    with portal.runtime.database.read() as session:
        values = {row.field: row for row in session.scalars(select(SealedValue))}
        purposes = set(session.scalars(select(DataKey.purpose)))
        destroyed = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CREDENTIALS_DESTROYED)).one()
    assert values["login_password"].value_sealed is None and values["login_account"].value_sealed is None
    assert values["login_password"].destroyed_at is not None
    assert values["login_account"].value_masked == "z*******1"
    assert values["id_number"].value_sealed is not None
    assert purposes == {"report"}
    assert destroyed.ticket_number == ticket.number


def test_it_answers_that_the_value_is_gone_when_the_ticket_is_reopened(portal: Portal) -> None:
    alice = actor(portal.runtime, "alice")
    ticket = _resolved(portal.runtime)
    confirmation.confirm(portal.runtime, at_clinic(), ticket.id, is_solved=True, comment="")
    with pytest.raises(ForbiddenError):
        reveals.reveal_field(portal.runtime, alice, ticket.number, "login_password", "排查登录")
    confirmation.confirm(portal.runtime, at_clinic(), ticket.id, is_solved=False, comment="又出现了")
    with pytest.raises(DestroyedError):
        reveals.reveal_field(portal.runtime, alice, ticket.number, "login_password", "排查登录")
    assert reveals.reveal_field(portal.runtime, alice, ticket.number, "id_number", "核对数据").value


def test_credentials_supplied_again_after_reopening_can_be_revealed(portal: Portal) -> None:
    alice = actor(portal.runtime, "alice")
    ticket = _resolved(portal.runtime)
    confirmation.confirm(portal.runtime, at_clinic(), ticket.id, is_solved=True, comment="")
    confirmation.confirm(portal.runtime, at_clinic(), ticket.id, is_solved=False, comment="又出现了")
    with portal.runtime.database.transaction() as session:
        version = lookup.by_number(session, ticket.number).version
        perform(session, portal.runtime, alice, ASK, ticket.number, version, fields=["login_password"])
    receiving.supplement(portal.runtime, at_clinic(), ticket.id, {"login_password": ["Invented#New99"]}, [])
    for key in ("login_password", "login_password.1"):
        assert reveals.reveal_field(portal.runtime, alice, ticket.number, key, "排查登录").value == "Invented#New99"


def _resolved(runtime: Runtime) -> Ticket:
    alice, number = actor(runtime, "alice"), file_report(runtime).number
    with runtime.database.transaction() as session:
        perform(session, runtime, alice, CLAIM, number, 1)
        return perform(session, runtime, alice, RESOLVE, number, 2, text="已修复，请重新保存一次")
