"""名录 in the browser: who may, what they see, what each act leaves; and what the clinic is offered."""

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.institutions.models import DirectoryEntry, DirectoryImport, PreviousSystem
from portal.pages.directory import suggestions
from portal.web import memory_limiter
from portal.web.memory_limiter import Pace
from tests.factories.browsers import PlainBrowser
from tests.factories.directories import add_entry, csv_of, xlsx_of
from tests.factories.portals import Portal, csrf_of, post
from tests.factories.reports import file_report

LIST, NEW, IMPORT, SYSTEMS = "/institutions", "/institutions/new", "/institutions/import", "/previous-systems"
SCRIPT = "<script>alert(1)</script>"
FIELDS = {"county": "高唐县", "town": "杨屯乡", "village": "张四屯卫生室"}


def entries(portal: Portal) -> list[DirectoryEntry]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(DirectoryEntry).order_by(DirectoryEntry.pinyin)))


def last_tag(portal: Portal) -> str:
    with portal.runtime.database.read() as session:
        return session.scalars(select(AuditEvent.tag).order_by(AuditEvent.seq.desc()).limit(1)).one()


def act(browser: PlainBrowser, entry: DirectoryEntry, what: str, **fields: object):
    own = f"{LIST}/{entry.id}"
    page = own if browser.get(own).status_code == 200 else NEW  # a merged one leads on to the kept one
    return post(browser, page, own + what, **fields)


def suggested(browser: PlainBrowser, query: str) -> list[str]:
    return browser.get("/institutions/suggestions", params={"q": query}).json()["names"]


@pytest.mark.parametrize(("name", "status"), [("leo", 200), ("ada", 200), ("alice", 403), ("agnes", 403)])
def test_only_lead_and_administrator_keep_the_directory(portal: Portal, name: str, status: int):
    browser = portal.signed_in(name)
    assert [browser.get(path).status_code for path in (NEW, IMPORT, SYSTEMS)] == [status] * 3
    assert 'href="/institutions"' in browser.get("/account").text
    listed = browser.get(LIST)
    assert listed.status_code == 200 and ('href="/institutions/new"' in listed.text) is (status == 200)


def test_it_adds_changes_verifies_and_switches_off(portal: Portal):
    leo = portal.signed_in("leo")
    added = post(leo, NEW, LIST, **FIELDS, aliases="四屯卫生室\r\n老四屯", keeper="孙主管")
    assert added.status_code == 303
    assert "已新增" in leo.get(added.headers["location"]).text
    (entry,) = entries(portal)
    assert (entry.name, entry.aliases, entry.level) == ("高唐县杨屯乡张四屯卫生室", ["四屯卫生室", "老四屯"], "village")
    for what, fields, tag in (
        ("", {**FIELDS, "keeper": "外来的人", "verified_on": "2026-01-02"}, "institution:change"),
        ("/verify", {}, "institution:verify"),
        ("/disable", {}, "institution:disable"),
        ("/enable", {}, "institution:enable"),
    ):
        assert act(leo, entry, what, **fields).status_code == 303
        assert last_tag(portal) == tag
    (entry,) = entries(portal)
    assert (entry.keeper, entry.aliases, entry.is_active) == ("外来的人", [], True)
    assert str(entry.verified_on) > "2026-01-02"


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(portal: Portal):
    leo = portal.signed_in("leo")
    entry = add_entry(portal.runtime)
    for answer in (
        post(leo, NEW, LIST, **FIELDS, keeper=SCRIPT),
        post(leo, NEW, LIST, county="高唐", keeper=SCRIPT),
        act(leo, entry, "", **FIELDS, keeper=SCRIPT, verified_on="上个月"),
    ):
        assert answer.status_code == 422
        assert "处需要修改" in answer.text
        assert SCRIPT not in answer.text and "&lt;script&gt;" in answer.text
    assert len(entries(portal)) == 1


def test_it_searches_and_filters(portal: Portal):
    leo = portal.signed_in("leo")
    add_entry(portal.runtime)
    add_entry(portal.runtime, county="莘县", town="燕店镇", village="卫生院")
    assert "高唐县杨屯乡张四屯卫生室" in leo.get(f"{LIST}?q=zst").text
    assert "莘县燕店镇卫生院" not in leo.get(f"{LIST}?q=zst").text
    assert "莘县燕店镇卫生院" in leo.get(f"{LIST}?county=莘县&level=town").text
    for query in ("?q=查无此村", "?page=9", "?state=inactive"):
        assert "没有符合条件的机构" in leo.get(LIST + query).text
    for query in ("?page=x&state=x&level=x", "?page=99999999", "?which=x&done=added", "?page=²"):
        assert leo.get(LIST + query).status_code == 200, query


def test_two_are_merged_and_the_tickets_go_along(portal: Portal):
    leo = portal.signed_in("leo")
    kept, other = add_entry(portal.runtime), add_entry(portal.runtime, village="张四屯村卫生所")
    file_report(portal.runtime, institution=other.name)
    page = leo.get(f"{LIST}/merge", params={"pick": [str(kept.id), str(other.id)]})
    assert page.status_code == 200
    assert "提报 1 次" in page.text
    by_name = leo.get(f"{LIST}/merge", params={"pick": str(kept.id), "name": other.name})
    assert by_name.status_code == 200
    picks = [str(kept.id), str(other.id)]
    for wrong in ({}, {"kept": "x"}, {"kept": "0" * 32}):
        assert post(leo, NEW, f"{LIST}/merge", pick=picks, **wrong).status_code == 422
    done = post(leo, NEW, f"{LIST}/merge", pick=picks, kept=str(kept.id))
    assert "已合并" in leo.get(done.headers["location"]).text
    assert f"别名：{other.name}" not in leo.get(LIST).text
    assert other.name in leo.get(f"{LIST}/{kept.id}").text
    assert "提报过 1 次" in leo.get(f"{LIST}/{kept.id}").text
    assert leo.get(f"{LIST}/{other.id}").headers["location"] == f"{LIST}/{kept.id}"
    assert act(leo, other, "/verify").status_code == 409
    assert last_tag(portal) == "institution:merge"


def test_a_merge_needs_two(portal: Portal):
    leo, entry = portal.signed_in("leo"), add_entry(portal.runtime)
    for params in (
        {},
        {"pick": "x"},
        {"pick": [str(entry.id), str(entry.id)]},
        {"pick": str(entry.id), "name": "查无"},
    ):
        answer = leo.get(f"{LIST}/merge", params=params)
        assert (answer.status_code, "kept" in answer.text) == (422, False), params
    assert "没有另一个“查无”" in answer.text


@pytest.mark.parametrize("make", [csv_of, xlsx_of])
def test_a_table_is_shown_before_it_is_written(portal: Portal, make):
    leo = portal.signed_in("leo")
    add_entry(portal.runtime, keeper="旧人")
    table = make(
        ("高唐县", "杨屯乡", "张四屯卫生室", "", "", "新人", ""), ("高唐县", "", "人民医院", "", "", "=1+1", ""),
        ("张庄", "", SCRIPT, "", "", "", ""),
    )  # fmt: skip
    taken = post(leo, IMPORT, IMPORT, files={"table": ("名录.csv", table)})
    address = taken.headers["location"]
    page = leo.get(address)
    assert "确认写入 2 个" in page.text
    for words in ("维护人：旧人 → 新人", "县级名称请以县、区、市或旗结尾", "高唐县人民医院", "名录.csv"):
        assert words in page.text, words
    assert SCRIPT not in page.text
    assert [entry.keeper for entry in entries(portal)] == ["旧人"]
    digest = re.search(r'name="digest" value="(\w+)"', page.text)[1]
    for _ in range(2):
        assert leo.post(address, data={"csrf": csrf_of(page.text), "digest": digest}).status_code == 303
    assert "已写入名录：新增 1 个，修改 1 个" in leo.get(address).text
    assert {entry.keeper for entry in entries(portal)} == {"新人", "=1+1"}
    assert portal.signed_in("ada").get(address).status_code == 404


def test_a_directory_that_changed_meanwhile_is_shown_again(portal: Portal):
    leo = portal.signed_in("leo")
    address = post(leo, IMPORT, IMPORT, files={"table": ("a.csv", csv_of(("高唐县", "", "人民医院")))}).headers[
        "location"
    ]
    page = leo.get(address).text
    add_entry(portal.runtime, town="", village="人民医院")
    digest = re.search(r'name="digest" value="(\w+)"', page)[1]
    answer = leo.post(address, data={"csrf": csrf_of(page), "digest": digest})
    assert answer.status_code == 409
    assert "预览之后名录有了变动" in answer.text and "没有要写入的内容" in answer.text


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"PK\x03\x04rubbish", b"x" * (5 * 1024 * 1024 + 1)]
)
def test_what_is_no_table_is_told_beside_the_field(portal: Portal, content: bytes):
    answer = post(portal.signed_in("leo"), IMPORT, IMPORT, files={"table": ("a.xlsx", content)})
    assert answer.status_code in (413, 422)
    assert 'id="field-table-error"' in answer.text
    with portal.runtime.database.read() as session:
        assert session.scalars(select(DirectoryImport)).all() == []


def test_the_template_comes_as_a_file(portal: Portal):
    answer = portal.signed_in("leo").get("/institutions/template")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.content.decode("utf-8-sig").startswith("县区,乡镇,机构名称,别名,级别,维护人,核实日期")


def test_the_list_of_former_systems_is_kept_and_offered(portal: Portal):
    leo, clinic = portal.signed_in("leo"), portal.browser()

    def offered():
        page = clinic.get("/report/general").text
        offers = page[page.index('id="field-previous_system-list"') :].partition("</datalist>")[0]
        return re.findall(r'<option value="([^"]+)">', offers)

    assert offered() == ["浪潮系统", "无（首次使用）"]
    assert post(leo, SYSTEMS, SYSTEMS, name="样例公卫系统").status_code == 303
    assert post(leo, SYSTEMS, SYSTEMS, name="样例公卫系统").status_code == 422
    with portal.runtime.database.read() as session:
        rows = {row.name: row.id for row in session.scalars(select(PreviousSystem))}
    added, first = rows["样例公卫系统"], rows["无（首次使用）"]
    for path, status in ((f"{added}/rise", 303), (f"{first}/disable", 422), (f"{rows['浪潮系统']}/disable", 303)):
        assert post(leo, SYSTEMS, f"{SYSTEMS}/{path}").status_code == status
    assert offered() == ["样例公卫系统", "无（首次使用）"]
    post(leo, SYSTEMS, f"{SYSTEMS}/{added}/name", name=SCRIPT)
    assert SCRIPT not in leo.get(SYSTEMS).text
    assert last_tag(portal) == "previous-system:change"


def test_a_clinic_is_offered_names_and_nothing_else(portal: Portal):
    add_entry(portal.runtime, keeper="孙主管", aliases=("四屯卫生室",))
    answer = portal.browser().get("/institutions/suggestions?q=zst")
    assert answer.json() == {"names": ["高唐县杨屯乡张四屯卫生室"]}
    assert answer.headers["cache-control"] == "private, max-age=60"
    assert suggested(portal.browser(), "") == []
    assert suggested(portal.browser(), "%") == []
    assert portal.browser().get("/institutions/suggestions").json() == {"names": []}


def test_one_address_cannot_ask_without_end(portal: Portal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(suggestions, "_pace", Pace(most=3))
    monkeypatch.setattr(memory_limiter, "time", SimpleNamespace(monotonic=lambda: 65.0))  # all within one window
    answers = [portal.browser("10.0.0.1").get("/institutions/suggestions?q=g") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].headers["retry-after"] == "55"
    assert portal.browser("10.0.0.2").get("/institutions/suggestions?q=g").status_code == 200


def test_any_name_can_be_filed_that_is_not_in_the_directory(portal: Portal):
    add_entry(portal.runtime, village="李庄卫生室")
    page = portal.browser().get("/report/general").text
    assert 'data-suggestions="/institutions/suggestions"' in page
    assert file_report(portal.runtime, institution="高唐县杨屯乡张四屯卫生室").number
