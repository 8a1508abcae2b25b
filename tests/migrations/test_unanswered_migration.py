"""0032 empties what nobody had answered, and nothing else, on both databases."""

from sqlalchemy import select, update

from alembic import command
from portal import migrations
from portal.acts.table import ASK, CLAIM
from portal.audit.actor import clinic
from portal.supplements import receiving
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.reports import file_report


def test_what_nobody_answered_is_empty_afterwards(portal):
    silent, said, supplied, destroyed = (
        Desk(portal.runtime, file_report(portal.runtime, **answers).number)
        for answers in ({}, {"symptom": "other", "scope": "single"}, {}, {})
    )
    supplied.act(CLAIM)
    supplied.act(ASK, fields=["symptom"])
    receiving.supplement(portal.runtime, clinic(), supplied.ticket.id, {"symptom": ["other"]}, [])
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.symptom == "").values(symptom="other"))
        session.execute(update(Ticket).where(Ticket.scope == "").values(scope="single"))
        gone = update(Ticket).where(Ticket.id == destroyed.ticket.id)
        session.execute(gone.values(destroyed_at=Ticket.submitted_at))

    database = portal.runtime.database
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0030")
    migrations.migrate(database)

    found = [(desk.ticket.symptom, desk.ticket.scope) for desk in (silent, said, supplied, destroyed)]
    assert found == [("", ""), ("other", "single"), ("other", ""), ("other", "single")]


def test_before_it_nothing_was_empty(portal):
    desk = Desk(portal.runtime)
    database = portal.runtime.database
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0030")
    with database.read() as session:  # these columns only: the model has more than the older table
        assert session.execute(select(Ticket.symptom, Ticket.scope)).one() == ("other", "single")
    migrations.migrate(database)
    assert (desk.ticket.symptom, desk.ticket.scope) == ("", "")
