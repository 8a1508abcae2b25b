"""XLSX, streamed: a ZIP of a few XML files, written as the rows come and never held as a whole.

Figures are numbers; every other cell is an inline text in the text format, which no spreadsheet calculates or turns
into a number. A sheet that is full is followed by another one with the same headings.
"""

import re
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import IO, cast

from portal.kpi.tables.cells import Cells

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_000_000  # of a sheet, without the headings; spreadsheets take 1,048,576 lines
_MOST_BYTES = 1 << 30  # of a sheet before it is packed, so that no reader needs 64-bit sizes
_MOST_SIGNS = 32_767  # of a cell
_CUT = "…（太长，后面没有导出）"
_CHUNK = 64 * 1024
_LEVEL = 1  # a third of the time of the usual 6, and a tenth more bytes
_LIKE_A_CODE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # spreadsheets would take it for one sign
_UNPLAIN = re.compile(rf"(?:^|\0)\s|[\n&<>]|{_LIKE_A_CODE.pattern}")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TEXT = '<c s="1" t="inlineStr"><is><t>'  # the format's place in `_STYLES`
_TITLE, _KEPT_BLANKS = _TEXT.replace('"1"', '"2"'), _TEXT.replace("<t>", '<t xml:space="preserve">')
_END = "</t></is></c>"
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="宋体"/></font>'
    '<font><b/><sz val="11"/><name val="宋体"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/>'
    '</fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/>'
    '<bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" '
    'borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" '
    'fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class _Sink:
    """What the archive writes into; it cannot seek, so sizes follow each file."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        made = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        return made


@dataclass
class _Book:
    """The archive while it is written; `sheets` counts those that have begun."""

    title: str
    headings: Cells
    sink: _Sink = field(default_factory=_Sink)
    sheets: int = 0

    def __post_init__(self) -> None:
        sink = cast(IO[bytes], self.sink)
        self.archive = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)

    def begin(self) -> IO[bytes]:
        self.sheets += 1
        return self.archive.open(f"xl/worksheets/sheet{self.sheets}.xml", "w")

    def end(self) -> None:
        """The files that say what the archive is: last, since the number of sheets is known then."""
        for name, content in _frame(self.title, self.sheets):
            self.archive.writestr(name, content)
        self.archive.close()


def as_xlsx(title: str, headings: Cells, rows: Iterable[Cells]) -> Iterator[bytes]:
    """The file as it grows; the first bytes come before the first row is asked for."""
    book, waiting = _Book(title, headings), iter(rows)
    is_more = True
    while is_more:
        is_more = yield from _sheet(book, waiting)
    book.end()
    yield book.sink.taken()


def _sheet(book: _Book, rows: Iterator[Cells]) -> Generator[bytes, None, bool]:
    """One sheet; returns whether it was full before the rows ended."""
    count = written = size = 0
    parts = [_opening(book.headings)]
    with book.begin() as entry:
        entry.write(parts.pop().encode())
        yield book.sink.taken()
        for row in rows:
            line = _line(row)
            parts.append(line)
            size += len(line)
            count += 1
            if size >= _CHUNK:
                written += size
                size = 0
                entry.write("".join(parts).encode())
                parts.clear()
                if book.sink.size >= _CHUNK // 4:
                    yield book.sink.taken()
                if 3 * written >= _MOST_BYTES:
                    break
            if count >= MOST_ROWS:
                break
        else:
            entry.write(f"{''.join(parts)}</sheetData></worksheet>".encode())
            return False
        entry.write(f"{''.join(parts)}</sheetData></worksheet>".encode())
    return True


def _line(row: Cells) -> str:
    """One look at all its texts together: nearly every row is written as it is."""
    together = "\0".join(map(str, row))
    is_plain = len(together) <= _MOST_SIGNS and _UNPLAIN.search(together) is None
    cells = [
        (f"{_TEXT}{cell}{_END}" if is_plain else _text(cell)) if isinstance(cell, str) else f"<c><v>{cell}</v></c>"
        for cell in row
    ]
    return f"<row>{''.join(cells)}</row>"


def _text(value: str) -> str:
    if len(value) > _MOST_SIGNS:
        value = value[: _MOST_SIGNS - len(_CUT)] + _CUT
    return f"{_KEPT_BLANKS}{escape(_LIKE_A_CODE.sub('_x005F_', value), quote=False)}{_END}"


def _opening(headings: Cells) -> str:
    """A sheet up to its first row: the headings stay in sight, columns are as wide as their heading needs."""
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{_width(str(heading))}" customWidth="1"/>'
        for place, heading in enumerate(headings, 1)
    )
    titles = "".join(f"{_TITLE}{escape(str(heading))}{_END}" for heading in headings)
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
        'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData><row>{titles}</row>"
    )


def _width(heading: str) -> int:
    """In signs of the standard font; 汉字 take two."""
    return max(12, 4 + sum(1 if sign.isascii() else 2 for sign in heading))


def _frame(title: str, sheets: int) -> Sequence[tuple[str, str]]:
    name = escape(_NOT_IN_NAMES.sub(" ", title))[:24]
    names = [name, *(f"{name} {place}" for place in range(2, sheets + 1))]
    places = range(1, sheets + 1)
    listed = "".join(f'<sheet name="{one}" sheetId="{n}" r:id="rId{n}"/>' for n, one in zip(places, names, strict=True))
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in places
    )
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_MEDIA}.worksheet+xml"/>' for n in places
    )
    return (
        ("xl/styles.xml", _STYLES),
        (
            "xl/workbook.xml",
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}<Relationship Id="rId{sheets + 1}" '
            f'Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        ),
        (
            "_rels/.rels",
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        ),
        (
            "[Content_Types].xml",
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
            f'ContentType="{_MEDIA}.sheet.main+xml"/><Override PartName="/xl/styles.xml" '
            f'ContentType="{_MEDIA}.styles+xml"/>{parts}</Types>',
        ),
    )
