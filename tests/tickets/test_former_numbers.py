"""A ticket that moved to the other track is found under the number on the clinic's receipt (SECURITY G-4)."""

from portal.acts.table import TRANSFER
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def test_the_owning_queue_finds_a_moved_ticket_by_its_old_number(portal: Portal) -> None:
    old = file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, actor(portal.runtime, "leo"), TRANSFER, old, 1, queue="his")
    answer = portal.api("hanna").get(f"/api/v1/tickets/{old}")
    assert answer.status_code == 200
    assert answer.json()["number"].startswith("HIS") and answer.json()["former_numbers"] == [old]
    assert portal.signed_in("hanna").get(f"/tickets/{old}").status_code == 200
    found = portal.api("hanna").get("/api/v1/tickets", params={"queue": "his", "q": old}).json()["items"]
    assert [ticket["number"] for ticket in found] == [answer.json()["number"]]
    assert portal.api("alice").get(f"/api/v1/tickets/{old}").status_code == 404, "the former queue has lost it"
