"""The demo: people of every role and tickets in every state, through the real services."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from portal import clock, demo
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.assembly import make_runtime
from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.knowledge import known_issues
from portal.settings import Settings
from portal.tickets import numbering, queries
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState


def test_it_fills_every_role_and_state_once(empty_settings: Settings, tmp_path: Path) -> None:
    runtime = make_runtime(empty_settings)
    made = demo.fill(runtime)
    assert made is not None
    with runtime.database.read() as session:
        roles = {user.role for user in session.query(User)}
        counts = {
            state: sum(queries.state_counts(session, queue)[state] for queue in ("general", "his"))
            for state in TicketState
        }
        assert trail.verify(session).first_break is None
        assert [issue.title for issue in known_issues.applying(session, "general")] == ["家医签约续签时提示已签约"]
    assert roles == set(Role)
    assert all(counts.values()), counts
    assert len(set(made.passwords.values())) == len(demo.STAFF)
    assert demo.fill(runtime) is None
    assert demo.ways_in(runtime) == made
    assert (empty_settings.data_dir / "demo.json").stat().st_mode & 0o077 == 0


def test_the_desk_lives(empty_settings: Settings) -> None:
    """Ages, an overdue ticket, looks with reasons, and a number whose code opens it; the past in its order."""
    runtime = make_runtime(empty_settings)
    made = demo.fill(runtime)
    with runtime.database.read() as session:
        tickets = session.scalars(select(Ticket)).all()
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
        known = queries.by_number(session, made.number)
    ages = sorted(clock.now() - ticket.submitted_at for ticket in tickets)

    assert ages[0] > timedelta(minutes=30) and ages[-1] > timedelta(days=3)
    assert any(
        ticket.is_open and ticket.reply_due_at < clock.now() and not ticket.first_replied_at for ticket in tickets
    )
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert len([row for row in rows if row.tag == Tag.FIELD_REVEALED and row.reason]) >= 5
    assert numbering.is_code(runtime.vault, made.query_code, known.query_code_hash)
    runtime.database.dispose()
