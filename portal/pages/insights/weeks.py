"""The metrics of a week, from the daily counts (UX 14). Weeks begin on Monday, in China."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.kinds.names import Channel
from portal.metrics.counting import Metric
from portal.metrics.filing_sessions import MOST_MINUTES, PC, PHONE
from portal.metrics.models import DailyCount

WEEK = timedelta(days=7)
# Lower bounds of the chart's classes, in minutes; the last class is open.
_CLASSES = (0, 3, 5, 10, 20, 40, MOST_MINUTES)

Sums = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Share:
    """`part` of `whole`, with a target in percent: a minimum or a maximum."""

    part: int
    whole: int
    least: int | None = None
    most: int | None = None

    @property
    def percent(self) -> float | None:
        """With one decimal; None if `whole` is 0."""
        return round(100 * self.part / self.whole, 1) if self.whole else None

    @property
    def is_met(self) -> bool | None:
        """None without a target or data. Compares the exact share, not the rounded one."""
        if not self.whole or (self.least is None and self.most is None):
            return None
        if self.least is not None:
            return 100 * self.part >= self.least * self.whole
        return 100 * self.part <= (self.most or 0) * self.whole


@dataclass(frozen=True)
class FigureRange:
    """Number of filings that took from `start` to under `end` minutes; `end` is None for the last class."""

    start: int
    end: int | None
    pc: int
    phone: int


@dataclass(frozen=True)
class RefusalCount:
    """A reason for which the form refused something, and how often."""

    field: str
    code: str
    count: int

    @property
    def key(self) -> str:
        return f"{self.field}:{self.code}"


@dataclass(frozen=True)
class ChannelFigures:
    """Reports of one channel, and those whose clinic was asked; None in weeks counted before channels were."""

    channel: Channel
    filed: int
    asked: Share | None


@dataclass(frozen=True)
class Week:
    monday: date
    filed: int
    form_filed: int
    first_time: Share
    asked: Share
    mended: Share
    confirmed: Share
    revealed: int
    solved: int
    minutes: Mapping[str, int | None]
    spans: Sequence[FigureRange]
    refusals: Sequence[RefusalCount]
    channels: Sequence[ChannelFigures]

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def reveals_per_solved(self) -> float | None:
        """None if nothing was solved."""
        return round(self.revealed / self.solved, 2) if self.solved else None


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def week(session: Session, monday: date, queue_names: Sequence[str] | None = None) -> Week:
    """The metrics of the week that begins on `monday`."""
    return weeks(session, monday, 1, queue_names)[0]


def weeks(session: Session, last: date, count: int, queue_names: Sequence[str] | None = None) -> list[Week]:
    """`count` weeks ending with the one that begins on `last`, newest first; one query over small rows.

    Accesses and results are those of these queues; None for all, with those counted before queues were.
    """
    first = last - (count - 1) * WEEK
    rows = session.execute(
        select(DailyCount.day, DailyCount.name, DailyCount.key, func.sum(DailyCount.count))
        .where(DailyCount.day >= first, DailyCount.day < last + WEEK)
        .group_by(DailyCount.day, DailyCount.name, DailyCount.key)
    )
    sums: dict[date, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for day, name, key, many in rows:
        sums[monday_of(day)][name, key] += int(many)
    return [_week(last - n * WEEK, sums[last - n * WEEK], queue_names) for n in range(count)]


def _week(monday: date, sums: Sums, queue_names: Sequence[str] | None) -> Week:
    def total(metric: Metric) -> int:
        return sum(count for (name, _), count in sums.items() if name == metric)

    def of_queues(metric: Metric) -> int:
        if queue_names is None:
            return total(metric)
        return sum(sums.get((metric, name), 0) for name in queue_names)

    filed, form_filed = total(Metric.FILED), total(Metric.FORM_FILED)
    yes, no = sums.get((Metric.CONFIRMED, "yes"), 0), sums.get((Metric.CONFIRMED, "no"), 0)
    minutes = {device: _minutes(sums, device) for device in (PC, PHONE)}
    return Week(
        monday=monday,
        filed=filed,
        form_filed=form_filed,
        first_time=Share(total(Metric.FORM_CLEAN) - total(Metric.CLEAN_ASKED), form_filed, least=95),
        asked=Share(total(Metric.ASKED), filed, most=10),
        mended=Share(total(Metric.PICTURE_MENDED), total(Metric.PICTURE_REFUSED), least=80),
        confirmed=Share(yes, yes + no),
        revealed=of_queues(Metric.REVEALED),
        solved=of_queues(Metric.SOLVED),
        minutes={device: _median(found) for device, found in minutes.items()},
        spans=_spans(minutes),
        refusals=_refusals(sums),
        channels=_channels(sums),
    )


def _channels(sums: Sums) -> list[ChannelFigures]:
    """The channels by which anything came, in the order of the table of channels."""
    filed = {channel: sums.get((Metric.FILED, channel), 0) for channel in Channel}
    is_known = not sums.get((Metric.ASKED, ""), 0)
    return [
        ChannelFigures(channel, many, Share(sums.get((Metric.ASKED, channel), 0), many, most=10) if is_known else None)
        for channel, many in filed.items()
        if many
    ]


def _minutes(sums: Sums, device: str) -> dict[int, int]:
    """Number of filings by duration in minutes."""
    found: dict[int, int] = {}
    for (name, key), count in sums.items():
        where, _, minutes = key.partition(":")
        if name == Metric.MINUTES and where == device:
            found[int(minutes)] = count
    return found


def _median(found: Mapping[int, int]) -> int | None:
    """The whole minutes within which half of the filings were finished."""
    half, seen = sum(found.values()) / 2, 0
    for minutes, count in sorted(found.items()):
        seen += count
        if seen >= half:
            return minutes
    return None


def _spans(minutes: Mapping[str, Mapping[int, int]]) -> list[FigureRange]:
    ends = (*_CLASSES[1:], None)

    def within(device: str, start: int, end: int | None) -> int:
        return sum(count for m, count in minutes[device].items() if start <= m and (end is None or m < end))

    return [
        FigureRange(start, end, within(PC, start, end), within(PHONE, start, end))
        for start, end in zip(_CLASSES, ends, strict=True)
    ]


def _refusals(sums: Sums) -> list[RefusalCount]:
    """The most frequent first, then alphabetically."""
    found = [(key.partition(":"), count) for (name, key), count in sums.items() if name == Metric.REFUSED]
    refusals = [RefusalCount(field, code, count) for (field, _, code), count in found]
    return sorted(refusals, key=lambda one: (-one.count, one.field, one.code))
