"""0041 knows who took a call, since when a ticket has its owner, and staff numbers in one form; on both databases."""

from sqlalchemy import text, update

from alembic import command
from portal import migrations
from portal.accounts.models import User
from portal.acts.table import ACCEPT_OFFER, CLAIM, OFFER
from portal.reports import call_records
from portal.reports.service_records import Service
from tests.acts.desk import Desk
from tests.factories.cast import actor

NUMBERS = {"alice": "1021", "bob": "1", "hanna": "ABCDEFGHIJKLMNOP"}


def test_it_fills_what_was_known_and_settles_staff_numbers(portal):
    taken, own = Desk(portal.runtime), Desk(portal.runtime)
    own.act(CLAIM)
    own.act(ACCEPT_OFFER, "bob", offer=own.act(OFFER, assignee="bob", text="只差回访").answer["offer"]["id"])
    agnes = actor(portal.runtime, "agnes")
    with portal.runtime.database.transaction() as session:
        session.add(call_records.numbered(session, taken.ticket, agnes, call_records.of_filing(Service("callback"))))
        for name, number in NUMBERS.items():
            session.execute(update(User).where(User.username == name).values(staff_number=number))
    database = portal.runtime.database
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0041")
        command.downgrade(migrations.config(connection), "-1")
        connection.execute(text("UPDATE users SET staff_number = 'a１' WHERE username = 'bob'"))
    migrations.migrate(database)

    assert taken.ticket.received_by_id == agnes.user_id and taken.ticket.assigned_at is None
    assert (own.ticket.assigned_at, own.ticket.received_by_id) == (own.ticket.changed_at, None)
    assert (own.ticket.hand_over_count, own.ticket.assignee_name) == (0, "李工")
    with database.read() as session:
        kept = {user.username: user.staff_number for user in session.query(User) if user.username in NUMBERS}
    assert kept == {"alice": "1021", "bob": "A1", "hanna": None}
