"""The demo's stage: stories that run side by side in the past, each step at its moment, the oldest first.

A story is a generator: it acts, and yields how much time passes until it goes on. One whose next moment lies in the
future ends there, so that its ticket stays as it is now.
"""

import heapq
import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import users
from portal.accounts.principal import principal_of
from portal.acts import performing
from portal.acts.act import Act
from portal.audit.actor import Actor, clinic
from portal.calendar import working_days
from portal.demo.screen import sample_screen
from portal.errors import InvalidError, PortalError
from portal.kinds.fields import CheckContext
from portal.kinds.names import Channel, RequestType, TicketKind
from portal.kinds.table import KINDS
from portal.kinds.validation import checked_report, picture_of
from portal.reports import filing
from portal.reports.filing import NewPicture
from portal.reports.receipts import Receipt
from portal.reports.urgency_at_filing import NORMAL, ChosenUrgency
from portal.runtime import Runtime
from portal.screenshots.inspection import InspectionLimits, inspect
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.watch import clock_doubt

OPENS, CLOSES = time(8, 30), time(17, 30)
ADDRESS, DEVICE = "127.0.0.1", "demo"
_TRUSTED_FOR = timedelta(minutes=30)  # the clock is trusted again after a step of this length


@dataclass(frozen=True)
class Office:
    """`hours` of the desk's own time, which ends in the evening and stands still on days off."""

    hours: float


Told = Iterator["timedelta | Office"]  # a story


@dataclass
class Stage:
    """What stories act with.

    Attributes:
        receipts: of every report, by number. serial: counts the values that must differ.
        refused: acts that the portal refused, with the reason; a story ends with one.
    """

    runtime: Runtime
    seed: int
    receipts: dict[str, Receipt] = field(default_factory=dict, repr=False)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.serial = count(1)
        self.picture = inspect(sample_screen(), hint=None, limits=InspectionLimits.of(self.runtime.settings))
        self._waiting: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()
        self._trusted = self._ended = datetime.min.replace(tzinfo=clock.CHINA)
        with self.runtime.database.read() as session:
            self.actors = {
                user.username: principal_of(user).actor(ADDRESS, DEVICE) for user in users.all_users(session)
            }
            self.calendar = working_days.load(session)

    @property
    def clinic(self) -> Actor:
        return clinic(ADDRESS, DEVICE)

    def luck(self, whose: str) -> random.Random:
        """The only source of chance: of one story, so that another one's pace does not change it."""
        return random.Random(f"{self.seed} {whose}")  # noqa: S311  (sample data)

    def at(self, moment: datetime, step: Callable[[], object]) -> None:
        heapq.heappush(self._waiting, (moment, next(self._order), step))

    def ago(self, hours: float, step: Callable[[], object]) -> None:
        self.at(clock.now() - timedelta(hours=hours), step)

    def tell(self, moment: datetime, story: Told) -> None:
        """Begin a story at a moment."""
        self.at(moment, lambda: self._go_on(story, moment))

    def play(self) -> None:
        """Everything in the order of time, until now."""
        while self._waiting and self._waiting[0][0] <= clock.now():
            moment, _, step = heapq.heappop(self._waiting)
            moment = max(moment, self._ended)  # one after the other, as in the trail
            with clock.in_the_past(clock.now() - moment):
                if abs(moment - self._trusted) > _TRUSTED_FOR:
                    clock_doubt.trust_for_samples(self.runtime.database)
                    self._trusted = moment
                step()
                self._ended = clock.now()

    def _go_on(self, story: Told, moment: datetime) -> None:
        try:
            wait = next(story, None)
        except PortalError as error:  # by chance, another story was faster
            faults = [fault.message for fault in error.faults] if isinstance(error, InvalidError) else ""
            self.refused.append(f"{clock.staff_time(moment)} {type(error).__name__}: {error} {faults}")
            return
        if wait is not None:  # from the moment that was meant: how long an act takes changes nothing
            later = moment + wait if isinstance(wait, timedelta) else self.in_office(moment, wait.hours)
            self.tell(later, story)

    def in_office(self, moment: datetime, hours: float) -> datetime:
        """So many hours of the desk's time later."""
        local, left = clock.in_china(moment), timedelta(hours=hours)
        while True:
            begins = datetime.combine(local.date(), OPENS, clock.CHINA)
            ends = datetime.combine(local.date(), CLOSES, clock.CHINA)
            local = max(local, begins)
            if self.calendar.is_working(local.date()) and local + left < ends:
                return local + left
            if self.calendar.is_working(local.date()):
                left -= max(ends - local, timedelta(0))
            local = datetime.combine(local.date() + timedelta(days=1), OPENS, clock.CHINA)

    def run(self, work: Callable[[Session], Any]) -> Any:
        return self.runtime.database.run(work)

    def do(self, person: str, act: Act, number: str, /, **given: Any) -> None:
        ticket = self.ticket(number)
        values = {name.replace("__", "."): value for name, value in given.items()}
        performing.carry_out(self.runtime, self.actors[person], act, number, ticket.version, values)

    def ticket(self, number: str) -> Ticket:
        with self.runtime.database.read() as session:
            ticket = lookup.by_number(session, number)
        assert ticket is not None  # noqa: S101
        return ticket

    def file(
        self, kind: TicketKind, channel: Channel, values: Mapping[str, Sequence[str]], taker: str = "",
        asked: RequestType = RequestType.HELP, slots: Sequence[str] = (), urgency: ChosenUrgency = NORMAL,
    ) -> Receipt:  # fmt: skip
        """A checked report; `taker` of the desk, or the clinic itself. Fields that the kind does not ask are left."""
        inspection = replace(self.picture)
        pictures = [picture_of(slot, inspection, True) for slot in slots]
        context = CheckContext.of(self.runtime.settings)
        draft = checked_report(KINDS[kind], channel, values, pictures, context, asked)
        receipt = filing.file_report(
            self.runtime,
            draft,
            self.actors[taker] if taker else self.clinic,
            submission_key=secrets.token_hex(16),
            new_pictures=[NewPicture(slot, inspection, True) for slot in slots],
            urgency=urgency,
        )
        self.receipts[receipt.number] = receipt
        return receipt
