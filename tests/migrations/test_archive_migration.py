"""0061: the worker looks at tickets that have ended, after their days of reopening; on both databases, and back."""

from datetime import timedelta

from sqlalchemy import text

from alembic import command
from portal import clock, migrations
from portal.acts.closing import REOPEN_DAYS
from portal.kpi.archive import due_steps
from portal.tickets.states import TicketState as S
from tests.acts.desk import Desk
from tests.factories.archived import change


def test_what_has_ended_is_looked_at(portal):
    runtime, now = portal.runtime, clock.now()
    open_one, old, fresh, destroyed = (Desk(runtime) for _ in range(4))
    for desk, ended in ((old, now - timedelta(days=30)), (fresh, now - timedelta(days=1)), (destroyed, now)):
        desk.bring_to(S.VOID)
        change(desk, closed_at=ended, destroyed_at=now if desk is destroyed else None)
    with runtime.database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0055")
    migrations.migrate(runtime.database)
    with runtime.database.read() as session:
        rows = session.execute(text("SELECT number FROM tickets WHERE archive_check_at IS NOT NULL"))
        assert set(rows.scalars()) == {old.number, fresh.number}
    assert due_steps.run(runtime) == 1
    assert old.ticket.archive_number and open_one.ticket.archive_check_at is None
    assert fresh.ticket.archive_check_at == now - timedelta(days=1) + REOPEN_DAYS
    assert due_steps.run(runtime) == 0
