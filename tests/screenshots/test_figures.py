"""The figures of SCREENSHOTS.md: no crop gets in unasked, and at most one whole screen in a hundred is refused."""

from collections import Counter

import pytest

from portal.screenshots.inspection import InspectionLimits, ScreenHint, Verdict, inspect
from tests.factories import screen_study
from tests.factories.screen_study import Sample, Size


def verdict_of(content: bytes, own: Size | None) -> tuple[Verdict, str]:
    hint = ScreenHint(*own, dpr=1, inner_width=own[0], outer_width=own[0]) if own else None
    found = inspect(content, hint=hint, limits=InspectionLimits())
    return found.verdict, found.reason


def judged(samples: list[Sample]) -> tuple[Counter[Verdict], dict[str, tuple[Verdict, str]]]:
    found = {name: verdict_of(content, own) for name, content, own in samples}
    assert len(found) == len(samples), "two samples of one name"
    return Counter(verdict for verdict, _ in found.values()), found


def test_whole_screens_are_hardly_ever_refused(capsys: pytest.CaptureFixture[str]) -> None:
    counts, found = judged(list(screen_study.whole_screens()))

    refused = {name: reason for name, (verdict, reason) in found.items() if verdict is Verdict.REFUSE}
    with capsys.disabled():
        print(f"\nwhole screens: {counts.total()}, refused {len(refused)}, asked {counts[Verdict.ASK]}")
    assert counts.total() == 148
    assert len(refused) <= counts.total() / 100, refused
    assert counts[Verdict.ACCEPT] >= 100


def test_no_crop_gets_in_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    counts, found = judged(list(screen_study.crops()))

    silent = {name: reason for name, (verdict, reason) in found.items() if verdict is Verdict.ACCEPT}
    with capsys.disabled():
        print(f"\ncrops: {counts.total()}, accepted unasked {len(silent)}, asked {counts[Verdict.ASK]}")
    assert counts.total() == 127
    assert silent == {}
    assert counts[Verdict.ASK] <= 25, {
        name: reason for name, (verdict, reason) in found.items() if verdict is Verdict.ASK
    }
