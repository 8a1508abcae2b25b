"""关联: one link between two tickets, seen from both, and by nobody who does not see both queues."""

import pytest
from sqlalchemy import select

from portal.acts import links
from portal.acts.links import LINK, UNLINK
from portal.acts.models import TicketLink
from portal.errors import ConflictError, InvalidError
from tests.acts.desk import Desk
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
BOTH = ("general", "his")


@pytest.fixture
def desk(portal):
    return Desk(portal.runtime)


def ends(desk, queues=BOTH):
    with desk.runtime.database.read() as session:
        return [(one.ticket.number, one.label) for one in links.linked_with(session, desk.ticket, queues)]


def test_it_is_seen_from_both_and_changes_neither(desk):
    other = Desk(desk.runtime)
    before = (desk.ticket.version, other.ticket.version)
    desk.act(LINK, "agnes", number=other.number, kind="follows")
    assert ends(desk) == [(other.number, "接着那一条")]
    assert ends(other) == [(desk.number, "后面又有这一条")]
    assert (desk.ticket.version, other.ticket.version) == before
    lines = [each.entries()[-1] for each in (desk, other)]
    assert [(line.is_public, line.text) for line in lines] == [
        (False, f"{other.number}，接着那一条"), (False, f"{desk.number}，后面又有这一条"),
    ]  # fmt: skip


def test_there_is_one_link_from_whichever_side(desk):
    other = Desk(desk.runtime)
    desk.act(LINK, number=other.number, kind="related")
    with pytest.raises(ConflictError, match="已经和"):
        other.act(LINK, number=desk.number, kind="follows")
    other.act(UNLINK, number=desk.number)
    assert ends(desk) == []
    with pytest.raises(ConflictError, match="没有关联"):
        desk.act(UNLINK, number=other.number)


def test_only_another_ticket_of_ones_own_queues(desk):
    his = file_report(desk.runtime, kind="his").number
    for number, code in ((his, "not_found"), ("RC2026119999", "not_found"), (desk.number, "invalid")):
        with pytest.raises(InvalidError) as refused:
            desk.act(LINK, number=number, kind="related")
        assert [(fault.field, fault.code) for fault in refused.value.faults] == [("number", code)]
    desk.act(LINK, "leo", number=his, kind="related")
    assert ends(desk) == [(his, "相关")] and ends(desk, ("general",)) == []
    with desk.runtime.database.read() as session:
        assert len(session.scalars(select(TicketLink)).all()) == 1


def test_the_calls_answer_what_the_caller_sees(portal):
    desk = Desk(portal.runtime)
    his = file_report(portal.runtime, kind="his").number
    path = f"/api/v1/tickets/{desk.number}"
    body = {"version": 1, "number": his, "kind": "same_institution"}
    made = portal.api("leo").post(f"{path}/links", json=body)
    assert (made.status_code, made.json()["links"]) == (
        201, [{"number": his, "kind": "same_institution", "label": "同一机构"}],
    )  # fmt: skip
    assert portal.api("alice").get(path).json()["links"] == []
    unknown = portal.api("leo").post(f"{path}/links", json=body | {"kind": "cousin"})
    assert [(fault["field"], fault["code"]) for fault in unknown.json()["errors"]] == [("kind", "invalid")]
    assert portal.api("hanna").post(f"{path}/links", json=body).status_code == 404
