"""A due time that was counted over a year without known holidays says so on the ticket page and in the API."""

import pytest
from sqlalchemy import update

from portal.clocks.models import TicketClock
from tests.factories.portals import Portal
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_only_an_estimated_due_time_is_called_so(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    for is_estimate in (False, True):
        with portal.runtime.database.transaction() as session:
            replied = update(TicketClock).where(TicketClock.clock == "replied")
            session.execute(replied.values(is_estimate=is_estimate))
        page = portal.signed_in("alice").get(f"/tickets/{number}").text
        facts = page.split('id="facts-title"')[1].split("</section>")[0]
        assert ("预计 " in facts) is is_estimate
        clocks = portal.api("alice").get(f"/api/v1/tickets/{number}").json()["clocks"]
        assert [row["is_estimate"] for row in clocks if row["clock"] == "replied"] == [is_estimate]
