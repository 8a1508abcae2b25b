"""归档: gapless numbers with many at once, after a kill, and back and forth; what stops it, and who may."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.acts.archiving import ARCHIVE
from portal.acts.table import CLAIM, REOPEN, RESOLVE, UNMERGE
from portal.audit.actor import clinic
from portal.errors import ConflictError, ForbiddenError, PortalError
from portal.follow_up.models import Survey
from portal.kpi.archive import complete, due_steps
from portal.tickets.hooks import ObjectionError
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S
from portal.tracking import confirmation
from tests.acts.desk import Desk
from tests.factories.moments import move_clock
from tests.factories.portals import Portal
from tests.factories.rated import Rated

HANDS = 6


def today() -> str:
    return f"{clock.in_china(clock.now()):%Y%m%d}"


def complete_one(portal: Portal) -> Rated:
    """Closed by its clinic, which is content."""
    case = Rated(portal.runtime)
    confirmation.confirm(portal.runtime, clinic(), case.ticket.id, is_solved=True, comment="")
    case.rate(5)
    return case


def archive(case: Desk, who: str = "alice") -> str:
    done = case.act(ARCHIVE, who)
    assert done.ticket.archive_number
    return done.ticket.archive_number


def test_numbers_have_no_gap_however_many_press_at_once(portal: Portal) -> None:
    cases = [complete_one(portal) for _ in range(HANDS)]
    versions = {case.number: case.ticket.version for case in cases}

    def press(case: Rated) -> str:
        try:
            return case.act(ARCHIVE, "alice", versions[case.number]).ticket.archive_number or ""
        except PortalError as error:
            return type(error).__name__

    with ThreadPoolExecutor(2 * HANDS) as pool:
        given = list(pool.map(press, cases * 2))
    assert set(given) == {f"GD-RC-{today()}-{seq:03d}" for seq in range(1, HANDS + 1)}, given
    assert Counter(given).most_common(1)[0][1] == 2  # the second press of one ticket answers with its number
