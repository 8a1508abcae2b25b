"""Messages from before there were deliveries: what waited is sent after the upgrade, what was sent stays so."""

from sqlalchemy import text

from alembic import command
from portal import migrations
from portal.notify import outbox
from portal.notify.delivery import Dispatcher
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.channels import Recorder, raising


def downgrade(portal: Portal) -> None:
    with portal.runtime.database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0016")


def test_what_waited_is_sent_and_what_was_sent_stays_so(portal: Portal) -> None:
    database = portal.runtime.database
    file_report(portal.runtime)
    assert Dispatcher(database, [Recorder()]).run() == 1
    failing = file_report(portal.runtime).number
    assert Dispatcher(database, [Recorder(before=raising(OSError()))]).run() == 0
    fresh = file_report(portal.runtime).number
    downgrade(portal)
    with database.read() as session:
        waiting = text("SELECT ticket_number FROM outbox_messages WHERE delivered_at IS NULL")
        assert set(session.scalars(waiting)) == {failing, fresh}

    migrations.migrate(database)
    with database.read() as session:
        assert outbox.backlog(session).waiting == 2
    channel = Recorder()
    assert Dispatcher(database, [channel]).run() == 2
    assert set(channel.numbers) == {failing, fresh}
