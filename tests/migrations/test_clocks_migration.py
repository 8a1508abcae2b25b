"""0038 gives the tickets that are there their clocks, under version 1 of the policy."""

from datetime import timedelta

from sqlalchemy import bindparam, select, text

from alembic import command
from portal import clock, migrations
from portal.acts.table import ASK, CLAIM, CLOSE, REPLY, RESOLVE
from portal.clocks import policies, rows
from portal.clocks.models import ServicePolicy, TicketClock
from portal.clocks.names import ClockName
from portal.clocks.policies import Facts
from portal.db import UtcDateTime
from tests.acts.desk import CONFIRMED, Desk


def states(desk: Desk) -> dict[str, str]:
    with desk.runtime.database.read() as session:
        return {row.clock: str(row.state) for row in rows.all_of(session, desk.ticket.id) if row.state}


def test_open_tickets_run_on_and_ended_ones_keep_their_outcome(portal, monkeypatch):
    filed, claimed, replied, asked, solved, closed = desks = [Desk(portal.runtime) for _ in range(6)]
    for desk in desks[1:]:
        desk.act(CLAIM)
    replied.act(REPLY, text="在看")
    asked.act(ASK, fields=["form_name"])
    for desk in (solved, closed):
        desk.act(RESOLVE, text="已恢复")
    closed.act(CLOSE, **CONFIRMED)
    dues = [desk.ticket.reply_due_at for desk in desks]
    database = portal.runtime.database

    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0036")
    with database.schema_change() as connection:
        connection.execute(text("UPDATE tickets SET paused_at = NULL"))
    migrations.migrate(database)
    after = clock.now()

    assert [desk.ticket.reply_due_at for desk in desks] == dues
    assert states(filed) == {"replied": "running", "solved": "running"}
    assert states(claimed) == {"replied": "running", "next_word": "running", "solved": "running"}
    assert states(replied) == {"replied": "met", "next_word": "running", "solved": "running"}
    assert states(asked) == {"replied": "met", "solved": "paused"}
    assert states(solved) == states(closed) == {"replied": "met"}
    with database.read() as session:
        policy = policies.at(session, after)
        term = policy.terms_of("solved", Facts("general", "yxt", "general", "normal"))[0]
        found = session.scalars(select(TicketClock).where(TicketClock.clock == "solved")).all()
        assert session.scalars(select(ServicePolicy.version)).all() == [1]
        for row in found:
            assert row.due_at == term.due(row.started_at, policy.time(session))
            assert after - row.started_at < timedelta(minutes=5)
    assert (filed.ticket.next_due_at, filed.ticket.next_due_clock) == (filed.ticket.reply_due_at, "replied")
    assert closed.ticket.next_due_at is None
    replied.act(RESOLVE, text="已恢复")  # and the acts go on with these rows
    assert states(replied) == {"replied": "met", "solved": "met"}


def test_what_was_paused_keeps_what_was_left(portal):
    desk = Desk(portal.runtime)
    paused_at = desk.ticket.submitted_at + timedelta(hours=4)
    at, database = bindparam("at", paused_at, type_=UtcDateTime), portal.runtime.database
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0036")
    with database.schema_change() as connection:
        connection.execute(text("UPDATE tickets SET state = 'awaiting_information', paused_at = :at").bindparams(at))
    migrations.migrate(database)

    with database.read() as session:
        row = rows.of_round(session, desk.ticket.id, 1)[ClockName.REPLIED]
    assert (row.state, row.left, row.alert_at) == ("paused", timedelta(hours=20), None)
