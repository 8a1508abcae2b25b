"""Reads uploaded tables: CSV in the encodings of Chinese PCs, or XLSX, within strict limits.

Formulas are never evaluated: a cell that begins with = + - @ is plain text (SECURITY H-1).
"""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.errors import PortalError
from portal.institutions import xlsx_limits

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 48 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 30
LONGEST_CELL = 500
_MOST_BLANK_ROWS = 1000
_MOST_PARTS = 200
_OLD_OR_LOCKED = bytes.fromhex("d0cf11e0a1b11ae1")  # XLS, and the container of an XLSX with a password
_FORMULA_SIGNS = tuple("=+-@＝＋－＠\t\r\n")


class TableError(PortalError):
    """The file cannot be read as a table; the message says why and what to do."""

    status = 422


@dataclass(frozen=True)
class Line:
    """A row that is not blank, with its number in the file (from 1)."""

    number: int
    cells: tuple[str, ...]


def read_table(content: bytes) -> list[Line]:
    """The rows of a CSV or XLSX file.

    Raises:
        TableError: not a table, too large, too many rows, damaged, or a decompression bomb.
    """
    if len(content) > MOST_BYTES:
        raise TableError("文件超过 5 MB，请删掉图片和多余的工作表，或分成几个文件", 413)
    if not content.strip():
        raise TableError("文件是空的，请重新选择")
    if content.startswith(_OLD_OR_LOCKED):
        raise TableError("这是旧版 XLS 表格，或加了密码的 XLSX。请去掉密码，另存为 XLSX 或 CSV 后再选")
    rows = _xlsx_rows(content) if content.startswith(b"PK\x03\x04") else _csv_rows(content)
    lines = []
    for number, cells in rows:
        if any(cells):
            lines.append(Line(number, tuple(cells)))
        if len(lines) > MOST_ROWS + 1:
            raise TableError(f"一次最多导入 {MOST_ROWS} 行，请分成几个文件")
    if not lines:
        raise TableError("文件里没有内容，请重新选择")
    return lines


def text_cell(text: str) -> str:
    """A CSV cell for spreadsheets: a leading quote keeps anything that looks like a formula as text."""
    begins = text.lstrip(" \u3000\ufeff\"'")
    return f"'{text}" if begins.startswith(_FORMULA_SIGNS) or text.startswith(_FORMULA_SIGNS) else text


def csv_file(rows: Iterable[Iterable[str]]) -> bytes:
    """A CSV file that Excel decodes correctly, with formulas as text."""
    out = io.StringIO()
    csv.writer(out).writerows([[text_cell(cell) for cell in row] for row in rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _clean(text: str) -> str:
    """One line, without the quote that only keeps a spreadsheet from evaluating the cell."""
    line = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text).split())
    is_guarded = line.startswith("'") and line[1:].startswith(_FORMULA_SIGNS)
    return line[1:] if is_guarded else line


def _csv_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    if delimiter not in first and "，" in first:
        text, delimiter = text.replace("，", ","), ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    end = 0
    try:
        for row in reader:
            number, end = end + 1, reader.line_num
            yield number, [_clean(cell) for cell in row[:MOST_COLUMNS]]
    except csv.Error as error:
        raise TableError(f"第 {end + 1} 行的引号不成对，或这一行太长，请改好后再选") from error


def _decoded(content: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16 with BOM, else GBK: what Excel and WPS save in China."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig"), (b"", "gb18030")):
        if content.startswith(mark):
            try:
                text = content.decode(encoding)
            except UnicodeDecodeError:
                continue
            if "\x00" not in text:
                return text
    raise TableError("文件不是文字表格。请另存为 CSV 或 XLSX 后再选")


def _xlsx_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The first sheet as it was displayed: results saved by Excel, else the formula as text."""
    import openpyxl  # type: ignore[import-untyped]  # noqa: PLC0415 (15 MB that few processes need)

    if not openpyxl.DEFUSEDXML:
        raise TableError("这台服务器缺少安全读取 XLSX 的组件，请另存为 CSV 后再选")
    _check_package(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            xlsx_limits.check(package)
        rows = _sheet_rows(openpyxl, content, has_results=False)
        is_formula = any(cell.startswith("=") for cells in rows.values() for cell in cells)
        results = _sheet_rows(openpyxl, content, has_results=True) if is_formula else {}
    except xlsx_limits.TooManyPartsOfTableError as error:
        raise TableError("XLSX 里的格子太多，请删掉多余的列、行和工作表，或存为 CSV 后再选", 413) from error
    except Exception as error:
        # A damaged or hostile workbook can raise any exception inside the library; none is our fault.
        raise TableError("XLSX 文件打不开，可能已损坏或加了密码。请另存一份，或存为 CSV 后再选") from error
    for number, cells in rows.items():
        seen = results.get(number, cells)
        yield number, [result or cell for result, cell in zip(seen, cells, strict=False)]


def _sheet_rows(openpyxl: Any, content: bytes, *, has_results: bool) -> dict[int, list[str]]:
    """The rows that are not blank, by number. Reads one row past the limit so that the caller can report it."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=has_results, keep_links=False)
    rows: dict[int, list[str]] = {}
    blank = 0
    for number, row in enumerate(book.worksheets[0].iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
        cells = [_clean(_shown(value)) for value in row]
        blank = 0 if any(cells) else blank + 1
        if not blank:
            rows[number] = cells
        if blank > _MOST_BLANK_ROWS or len(rows) > MOST_ROWS + 1:
            break
    return rows


def _check_package(content: bytes) -> None:
    """A ZIP never unpacks to more than the sizes in its index, so their sum is checked before unpacking."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise TableError("XLSX 文件已损坏，请重新保存后再选") from error
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise TableError("XLSX 文件展开后太大，请只留下要导入的工作表，或存为 CSV 后再选", 413)
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise TableError("这不是 XLSX 表格，请选择 CSV 或 XLSX 文件")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
