"""Every border of DESK 6.8, and every gap of the source's bands; the source's own sample rows do not follow from it."""

import pytest

from portal.kpi.score.bands import (
    Bands,
    Metric,
    Result,
    count_result,
    grade,
    mean_result,
    one_decimal,
    rank_percent,
    rank_points,
    rate_result,
    total,
    weighed,
)

PHONE = Bands(((30, 20), (60, 15)), 0)
WEB = Bands(((1800, 20), (3600, 15)), 0)
RATE = Bands(((95, 30), (90, 25), (85, 20)), 0)
SATISFACTION = Bands(((4.5, 30), (4.0, 25), (3.5, 20)), 0)
RANKS = Bands(((20, 10), (50, 7)), 5)
KNOWLEDGE = Bands(((10, 10), (5, 7)), 5)
GRADES = [[90, "优秀"], [80, "良好"], [60, "合格"], [0, "待改进"]]


@pytest.mark.parametrize(
    ("bands", "is_smaller_better", "cases"),
    [
        (PHONE, True, {0: 20, 30: 20, 30.5: 15, 31: 15, 60: 15, 60.01: 0, 61: 0}),
        (WEB, True, {1800: 20, 1800.5: 15, 3600: 15, 3600.5: 0}),
        (RATE, False, {100: 30, 95: 30, 94.99: 25, 94.5: 25, 94: 25, 90: 25, 89.5: 20, 89: 20, 85: 20, 84.9: 0, 0: 0}),
        (SATISFACTION, False, {5: 30, 4.5: 30, 4.45: 25, 4.4: 25, 4.0: 25, 3.95: 20, 3.9: 20, 3.5: 20, 3.49: 0}),
        (RANKS, True, {0.1: 10, 20: 10, 20.01: 7, 50: 7, 50.01: 5, 60: 5, 70: 5, 100: 5}),
        (KNOWLEDGE, False, {10: 10, 11: 10, 9: 7, 5: 7, 4: 5, 0: 5}),
    ],
)
def test_borders_and_gaps(bands, is_smaller_better, cases):
    assert {value: bands.of(value, smaller_is_better=is_smaller_better) for value in cases} == cases


@pytest.mark.parametrize(
    ("counts", "points"),
    [  # 1-4 people: 7 each, whatever they did; ties share the better band
        ([9], [7]), ([9, 1], [7, 7]), ([9, 5, 1], [7, 7, 7]), ([9, 5, 5, 0], [7, 7, 7, 7]),
        ([9, 8, 7, 6, 5], [10, 7, 5, 5, 5]),
        ([9, 9, 7, 6, 5], [10, 10, 5, 5, 5]),
        ([5, 5, 5, 5, 5], [10] * 5),
        ([9, 8, 7, 6, 5, 4], [10, 7, 7, 5, 5, 5]),
        ([9, 8, 8, 8, 8, 8], [10, 7, 7, 7, 7, 7]),
        (list(range(10, 0, -1)), [10, 10, 7, 7, 7, 5, 5, 5, 5, 5]),
        ([0] * 6, [10] * 6),
    ],
)  # fmt: skip
def test_ranks(counts, points):
    assert [rank_points(count, counts, RANKS, 7, 5) for count in counts] == points


def test_ranks_in_percent():
    assert rank_percent(8, [9, 8, 8, 1, 0]) == 40 and rank_percent(0, [9, 8, 8, 1, 0]) == 100


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], Result(None, 0, None, None)),
        ([1800] * 4, Result(1800, 4, 1800, None)),  # 4 cases: shown, not scored
        ([1800] * 5, Result(1800, 5, 1800, 20)),
        ([0, 0, 0, 0, 9002.5], Result(1800.5, 5, 0, 15)),  # the mean decides, the median stands beside it
    ],
)
def test_no_points_for_nothing(values, expected):
    assert mean_result(Metric.RESPONSE, values, WEB, 20, 5) == expected


def test_rates_and_counts():
    assert rate_result(0, 0, RATE, 30, 5) == Result(None, 0, None, None)
    assert rate_result(4, 0, RATE, 30, 5) == Result(100, 4, None, None)
    assert rate_result(19, 1, RATE, 30, 5) == Result(95, 20, None, 30)
    assert rate_result(18, 1, RATE, 30, 5).points == 25  # 94.7: the gap of the source
    assert rate_result(17, 3, RATE, 30, 5).points == 20
    assert rate_result(0, 5, RATE, 30, 5).points == 0  # measured, and nothing: not the same as no data
    assert count_result(0, KNOWLEDGE, 10) == Result(0, 0, None, 5)
    assert count_result(5, KNOWLEDGE, 10).points == 7


def test_other_weights_stretch_the_bands():
    assert weighed(15, Metric.RESPONSE, 20) == 15
    assert weighed(15, Metric.RESPONSE, 25) == 18.8  # 18.75
    assert weighed(7, Metric.VOLUME, 15) == 10.5 and weighed(25, Metric.RESOLUTION, 0) == 0
    assert (one_decimal(12.25), one_decimal(12.24), one_decimal(0.05)) == (12.3, 12.2, 0.1)


@pytest.mark.parametrize(
    ("points", "out_of", "name"),
    [
        (90, 100, "优秀"), (89.9, 100, "良好"), (80, 100, "良好"), (79.9, 100, "合格"), (60, 100, "合格"),
        (59.9, 100, "待改进"), (0, 100, "待改进"), (54, 60, "优秀"), (53, 59, "未评级"), (20, 20, "未评级"),
        (0, 0, "未评级"), (72, 80, "优秀"),
    ],
)  # fmt: skip
def test_grades_come_from_the_share(points, out_of, name):
    assert grade(points, out_of, GRADES, 60) == name


def test_what_has_no_points_makes_the_sheet_smaller():
    found = [(20, Result(1.0, 3, 1.0, None)), (30, Result(96, 50, None, 30)), (10, Result(0, 0, None, 5))]
    assert total(found) == (35, 40)
    assert total([(20, Result(None, 0, None, None))]) == (0, 0)


def test_the_samples_of_the_source_are_not_expected_results():
    """REQUIREMENTS H9: printed 92 and 85; the rules give 95-100 and 72-77, whatever the run-together columns mean."""
    wang = [20, RATE.of(96, smaller_is_better=False), SATISFACTION.of(4.7, smaller_is_better=False), 10]
    liu = [PHONE.of(45, smaller_is_better=True), RATE.of(88, smaller_is_better=False), 25, 7]
    assert {sum(wang) + volume for volume in (5, 7, 10)} == {95, 97, 100} and 92 not in {95, 97, 100}
    assert {sum(liu) + volume for volume in (5, 7, 10)} == {72, 74, 77} and 85 not in {72, 74, 77}
