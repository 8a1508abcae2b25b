"""0054 makes what staff recorded while filing the first call record of its ticket; on both databases, and back."""

from datetime import UTC, datetime

from sqlalchemy import select, text, update

from alembic import command
from portal import migrations
from portal.reports import call_records
from portal.reports.call_records import CallRecord
from portal.reports.service_records import Service
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.reports import file_report

FILED = datetime(2026, 11, 26, 16, 30, tzinfo=UTC)  # the 27th in China


def test_entries_and_reports_by_token_become_records_with_numbers_of_their_day(portal):
    runtime, agnes = portal.runtime, actor(portal.runtime, "agnes")
    first, second, own, by_token = (Desk(runtime, file_report(runtime).number) for _ in range(4))
    with runtime.database.transaction() as session:
        for desk, channel, service in (
            (first, "phone", Service("callback", incomplete_note="没有问到")),
            (second, "qq", Service(may_call_back=True)), (own, "yxt", Service()),
        ):  # fmt: skip
            session.execute(update(Ticket).where(Ticket.number == desk.number).values(channel=channel))
            ticket = session.get_one(Ticket, desk.ticket.id, populate_existing=True)
            session.add(call_records.numbered(session, ticket, agnes, call_records.of_filing(service)))
        session.execute(update(CallRecord).values(created_at=FILED))
        taken = {"channel": "phone", "received_by_id": agnes.user_id, "submitted_at": FILED}
        session.execute(update(Ticket).where(Ticket.number == by_token.number).values(**taken))

    with runtime.database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0046")
        assert connection.scalar(text("SELECT count(*) FROM desk_entries")) == 3
        assert connection.scalar(text("SELECT count(*) FROM ticket_counters WHERE series LIKE 'LD%'")) == 0
    migrations.migrate(runtime.database)

    with runtime.database.read() as session:
        records = {record.ticket_id: record for record in session.scalars(select(CallRecord))}
        numbers = {records[desk.ticket.id].number for desk in (first, second)}
        assert numbers == {"LD20261127001", "LD20261127002"}
        kept = records[first.ticket.id]
        assert (kept.identity_method, kept.incomplete_note, kept.taken_by_name) == ("callback", "没有问到", "赵坐席")
        assert kept.created_at == FILED and kept.is_filing and records[second.ticket.id].may_call_back
        assert records[own.ticket.id].number is None
        assert (records[by_token.ticket.id].number, records[by_token.ticket.id].ended_at) == ("LD20261127003", FILED)
        assert session.scalar(text("SELECT last FROM ticket_counters WHERE series = 'LD20261127'")) == 3
        assert [desk.ticket.has_calls for desk in (first, second, own, by_token)] == [True, True, False, True]  # 0082
        assert f"\n{records[first.ticket.id].number.lower()}" in session.scalar(
            select(Ticket.search_text).where(Ticket.number == first.number)
        )
