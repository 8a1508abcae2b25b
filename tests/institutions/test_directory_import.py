"""Tables that people bring: read within limits, shown line by line, written once and whole (UX 7.3, SECURITY H-1)."""

import io
import time
import tracemalloc
import zipfile
from datetime import date, datetime, timedelta

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from portal import clock
from portal.audit.models import AuditEvent
from portal.errors import ConflictError, NotFoundError
from portal.institutions import importing, spreadsheet
from portal.institutions.models import DirectoryEntry, DirectoryImport
from portal.institutions.spreadsheet import TableError, read_table, text_cell
from tests.factories.cast import actor
from tests.factories.directories import HEADER, add_entry, csv_of, package, xlsx_of

ROW = ("高唐县", "杨屯乡", "张四屯卫生室", "四屯卫生室、张四屯村卫生室", "村级", "王维护", "2026-07-22")
NAME = "高唐县杨屯乡张四屯卫生室"


def plan_of(portal, content):
    with portal.runtime.database.read() as session:
        return importing.plan_of(session, importing.read_lines(importing.rows_of(content)))


def verdicts(portal, content):
    return [(line.number, line.verdict.value) for line in plan_of(portal, content).lines]


def stage(portal, content, name="leo"):
    with portal.runtime.database.transaction() as session:
        return importing.stage(session, actor(portal.runtime, name), "名录.csv", importing.rows_of(content)).id


def confirm(portal, staged, digest, name="leo"):
    return importing.confirm(portal.runtime.database, actor(portal.runtime, name), staged, digest)


def entries(portal):
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(DirectoryEntry).order_by(DirectoryEntry.name)))


def import_rows(portal) -> int:
    with portal.runtime.database.read() as session:
        query = select(func.count()).select_from(AuditEvent).where(AuditEvent.tag == "institution:import")
        return session.scalar(query)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "，"])
def test_it_reads_what_excel_and_wps_save(encoding, delimiter):
    row = [cell.replace("、", "/") for cell in ROW]
    assert importing.rows_of(csv_of(row, encoding=encoding, delimiter=delimiter)) == [
        (2, {"county": "高唐县", "town": "杨屯乡", "name": "张四屯卫生室", "aliases": "四屯卫生室/张四屯村卫生室",
             "level": "村级", "keeper": "王维护", "verified_on": "2026-07-22"})
    ]  # fmt: skip


def test_it_reads_a_workbook_with_dates_and_numbers():
    rows = importing.rows_of(xlsx_of(("高唐县", "", "人民医院", None, None, 7, datetime(2026, 7, 22, 9, 30))))
    cells = {"county": "高唐县", "name": "人民医院", "keeper": "7", "verified_on": "2026-07-22"}
    assert rows == [(2, cells)]


@pytest.mark.parametrize(
    ("header", "row", "name"),
    [
        (("机构名称",), ("聊城市" + NAME,), NAME),
        (("县", "镇", "村"), ("高唐县", "梁村镇", "前街村"), "高唐县梁村镇前街村"),
        (("县/县区", "乡镇（街道）", "村/机构"), ("高唐县", "梁村镇", "前街村"), "高唐县梁村镇前街村"),
        (("县区", "乡镇", "村", "机构名称"), ("高唐县", "梁村镇", "前街村", "卫生室"), "高唐县梁村镇前街村卫生室"),
        (("县", "镇", "村", "机构"), ("高唐县", "梁村镇", "前街村", "高唐县梁村镇前街村"), "高唐县梁村镇前街村"),
        (("序号", "单位名称", "电话"), ("1", NAME, "x"), NAME),
        (("县区", "乡镇"), ("高唐县", "梁村镇"), "高唐县梁村镇"),
    ],
)  # fmt: skip
def test_headers_may_be_written_many_ways(header, row, name):
    (line,) = importing.read_lines(importing.rows_of(csv_of(row, header=header)))
    assert (line.details.name, line.reasons) == (name, ())


def test_a_title_above_the_header_and_blank_lines_keep_the_line_numbers():
    content = ("高唐县机构名录,,\r\n\r\n" + "县区,乡镇,机构名称\r\n\r\n高唐县,,人民医院\r\n,,\r\n").encode()
    assert [number for number, _ in importing.rows_of(content)] == [5]


def test_a_cell_over_several_lines_keeps_the_line_numbers():
    content = '县区,机构名称,别名\r\n高唐县,人民医院,"县医院\n老县医院"\r\n高唐县,中医院,\r\n'.encode()
    rows = importing.rows_of(content)
    assert [number for number, _ in rows] == [2, 4]
    assert rows[0][1]["aliases"] == "县医院 老县医院"


@pytest.mark.parametrize(
    "text", ["2026-07-22", "2026/7/22", "2026.7.22", "20260722", "2026年7月22日", "46225", "2026-07-22 10:00"]
)
def test_days_are_read_as_people_write_them(text):
    (line,) = importing.read_lines([(2, {"name": NAME, "verified_on": text})])
    assert line.details.verified_on == date(2026, 7, 22)


def test_every_line_is_judged_with_its_reason(portal):
    add_entry(portal.runtime, keeper="旧人", aliases=("四屯",))
    add_entry(portal.runtime, town="", village="人民医院", aliases=("县医院",))
    future = clock.china_today() + timedelta(days=1)
    plan = plan_of(
        portal,
        csv_of(
            ("高唐县", "杨屯乡", "张四屯卫生室", "四屯卫生室", "", "新人", ""),
            ("高唐县", "", "人民医院", "", "", "", ""),
            ("高唐县", "固河镇", "卫生院", "", "", "", ""),
            ("", "", "张四屯卫生室", "", "", "", ""),
            ("张庄", "", "卫生室", "", "", "", ""),
            ("高唐县", "固河镇", "卫生院", "", "", "", ""),
            ("高唐县", "清平镇", "卫生院", "县医院", "", "", ""),
            ("高唐县", "姜店镇", "卫生院", "", "省级", "", ""),
            ("高唐县", "尹集镇", "卫生院", "", "", "", "上个月"),
            ("高唐县", "尹集镇", "卫生院", "", "", "", str(future)),
            ("高唐县", "", "县医院", "", "", "", ""),
            ("高唐县", "尹集镇", "长" * 501, "", "", "", ""),
            ("=1+1", "", "", "", "", "", ""),
        ),
    )
    told = {line.number: (line.verdict.value, "；".join(line.notes)) for line in plan.lines}
    assert told == {
        2: ("changed", "别名：四屯 → 四屯、四屯卫生室；维护人：旧人 → 新人"),
        3: ("unchanged", ""),
        4: ("new", ""),
        5: ("refused", "请填写县级名称，例如：高唐县"),
        6: ("refused", "县级名称请以县、区、市或旗结尾，例如：高唐县"),
        7: ("refused", "和第 4 行是同一个机构"),
        8: ("refused", "别名“县医院”已是“高唐县人民医院”的名称"),
        9: ("refused", "级别请填县级、乡镇级或村级"),
        10: ("refused", "核实日期看不懂，请写成 2026-07-22"),
        11: ("refused", "核实日期不能晚于今天，也不能早于 2000 年"),
        12: ("new", ""),
        13: ("refused", "有一格超过 500 个字"),
        14: ("refused", "县级名称请以县、区、市或旗结尾，例如：高唐县"),
    }
    assert plan.counts == {"new": 2, "changed": 1, "unchanged": 1, "refused": 9}
    assert [entry.keeper for entry in entries(portal)] == ["", "旧人"]


def test_an_alias_of_an_earlier_line_is_taken(portal):
    content = csv_of(
        ("高唐县", "固河镇", "卫生院", "固河分院", "", "", ""),
        ("高唐县", "清平镇", "卫生院", "固河分院", "", "", ""),
        ("高唐县", "", "固河分院", "", "", "", ""),
    )
    assert verdicts(portal, content) == [(2, "new"), (3, "refused"), (4, "new")]
    assert plan_of(portal, content).lines[1].notes == ("别名“固河分院”和第 2 行重名",)


def test_an_import_is_written_once_and_whole(portal):
    old = add_entry(portal.runtime, keeper="旧人")
    content = csv_of(ROW, ("高唐县", "", "人民医院", "", "", "", ""), ("张庄", "", "卫生室", "", "", "", ""))
    staged, digest = stage(portal, content), plan_of(portal, content).digest
    assert len(entries(portal)) == 1
    counts = {"new": 1, "changed": 1, "unchanged": 0, "refused": 1}
    assert confirm(portal, staged, digest) == counts
    assert confirm(portal, staged, digest) == counts
    assert confirm(portal, staged, "anything") == counts
    hospital, clinic = entries(portal)
    assert (hospital.name, hospital.level) == ("高唐县人民医院", "county")
    assert (clinic.id, clinic.keeper, clinic.verified_on) == (old.id, "王维护", date(2026, 7, 22))
    assert clinic.aliases == ["四屯卫生室", "张四屯村卫生室"]
    assert "szstcwss" not in clinic.search_text and "zstcwss" in clinic.search_text
    assert import_rows(portal) == 1
    assert plan_of(portal, content).counts == {"new": 0, "changed": 0, "unchanged": 2, "refused": 1}
    again = stage(portal, content)
    confirm(portal, again, plan_of(portal, content).digest)
    assert import_rows(portal) == 1


def test_what_was_not_shown_is_not_written(portal):
    content = csv_of(ROW)
    staged, digest = stage(portal, content), plan_of(portal, content).digest
    add_entry(portal.runtime)
    with pytest.raises(ConflictError):
        confirm(portal, staged, digest)
    assert [entry.keeper for entry in entries(portal)] == [""]
    confirm(portal, staged, plan_of(portal, content).digest)
    assert [entry.keeper for entry in entries(portal)] == ["王维护"]


def test_nobody_else_can_confirm_and_nobody_after_an_hour(portal):
    content = csv_of(ROW)
    staged, digest = stage(portal, content), plan_of(portal, content).digest
    with pytest.raises(NotFoundError):
        confirm(portal, staged, digest, "ada")
    with portal.runtime.database.transaction() as session:
        session.get(DirectoryImport, staged).created_at = clock.now() - timedelta(minutes=61)
    with pytest.raises(NotFoundError):
        confirm(portal, staged, digest)
    stage(portal, content)
    with portal.runtime.database.read() as session:
        assert session.get(DirectoryImport, staged) is None
    assert entries(portal) == []


def test_cells_that_look_like_formulas_are_text(portal):
    nasty = ("=1+1", "+86", "-2", "@x", "＝1", "=HYPERLINK(1)")
    rows = [("高唐县", "", f"样例{n}村卫生室", "", "", cell, "") for n, cell in enumerate(nasty)]
    for content in (csv_of(*rows), xlsx_of(*rows)):
        lines = plan_of(portal, content).lines
        assert tuple(line.details.keeper for line in lines) == nasty
    assert [text_cell(cell) for cell in nasty] == [f"'{cell}" for cell in nasty]
    assert [text_cell(cell) for cell in (" =1", "\ufeff=1", '"=1', "\t=1", "\r=1")] == [
        "' =1",
        "'\ufeff=1",
        "'\"=1",
        "'\t=1",
        "'\r=1",
    ]
    assert text_cell("高唐县") == "高唐县"


def test_the_template_can_be_imported(portal):
    content = spreadsheet.csv_file(importing.TEMPLATE)
    assert content.startswith(b"\xef\xbb\xbf")
    assert [verdict for _, verdict in verdicts(portal, content)] == ["new", "new"]


UNREADABLE = {
    "empty": b"",
    "blank": b"\r\n ,,\r\n",
    "no header": "高唐县,杨屯乡\r\n".encode(),
    "only a header": csv_of(),
    "same column twice": csv_of(("高唐县", "高唐县", "卫生室"), header=("县", "县区", "机构名称")),
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    "old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "open quote": '县区,机构名称\r\n高唐县,"人民医院\r\n'.encode(),
    "endless cell": "县区,机构名称\r\n高唐县,".encode() + b"a" * 200_000,
    "too large": csv_of(ROW) + b" " * spreadsheet.MOST_BYTES,
    "too many rows": csv_of(*[("高唐县", "", f"{n}村") for n in range(spreadsheet.MOST_ROWS + 1)], header=HEADER[:3]),
    "a zip": package(a_txt=b"hello"),
    "torn zip": xlsx_of(ROW)[:900],
    "bomb": package(**{"xl/workbook.xml": b"x", "xl/sharedStrings.xml": b" " * 60_000_000}),
    "many parts": package(**{"xl/workbook.xml": b"x", **{f"p{n}": b"x" for n in range(300)}}),
    "no workbook inside": package(**{"xl/workbook.xml": b"<not-a-workbook/>", "[Content_Types].xml": b"<x/>"}),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_table_is_refused_in_a_sentence_and_soon(name):
    begun = time.perf_counter()
    with pytest.raises(TableError) as refused:
        importing.rows_of(UNREADABLE[name])
    assert refused.value.message.endswith(("后再选", "重新选择", "分成几个文件", "模板", "模板对照", "文件"))
    assert refused.value.status in (413, 422)
    assert time.perf_counter() - begun < 3


def test_a_workbook_with_a_password_is_told_from_a_text():
    with pytest.raises(TableError, match="加了密码"):
        importing.rows_of(UNREADABLE["old workbook"])


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("name", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
def test_a_workbook_with_entities_is_refused(name):
    good = zipfile.ZipFile(io.BytesIO(xlsx_of(ROW)))
    parts = {part: good.read(part) for part in good.namelist()}
    assert read_table(package(**parts))
    declaration, _, rest = parts[name].rpartition(b"?>")
    with pytest.raises(TableError):
        read_table(package(**{**parts, name: declaration + (b"?>" if declaration else b"") + ENTITIES + rest}))


def _with(**parts: bytes) -> bytes:
    """A good workbook with some parts replaced."""
    good = zipfile.ZipFile(io.BytesIO(xlsx_of(ROW)))
    return package(**{part: good.read(part) for part in good.namelist()} | parts)


_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
_TEXTS = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</sst>'
MANY = {
    "cells of one row": {"xl/worksheets/sheet1.xml": _SHEET % (b'<row r="1">' + b"<c/>" * 2_800_000 + b"</row>")},
    "cells": {"xl/worksheets/sheet1.xml": _SHEET % ((b"<row>" + b"<c/>" * 500 + b"</row>") * 2000)},
    "rows": {"xl/worksheets/sheet1.xml": _SHEET % (b"<row/>" * 3_000_000)},
    "prefixed cells": {
        "xl/worksheets/sheet1.xml": b'<x:worksheet xmlns:x="y"><x:row>' + b"<x:c/>" * 2000 + b"</x:row></x:worksheet>"
    },
    "shared texts": {"xl/sharedStrings.xml": _TEXTS % (b"<si><t>a</t></si>" * 1_500_000)},
    "runs of one shared text": {"xl/sharedStrings.xml": _TEXTS % (b"<si>" + b"<r><t>a</t></r>" * 1_000_000 + b"</si>")},
    "styles": {"xl/styles.xml": b"<styleSheet>" + b"<xf/>" * 2_000_000 + b"</styleSheet>"},
}


@pytest.mark.parametrize("name", MANY)
def test_cells_rows_and_texts_are_bounded_while_unpacking(name):
    content = _with(**MANY[name])
    assert len(content) < 200_000
    begun = time.process_time()
    tracemalloc.start()
    with pytest.raises(TableError, match="格子太多") as refused:
        read_table(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.status == 413
    assert peak < 20 * 1024 * 1024
    assert time.process_time() - begun < 8  # traced: several times what it costs


def test_a_row_far_down_costs_nothing():
    book = Workbook()
    for at, value in enumerate(HEADER, 1):
        book.active.cell(1, at, value)
    book.active.cell(2, 1, "高唐县")
    book.active.cell(2, 3, "人民医院")
    book.active.cell(1_048_576, 16_384, "x")
    out = io.BytesIO()
    book.save(out)
    begun = time.perf_counter()
    assert [number for number, _ in importing.rows_of(out.getvalue())] == [2]
    assert time.perf_counter() - begun < 3
