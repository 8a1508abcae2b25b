"""Decoding ends when its time is over, whatever the file says of itself (SECURITY B-10)."""

import time

import pytest

from portal.screenshots import decoding
from portal.screenshots.inspection import InspectionLimits, Verdict, inspect
from portal.screenshots.timed import DecodingTooLongError, TimedBytes
from tests.factories import pictures


def _busy(seconds: float) -> None:
    ends = time.thread_time() + seconds
    while time.thread_time() < ends:
        pass


def test_a_file_is_read_until_its_time_is_over():
    file = TimedBytes(b"abcdef", 0.05)
    assert (file.read(2), file.read(2)) == (b"ab", b"cd")
    _busy(0.06)
    with pytest.raises(DecodingTooLongError):
        file.read(2)


@pytest.mark.parametrize("make", [lambda: pictures.whole_screen(1920, 1080), pictures.progressive_jpeg])
def test_a_picture_that_takes_too_long_is_refused(make, monkeypatch):
    content, limits = make(), InspectionLimits()
    assert inspect(content, hint=None, limits=limits).verdict is not Verdict.REFUSE
    monkeypatch.setattr(decoding, "_MOST_SECONDS", -1.0)
    refused = inspect(content, hint=None, limits=limits)
    assert (refused.verdict, refused.code, refused.content) == (Verdict.REFUSE, "image_broken", None)
