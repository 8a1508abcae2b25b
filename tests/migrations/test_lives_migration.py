"""0025 works out verdicts, rounds, ways of closing and chains of merges for the tickets that are there."""

from datetime import timedelta

from sqlalchemy import select, text

from alembic import command
from portal import migrations
from portal.acts.table import ASK, CLAIM, CLOSE, MERGE, REPLY, RESOLVE
from portal.audit.actor import clinic
from portal.clocks.models import TicketClock
from portal.supplements import receiving
from portal.tickets.states import TicketState
from portal.tracking import confirmation
from tests.acts.desk import CONFIRMED, Desk
from tests.factories.reports import file_report

_SEEN = (
    "round", "reply_outcome", "closed_how", "merged_into_id", "worked_as_id",
)  # fmt: skip


def seen(desk):
    ticket = desk.ticket
    return {name: getattr(ticket, name) for name in _SEEN} | {"is_resolved": ticket.resolved_at is not None}


def test_it_gives_what_the_acts_themselves_had_written(portal):
    new, replied, asked, solved, closed, reopened, first, second, third = desks = [
        Desk(portal.runtime) for _ in range(9)
    ]
    for desk in desks[1:]:
        desk.act(CLAIM)
    replied.act(REPLY, text="在看")
    asked.act(ASK, fields=["form_name"])
    for desk in (solved, closed, reopened):
        desk.act(RESOLVE, text="已恢复")
    closed.act(CLOSE, **CONFIRMED)
    confirmation.confirm(portal.runtime, clinic(), reopened.ticket.id, is_solved=False, comment="还不行")
    first.act(MERGE, into=second.number)
    second.act(MERGE, into=third.number)
    voided = Desk(portal.runtime)
    voided.bring_to(TicketState.VOID)
    desks.append(voided)
    before = [seen(desk) for desk in desks]
    due = reopened.ticket.reply_due_at

    database = portal.runtime.database
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0024")
    with database.transaction() as session:  # an old version let a merge count as a reply
        session.execute(text("UPDATE tickets SET first_replied_at = closed_at WHERE state = 'merged'"))
    migrations.migrate(database)

    for desk, was in zip(desks, before, strict=True):
        # That an earlier round had a result is known again: nothing reads it before the next one.
        assert seen(desk) == (was | {"is_resolved": True} if desk is reopened else was), desk.number
    assert abs(reopened.ticket.reply_due_at - due) < timedelta(seconds=2)
    with database.read() as session:
        ended = (TicketClock.clock == "replied", TicketClock.outcome.is_not(None))
        kept = {row.ticket_id: row.outcome for row in session.scalars(select(TicketClock).where(*ended))}
    assert kept == {desk.ticket.id: desk.ticket.reply_outcome for desk in desks if desk.ticket.reply_outcome}
    assert [kept[desk.ticket.id] for desk in (replied, first, voided)] == ["met", "uncounted", "uncounted"]
    assert new.ticket.id not in kept


def test_old_merges_into_each_other_lead_nowhere_and_end_no_page(portal):
    first, second = Desk(portal.runtime), Desk(portal.runtime)
    with portal.runtime.database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0024")
    with portal.runtime.database.transaction() as session:
        for one, other in ((first, second), (second, first)):
            session.execute(
                text("UPDATE tickets SET state = 'merged', is_open = :no, merged_into = :into WHERE number = :number"),
                {"no": False, "into": other.number, "number": one.number},
            )
    migrations.migrate(portal.runtime.database)
    assert (first.ticket.worked_as_id, second.ticket.worked_as_id) == (None, None)
    assert portal.signed_in("alice").get(f"/tickets/{first.number}").status_code == 200


def test_what_was_supplied_before_is_listed_and_found(portal):
    desk = Desk(portal.runtime, file_report(portal.runtime, kind="his", institution="").number)
    desk.act(CLAIM, "hanna")
    desk.act(ASK, "hanna", fields=["institution"])
    given = {"institution": ["高唐县杨屯乡张四屯卫生室"]}
    receiving.supplement(portal.runtime, clinic(), desk.ticket.id, given, [])
    with portal.runtime.database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0024")
    with portal.runtime.database.transaction() as session:  # an old version left lists as they were filed
        session.execute(text("UPDATE tickets SET institution = '', search_text = lower(number)"))
    migrations.migrate(portal.runtime.database)
    assert desk.ticket.institution == "高唐县杨屯乡张四屯卫生室"
    assert desk.number in portal.signed_in("hanna").get("/queues/his?q=张四屯").text
