"""A ticket as people see it, where its own kind does not say how."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from portal.acts.table import TRANSFER
from portal.casefile.view import ticket_view
from portal.kinds.table import FIELDS, HIS
from portal.reports.models import Supplement
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

# An answer to every field that only 日常 has.
OF_GENERAL = {"scope": "batch", "resident_count": "300"}


def moved(portal: Portal, kind: str, queue: str, **changes: str) -> tuple[Desk, dict[str, str]]:
    """A report that has moved to the other queue, and what opens it."""
    receipt = file_report(portal.runtime, kind, **changes)
    desk = Desk(portal.runtime, receipt.number)
    number = desk.act(TRANSFER, "leo", queue=queue, text="另一边的问题").ticket.number
    return desk, {"number": number, "query_code": receipt.query_code}


def test_what_the_former_track_asked_keeps_its_words(portal: Portal) -> None:
    desk, opens = moved(portal, "general", "his", **OF_GENERAL)
    with portal.runtime.database.read() as session:
        view = ticket_view(session, desk.ticket)
    left = {shown.label: list(shown.texts) for shown in view.fields if shown.texts and not HIS.asks(shown.name)}
    assert left == {
        "之前使用系统名称": ["浪潮系统"], "影响范围": ["批量居民都这样"], "影响居民人数（大概）": ["300"],
    }  # fmt: skip
    assert [shown.name for shown in view.fields if shown.values and not HIS.asks(shown.name)] == ["id_number"]
    assert view.found == []
    page = portal.signed_in("leo").get(f"/tickets/{opens['number']}").text
    assert "<dt>影响范围</dt>" in page and "<dt>scope</dt>" not in page


@pytest.mark.parametrize(
    ("kind", "queue", "changes"), [("general", "his", OF_GENERAL), ("his", "general", {}), ("general", "his", {})]
)
def test_page_and_api_show_the_clinic_the_same_fields(
    portal: Portal, kind: str, queue: str, changes: dict[str, str]
) -> None:
    _, opens = moved(portal, kind, queue, **changes)
    page = post(portal.browser(), "/track", "/track", **opens).text
    answers = re.search(r'<dl class="answers">(.*?)</dl>', page, re.DOTALL)
    shown = [unescape(label) for label in re.findall(r"<dt>(.*?)</dt>", answers[1])]
    body = portal.browser().post("/api/v1/track", json=opens).json()
    assert shown == [*(field["label"] for field in body["fields"]), "附图"]
    assert {field["name"] for field in body["fields"]} == set(body["masked"])
    for field in body["fields"]:
        for value in (*field["texts"], *(value["mask"] for value in field["values"])):
            assert value in unescape(page)
    for name in FIELDS:
        assert not re.search(rf">\s*{name}\s*<", page)


def test_a_later_answer_to_a_question_of_the_former_track_is_shown(portal: Portal) -> None:
    receipt = file_report(portal.runtime)
    desk = Desk(portal.runtime, receipt.number)
    with portal.runtime.database.transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
        later = Supplement(
            report_id=ticket.report_id, field="resident_count", text="280", created_at=ticket.submitted_at
        )
        session.add(later)
    desk.act(TRANSFER, "leo", queue="his", text="结算的问题")
    with portal.runtime.database.read() as session:
        shown = {field.label: list(field.texts) for field in ticket_view(session, desk.ticket).fields}
    assert shown["影响居民人数（大概）"] == ["（补充）280"]
