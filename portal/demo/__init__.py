"""Sample people and tickets in every state, filed and worked on through the same services as real ones.

`fill` makes the last days, and as many days of history before them as it is told to: the same history for the same day
and seed, but for codes and passwords, which are random.
"""

import gc
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from portal import clock
from portal.demo import codes, history, people
from portal.demo.people import STAFF
from portal.demo.recent import Recent
from portal.demo.stage import Stage
from portal.runtime import Runtime
from portal.watch import clock_doubt

__all__ = ["HISTORY_DAYS", "STAFF", "WaysIn", "fill", "ways_in"]
HISTORY_DAYS = 92
_PEOPLE_BEFORE = timedelta(days=4)  # how long before the first report the people are there
_FILE = "demo.json"


@dataclass(frozen=True)
class WaysIn:
    """How to look around. All of it is invented.

    Attributes:
        passwords: by user name. number, query_code: a ticket that is being worked on.
        codes: what else a clinic can try, as (what it shows, number, query code). refused: acts of the history that the
            portal refused; each ended its story.
    """

    passwords: dict[str, str]
    number: str
    query_code: str
    codes: tuple[tuple[str, str, str], ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def samples(self) -> tuple[tuple[str, str, str], ...]:
        """Everything that a clinic can try, as `codes`."""
        return (("正在处理的", self.number, self.query_code), *self.codes)


def fill(
    runtime: Runtime, *, days: int = 0, seed: int = 1, rounds: Callable[[Runtime], object] | None = None
) -> WaysIn | None:
    """Add the demo's staff and tickets; None if there are people already.

    Args:
        days: of history before the last days. rounds: what the worker does, called on every working day of the history.
    """
    if people.are_there(runtime):
        return None
    passwords = {name: secrets.token_urlsafe(9) for name, *_ in STAFF}
    with clock.in_the_past(timedelta(days=days) + _PEOPLE_BEFORE):
        clock_doubt.trust_for_samples(runtime.database)
        people.add(runtime, passwords)
    stage = Stage(runtime, seed)
    if days:
        history.prepare(stage, days, rounds)
    last = Recent(stage)
    last.prepare()
    with runtime.database.without_waiting_for_disks(), _seldom_collecting():
        stage.play()
    clock_doubt.trust_for_samples(runtime.database)
    made = WaysIn(
        passwords, last.shown.number, last.shown.query_code, tuple(codes.worth_trying(stage)), tuple(stage.refused)
    )
    _file(runtime).write_text(json.dumps(asdict(made)), encoding="utf-8")
    _file(runtime).chmod(0o600)
    return made


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """A sixth of the time went into looking for cycles."""
    before = gc.get_threshold()
    gc.set_threshold(200_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def ways_in(runtime: Runtime) -> WaysIn | None:
    """What the first start made, for every later one; None where the demo is older or there is none."""
    try:
        kept = json.loads(_file(runtime).read_text(encoding="utf-8"))
        return WaysIn(
            **{**kept, "codes": tuple(tuple(each) for each in kept["codes"]), "refused": tuple(kept["refused"])}
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _file(runtime: Runtime) -> Path:
    return runtime.settings.data_dir / _FILE
