"""0019 works out whose turn it is from the state and the timeline, on both databases."""

from alembic import command
from portal import migrations
from portal.acts.table import ASK, CLAIM, CLOSE, REOPEN, RESOLVE
from portal.audit.actor import clinic
from portal.tickets.states import TicketState
from portal.tracking import confirmation
from tests.acts.desk import CONFIRMED, Desk


def test_it_gives_what_the_acts_themselves_had_written(portal):
    desks = [Desk(portal.runtime) for _ in range(6)]
    for desk in desks[1:]:
        desk.bring_to(TicketState.IN_PROGRESS)
    desks[2].act(ASK, fields=["form_name"])
    for desk in desks[3:]:
        desk.act(RESOLVE, text="已恢复")
    desks[4].act(CLOSE, **CONFIRMED)
    desks[4].act(REOPEN, text="又来了")
    confirmation.confirm(portal.runtime, clinic(), desks[5].ticket.id, is_solved=False, comment="还不行")
    desks.append(Desk(portal.runtime))
    desks[6].act(CLAIM)
    desks[6].act(RESOLVE, text="已恢复")
    desks[6].act(CLOSE, **CONFIRMED)
    before = [(desk.ticket.turn, desk.ticket.turn_cause, desk.ticket.turn_since) for desk in desks]
    assert [whose for whose, _, _ in before] == ["us", "us", "clinic", "clinic", "us", "us", "nobody"]

    database = portal.runtime.database
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0018")
    migrations.migrate(database)

    after = [(desk.ticket.turn, desk.ticket.turn_cause, desk.ticket.turn_since) for desk in desks]
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert all(abs((a[2] - b[2]).total_seconds()) < 1 for a, b in zip(after, before, strict=True))
