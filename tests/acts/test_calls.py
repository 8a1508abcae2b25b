"""机构又来电: a record with a number of its own; internal, or a public word of whoever may speak (REQUIREMENTS E22)."""

from datetime import timedelta

import pytest

from portal import clock
from portal.acts import promises
from portal.acts.table import CALL, CLAIM, PROMISE
from portal.errors import ConflictError, ForbiddenError, InvalidError
from portal.reports import call_records, listing
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_internal_records_touch_no_clock_and_public_ones_answer(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CALL, "agnes", channel="phone", text="机构来问进展")
    assert (desk.ticket.first_replied_at, desk.ticket.touched_at, desk.told("alice")) == (None, None, ["clinic-called"])
    with pytest.raises(ConflictError):  # nobody has it: nobody speaks
        desk.act(CALL, "leo", channel="phone", text="告诉机构在查", is_public=True)
    desk.act(CLAIM)
    for name in ("agnes", "bob"):
        with pytest.raises(ForbiddenError):
            desk.act(CALL, name, channel="phone", text="告诉机构在查", is_public=True)
    due = (clock.now() + timedelta(hours=3)).isoformat()
    promised = desk.act(PROMISE, kind="appointment", text="打电话说进展", due_at=due).ticket
    with portal.runtime.database.read() as session:
        keeps = [str(one.id) for one in promises.of_ticket(session, promised.id)]
    began = clock.now() - timedelta(minutes=40)
    desk.act(CALL, channel="qq", text="已告诉机构在查", is_public=True, began_at=began.isoformat(), keeps=keeps)

    with portal.runtime.database.read() as session:
        first, second = call_records.of_ticket(session, desk.ticket.id)
        kept = [one.status for one in promises.of_ticket(session, desk.ticket.id)]
    day = f"LD{clock.in_china(clock.now()):%Y%m%d}"
    assert (first.number, second.number) == (f"{day}001", f"{day}002")
    assert (first.is_late, second.is_late, second.is_public, second.channel) == (False, True, True, "qq")
    assert kept == ["kept"] and desk.ticket.first_replied_at is not None
    assert [entry.is_public for entry in desk.entries() if "来电" in entry.text or "联系，" in entry.text] == [
        False,
        True,
    ]
    answer = portal.api("alice").get(f"/api/v1/tickets/{desk.number}").json()
    assert answer["calls"] == [f"{day}001", f"{day}002"]


def test_a_moment_to_come_or_long_ago_is_refused_with_the_other_faults(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    for began_at in (clock.now() + timedelta(hours=1), clock.now() - timedelta(days=400)):
        with pytest.raises(InvalidError) as refused:
            desk.act(CALL, channel="yxt", text=" ", began_at=began_at.isoformat())
        assert {fault.field for fault in refused.value.faults} == {"channel", "text", "began_at"}


def test_its_number_finds_the_ticket_also_after_the_texts_are_rebuilt(portal: Portal) -> None:
    desk, other = Desk(portal.runtime), Desk(portal.runtime)
    desk.act(CALL, "agnes", channel="phone", text="机构来问进展")
    other.act(CALL, "agnes", channel="phone", text="问别的")
    with portal.runtime.database.transaction() as session:
        [number] = call_records.numbers_of(session, desk.ticket.id)
    for _ in range(2):
        found = portal.api("alice").get("/api/v1/tickets", params={"queue": "general", "q": number.lower()}).json()
        assert [item["number"] for item in found["items"]] == [desk.number]
        with portal.runtime.database.transaction() as session:
            listing.renew(session, session.get_one(Ticket, desk.ticket.id))
