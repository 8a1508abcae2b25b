"""A year whose public holidays are missing when they should be known: leads and administrators learn of it once."""

from datetime import UTC, datetime

from portal import clock
from portal.audit.actor import SYSTEM
from portal.calendar import content, imports
from portal.escalation import missing_years
from tests.calendar.notices import NOTICES
from tests.escalation.test_alerts import told

TABLE = "2027-01-01,0,元旦\n2027-02-08,0,春节"


def test_it_is_told_once_from_november_on_and_settled_when_the_year_is_known(portal, monkeypatch):
    def on(year, month, day):
        monkeypatch.setattr(clock, "now", lambda: datetime(year, month, day, 2, tzinfo=UTC))
        return missing_years.run(portal.runtime)

    assert on(2026, 10, 31) == 0
    assert [on(2026, 11, 1), on(2026, 11, 1), on(2026, 12, 30)] == [1, 0, 0]
    assert {("leo", "calendar-missing"), ("ada", "calendar-missing")} <= told(portal.runtime, "2027")
    assert ("alice", "calendar-missing") not in told(portal.runtime, "2027")
    page = portal.signed_in("leo").get("/account/notices").text
    assert "节假日还没有录入" in page and "2027" in page
    with portal.runtime.database.transaction() as session:
        imports.apply(session, SYSTEM, content.read(TABLE, 2027))
    assert on(2027, 1, 2) == 0 and not told(portal.runtime, "2027")
    assert "2026" in NOTICES[2026] and on(2027, 11, 2) == 1  # the next one
