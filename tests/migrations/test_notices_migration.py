"""0027 folds search texts, fills 之前使用系统, and tells nobody of what was late before; on both databases."""

from datetime import timedelta

from sqlalchemy import text, update

from alembic import command
from portal import clock, migrations
from portal.acts import late_replies
from portal.acts.table import TRANSFER
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.reports import file_report


def test_it_gives_what_filing_itself_had_written(portal):
    numbers = [
        file_report(portal.runtime, description="打开ＯＲＡ—００９４２　提示框，点保存后一直转圈").number,
        file_report(portal.runtime, previous_system="东软系统").number,
        file_report(portal.runtime, kind="his").number,
        file_report(portal.runtime).number,
    ]
    desks = [Desk(portal.runtime, number) for number in numbers]
    desks[3].act(TRANSFER, "leo", queue="his", text="是 HIS 的问题")
    late = clock.now() - timedelta(hours=1)
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.number == numbers[0]).values(reply_due_at=late))
    assert "ora-00942" in desks[0].ticket.search_text and numbers[3].lower() in desks[3].ticket.search_text
    before = [(set(desk.ticket.search_text.split()), desk.ticket.previous_system) for desk in desks]
    assert before[1][1] == "东软系统"

    database = portal.runtime.database
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0027")
        command.downgrade(migrations.config(connection), "-1")
        connection.execute(
            text("UPDATE tickets SET search_text = replace(search_text, 'ora-00942', 'ＯＲＡ—００９４２')")
        )
    migrations.migrate(database)

    assert [(set(desk.ticket.search_text.split()), desk.ticket.previous_system) for desk in desks] == before
    assert [desk.ticket.late_told_at is not None for desk in desks] == [True, False, False, False]
    assert late_replies.run(portal.runtime) == 0
