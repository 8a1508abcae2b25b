"""The clocks of a ticket as drawn lines, each with the same facts in words (DESK 1.9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal import clock
from portal.clocks.badges import words
from portal.clocks.models import TicketClock
from portal.clocks.names import CLOCK_LABELS, COUNTED, ClockName, ClockState

_NONE = timedelta(0)
_LEAST = timedelta(minutes=1)  # of a line, so that a clock that just began can be drawn
_FOR_CLINICS = (ClockName.REPLIED, ClockName.SOLVED)
STATE_LABELS: dict[ClockState, str] = {
    ClockState.RUNNING: "计时中",
    ClockState.PAUSED: "已暂停",
    ClockState.MET: "按时",
    ClockState.MISSED: "超时",
    ClockState.UNCOUNTED: "不计",
}


@dataclass(frozen=True)
class Segment:
    """A part of a line, in per cent of it. `kind`: running, paused or late."""

    kind: str
    begin: float
    length: float


@dataclass(frozen=True)
class Mark:
    """A moment on a line. `kind`: due, postponed or answered."""

    kind: str
    place: float


@dataclass(frozen=True)
class ClockLine:
    """One clock. `facts`: what the drawing shows, in words, in the order of time."""

    label: str
    round: int
    state: str
    state_label: str
    is_late: bool
    segments: Sequence[Segment]
    marks: Sequence[Mark]
    facts: Sequence[str]


def lines_of(rows: Sequence[TicketClock], now: datetime, *, for_clinic: bool = False) -> list[ClockLine]:
    """One line for each counted clock; a clinic sees those of the present round that concern it."""
    names, newest = _FOR_CLINICS if for_clinic else COUNTED, max((row.round for row in rows), default=0)
    return [_line(row, now) for row in rows if row.clock in names and not (for_clinic and row.round != newest)]


def _line(row: TicketClock, now: datetime) -> ClockLine:
    finish = max(row.ended_at or now, row.started_at)
    ends = [moment for moment in (finish, row.due_at, row.postponed_to) if moment is not None]
    length = max(max(ends) - row.started_at, _LEAST)

    def place(moment: datetime) -> float:
        return round(100 * ((moment - row.started_at) / length), 2)

    parts = [
        Segment(kind, place(begin), round(place(end) - place(begin), 2)) for kind, begin, end in _parts(row, finish)
    ]
    moments = (
        ("due", row.due_at),
        ("postponed", row.postponed_to),
        ("answered", row.ended_at if row.outcome else None),
    )
    marks = [Mark(kind, place(moment)) for kind, moment in moments if moment is not None]
    state = row.state or ClockState.RUNNING
    is_late = state is ClockState.MISSED or (state is ClockState.RUNNING and now > row.due_at)
    label = "已超时" if is_late and state is ClockState.RUNNING else STATE_LABELS[state]
    return ClockLine(CLOCK_LABELS[row.clock], row.round, state.value, label, is_late, parts, marks, _facts(row, now))


def _pauses(row: TicketClock, finish: datetime) -> list[tuple[datetime, datetime]]:
    ended = [(datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in row.pauses]
    return [*ended, (row.paused_at, finish)] if row.paused_at is not None else ended


def _parts(row: TicketClock, finish: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """What was run, paused and late, one after another until now or the end."""
    at = row.started_at
    for begin, end in [*_pauses(row, finish), (finish, finish)]:
        begin, end = min(max(begin, at), finish), min(max(end, at), finish)  # noqa: PLW2901
        if begin > at:
            due_at = min(max(row.due_at, at), begin)
            yield from (part for part in (("running", at, due_at), ("late", due_at, begin)) if part[2] > part[1])
        if end > begin:
            yield "paused", begin, end
        at = max(at, end)


def _facts(row: TicketClock, now: datetime) -> list[str]:
    guess = "预计 " if row.is_estimate else ""
    facts = [f"{clock.clinic_time(row.started_at)} 开始", f"期限 {guess}{clock.clinic_time(row.due_at)}"]
    pauses = _pauses(row, row.ended_at or now)
    if pauses:
        paused = sum((max(end - begin, _NONE) for begin, end in pauses), _NONE)
        facts.append(
            f"暂停 {len(pauses)} 次，共 {words(paused)}" + ("，现在暂停着" if row.state is ClockState.PAUSED else "")
        )
    if row.postponed_to is not None:
        facts.append(f"延期到 {clock.clinic_time(row.postponed_to)}")
    if row.ended_at is not None and row.state is not None:
        facts.append(f"{clock.clinic_time(row.ended_at)} 结束，{STATE_LABELS[row.state]}")
    elif row.paused_at is None:
        left = row.due_at - now
        facts.append(f"已超时 {words(-left)}" if left < _NONE else f"还剩 {words(left)}")
    return facts
