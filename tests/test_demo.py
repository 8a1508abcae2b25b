"""The demo: people of every role, tickets in every state and a history, through the real services."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal import clock, demo, worker
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.assembly import make_runtime
from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.demo import WaysIn
from portal.knowledge import known_issues
from portal.queues import queries
from portal.runtime import Runtime
from portal.settings import load_settings
from portal.tickets import lookup, numbering
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState
from portal.watch import clock_doubt

DAYS = 3  # three months take a minute: the span is a parameter


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Runtime, WaysIn]]:
    """A demo with a few days of history."""
    runtime, made = fill(tmp_path_factory.mktemp("lived"))
    yield runtime, made
    runtime.database.dispose()


def fill(folder: Path) -> tuple[Runtime, WaysIn]:
    settings = load_settings({"PORTAL_DATA_DIR": str(folder), "PORTAL_UPLOADS": str(folder / "uploads")})
    runtime = make_runtime(settings)
    made = demo.fill(runtime, days=DAYS, rounds=worker.work_round)
    assert made is not None
    return runtime, made


def test_it_fills_every_role_and_state_once(lived: tuple[Runtime, WaysIn]) -> None:
    runtime, made = lived
    with runtime.database.read() as session:
        roles = {user.role for user in session.query(User)}
        counts = {
            state: sum(queries.state_counts(session, queue)[state] for queue in ("general", "his"))
            for state in TicketState
        }
        assert trail.verify(session).first_break is None
        assert clock_doubt.doubted(session) is None
        assert [issue.title for issue in known_issues.applying(session, "general")] == ["家医签约续签时提示已签约"]
    assert roles == set(Role)
    assert all(counts.values()), counts
    assert not made.refused
    assert len(set(made.passwords.values())) == len(demo.STAFF)
    assert demo.fill(runtime) is None
    assert demo.ways_in(runtime) == made
    assert (runtime.settings.data_dir / "demo.json").stat().st_mode & 0o077 == 0


def test_the_desk_lives(lived: tuple[Runtime, WaysIn]) -> None:
    """Ages, an overdue ticket, looks with reasons, and numbers whose codes open them; the past in its order."""
    runtime, made = lived
    with runtime.database.read() as session:
        tickets = session.scalars(select(Ticket)).all()
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
        for number, code in ((made.number, made.query_code), *((number, code) for _, number, code in made.codes)):
            known = lookup.by_number(session, number)
            assert known is not None and numbering.is_code(runtime.vault, code, known.query_code_hash)
    ages = sorted(clock.now() - ticket.submitted_at for ticket in tickets)

    assert ages[0] > timedelta(minutes=30) and ages[-1] > timedelta(days=3)
    assert any(
        ticket.is_open and ticket.reply_due_at < clock.now() and not ticket.first_replied_at for ticket in tickets
    )
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert len([row for row in rows if row.tag == Tag.FIELD_REVEALED and row.reason]) >= 5
    assert len(made.codes) >= 3  # a short past need not hold every way a ticket can go


def test_a_day_and_a_seed_give_one_history(lived: tuple[Runtime, WaysIn], tmp_path: Path) -> None:
    """But for codes and passwords, which are random, and the ids of rows."""
    again, _ = fill(tmp_path)
    assert told(again) == told(lived[0])
    again.database.dispose()


def told(runtime: Runtime) -> list[tuple[str, ...]]:
    with runtime.database.read() as session:
        rows = session.scalars(select(Ticket).order_by(Ticket.number)).all()
    return [(each.number, each.institution, each.excerpt, each.channel, each.state) for each in rows]
