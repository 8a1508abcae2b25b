"""The values that count now: what came later takes the place of what was filed, on every door."""

import pytest

from portal.acts.table import ASK, CLAIM
from portal.audit.actor import clinic
from portal.reports import current
from portal.reports.models import Supplement
from portal.supplements import receiving
from portal.tickets import institution_links
from tests.acts.desk import Desk
from tests.factories.directories import add_entry
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PLACE = "高唐县杨屯乡张四屯卫生室"


@pytest.fixture
def desk(portal):
    """A HIS report without institution, whose clinic then supplies it."""
    made = Desk(portal.runtime, file_report(portal.runtime, kind="his", institution="").number)
    made.entry = add_entry(portal.runtime)
    made.act(CLAIM, "hanna")
    made.act(ASK, "hanna", fields=["institution", "form_name", "symptom"])
    given = {"institution": [PLACE], "form_name": ["出院结算单"], "symptom": ["form_blank"]}
    receiving.supplement(portal.runtime, clinic(), made.ticket.id, given, [])
    return made


def test_lists_search_and_directory_have_it(portal, desk):
    ticket, hanna = desk.ticket, portal.signed_in("hanna")
    assert (ticket.institution, ticket.institution_id, ticket.symptom) == (PLACE, desk.entry.id, "form_blank")
    assert PLACE in hanna.get("/queues/his").text
    for words in ("张四屯", "出院结算单"):
        assert desk.number in hanna.get(f"/queues/his?q={words}").text
    with portal.runtime.database.read() as session:
        assert institution_links.ticket_count(session, desk.entry.id) == 1


def test_both_answers_of_the_interface_have_it(portal, desk):
    shown = portal.api("hanna").get(f"/api/v1/tickets/{desk.number}").json()
    assert (shown["institution"], shown["masked"]["institution"]) == (PLACE, PLACE)
    assert shown["masked"]["form_name"] == "出院结算单"


def test_the_report_itself_stays_as_it_was_filed(portal, desk):
    with portal.runtime.database.read() as session:
        answers = current.answers_of(session, desk.ticket.report_id)
    assert answers["institution"] == PLACE


def test_the_latest_counts_and_an_emptied_one_replaces_nothing(backend):
    later = [Supplement(field="a", text="2"), Supplement(field="a", text="3"), Supplement(field="b", text="")]
    assert current.overlaid({"a": "1", "b": "x"}, later) == {"a": "3", "b": "x"}
