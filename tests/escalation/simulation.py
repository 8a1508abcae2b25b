"""A time of many days in seconds: the clock stands in shared memory, and real worker processes raise what is due.

They are killed with SIGKILL at random moments. The clock moves on only when those that live have worked, as it would
with workers that are restarted within a minute.
"""

import multiprocessing
import os
import random
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.db import Database
from portal.escalation import alerts, due_steps
from portal.escalation.alerts import Subject
from portal.escalation.causes import AGAIN_AFTER, UNACKNOWLEDGED_AFTER, Cause
from portal.escalation.models import Alert, AlertSeries
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import Urgency
from tests.factories.cast import actor

BEGIN = datetime(2027, 1, 4, 8, 30, tzinfo=clock.CHINA)
_LONGEST_KILL = 0.012  # seconds after a tick; a round takes about as long


@dataclass
class Year:
    """What happened by when: each subject's moments of raising and of acknowledging, if somebody did."""

    runtime: Runtime
    shared: object
    raised: dict[uuid.UUID, datetime] = field(default_factory=dict)
    acknowledged: dict[uuid.UUID, datetime] = field(default_factory=dict)
    kills: int = 0
    ticks: int = 0

    def steps_to_come(self) -> Iterator[datetime]:
        for subject, at in self.raised.items():
            for step, due in enumerate(due_moments(at), 1):
                if step > 1 and due <= self.acknowledged.get(subject, due):
                    yield due

    def expected(self) -> set[tuple[uuid.UUID, int, datetime]]:
        """Subject, step and moment of every step that was due."""
        return {
            (subject, step, due)
            for subject, at in self.raised.items()
            for step, due in enumerate(due_moments(at), 1)
            if due <= self.acknowledged.get(subject, due)  # at the same second the step comes first
        }

    def found(self) -> list[tuple[uuid.UUID, int, datetime]]:
        rows = select(AlertSeries.subject_id, Alert.step, Alert.raised_at).join(
            Alert, Alert.series_id == AlertSeries.id
        )
        with self.runtime.database.read() as session:
            return [tuple(row) for row in session.execute(rows.where(AlertSeries.subject_id.in_(self.raised)))]


def due_moments(raised_at: datetime) -> tuple[datetime, datetime, datetime]:
    """The reference: at once, after 15 minutes, and 30 minutes later."""
    second = raised_at + UNACKNOWLEDGED_AFTER
    return raised_at, second, second + AGAIN_AFTER


@contextmanager
def simulated_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Seconds since BEGIN and the number of the tick, seen by every process made from here."""
    shared = multiprocessing.RawArray("d", 2)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: BEGIN + timedelta(seconds=shared[0]))
        yield shared


class Worker:
    """A process that raises what is due once a tick, until it is killed."""

    def __init__(self, runtime: Runtime, shared: object) -> None:
        self._done = multiprocessing.RawValue("d", shared[1])
        parent = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            self._work(runtime, shared, parent)

    def _work(self, runtime: Runtime, shared: object, parent: int) -> None:
        try:
            database = Database(runtime.database.url)
            database.session_info.update(runtime.database.session_info)
            own = replace(runtime, database=database)
            while os.getppid() == parent:  # it ends with the test, however that ends
                tick = shared[1]
                if tick > self._done.value:
                    due_steps.run(own)
                    self._done.value = tick
                time.sleep(0.0005)
        finally:
            os._exit(1)

    def has_done(self, tick: float) -> bool:
        return self._done.value >= tick

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def simulate(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, numbers: list[str], *, days: int, a_day: int, workers: int,
    kill_share: float = 0.0, seed: int = 1,
) -> Year:  # fmt: skip
    """So many days with so many things a day to be alerted of; a part of them is acknowledged before the last step."""
    chance, lead = random.Random(seed), actor(runtime, "leo")
    with simulated_clock(monkeypatch) as shared:
        year, crew = Year(runtime, shared), [Worker(runtime, shared) for _ in range(workers)]
        try:
            for at, what, subject in _plan(chance, days, a_day):
                _let_pass(year, crew, at, chance, kill_share)
                _move(year, at)
                if what == "raise":
                    _raise(year, numbers[chance.randrange(len(numbers))], subject)
                else:
                    _acknowledge(year, subject, lead)
            _let_pass(year, crew, BEGIN + timedelta(days=days + 1), chance, kill_share)
        finally:
            for worker in crew:
                worker.kill()
    return year


def _plan(chance: random.Random, days: int, a_day: int) -> list[tuple[datetime, str, uuid.UUID]]:
    """Moments in order: something happens, or somebody acknowledges it."""
    plan = []
    for _ in range(days * a_day):
        at = BEGIN + timedelta(seconds=chance.randrange(days * 86_400))
        subject = uuid.UUID(int=chance.getrandbits(128), version=4)
        plan.append((at, "raise", subject))
        if chance.random() < 0.5:
            plan.append((at + timedelta(seconds=chance.randrange(1, 3600)), "acknowledge", subject))
    return sorted(plan, key=lambda entry: (entry[0], entry[1] != "raise", entry[2]))


def _move(year: Year, at: datetime) -> None:
    year.shared[0] = (at - BEGIN).total_seconds()


def _let_pass(year: Year, crew: list[Worker], until: datetime, chance: random.Random, kill_share: float) -> None:
    """Stop at every moment at which a step is due, and let the workers work there."""
    here = BEGIN + timedelta(seconds=year.shared[0])
    for due in sorted({moment for moment in year.steps_to_come() if here < moment <= until}):
        _move(year, due)
        year.ticks += 1
        year.shared[1] = year.ticks
        if chance.random() < kill_share:
            time.sleep(chance.uniform(0, _LONGEST_KILL))
            victim = chance.randrange(len(crew))
            crew[victim].kill()
            year.kills += 1
            crew[victim] = Worker(year.runtime, year.shared)
        deadline = time.monotonic() + 60
        while not all(worker.has_done(year.ticks) for worker in crew):
            assert time.monotonic() < deadline, "a worker hangs"
            time.sleep(0.0005)


def _raise(year: Year, number: str, subject: uuid.UUID) -> None:
    with year.runtime.database.transaction() as session:
        found = session.scalars(select(Ticket.id).where(Ticket.number == number)).one()
        ticket = lookup.locked(session, found)
        ticket.urgency = Urgency.CRITICAL.value
        alerts.raise_alert(session, ticket, Cause.CRITICAL, Subject(subject))
    year.raised[subject] = clock.now()


def _acknowledge(year: Year, subject: uuid.UUID, lead: object) -> None:
    with year.runtime.database.transaction() as session:
        rows = select(Alert.id).join(AlertSeries, AlertSeries.id == Alert.series_id)
        alert_id = session.scalars(
            rows.where(AlertSeries.subject_id == subject, Alert.to_user_id == lead.user_id)
        ).first()
        alerts.acknowledge(session, lead, alert_id)
    year.acknowledged.setdefault(subject, clock.now())
