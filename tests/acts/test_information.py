"""Asking the clinic: who asked, for what, and what becomes of an earlier request."""

import pytest
from sqlalchemy import select

from portal.acts.table import ASK, CLAIM, TRANSFER
from portal.errors import InvalidError
from portal.tickets.models import InformationRequest
from tests.acts.desk import Desk
from tests.factories.cast import actor


@pytest.fixture
def desk(portal):
    made = Desk(portal.runtime)
    made.act(CLAIM)
    return made


def requests(desk):
    with desk.runtime.database.read() as session:
        query = select(InformationRequest).where(InformationRequest.ticket_id == desk.ticket.id)
        return session.scalars(query.order_by(InformationRequest.asked_at)).all()


def test_each_request_keeps_who_asked(desk):
    desk.act(ASK, fields=["form_name"])
    desk.act(ASK, fields=["operation_steps", "form_name"], message="请逐步写")
    first, second = requests(desk)
    alice = actor(desk.runtime, "alice").user_id
    assert (first.asked_by_id, second.asked_by_id) == (alice, alice)
    assert first.answered_at is not None and second.answered_at is None
    assert set(desk.rows()[-1].particulars["fields"]) == {"operation_steps", "form_name"}


def test_nothing_or_an_unknown_field_is_refused(desk):
    for fields in ([], ["state"], ["form_name", "state"]):
        with pytest.raises(InvalidError):
            desk.act(ASK, fields=fields)
    assert requests(desk) == []


def test_what_the_other_track_lacks_is_asked_for_by_who_moved_it(desk):
    desk.act(TRANSFER, queue="his", text="住院问题")
    [asked] = requests(desk)
    assert asked.asked_by_id == actor(desk.runtime, "alice").user_id
    old, new = desk.number, desk.ticket.number
    assert desk.rows()[-1].particulars == {"from_number": old, "to_number": new}
    desk.number = new
    assert desk.rows()[-1].particulars == {"from_number": old, "to_number": new}
    assert desk.entries()[-1].action == "transfer_asking"


def test_what_was_asked_on_the_old_track_is_not_waited_for_any_more(desk):
    desk.act(ASK, fields=["form_name"])
    desk.act(TRANSFER, queue="his", text="住院问题")
    assert [(one.fields == ["form_name"], one.answered_at is None) for one in requests(desk)] == [
        (True, False), (False, True),
    ]  # fmt: skip
