"""The clocks against one that walks minute by minute, over random calendars, hours, pauses, moves and clock jumps.

2,000 cases in the gate; as many as `PROPERTY_CASES` says in a night.
"""

from datetime import timedelta
from random import Random

import pytest

from portal.audit.actor import SYSTEM
from portal.clocks import arithmetic, rows
from portal.clocks.arithmetic import Course, Pause, Term
from portal.clocks.models import TicketClock
from portal.clocks.names import ClockName, DueCause, Unit
from portal.clocks.policies import Facts, Policy, TermRow
from portal.clocks.rows import Change
from portal.db import new_id
from tests.clocks.walker import BEGIN, World, moment
from tests.property_cases import PROPERTY_CASES

_OF_ONE_WORLD = 50
_PARTS = 10
CHANGE = Change(SYSTEM, DueCause.RECALCULATED)
_MOST = {Unit.MINUTES: 4000, Unit.WORKING_MINUTES: 1500, Unit.WORKING_DAYS: 4}


def begun(world: World, term: Term, start: int) -> TicketClock:
    policy = Policy(1, BEGIN, world.time.hours, (), {}, [TermRow("replied", term)])
    facts = Facts("general", "yxt", "general", "normal")
    [row] = rows.begin(new_id(), 1, [ClockName.REPLIED], moment(start), facts, policy, world.time)
    return row


def drawn_term(luck: Random) -> Term:
    unit = luck.choice(list(Unit))
    return Term(luck.randint(1, _MOST[unit]), unit)


@pytest.mark.parametrize("part", range(_PARTS))
def test_every_due_time_is_the_walkers(part: int) -> None:
    luck = Random(part)
    for number in range(PROPERTY_CASES // _PARTS):
        if number % _OF_ONE_WORLD == 0:
            world = World.random(luck)
        seed = luck.random()
        live(world, Random(seed), f"part {part}, case {number}")


def live(world: World, luck: Random, case: str) -> None:
    """One clock: some pauses and moves, and the due time after each."""
    start = now = luck.randrange(8 * 1440)
    term, pauses = drawn_term(luck), []
    row = begun(world, term, start)
    for _ in range(luck.randint(0, 4)):
        now += luck.choice((0, 1, 30, 400, 1440, luck.randrange(3000)))
        if luck.random() < 0.1:  # the due time itself
            now = max(now, int((row.due_at - BEGIN) / timedelta(minutes=1)))
        if luck.random() < 0.3:
            term = drawn_term(luck)
            rows.recount(row, term, CHANGE, moment(now), world.time)
        else:
            rows.pause(row, moment(now), world.time)
            ended = now + luck.choice((-5, 0, 1, 60, 900, luck.randrange(5000)))
            if luck.random() < 0.2:  # its term is changed while it is paused
                term = drawn_term(luck)
                rows.recount(row, term, CHANGE, moment(now), world.time)
            would_be = rows.counted_due(row, term, moment(max(ended, now)), world.time)
            rows.resume(row, CHANGE, moment(ended), world.time)
            if ended > now:  # else the clock was put back meanwhile: that pause never was
                pauses.append((now, ended))
                now = ended
            assert would_be == row.due_at, case
        assert row.due_at == moment(world.due(term, start, pauses)), (case, term, start, pauses)


@pytest.mark.parametrize("unit", Unit)
def test_seconds_are_kept_through_pauses(unit: Unit) -> None:
    luck = Random(7)
    for _ in range(200):
        world, term = World.random(luck), Term(luck.randint(1, 3), unit)
        start = moment(luck.randrange(1440)) + timedelta(seconds=luck.randrange(60), microseconds=luck.randrange(10**6))
        course = Course(term.due(start, world.time), unit)
        stop = start + (course.due_at - start) * luck.random()
        stopped = course.paused(stop, world.time)

        assert stopped.left == arithmetic.own_time(stop, course.due_at, unit, world.time)
        again = stopped.resumed(stop + timedelta(microseconds=1), world.time)
        late = arithmetic.own_time(course.due_at, again.due_at, unit, world.time)
        assert timedelta(0) <= late <= timedelta(microseconds=2)
        assert course.due_at <= again.due_at


def test_what_is_late_stays_late_and_a_stop_in_the_future_never_happened() -> None:
    world = World.random(Random(1))
    course = Course(moment(600), Unit.MINUTES)

    assert course.through([Pause(moment(600), moment(900))], world.time) == course
    assert course.paused(moment(500), world.time).resumed(moment(400), world.time) == course
    assert course.paused(moment(500), world.time).paused(moment(550), world.time).left == timedelta(minutes=100)


@pytest.mark.parametrize("unit", Unit)
def test_shares_of_its_own_time_lie_between_start_and_due_whatever_pauses(unit: Unit) -> None:
    luck = Random(3)
    for _ in range(100):
        world, start = World.random(luck), luck.randrange(1440)
        row = begun(world, Term(luck.randint(2, _MOST[unit] // 2), unit), start)
        half, first_due = row.alert_at, row.due_at
        assert half is not None
        assert arithmetic.own_time(row.started_at, half, unit, world.time) * 2 == pytest.approx(
            arithmetic.own_time(row.started_at, first_due, unit, world.time), abs=timedelta(microseconds=4)
        )
        stop = row.started_at + (half - row.started_at) / 2
        rows.pause(row, stop, world.time)
        assert row.alert_at is None
        rows.resume(row, CHANGE, stop + timedelta(hours=30), world.time)
        assert row.alert_at is not None
        assert half <= row.alert_at <= row.due_at
        for step, told in ((1, False), (2, True), (3, None)):
            row.alert_step = step
            reached = rows.next_alert(row, world.time)
            assert reached is None if told is None else (reached == row.due_at) is told
