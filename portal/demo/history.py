"""The demo's history: how many reports come on which day, and the rounds of the worker between them."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial

from portal import clock
from portal.demo import beside, grievances
from portal.demo.lives import Lives
from portal.demo.stage import OPENS, Stage
from portal.runtime import Runtime

# Reports a day: the desk is busiest at the beginning of a week.
_MANY = {0: (4, 5), 1: (3, 4), 2: (3, 4), 3: (2, 4), 4: (2, 3)}
_ON_A_DAY_OFF = (0, 1)
# When the worker's round comes, in China: before the desk closes, and at night when reports or sheets are due. A real
# one comes every few seconds; each takes as long as five acts.
_ROUND, _AT_NIGHT = time(17, 5), time(1, 5)


def prepare(stage: Stage, days: int, rounds: Callable[[Runtime], object] | None) -> None:
    """Put so many days on the stage, the last one ending now."""
    first = clock.china_today() - timedelta(days=days)
    beside.prepare(stage, first)
    grievances.prepare(stage, first)
    for passed in range(days + 1):
        day = first + timedelta(days=passed)
        is_working = stage.calendar.is_working(day)
        luck = stage.luck(f"{day}")
        many = luck.randint(*(_MANY.get(day.weekday(), (2, 4)) if is_working else _ON_A_DAY_OFF))
        for place in range(many):
            life = Lives(stage, stage.luck(f"{day} {place}")).any()
            opens = datetime.combine(day, OPENS, clock.CHINA)
            stage.tell(opens + timedelta(minutes=luck.triangular(0, 530, 100)), life)
        if rounds is not None:
            for at in _moments(day, is_working=is_working):
                stage.at(at, partial(rounds, stage.runtime))


def _moments(day: date, *, is_working: bool) -> Iterator[datetime]:
    if day.weekday() == 0 or day.day == 1:
        yield datetime.combine(day, _AT_NIGHT, clock.CHINA)
    if is_working:
        yield datetime.combine(day, _ROUND, clock.CHINA)
