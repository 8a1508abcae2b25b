"""The directory's rules: one name leads to one institution, every change has its row (REQUIREMENTS A2, A3, L1)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.audit.models import AuditEvent
from portal.errors import ConflictError, InvalidError
from portal.institutions import directory, previous_systems
from portal.institutions.directory import InstitutionDetails, details_of
from portal.institutions.models import Level, PreviousSystem
from portal.institutions.names import level_of, name_key
from portal.tickets import institution_links
from portal.tickets.models import Ticket
from tests.factories.cast import actor
from tests.factories.directories import add_entry
from tests.factories.reports import file_report

SAMPLE = "高唐县杨屯乡张四屯卫生室"


def tags(portal) -> list[str]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(AuditEvent.tag).order_by(AuditEvent.seq)))


def change(portal, entry, **changes):
    """The entry with some details changed, by the lead."""
    kept = {name: getattr(entry, name) for name in ("county", "town", "village", "level", "keeper", "verified_on")}
    details = details_of(**{**kept, "aliases": entry.aliases, **changes})
    with portal.runtime.database.transaction() as session:
        return directory.change(session, actor(portal.runtime, "leo"), entry.id, details, entry.version)


def entry_of_ticket(portal, number):
    with portal.runtime.database.read() as session:
        return session.scalars(select(Ticket).where(Ticket.number == number)).one().institution_id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SAMPLE, "山东省聊城市高唐县杨屯乡张四屯卫生室"),
        (SAMPLE, " 高唐县 杨屯乡　张四屯卫生室。"),
        ("高唐县Ａ区卫生室", "高唐县a区卫生室"),
        ("高唐县杨屯乡卫生院（北院）", "高唐县杨屯乡卫生院(北院)"),
    ],
)
def test_two_writings_are_one_name(one, other):
    assert name_key(one) == name_key(other)


def test_other_names_stay_apart():
    names = (SAMPLE, "高唐县杨屯乡张三屯卫生室", "高唐县杨屯乡卫生院", "茌平县杨屯乡张四屯卫生室", "高唐县张四屯卫生室")
    assert len({name_key(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("town", "village", "level"),
    [
        ("", "人民医院", Level.COUNTY), ("", "", Level.COUNTY), ("梁村镇", "", Level.TOWN),
        ("梁村镇", "卫生院", Level.TOWN), ("梁村镇", "北街村卫生室", Level.VILLAGE), ("", "北街村", Level.VILLAGE),
    ],
)  # fmt: skip
def test_the_name_says_the_level(town, village, level):
    assert level_of(town, village) is level


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (("", "", "山东省聊城市" + SAMPLE), ("高唐县", "杨屯乡", "张四屯卫生室")),
        (("高唐县", "杨屯乡", SAMPLE), ("高唐县", "杨屯乡", "张四屯卫生室")),
        (("高唐县", "", "杨屯乡张四屯卫生室"), ("高唐县", "杨屯乡", "张四屯卫生室")),
        (("高唐县", "", "人民医院"), ("高唐县", "", "人民医院")),
        (("高 唐 县", "杨屯乡", ""), ("高唐县", "杨屯乡", "")),
    ],
)
def test_levels_are_taken_apart_and_never_doubled(given, parts):
    details = details_of(county=given[0], town=given[1], village=given[2])
    assert (details.county, details.town, details.village) == parts


def test_it_keeps_an_institution_and_tells_the_trail(portal):
    entry = add_entry(portal.runtime, aliases=("四屯卫生室",), keeper="孙主管")
    assert (entry.name, entry.level, entry.initials) == (SAMPLE, "village", "gtxytxzstwss")
    assert entry.pinyin.startswith("gaotangxianyangtun")
    assert tags(portal)[-1] == "institution:add"
    with portal.runtime.database.read() as session:
        assert directory.matched(session, "聊城市" + SAMPLE) == entry.id
        assert directory.matched(session, "四屯卫生室") == entry.id
        assert directory.matched(session, "四屯") is None
        assert directory.matched(session, "") is None


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (InstitutionDetails(""), "county"),
        (InstitutionDetails("高唐"), "county"),
        (InstitutionDetails("高唐县", village="长" * 98), "village"),
        (InstitutionDetails("高唐县", level="province"), "level"),
        (InstitutionDetails("高唐县", aliases=tuple("一二三四五六七八九十百")), "aliases"),
        (InstitutionDetails("高唐县", keeper="王" * 61), "keeper"),
        (InstitutionDetails("高唐县", verified_on=date(1999, 1, 1)), "verified_on"),
        (InstitutionDetails("山东省高唐县", "杨屯乡", "张四屯卫生室"), "village"),
        (InstitutionDetails("高唐县", "固河镇", "卫生院", aliases=("四屯卫生室",)), "aliases"),
        (InstitutionDetails("高唐县", "固河镇", "卫生院", aliases=(SAMPLE,)), "aliases"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(portal, details, field):
    add_entry(portal.runtime, aliases=("四屯卫生室",))
    rows = len(tags(portal))
    with pytest.raises(InvalidError) as refused, portal.runtime.database.transaction() as session:
        directory.add(session, actor(portal.runtime, "leo"), details)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert len(tags(portal)) == rows


def test_a_day_in_the_future_is_no_verification(portal):
    tomorrow = clock.china_today() + timedelta(days=1)
    with pytest.raises(InvalidError, match="1 处"):
        add_entry(portal.runtime, verified_on=tomorrow)


def test_a_change_tells_before_and_after(portal):
    entry = change(portal, add_entry(portal.runtime, keeper="旧人"), keeper="新人", village="张四屯村卫生室")
    with portal.runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)).one()
        assert directory.matched(session, SAMPLE) is None
        assert directory.matched(session, "高唐县杨屯乡张四屯村卫生室") == entry.id
    assert (row.tag, row.actor_name) == ("institution:change", "leo")
    assert "维护人：旧人 → 新人" in row.particulars["changes"]
    rows = len(tags(portal))
    change(portal, entry)
    assert len(tags(portal)) == rows


def test_it_is_verified_switched_off_and_on(portal):
    entry, leo = add_entry(portal.runtime), actor(portal.runtime, "leo")
    with portal.runtime.database.transaction() as session:
        assert directory.verify(session, leo, entry.id).verified_on == clock.china_today()
        assert not directory.set_active(session, leo, entry.id, False).is_active
        directory.set_active(session, leo, entry.id, False)
        assert directory.set_active(session, leo, entry.id, True).is_active
    assert tags(portal)[-3:] == ["institution:verify", "institution:disable", "institution:enable"]


def test_a_report_finds_its_institution_by_name_or_alias(portal):
    entry = add_entry(portal.runtime, aliases=("高唐县四屯卫生室",))
    numbers = [
        file_report(portal.runtime, institution=name).number
        for name in ("山东省聊城市" + SAMPLE, "高唐县四屯卫生室", "高唐县杨屯乡李四屯卫生室")
    ]
    assert [entry_of_ticket(portal, number) for number in numbers] == [entry.id, entry.id, None]
    assert entry_of_ticket(portal, file_report(portal.runtime, kind="his").number) is None


def test_a_merge_moves_names_and_tickets(portal):
    kept = add_entry(portal.runtime, aliases=("甲室",))
    other = add_entry(portal.runtime, village="张四屯村卫生所", aliases=("乙室",))
    older = add_entry(portal.runtime, village="四屯医疗点")
    number = file_report(portal.runtime, institution=other.name).number
    oldest = file_report(portal.runtime, institution=older.name).number
    leo = actor(portal.runtime, "leo")
    with portal.runtime.database.transaction() as session:
        institution_links.merge(session, leo, other.id, older.id)
        institution_links.merge(session, leo, kept.id, other.id)
    with portal.runtime.database.read() as session:
        merged = directory.find(session, kept.id)
        assert set(merged.aliases) == {"甲室", other.name, "乙室", older.name}
        for name in (SAMPLE, "甲室", "乙室", other.name, older.name):
            assert directory.matched(session, name) == kept.id, name
        assert {directory.find(session, gone.id).merged_into for gone in (other, older)} == {kept.id}
        assert institution_links.ticket_count(session, kept.id) == 2
    assert {entry_of_ticket(portal, number), entry_of_ticket(portal, oldest)} == {kept.id}
    assert tags(portal)[-1] == "institution:merge"
    for pair in ((kept.id, kept.id), (kept.id, other.id), (other.id, kept.id)):
        with pytest.raises(ConflictError), portal.runtime.database.transaction() as session:
            institution_links.merge(session, leo, *pair)


def test_the_list_of_former_systems_begins_with_the_samples_own(portal):
    with portal.runtime.database.read() as session:
        assert previous_systems.offered(session) == ["浪潮系统", "无（首次使用）"]


def test_former_systems_are_added_moved_renamed_and_switched_off(portal):
    leo = actor(portal.runtime, "leo")
    with portal.runtime.database.transaction() as session:
        row = previous_systems.add(session, leo, " 样例  公卫系统 ")
        previous_systems.move_up(session, leo, row.id)
        assert previous_systems.offered(session) == ["浪潮系统", "样例 公卫系统", "无（首次使用）"]
        version = session.get_one(PreviousSystem, row.id).version
        previous_systems.rename(session, leo, row.id, "样例公卫系统", version)
        previous_systems.set_active(session, leo, row.id, False)
        assert previous_systems.offered(session) == ["浪潮系统", "无（首次使用）"]
    assert tags(portal)[-4:] == ["previous-system:add", *["previous-system:change"] * 3]


def test_first_use_is_always_offered(portal):
    leo = actor(portal.runtime, "leo")
    with portal.runtime.database.transaction() as session:
        first_use = next(row for row in previous_systems.every(session) if row.name == previous_systems.FIRST_USE)
        for act in (
            lambda: previous_systems.set_active(session, leo, first_use.id, False),
            lambda: previous_systems.rename(session, leo, first_use.id, "没有", first_use.version),
            lambda: previous_systems.add(session, leo, "浪潮 系统"),
            lambda: previous_systems.add(session, leo, "\u3000"),
            lambda: previous_systems.add(session, leo, "长" * 101),
        ):
            with pytest.raises(InvalidError):
                act()
        first_use.is_active = False
        session.flush()
        assert previous_systems.offered(session) == ["浪潮系统", "无（首次使用）"]
