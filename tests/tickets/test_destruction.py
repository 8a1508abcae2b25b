"""Reported credentials live only while the ticket is open."""

import pytest
from sqlalchemy import select

from portal.audit.actor import clinic as at_clinic
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.errors import ForbiddenError
from portal.tickets import clinic, queries, reveals, work
from portal.tickets.models import Ticket
from portal.tickets.reveals import DestroyedError
from portal.tickets.tools import Tools
from portal.vault.models import DataKey, SealedValue
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def test_closing_destroys_the_credentials_and_nothing_else(portal: Portal) -> None:
    ticket = _resolved(portal.tools)
    clinic.confirm(portal.tools, at_clinic(), ticket.id, is_solved=True, comment="")
    with portal.tools.database.read() as session:
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
    alice = actor(portal.tools, "alice")
    ticket = _resolved(portal.tools)
    clinic.confirm(portal.tools, at_clinic(), ticket.id, is_solved=True, comment="")
    with pytest.raises(ForbiddenError):
        reveals.reveal_field(portal.tools, alice, ticket.number, "login_password", "排查登录")
    clinic.confirm(portal.tools, at_clinic(), ticket.id, is_solved=False, comment="又出现了")
    with pytest.raises(DestroyedError):
        reveals.reveal_field(portal.tools, alice, ticket.number, "login_password", "排查登录")
    assert reveals.reveal_field(portal.tools, alice, ticket.number, "id_number", "核对数据").value


def test_credentials_supplied_again_after_reopening_can_be_revealed(portal: Portal) -> None:
    alice = actor(portal.tools, "alice")
    ticket = _resolved(portal.tools)
    clinic.confirm(portal.tools, at_clinic(), ticket.id, is_solved=True, comment="")
    clinic.confirm(portal.tools, at_clinic(), ticket.id, is_solved=False, comment="又出现了")
    with portal.tools.database.transaction() as session:
        version = queries.by_number(session, ticket.number).version
        work.request_information(session, portal.tools, alice, ticket.number, version, ["login_password"], "")
    clinic.supplement(portal.tools, at_clinic(), ticket.id, {"login_password": ["Invented#New99"]}, [])
    for key in ("login_password", "login_password.1"):
        assert reveals.reveal_field(portal.tools, alice, ticket.number, key, "排查登录").value == "Invented#New99"


def _resolved(tools: Tools) -> Ticket:
    alice, number = actor(tools, "alice"), file_report(tools).number
    with tools.database.transaction() as session:
        work.claim(session, alice, number, 1)
        return work.resolve(session, tools, alice, number, 2, "已修复，请重新保存一次")
