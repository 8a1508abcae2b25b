"""Hours as a person writes them, read right or refused with what to write instead."""

import pytest

from portal.calendar import hours
from portal.calendar.hours import HoursError


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("08:30-12:00 14:00-17:30", "08:30-12:00 14:00-17:30"),
        ("14:00-17:30，8:30 - 12:00", "08:30-12:00 14:00-17:30"),
        ("8：30至12：00、14：00～24：00", "08:30-12:00 14:00-24:00"),
        ("12:00-14:00 20:00-08:00", "00:00-08:00 12:00-14:00 20:00-24:00"),
        ("09:00-12:00 12:00-13:00", "09:00-12:00 12:00-13:00"),
        ("", ""),
    ],
)
def test_spans_are_read(text: str, read: str) -> None:
    assert hours.written(hours.read_spans(text)) == read


@pytest.mark.parametrize(
    "text", ["08:30", "8-12", "08:30-12:60", "08:30-24:01", "09:00-09:00", "08:30-12:00 11:59-13:00", "上午"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(HoursError):
        hours.read_spans(text)


def test_every_weekday_needs_hours() -> None:
    with pytest.raises(HoursError, match="每天至少"):
        hours.same_every_day("")
    with pytest.raises(HoursError, match="每天至少"):
        hours.same_every_day("12:00-14:00").without(hours.DEFAULT_QUIET)


def test_what_is_kept_reads_as_it_was() -> None:
    kept = hours.from_json({**hours.DEFAULT_HOURS.as_json(), "friday": "08:30-11:30"})

    assert hours.from_json(kept.as_json()) == kept
    assert hours.written(kept.week[4]) == "08:30-11:30"
