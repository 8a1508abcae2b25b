"""Several workers and several people at once: every step once, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal import clock
from portal.errors import ConflictError
from portal.follow_up.call_backs import due_steps, listing, records, withdrawal
from portal.follow_up.call_backs.listing import Wanted
from portal.follow_up.call_backs.models import CallBack, CallBackCheck, CallBackRecord
from portal.follow_up.call_backs.records import Said
from portal.follow_up.campaigns import reporting, selecting
from portal.follow_up.campaigns.selecting import Selection
from portal.knowledge import settled_calls
from portal.notify.models import StaffNotice
from tests.factories.call_backs import call_back, call_back_now, call_backs, resolved_ticket
from tests.factories.cast import actor
from tests.factories.known_issues import add_issue, follow, settle_issue
from tests.factories.portals import Portal


def test_four_workers_do_every_step_once(portal: Portal) -> None:
    runtime = portal.runtime
    ticket = resolved_ticket(runtime)
    issue = add_issue(runtime)
    for place in range(3):
        follow(runtime, issue, submission=f"{place:032d}")
    settle_issue(runtime, issue)
    told = call_back(runtime, resolved_ticket(runtime, submission_key="b" * 32))
    with runtime.database.transaction() as session:
        due = clock.now() - timedelta(minutes=1)
        session.execute(
            update(CallBackCheck).where(CallBackCheck.ticket_id == ticket.id).values(check_at=due, seed="2")
        )
        session.execute(update(CallBack).where(CallBack.id == told.id).values(appointment_at=due, due_at=due))

    def work(_: int) -> None:
        due_steps.run(runtime)
        settled_calls.run(runtime)

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))

    causes = sorted(row.cause for row in call_backs(runtime))
    assert causes.count("settled") == 3
    assert causes.count("unanswered") == (1 if due_steps.chance("2") < 0.2 else 0)
    with runtime.database.read() as session:
        notices = session.query(StaffNotice).filter_by(number=told.number).all()
    assert [notice.event for notice in notices] == ["appointment-due"]


def test_one_of_a_record_and_a_withdrawal_wins(portal: Portal) -> None:
    runtime, row = portal.runtime, call_back(portal.runtime)

    def write() -> str:
        return records.write(runtime, actor(runtime, "agnes"), row.id, row.version, Said(True, "satisfied")).status

    def withdraw() -> str:
        return withdrawal.withdraw(runtime, actor(runtime, "leo"), row.id, row.version, "当面说过了").status

    with ThreadPoolExecutor(2) as people:
        tries = [people.submit(one) for one in (write, withdraw)]
    won = [done.result() for done in tries if done.exception() is None]
    lost = [done.exception() for done in tries if done.exception() is not None]
    assert len(won) == 1
    assert isinstance(lost[0], ConflictError)
    assert call_back_now(runtime, row.id).status == won[0]
    with runtime.database.read() as session:
        assert session.query(CallBackRecord).count() == (1 if won == ["done"] else 0)


def test_lists_and_selections_are_the_same_on_both(portal: Portal) -> None:
    runtime = portal.runtime
    rows = {call_back(runtime, resolved_ticket(runtime, submission_key=f"{place}" * 32)).id for place in range(3)}
    with runtime.database.read() as session:
        leo = actor(runtime, "leo")
        first = listing.page_of(session, leo, Wanted(state="open"), limit=2)
        rest = listing.page_of(session, leo, Wanted(state="open"), first.next_cursor or "", 2)
        today = clock.china_today()
        everything = Selection("高唐县", "village", True, 30, "without", today, today)
        assert selecting.matching(session, everything) == []
        assert reporting.page_of(session, None) == []
    assert {line.row.id for line in (*first.lines, *rest.lines)} == rows


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_same_seed_is_the_same_chance(portal: Portal) -> None:
    assert due_steps.chance("abc") == due_steps.chance("abc")
    assert 0 <= due_steps.chance("") < 1
