"""A notice in two steps: only its holidays change, and nobody confirms what has changed since it was shown."""

from datetime import date

import pytest

from portal.audit.actor import SYSTEM
from portal.calendar import content, days, imports, working_days, years
from portal.calendar.models import CalendarChange, CalendarImport
from portal.errors import ConflictError, InvalidError, NotFoundError, StaleRowError
from tests.calendar.notices import NOTICES, SECOND, whole
from tests.factories.cast import actor
from tests.factories.moments import move_clock

NEXT_YEAR = whole(
    2027,
    """
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（农历除夕、周五）至12日（农历正月初七、周五）放假调休，共8天。1月31日（周日）、2月20日（周六）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。4月25日（周日）、5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天，不调休。
六、中秋节：9月15日（周三）放假1天，不调休。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。""",
)


def apply(portal, text: str, year: int | None = None) -> list[str]:
    """The days that the text changes, for good."""
    return [change.words for change in _applied(portal, text, year).seen]


def _applied(portal, text: str, year: int | None = None):
    with portal.runtime.database.transaction() as session:
        return imports.apply(session, SYSTEM, content.read(text, year))


def is_working(portal, *texts: str) -> list[bool]:
    with portal.runtime.database.read() as session:
        calendar = working_days.load(session)
    return [calendar.is_working(date.fromisoformat(text)) for text in texts]


def edit(portal, day: str, *, is_working: bool, version: int | None = None, note: str = "核对过") -> None:
    with portal.runtime.database.transaction() as session:
        days.edit(
            session, actor(portal.runtime, "leo"), day=date.fromisoformat(day), is_working=is_working, name="停电",
            note=note, version=version,
        )  # fmt: skip


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("year", [year for year in NOTICES if year != 2020])
def test_a_known_years_notice_changes_no_day(portal, year: int) -> None:
    changed = apply(portal, NOTICES[year])
    assert changed == [] if year != 2019 else len(changed) == 4  # the second notice of 2019 is in the package
    if year in SECOND:
        apply(portal, SECOND[year], year)
        assert is_working(portal, "2019-05-03", "2019-04-28", "2015-09-04", "2015-09-06") == [False, True, False, True]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_holiday_is_made_longer(portal) -> None:
    apply(portal, NOTICES[2020])
    assert is_working(portal, "2020-01-19", "2020-01-31", "2020-02-01", "2020-02-03") == [True, True, True, True]

    changed = apply(portal, SECOND[2020], 2020)

    assert [words.split("：")[0] for words in changed] == ["2020 年 1 月 31 日（周五）", "2020 年 2 月 1 日（周六）"]
    assert is_working(portal, "2020-01-19", "2020-01-31", "2020-02-01", "2020-02-03") == [True, False, False, True]


def test_a_new_year_is_confirmed_and_each_day_leaves_a_row(portal) -> None:
    plan = _applied(portal, NEXT_YEAR)

    assert plan.years == [2027]
    assert is_working(portal, "2027-02-10", "2027-02-20", "2027-05-04", "2027-10-09") == [False, True, False, True]
    with portal.runtime.database.read() as session:
        assert years.is_confirmed(session, 2027)
        assert working_days.unknown_years(session) == ()
        rows = years.changes_since(session, 2027, most=100)
        assert len(rows) == len([change for change in plan.changes if change.was != change.now]) == 24
    assert apply(portal, NEXT_YEAR) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_part_of_an_unknown_years_notice_is_not_enough(portal) -> None:
    with pytest.raises(InvalidError) as refused:
        apply(portal, "五、端午节：6月9日放假。", 2027)

    assert "2027 年还没有录入，这段通知里没有元旦、春节" in refused.value.faults[0].message


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_days_of_the_year_before_are_changed_and_named(portal) -> None:
    late = NOTICES[2019].replace(
        "2018年12月30日至2019年1月1日放假调休，共3天", "2018年12月31日至2019年1月1日放假调休，共2天"
    )
    plan = _applied(portal, late.replace("2018年12月29日（星期六）上班", "2018年12月30日（星期日）上班"))

    assert plan.years == [2018, 2019]
    assert is_working(portal, "2018-12-29", "2018-12-30", "2018-12-31") == [False, True, False]
    assert is_working(portal, "2018-01-01") == [False]  # the holiday of that name in the year before stays


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_second_notice_replaces_its_holiday_whole_and_no_other(portal) -> None:
    apply(portal, NEXT_YEAR)
    edit(portal, "2027-05-06", is_working=False)
    edit(portal, "2027-05-04", is_working=True)

    plan = _applied(portal, "四、劳动节：5月1日至4日放假调休，共4天。5月8日（周六）上班。", 2027)

    assert [change.day.isoformat() for change in plan.by_hand] == ["2027-05-04"]
    assert plan.changes[0].is_by_hand
    assert is_working(portal, "2027-04-25", "2027-05-04", "2027-05-05", "2027-05-08") == [False, False, True, True]
    assert is_working(portal, "2027-05-06", "2027-10-05") == [False, False]


def test_it_counts_after_the_confirmation_and_once(portal) -> None:
    leo, database = actor(portal.runtime, "leo"), portal.runtime.database
    with database.transaction() as session:
        kept, plan = imports.prepare(session, leo, NEXT_YEAR, 2027)
    assert len(plan.seen) == 22 and is_working(portal, "2027-02-10") == [True]

    with database.transaction() as session:
        imports.confirm(session, leo, kept.id)
    assert is_working(portal, "2027-02-10") == [False]
    with pytest.raises(ConflictError), database.transaction() as session:
        imports.confirm(session, leo, kept.id)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nobody_confirms_what_was_not_shown(portal, monkeypatch) -> None:
    leo, database = actor(portal.runtime, "leo"), portal.runtime.database
    with database.transaction() as session:
        kept, _ = imports.prepare(session, leo, NEXT_YEAR, 2027)
    edit(portal, "2027-06-11", is_working=False)
    with pytest.raises(ConflictError, match="有变动"), database.transaction() as session:
        imports.confirm(session, leo, kept.id)
    move_clock(monkeypatch, days=2)
    with pytest.raises(NotFoundError), database.transaction() as session:
        imports.confirm(session, leo, kept.id)


def test_one_day_is_edited_with_a_note(portal) -> None:
    edit(portal, "2027-06-11", is_working=False, version=0)
    assert is_working(portal, "2027-06-11") == [False]
    with portal.runtime.database.read() as session:
        assert not years.is_confirmed(session, 2027)
    with pytest.raises(StaleRowError):
        edit(portal, "2027-06-11", is_working=True, version=0)
    edit(portal, "2027-06-11", is_working=True, version=1)
    edit(portal, "2027-10-01", is_working=True)  # off by law in a year that is not known
    assert is_working(portal, "2027-06-11", "2027-10-01") == [True, True]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("note", ["", "改", "x" * 201, "张三 密码 abc12345"])
def test_a_day_without_a_good_note_is_refused(portal, note: str) -> None:
    with pytest.raises(InvalidError):
        edit(portal, "2027-06-11", is_working=False, note=note)


@pytest.mark.both_databases
def test_what_has_changed_cannot_be_rewritten(portal) -> None:
    edit(portal, "2027-06-11", is_working=False)
    for statement in (CalendarChange.__table__.delete(), CalendarChange.__table__.update().values(note="")):
        with pytest.raises(Exception, match="insert-only"), portal.runtime.database.transaction() as session:
            session.execute(statement)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_text_itself_is_not_kept(portal) -> None:
    with portal.runtime.database.transaction() as session:
        kept, _ = imports.prepare(session, actor(portal.runtime, "leo"), NEXT_YEAR + "联系人 13800138000", 2027)
        session.flush()
        session.expire_all()
        stored = session.get_one(CalendarImport, kept.id)
        assert "13800138000" not in str(stored.content)
