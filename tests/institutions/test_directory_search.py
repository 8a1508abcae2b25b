"""What is offered while one types: 汉字, pinyin, initials, aliases, parts; the best first."""

import pytest
from sqlalchemy import update

from portal.audit.actor import SYSTEM
from portal.institutions import directory, search
from portal.institutions.directory import InstitutionDetails
from portal.institutions.models import InstitutionName
from portal.institutions.names import query_words, spelling
from portal.institutions.search import DirectoryFilter
from tests.factories.directories import add_entry

ZHANG = "高唐县杨屯乡张四屯卫生室"
ENTRIES = (
    InstitutionDetails("高唐县", "", "卫生健康局"),
    InstitutionDetails("高唐县", "杨屯乡", "卫生院", aliases=("杨屯分院",)),
    InstitutionDetails("高唐县", "杨屯乡", "张四屯卫生室", aliases=("红旗诊疗点",)),
    InstitutionDetails("茌平区", "菜屯镇", "高唐庄卫生室"),
    InstitutionDetails("单县", "浮岗镇", "吕庄卫生室"),
    InstitutionDetails("莘县", "燕店镇", "100%_测试村卫生室"),
)


@pytest.fixture
def offered(portal):
    with portal.runtime.database.transaction() as session:
        for details in ENTRIES:
            directory.add(session, SYSTEM, details)

    def ask(query: str) -> list[str]:
        with portal.runtime.database.read() as session:
            return search.suggestions(session, query)

    return ask


CLINIC_QUERIES = (
    "高唐县杨屯乡张四屯", "张四屯", "张四屯卫生室", "四屯", "gaotangxianyangtunxiangzhangsi", "zhangsitun", "zstwss",
    "gtxytxzst", "ytxz", "ZHANGSITUN", "Zst", "zhang'si'tun", "高唐 张四屯", "高唐zst", "ｚｓｔ", "红旗诊疗",
    "hongqi", "hqz", "山东省聊城市高唐县杨屯乡张", "高唐县 zst", "四屯 杨屯",
)  # fmt: skip


def test_it_finds_the_clinic(offered):
    assert [query for query in CLINIC_QUERIES if ZHANG not in offered(query)] == []


def test_the_county_comes_first_then_what_lies_in_it(offered):
    names = offered("gtx")
    assert names[0] == "高唐县卫生健康局"
    assert set(names) == {"高唐县卫生健康局", "高唐县杨屯乡卫生院", ZHANG}


def test_what_begins_so_comes_before_what_holds_it(offered):
    assert offered("高唐")[-1] == "茌平区菜屯镇高唐庄卫生室"
    assert offered("gaotang")[-1] == "茌平区菜屯镇高唐庄卫生室"
    assert len(offered("高唐")) == 4
    assert offered("ytxwsy") == ["高唐县杨屯乡卫生院"]


def test_names_sound_as_the_places_say_them(offered):
    assert offered("shanxian") == offered("lvzhuang") == ["单县浮岗镇吕庄卫生室"]


def test_nothing_is_found_by_nothing(offered):
    queries = ("", " ", "%", "_", "%%", "'", "\\", "查无此村", "zzzz", "\x00", "高唐%县莘", "a" * 5000)
    assert {query: offered(query) for query in queries if offered(query)} == {}


def test_signs_of_a_pattern_are_letters_like_any_other(offered):
    assert offered("100") == ["莘县燕店镇100%_测试村卫生室"]
    assert offered("1%0") == ["莘县燕店镇100%_测试村卫生室"]  # signs are left out of the name and of the query
    assert offered("高%室") == []


def test_it_offers_ten_at_most_and_none_that_is_switched_off_or_merged(portal):
    entries = [add_entry(portal.runtime, village=f"样例{n}村卫生室") for n in range(14)]
    with portal.runtime.database.transaction() as session:
        directory.set_active(session, SYSTEM, entries[0].id, False)
        directory.merge(session, SYSTEM, entries[2].id, entries[1].id)
    with portal.runtime.database.read() as session:
        names = search.suggestions(session, "样例")
        assert len(names) == 10
        assert entries[0].name not in search.suggestions(session, "样例0")
        assert search.suggestions(session, "样例1村") == [entries[2].name]


def test_the_list_is_filtered_and_paged(portal):
    for n in range(3):
        add_entry(portal.runtime, village=f"样例{n}村卫生室")
    town = add_entry(portal.runtime, county="莘县", town="燕店镇", village="卫生院")
    with portal.runtime.database.transaction() as session:
        directory.set_active(session, SYSTEM, add_entry_in(session, "停用村卫生室").id, False)
        directory.verify(session, SYSTEM, town.id)

    def names(number=1, **wanted):
        with portal.runtime.database.read() as session:
            entries, total = search.page(session, DirectoryFilter(**wanted), number)
            return [entry.name for entry in entries], total

    assert names()[1] == 4
    assert names(county="莘县") == ([town.name], 1)
    assert names(level="town") == ([town.name], 1)
    assert names(state="inactive") == (["高唐县杨屯乡停用村卫生室"], 1)
    assert names(state="stale")[1] == 3
    assert names(state="all")[1] == 5
    assert names(query="ydz") == ([town.name], 1)
    assert names(query="%") == ([], 0)
    assert names(2) == ([], 4)
    with portal.runtime.database.read() as session:
        assert search.counties(session) == sorted(["高唐县", "莘县"])


def add_entry_in(session, village):
    return session.merge(directory.add(session, SYSTEM, InstitutionDetails("高唐县", "杨屯乡", village)))


def test_words_of_two_scripts_are_looked_for_apart():
    assert query_words("高唐zst") == ["高唐", "zst"]
    assert query_words("gtx 3村") == ["gtx", "3村"]
    assert len(query_words("a " * 40)) == 6


def test_every_level_is_a_beginning():
    lines = spelling("高唐县", "杨屯乡", "张四屯卫生室", ()).search_text.split("\n")
    assert {"高唐县杨屯乡张四屯卫生室", "杨屯乡张四屯卫生室", "张四屯卫生室", "gtxytxzstwss", "zstwss"} <= set(lines)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "typed",
    [
        "高唐縣楊屯鄉張四屯衛生室",
        "山東省聊城市高唐縣楊屯鄉張四屯衛生室",
        "⾼唐县杨屯乡张四屯卫⽣室",
        "高唐县\u202e杨屯乡\u202c张四屯卫生室",
        "聊城高唐县杨屯乡张四屯卫生室",
        "高唐县-杨屯乡-张四屯卫生室",
        "高唐县　杨屯乡　张四屯卫生室",
    ],
)
def test_every_way_to_write_a_name_is_the_one_institution(portal, typed):
    entry = add_entry(portal.runtime)
    with portal.runtime.database.read() as session:
        assert directory.matched(session, typed) == entry.id
        assert search.suggestions(session, typed) == [entry.name]


def test_a_key_of_before_still_leads_to_its_institution(portal):
    """Its county was not recognised then, so its key kept the level above."""
    entry = add_entry(portal.runtime, county="上街区", town="峡窝镇", village="观沟村卫生室")
    with portal.runtime.database.transaction() as session:
        session.execute(update(InstitutionName).values(key="郑州市上街区峡窝镇观沟村卫生室"))
    with portal.runtime.database.read() as session:
        assert directory.matched(session, "郑州市上街区峡窝镇观沟村卫生室") == entry.id
