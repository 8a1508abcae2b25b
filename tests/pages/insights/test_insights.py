"""统计: the figures of a week, worked out by hand from planted counts, and the page on which leads read them."""

import re
from datetime import date, timedelta

import pytest

from portal.metrics.models import DailyCount
from portal.pages.insights import weeks
from portal.pages.insights.weeks import FigureRange, Share, week
from tests.factories.clinic import Clinic
from tests.factories.pictures import crop_of_screen

MONDAY = date(2026, 7, 20)
PLANTED = [
    # day, name, key, count
    (0, "filed", "yxt", 18), (6, "filed", "phone", 2),
    (0, "form-filed", "pc", 10), (2, "form-filed", "pc", 4), (6, "form-filed", "phone", 4),
    (0, "form-clean", "pc", 12), (6, "form-clean", "phone", 3), (0, "clean-asked", "pc", 1),
    (0, "asked", "", 3),
    (0, "picture-refused", "", 9), (3, "picture-refused", "", 1), (3, "picture-mended", "", 8),
    (0, "confirmed", "yes", 3), (4, "confirmed", "no", 1),
    (0, "revealed", "", 21), (5, "solved", "", 14),
    (0, "minutes", "pc:2", 3), (1, "minutes", "pc:3", 3), (2, "minutes", "pc:9", 5), (3, "minutes", "pc:60", 3),
    (6, "minutes", "phone:12", 4),
    (0, "refused", "screenshots:image_too_small", 4), (1, "refused", "screenshots:image_too_small", 5),
    (1, "refused", "id_number:id_checksum", 3), (2, "refused", "institution:required", 3),
    (-1, "filed", "yxt", 1000), (7, "filed", "yxt", 1000), (-1, "refused", "description:too_short", 99),
]  # fmt: skip


@pytest.fixture
def planted(portal):
    with portal.runtime.database.transaction() as session:
        for day, name, key, count in PLANTED:
            session.add(DailyCount(day=MONDAY + timedelta(days=day), name=name, key=key, count=count))
    return portal


def test_it_computes_the_week_from_monday_to_sunday(planted):
    with planted.runtime.database.read() as session:
        found = week(session, MONDAY)

    assert (found.filed, found.form_filed) == (20, 18)
    assert found.first_time == Share(14, 18, least=95)  # 12 + 3 clean, one of them asked later
    assert found.asked == Share(3, 20, most=10)
    assert found.mended == Share(8, 10, least=80)
    assert found.confirmed == Share(3, 4)
    assert found.reveals_per_solved == 1.5
    assert found.minutes == {"pc": 9, "phone": 12}  # of 14 the seventh took 9: 3 at 2, 3 at 3, 5 at 9
    assert [(one.field, one.code, one.count) for one in found.refusals] == [
        ("screenshots", "image_too_small", 9), ("id_number", "id_checksum", 3), ("institution", "required", 3),
    ]  # fmt: skip
    assert found.spans == [
        FigureRange(0, 3, 3, 0), FigureRange(3, 5, 3, 0), FigureRange(5, 10, 5, 0), FigureRange(10, 20, 0, 4),
        FigureRange(20, 40, 0, 0),
        FigureRange(40, 60, 0, 0), FigureRange(60, None, 3, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("share", "percent", "is_met"),
    [
        (Share(0, 0, least=95), None, None),
        (Share(19, 20, least=95), 95.0, True),
        (Share(949, 1000, least=95), 94.9, False),
        (Share(9499, 10000, least=95), 95.0, False),  # the exact share decides
        (Share(1, 10, most=10), 10.0, True),
        (Share(101, 1000, most=10), 10.1, False),
        (Share(1, 3), 33.3, None),
    ],
)
def test_a_target_is_met_or_missed_exactly(share, percent, is_met):
    assert (share.percent, share.is_met) == (percent, is_met)


def test_each_channel_has_its_figures(planted):
    """Counts of before have no channel: the share is then unknown, not nothing."""
    with planted.runtime.database.transaction() as session:
        asked = {"yxt": 2, "qq": 0, "phone": 1}
        for channel, many in asked.items():
            session.add(DailyCount(day=MONDAY + weeks.WEEK, name="asked", key=channel, count=many))
        session.add(DailyCount(day=MONDAY + timedelta(days=8), name="filed", key="phone", count=4))
    with planted.runtime.database.read() as session:
        before, found = week(session, MONDAY), week(session, MONDAY + weeks.WEEK)

    assert [(one.channel, one.filed, one.asked) for one in before.channels] == [("yxt", 18, None), ("phone", 2, None)]
    assert [(one.channel, one.filed, one.asked) for one in found.channels] == [
        ("yxt", 1000, Share(2, 1000, most=10)), ("phone", 4, Share(1, 4, most=10)),
    ]  # fmt: skip
    page = planted.signed_in("leo").get(f"/insights?week={MONDAY + weeks.WEEK}").text
    assert re.search(r"电话</th><td[^>]*>4</td><td[^>]*>1</td><td[^>]*>25 %", page)


def test_weeks_come_newest_first_and_empty_ones_say_so(planted):
    with planted.runtime.database.read() as session:
        found = weeks.weeks(session, MONDAY, 3)

    assert [one.monday for one in found] == [MONDAY, MONDAY - timedelta(7), MONDAY - timedelta(14)]
    assert [one.filed for one in found] == [20, 1000, 0]
    assert found[2].minutes == {"pc": None, "phone": None}
    assert found[2].reveals_per_solved is None


def test_a_lead_reads_the_week_with_targets_and_the_forms_own_words(planted):
    page = planted.signed_in("leo").get("/insights?week=2026-07-22").text
    words = re.sub(r"<[^>]+>|\s+", "", page)

    assert "7月20日到7月26日" in words
    assert "一次提交成功77.8%14/18目标不低于95%，未达到" in words
    assert "被要求补充15%3/20目标不超过10%，未达到" in words
    assert "截图改正80%8/10目标不低于80%，达到" in words
    assert "1.5次21/14" in words
    top = re.findall(r'<tr class="row--top">(.*?)</tr>', page)
    assert [re.sub(r"<[^>]+>", " ", row).split() for row in top] == [
        ["出问题时的整个屏幕", "截得太小", "9"], ["身份证号（举例子）", "校验位不对", "3"],
        ["机构名称", "没有填写", "3"],
    ]  # fmt: skip


def test_every_figure_has_its_meaning_below_it_and_every_drawing_its_table(planted):
    page = planted.signed_in("leo").get("/insights?week=2026-07-22").text

    assert page.count('class="measure"') == page.count('class="measure__meaning"') == 7
    assert page.index('<svg class="bars"') < page.index("填写时间，按设备")


@pytest.mark.parametrize("week_of", ["", "x", "2026-13-40", "9999-12-31", "0001-01-01", "2026-07-22' --"])
def test_any_address_shows_some_week(portal, week_of):
    answer = portal.signed_in("leo").get("/insights", params={"week": week_of})

    assert answer.status_code == 200
    assert "这周还没有机构自己提报的问题" in answer.text


@pytest.mark.parametrize("name", ["alice", "agnes", "ada"])
def test_others_cannot_open_the_figures(portal, name):
    assert portal.signed_in(name).get("/insights").status_code == 403


def test_what_a_clinic_does_today_is_in_this_week(portal):
    somebody = Clinic(portal)
    somebody.fill_situation()
    somebody.add_pictures(crop_of_screen())
    somebody.fill()
    somebody.submit()
    words = re.sub(r"<[^>]+>|\s+", "", portal.signed_in("leo").get("/insights").text)

    assert "（本周，还没有过完）" in words
    assert "一次提交成功0%0/1" in words
    assert "截图改正100%1/1" in words
