"""归档: gapless numbers with many at once and after a kill; kept by a reopened ticket; what stops it."""

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from portal import clock
from portal.acts.archiving import ARCHIVE
from portal.acts.table import CLOSE, REOPEN, RESOLVE, UNMERGE
from portal.audit.actor import clinic
from portal.errors import ConflictError, PortalError
from portal.kpi.archive import due_steps
from portal.progress.hooks import ObjectionError
from portal.settings import Settings
from portal.tickets.states import TicketState as S
from portal.tracking import confirmation
from portal.watch import clock_doubt
from tests.acts.desk import CONFIRMED, Desk
from tests.factories.archived import a_week_ago, archive, change, complete_one, today
from tests.factories.moments import move_clock
from tests.factories.portals import Portal
from tests.factories.rated import Rated
from tests.factories.reports import file_report

HANDS = 4
# Takes a number, and is killed before its transaction is committed.
KILLED = """
import os, signal, sys
from portal.assembly import make_runtime
from portal.audit import trail
from portal.kpi.archive import due_steps
from portal.settings import load_settings
from portal.watch import clock_doubt
runtime = make_runtime(load_settings())
clock_doubt.ensure_trusted = lambda database: None
trail.record = lambda *args, **more: os.kill(os.getpid(), signal.SIGKILL)
due_steps.run(runtime)
"""


def test_numbers_have_no_gap_however_many_press_and_work_at_once(portal: Portal) -> None:
    cases = [complete_one(portal.runtime) for _ in range(HANDS)]
    for case in cases[:2]:
        a_week_ago(case)
    versions = {case.number: case.ticket.version for case in cases}

    def press(case: Rated) -> str:
        try:
            return case.act(ARCHIVE, "alice", versions[case.number]).ticket.archive_number or ""
        except PortalError as error:
            return type(error).__name__

    with ThreadPoolExecutor(HANDS + 2) as pool:
        works = [pool.submit(due_steps.run, portal.runtime) for _ in range(2)]
        given = [*pool.map(press, cases[2:] * 2)]
        assert sum(work.result() for work in works) == 2
    numbers = {case.ticket.archive_number for case in cases}
    assert numbers == {f"GD-RC-{today()}-{seq:03d}" for seq in range(1, HANDS + 1)}
    assert set(Counter(given).values()) == {2}  # the second press of one ticket answers with its number


def test_a_kill_before_the_commit_leaves_no_gap(portal: Portal) -> None:
    case = complete_one(portal.runtime)
    a_week_ago(case)
    done = subprocess.run([sys.executable, "-c", KILLED], env=environ(portal.settings), check=False)
    assert done.returncode == -signal.SIGKILL
    assert case.ticket.archived_at is None
    assert due_steps.run(portal.runtime) == 1
    assert case.ticket.archive_number == f"GD-RC-{today()}-001"


def environ(settings: Settings) -> dict[str, str]:
    given = {"PORTAL_DATA_DIR": str(settings.data_dir), "PORTAL_UPLOADS": str(settings.data_dir / "uploads")}
    return {**os.environ, **given, "PORTAL_DATABASE_URL": settings.database_url}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
class TestLives:
    def test_a_reopened_ticket_keeps_its_number_and_no_other_gets_it(self, portal: Portal) -> None:
        first, second = complete_one(portal.runtime), complete_one(portal.runtime)
        given = archive(first)
        first.act(REOPEN, text="又出现了")
        ticket = first.ticket
        assert (ticket.archive_number, ticket.archived_at, ticket.archive_check_at) == (given, None, None)
        assert archive(second) == f"GD-RC-{today()}-002"
        with pytest.raises(ConflictError):
            archive(first)
        first.act(RESOLVE, text="换了读卡器")
        confirmation.confirm(portal.runtime, clinic(), first.ticket.id, is_solved=True, comment="")
        first.rate(5)
        assert archive(first) == given

    def test_merged_and_void_tickets_need_nothing_but_that_nothing_holds_them(self, portal: Portal) -> None:
        merged, void = Desk(portal.runtime), Desk(portal.runtime)
        merged.bring_to(S.MERGED)
        void.bring_to(S.VOID)
        change(void, stay="records")
        with pytest.raises(ObjectionError, match=r"^暂缓（主管处理中）$"):
            archive(void)
        change(void, stay=None)
        assert [archive(merged), archive(void)] == [f"GD-RC-{today()}-{seq:03d}" for seq in (1, 2)]
        merged.act(UNMERGE, text="不是同一个问题")
        assert (merged.ticket.archived_at, merged.ticket.archive_number) == (None, f"GD-RC-{today()}-001")

    def test_the_series_is_of_queue_and_china_day(self, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
        his = Desk(portal.runtime, file_report(portal.runtime, "his").number)
        change(his, state="void", is_open=False, closed_at=clock.now())
        assert archive(his, "leo") == f"GD-HIS-{today()}-001"
        move_clock(monkeypatch, days=1)
        later = Desk(portal.runtime)
        later.bring_to(S.MERGED)
        assert archive(later) == f"GD-RC-{today()}-001"

    def test_the_worker_waits_for_the_days_of_reopening_and_goes_by_the_order_of_closing(self, portal: Portal) -> None:
        later, earlier, fresh = (complete_one(portal.runtime) for _ in range(3))
        unrated = Desk(portal.runtime)
        unrated.bring_to(S.CLOSED)
        a_week_ago(later)
        a_week_ago(earlier, more=timedelta(hours=1))
        a_week_ago(unrated, more=timedelta(hours=2))
        assert due_steps.run(portal.runtime) == 2
        numbers = [case.ticket.archive_number for case in (earlier, later, fresh, unrated)]
        assert numbers == [f"GD-RC-{today()}-001", f"GD-RC-{today()}-002", None, None]
        assert unrated.ticket.archive_check_at >= clock.now() + timedelta(hours=23)
        assert (earlier.ticket.archived_by_id, earlier.entries()[-1].text) == (None, f"归档号 {numbers[0]}")
        assert due_steps.run(portal.runtime) == 0

    def test_a_late_rating_completes_a_record(self, portal: Portal) -> None:
        case = Rated(portal.runtime)
        case.act(CLOSE, **CONFIRMED)
        a_week_ago(case)
        assert due_steps.run(portal.runtime) == 0
        case.rate(4)
        assert due_steps.run(portal.runtime) == 1

    def test_what_a_wrong_clock_ended_ahead_begins_its_days_now(self, portal: Portal) -> None:
        case = complete_one(portal.runtime)
        change(case, closed_at=clock.now() + timedelta(days=900), archive_check_at=clock.now() + timedelta(days=907))
        assert due_steps.run(portal.runtime) == 0
        waits = case.ticket.archive_check_at - clock.now()
        assert timedelta(days=6) < waits <= timedelta(days=7)

    @pytest.mark.doubts_clock
    def test_nothing_is_archived_while_the_clock_is_doubted(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock_doubt.beat(portal.runtime.database)
        move_clock(monkeypatch, days=60)
        with pytest.raises(clock_doubt.ClockDoubtedError):
            due_steps.run(portal.runtime)
