"""待确认 that nobody answers: reminded after a working day, closed after three days, uncounted (REQUIREMENTS G12)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal import clock, worker
from portal.acts.table import ASK_VOID, CLAIM, CLOSE, DECIDE_VOID, REOPEN, RESOLVE
from portal.audit.actor import SYSTEM, clinic
from portal.clocks.models import ServicePolicy
from portal.errors import ConflictError
from portal.metrics.models import DailyCount
from portal.retention import holds
from portal.tickets.models import Ticket, VoidRequest
from portal.tracking import confirmation, unconfirmed
from portal.vault.models import DataKey
from portal.vault.vault import CREDENTIALS
from tests.acts.desk import CONFIRMED, Desk

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in China
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Silence:
    """A ticket whose result was given at `MONDAY`; `at` sets the wall clock."""

    def __init__(self, portal, patch):
        self.portal, self.patch = portal, patch
        self.at(MONDAY)
        self.desk = Desk(portal.runtime)
        self.desk.act(CLAIM)
        self.desk.act(RESOLVE, text="已恢复，请刷新")

    def at(self, moment):
        self.patch.setattr(clock, "now", lambda: moment)

    def run(self, moment):
        self.at(moment)
        return unconfirmed.run(self.portal.runtime)


@pytest.fixture
def silence(portal, monkeypatch):
    return Silence(portal, monkeypatch)


def test_it_is_reminded_after_a_working_day_and_closed_after_three_days(silence):
    assert silence.run(MONDAY + DAY - HOUR) == (0, 0)
    assert silence.run(MONDAY + DAY) == (1, 0)
    assert silence.run(MONDAY + 2 * DAY) == (0, 0)
    assert silence.run(MONDAY + 3 * DAY - HOUR) == (0, 0)
    assert silence.run(MONDAY + 3 * DAY) == (0, 1)
    ticket = silence.desk.ticket
    assert (ticket.state, ticket.closed_how) == ("closed", "lapsed_confirmation")
    assert [line.action for line in silence.desk.entries()][-2:] == ["remind_confirmation", "lapse_confirmation"]
    assert silence.desk.events()[-2:] == ["confirmation-reminded", "closed-unconfirmed"]
    assert silence.desk.rows()[-1].particulars == {"is_unconfirmed": True}


def test_it_never_closes_without_a_full_day_after_the_reminder(silence):
    """No worker for a week: the reminder comes first, and the clinic has its day."""
    late = MONDAY + 9 * DAY
    assert silence.run(late) == (1, 0)
    assert silence.run(late + DAY - HOUR) == (0, 0)
    assert silence.run(late + DAY) == (0, 1)


def test_credentials_end_with_it_and_it_counts_as_no_confirmation(silence):
    silence.run(MONDAY + DAY)
    silence.run(MONDAY + 3 * DAY)
    with silence.portal.runtime.database.read() as session:
        mine = (DataKey.owner_id == silence.desk.ticket.report_id, DataKey.purpose == CREDENTIALS)
        assert session.scalar(select(DataKey.id).where(*mine)) is None
        assert session.scalars(select(DailyCount).where(DailyCount.name == "confirmed")).all() == []


def test_the_clinic_can_reopen_it_as_ever(silence):
    silence.run(MONDAY + DAY)
    silence.run(MONDAY + 3 * DAY)
    silence.at(MONDAY + 9 * DAY)
    ticket = confirmation.confirm(
        silence.portal.runtime, clinic(), silence.desk.ticket.id, is_solved=False, comment="还是不行"
    )
    assert (ticket.state, ticket.closed_how, ticket.round) == ("in_progress", None, 2)


def test_a_new_result_starts_the_waiting_again(silence):
    silence.run(MONDAY + DAY)
    silence.at(MONDAY + 2 * DAY)
    silence.desk.act(REOPEN, text="又出现了")
    silence.desk.act(RESOLVE, text="再次恢复")
    assert silence.run(MONDAY + 3 * DAY) == (1, 0)
    assert silence.run(MONDAY + 4 * DAY) == (0, 0)
    assert silence.run(MONDAY + 5 * DAY) == (0, 0)  # a Saturday
    assert silence.run(MONDAY + 7 * DAY) == (0, 1)


def test_nothing_closes_while_something_of_it_is_open(portal, monkeypatch):
    silence = Silence(portal, monkeypatch)
    silence.desk.act(REOPEN, text="再看看")
    silence.desk.act(ASK_VOID, kind="test", text="不是问题")
    silence.desk.act(RESOLVE, text="已恢复")
    silence.run(MONDAY + DAY)
    assert silence.run(MONDAY + 5 * DAY) == (0, 0)
    silence.desk.act(DECIDE_VOID, "leo", approved=False)
    holds.hold(portal.runtime, SYSTEM, silence.desk.number, "调查")
    assert silence.run(MONDAY + 7 * DAY) == (0, 0)
    holds.release(portal.runtime, SYSTEM, silence.desk.number)
    assert silence.run(MONDAY + 7 * DAY) == (0, 1)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_over_the_holidays_it_waits_for_the_next_working_day(silence):
    given = datetime(2026, 9, 30, 8, 0, tzinfo=UTC)  # a Wednesday, 16:00; seven days off follow
    silence.at(given)
    silence.desk.act(REOPEN, text="又出现了")
    silence.desk.act(RESOLVE, text="再次恢复")
    for days in range(1, 8):
        assert silence.run(given + days * DAY) == (0, 0)
    assert silence.run(given + 8 * DAY - HOUR) == (0, 0)
    assert silence.run(given + 8 * DAY) == (1, 0)  # Thursday 10-08, 16:00
    assert silence.run(given + 9 * DAY - timedelta(seconds=1)) == (0, 0)
    assert silence.run(given + 9 * DAY) == (0, 1)  # Friday 10-09, 16:00


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_it_is_never_closed_while_clinics_may_not_be_called(silence):
    silence.at(MONDAY + 2.5 * HOUR)  # 12:30
    silence.desk.act(REOPEN, text="又出现了")
    silence.desk.act(RESOLVE, text="再次恢复")
    silence.run(MONDAY + DAY + 2.5 * HOUR)
    assert silence.run(MONDAY + DAY + 4 * HOUR) == (1, 0)  # counted from 14:00, when staff were there again
    assert silence.run(MONDAY + 3 * DAY + 2.5 * HOUR) == (0, 0)
    assert silence.run(MONDAY + 3 * DAY + 12 * HOUR) == (0, 0)
    with silence.portal.runtime.database.read() as session:
        assert unconfirmed.closes_at(session, silence.desk.ticket) == MONDAY + 3 * DAY + 4 * HOUR
    assert silence.run(MONDAY + 3 * DAY + 4 * HOUR) == (0, 1)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("quiet", "hours"), [(["08:00-16:00"], 6), (["00:00-24:00"], 0)])
def test_the_quiet_hours_are_those_of_the_policy(silence, quiet, hours):
    """A policy that leaves no open minute at all is taken as if it had no quiet hours."""
    with silence.portal.runtime.database.transaction() as session:
        session.execute(update(ServicePolicy).values(quiet_hours=quiet))
    silence.run(MONDAY + DAY)
    if hours:
        assert silence.run(MONDAY + 3 * DAY + (hours * HOUR) - timedelta(seconds=1)) == (0, 0)
    assert silence.run(MONDAY + 3 * DAY + hours * HOUR) == (0, 1)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_request_that_nobody_decides_does_not_keep_it_for_ever(silence):
    silence.desk.act(REOPEN, text="再看看")
    silence.desk.act(ASK_VOID, kind="test", text="不是问题")
    silence.desk.act(RESOLVE, text="已恢复")
    silence.run(MONDAY + DAY)
    assert silence.run(MONDAY + 14 * DAY - HOUR) == (0, 0)
    assert silence.run(MONDAY + 14 * DAY) == (0, 1)
    with silence.portal.runtime.database.read() as session:
        assert session.scalars(select(VoidRequest.status)).all() == ["withdrawn"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_a_wrong_clock_dated_ahead_has_not_happened(silence):
    silence.run(MONDAY + DAY)
    with silence.portal.runtime.database.transaction() as session:
        ahead = MONDAY.replace(year=2036)
        session.execute(update(Ticket).values(confirmation_reminded_at=ahead))
    assert silence.run(MONDAY + 2 * DAY) == (1, 0)
    assert silence.run(MONDAY + 3 * DAY) == (0, 1)
    silence.at(MONDAY + 3 * DAY)
    silence.desk.act(REOPEN, text="又出现了")
    silence.desk.act(RESOLVE, text="再次恢复")
    with silence.portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(resolved_at=ahead))
    silence.run(MONDAY + 3 * DAY)
    assert silence.run(MONDAY + 4 * DAY + HOUR) == (1, 0)


def test_any_number_of_workers_remind_and_close_once(silence):
    for moment, action in ((MONDAY + DAY, "remind_confirmation"), (MONDAY + 3 * DAY, "lapse_confirmation")):
        silence.at(moment)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: unconfirmed.run(silence.portal.runtime), range(4)))
        assert [line.action for line in silence.desk.entries()].count(action) == 1


def test_after_forty_days_of_rounds_nothing_waits(portal, monkeypatch):
    silence = Silence(portal, monkeypatch)
    for day in range(1, 41):
        silence.at(MONDAY + day * DAY)
        worker.run_once(portal.runtime)
    assert silence.desk.ticket.state == "closed"


def test_both_pages_say_when_and_how(silence):
    silence.run(MONDAY + DAY)
    view = silence.portal.signed_in("alice").get(f"/tickets/{silence.desk.number}").text
    assert "11 月 26 日 10:00 前告诉我们问题是否解决" in view
    silence.run(MONDAY + 3 * DAY)
    assert "超时自动确认" in silence.portal.signed_in("alice").get(f"/tickets/{silence.desk.number}").text


def test_staff_close_for_a_clinic_only_with_way_and_words(silence):
    api = silence.portal.api("alice")
    version = silence.desk.ticket.version
    refused = api.post(
        f"/api/v1/tickets/{silence.desk.number}/closure", json={"version": version, "text": "", "way": ""}
    )
    assert refused.status_code == 422
    assert {(fault["field"], fault["code"]) for fault in refused.json()["errors"]} == {
        ("text", "required"), ("way", "required"),
    }  # fmt: skip
    silence.desk.act(CLOSE, **CONFIRMED)
    assert silence.desk.ticket.closed_how == "staff"
    assert silence.desk.entries()[-1].text == "服务人员代确认（电话）：机构来电确认已解决"
    with pytest.raises(ConflictError):
        silence.desk.act(CLOSE, **CONFIRMED)
