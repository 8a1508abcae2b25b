"""The two files, read back by what did not write them; cells that a spreadsheet would calculate (SECURITY H-1, H-2)."""

import csv
import io
import shutil
import subprocess
import zipfile
from xml.etree import ElementTree

import openpyxl
import pytest

from portal.kpi.tables import cells, xlsx_file
from portal.kpi.tables.cells import text
from portal.kpi.tables.csv_file import as_csv
from portal.kpi.tables.xlsx_file import as_xlsx

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "\x00=1+1", "＝1+1", "＋1", "－1", "＠SUM(A1)",
    " =1+1",
    "\u3000=1+1", '"=1+1"', "'=1+1", "“=1+1”", "\ufeff=1+1", "\u200b=1+1", "=cmd|'/C calc'!A0", "-- x", "﹢1", "＇=1+1",
    '=HYPERLINK("https://x.example","点我")', "=1+1\r\n=2+2",
)  # fmt: skip
PLAIN = (
    "372526196503141231", "0013", "ZY20260001", "1.3902E+17", "2026-11-28", "09:30", "张**", "*先生", "138****8000",
    "-", "TRUE", "#N/A", "a,b;c\"d'e", "一行\n两行", "<b>&amp;</b>", "_x0041_ 不是 A", "]]>", " 前面有空格", "😀 𠮷",
    "1/2", "1E5",
)  # fmt: skip
ROWS = [(1, *HOSTILE), *((number, *PLAIN) for number in (2, 3.5))]


def cleaned(rows):
    return [[value if isinstance(value, int | float) else text(value) for value in row] for row in rows]


HEADS = tuple(f"第{n}列" for n in range(1, len(HOSTILE) + 2))


@pytest.mark.parametrize("value", HOSTILE)
def test_what_could_be_calculated_begins_with_an_apostrophe(value):
    made = text(value)
    assert made.startswith("'") and "\x00" not in made and "\r" not in made


@pytest.mark.parametrize("value", PLAIN)
def test_what_is_plain_stays_letter_by_letter(value):
    assert text(value) == value.rstrip()


def test_nothing_is_a_lone_stroke_and_halves_of_signs_are_left_out():
    assert [text(value) for value in ("", None, "  ", "\x00", "\u3000")] == ["-"] * 5
    assert text("好\ud800坏\uffff") == "好坏"
    assert cells.short("一二三四", 3) == "一二…"


def test_csv_has_the_mark_quotes_all_and_reads_back():
    rows = cleaned(ROWS)
    made = b"".join(as_csv(HEADS, rows))
    assert made.startswith(b'\xef\xbb\xbf"') and made.endswith(b"\r\n")
    shown = made.decode("utf-8-sig")
    assert shown.count("\r\n") == len(rows) + 1  # what counts rows of a running download
    read = list(csv.reader(io.StringIO(shown, newline="")))
    assert read == [list(HEADS), *([str(value) for value in row] for row in rows)]


def test_xlsx_reads_back_from_its_bare_xml_with_numbers_as_numbers_only():
    rows = cleaned(ROWS)
    book = zipfile.ZipFile(io.BytesIO(b"".join(as_xlsx("客服绩效考核表(月度)", HEADS, rows))))
    assert book.testzip() is None
    sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    read, formulas = [], sheet.findall(f".//{MAIN}f")
    for row in sheet.iter(f"{MAIN}row"):
        read.append([])
        for cell in row.iter(f"{MAIN}c"):
            shown = cell.find(f"{MAIN}is/{MAIN}t")
            read[-1].append(float(cell.find(f"{MAIN}v").text) if shown is None else shown.text or "")
    assert not formulas
    assert read == [list(HEADS), *([value.replace("_x0041_", "_x005F_x0041_") if isinstance(value, str) else value
                                    for value in row] for row in rows)]  # fmt: skip
    assert {node.get("t") for node in sheet.iter(f"{MAIN}c")} == {None, "inlineStr"}


def test_xlsx_opens_with_another_reader():
    rows = cleaned(ROWS)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(as_xlsx("客服绩效考核表(月度)", HEADS, rows))))
    [sheet] = book.worksheets
    assert sheet.title == "客服绩效考核表(月度)" and sheet.freeze_panes == "A2"
    assert sheet["B2"].number_format == "@" and sheet["A1"].font.b and sheet["B2"].data_type == "s"
    assert [sheet["A3"].value, sheet["A4"].value, sheet["B3"].value] == [2, 3.5, PLAIN[0]]


def test_a_full_sheet_is_followed_by_another_one(monkeypatch):
    monkeypatch.setattr(xlsx_file, "MOST_ROWS", 3)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(as_xlsx("表", ("甲",), [(n,) for n in range(7)]))))
    assert book.sheetnames == ["表", "表 2", "表 3"]
    assert [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets] == [
        ["甲", 0, 1, 2], ["甲", 3, 4, 5], ["甲", 6],
    ]  # fmt: skip


def test_a_cell_that_is_too_long_for_a_spreadsheet_is_cut_with_a_word():
    book = openpyxl.load_workbook(io.BytesIO(b"".join(as_xlsx("表", ("甲",), [("很长" * 20_000,)]))))
    shown = book.worksheets[0]["A2"].value
    assert len(shown) == 32_767 and shown.endswith("后面没有导出）")


def test_files_begin_before_their_first_row_and_come_in_pieces():
    taken = []

    def rows():
        for number in range(20_000):
            taken.append(number)
            yield (number, f"文字 {number * 7919}", "一二三四五六七八九十")

    for make in (lambda: as_csv(("甲", "乙", "丙"), rows()), lambda: as_xlsx("表", ("甲", "乙", "丙"), rows())):
        taken.clear()
        made = make()
        assert next(made) and not taken
        assert next(made) and len(taken) < 15_000
        made.close()  # a download that is broken off leaves nothing open


def test_libreoffice_reads_every_cell_back_and_finds_no_formula(tmp_path):
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is NOT installed: the spreadsheets were read back by openpyxl and as bare XML only")
    rows = cleaned(ROWS)
    (tmp_path / "t.xlsx").write_bytes(b"".join(as_xlsx("表", HEADS, rows)))
    (tmp_path / "c.csv").write_bytes(b"".join(as_csv(HEADS, rows)))
    read_as = "CSV:44,34,76,1,,0,false,true,false"
    for source, target in (("t.xlsx", "fods"), ("c.csv", "fods")):
        command = [
            program, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", f"--infilter={read_as}",
            "--convert-to", target, "--outdir", str(tmp_path), str(tmp_path / source),
        ]  # fmt: skip
        if source == "t.xlsx":
            command.pop(3)
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    for name in ("t", "c"):
        shown = ElementTree.parse(tmp_path / f"{name}.fods").getroot()
        table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
        assert not [cell for cell in shown.iter(f"{table}table-cell") if cell.get(f"{table}formula")], name
    read = list(_cells_of(ElementTree.parse(tmp_path / "t.fods").getroot()))
    assert read == [list(HEADS), *rows]


def _cells_of(root):
    """Rows of values: numbers where the cell is one, else its text with its lines."""
    table, office = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("table", "office"))
    words = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
    for row in root.iter(f"{table}table-row"):
        cells = []
        for cell in row.iter(f"{table}table-cell"):
            kind = cell.get(f"{office}value-type")
            if kind == "float":
                cells.append(float(cell.get(f"{office}value")))
            elif kind == "string":
                cells.append("\n".join(_text_of(line, words) for line in cell.iter(f"{words}p")))
        if cells:
            yield cells


def _text_of(node, words):
    parts = [node.text or ""]
    for child in node:
        blanks = {f"{words}s": " " * int(child.get(f"{words}c", "1")), f"{words}tab": "\t"}
        parts.append(blanks.get(child.tag) or _text_of(child, words))
        parts.append(child.tail or "")
    return "".join(parts)
