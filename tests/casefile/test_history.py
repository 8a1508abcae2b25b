"""What stands around a ticket: the same institution, the same number, in the reader's queues only."""

from datetime import timedelta

import pytest
from sqlalchemy import event, update

from portal import clock
from portal.acts.links import LINK
from portal.acts.table import CLAIM
from portal.casefile import history
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.people import id_number
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
BOTH = ("general", "his")
OURS, THEIRS = "高唐县新样镇卫生院", "高唐县样板村卫生室"


@pytest.fixture
def desk(portal):
    return Desk(portal.runtime, file_report(portal.runtime, institution=OURS, id_number=id_number(1)).number)


def filed(desk, kind="general", **fields):
    return file_report(desk.runtime, kind=kind, **fields).number


def found(desk, queues=BOTH):
    with desk.runtime.database.read() as session:
        around = history.around(session, desk.ticket, queues)
    return {one.ticket.number: (one.has_same_number, one.is_same_institution) for one in around.neighbours}


def test_the_same_number_and_the_same_institution_are_found_and_told_apart(desk):
    person = filed(desk, institution=THEIRS, id_number=id_number(1))
    place = filed(desk, institution=OURS, id_number=id_number(2))
    both = filed(desk, institution=OURS, id_number=id_number(1))
    filed(desk, institution=THEIRS, id_number=id_number(3))
    assert found(desk) == {person: (True, False), place: (False, True), both: (True, True)}


def test_another_queue_only_for_who_has_it(desk):
    his = filed(desk, "his", institution=OURS, patient_id_number=id_number(1))
    assert found(desk) == {his: (True, True)}
    assert found(desk, ("general",)) == {}


def test_what_ended_long_ago_is_left_out_and_what_is_open_never(desk):
    old, open_still = filed(desk, institution=OURS), filed(desk, institution=OURS)
    long_ago = clock.now() - history.RECENT - timedelta(days=1)
    with desk.runtime.database.transaction() as session:
        numbers = (old, open_still)
        session.execute(update(Ticket).where(Ticket.number.in_(numbers)).values(submitted_at=long_ago))
        session.execute(update(Ticket).where(Ticket.number == old).values(is_open=False, state="closed"))
    assert set(found(desk)) == {open_still}


def test_a_linked_one_is_not_listed_twice(desk):
    other = filed(desk, institution=OURS)
    desk.act(LINK, number=other, kind="related")
    with desk.runtime.database.read() as session:
        around = history.around(session, desk.ticket, BOTH)
    assert ([one.ticket.number for one in around.links], around.neighbours) == ([other], [])


def test_the_queries_are_three_whatever_there_is_and_open_nothing(desk):
    for number in range(history.MOST + 3):
        filed(desk, institution=OURS, id_number=id_number(1 if number % 2 else 5))
    asked = []

    def note(connection, cursor, statement, *rest):
        asked.append(statement)

    with desk.runtime.database.read() as session:
        ticket = desk.ticket
        engine = session.connection().engine
        event.listen(engine, "before_cursor_execute", note)
        around = history.around(session, ticket, BOTH)
        event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 3 and around.has_more
    assert not any("value_sealed" in statement for statement in asked)


def test_the_page_offers_both_and_another_engineers_page_only_the_link(portal, desk):
    other = filed(desk, institution=OURS)
    desk.act(CLAIM)
    page = portal.signed_in("alice").get(f"/tickets/{desk.number}").text
    assert "同一机构" in page and other in page
    assert 'name="into" value="' + other in page and 'name="number" value="' + other in page
    assert 'name="into" value="' + other not in portal.signed_in("bob").get(f"/tickets/{desk.number}").text
