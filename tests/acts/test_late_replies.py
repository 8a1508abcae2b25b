"""A reply that becomes overdue is told to the owner and the leads, once, by the worker."""

from datetime import timedelta

from sqlalchemy import select, update

from portal import clock
from portal.acts import late_replies
from portal.acts.table import ASK, CLAIM, REPLY
from portal.notify.models import OutboxMessage, StaffNotice
from portal.tickets.models import Ticket
from portal.worker import run_once
from tests.acts.desk import Desk
from tests.factories.cast import actor


def make_late(desk: Desk, hours: float = 1) -> None:
    with desk.runtime.database.transaction() as session:
        session.execute(
            update(Ticket).where(Ticket.number == desk.number).values(reply_due_at=clock.now() - timedelta(hours=hours))
        )


def told(desk: Desk) -> list[str]:
    """Who has a notice of it, by name."""
    names = {actor(desk.runtime, name).user_id: name for name in ("alice", "bob", "hanna", "leo", "agnes", "ada")}
    with desk.runtime.database.read() as session:
        rows = session.scalars(select(StaffNotice).where(StaffNotice.event == "reply-overdue")).all()
    return sorted(names[row.user_id] for row in rows)


def messages(desk: Desk) -> int:
    with desk.runtime.database.read() as session:
        found = select(OutboxMessage).where(OutboxMessage.event == "reply-overdue")
        return len(session.scalars(found).all())


def test_owner_and_leads_are_told_once(portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    assert late_replies.run(portal.runtime) == 0
    make_late(desk)
    run_once(portal.runtime)
    run_once(portal.runtime)
    assert (told(desk), messages(desk)) == (["alice", "leo"], 1)


def test_without_an_owner_its_engineers_are_told(portal) -> None:
    desk = Desk(portal.runtime)
    make_late(desk)
    assert late_replies.run(portal.runtime) == 1
    assert told(desk) == ["alice", "bob", "leo"]


def test_what_was_replied_to_or_waits_for_the_clinic_is_not_late(portal) -> None:
    replied, asked = Desk(portal.runtime), Desk(portal.runtime)
    replied.act(CLAIM)
    replied.act(REPLY, text="在看")
    asked.act(CLAIM)
    asked.act(ASK, fields=["form_name"])
    for desk in (replied, asked):
        make_late(desk)
    assert late_replies.run(portal.runtime) == 0
