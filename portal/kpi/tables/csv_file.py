"""CSV for spreadsheets, streamed: UTF-8 with its mark, every field quoted, rows end with CR LF."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator

from portal.kpi.tables.cells import Cells

TYPE = "text/csv; charset=utf-8"
_MARK = "\ufeff"  # Excel reads UTF-8 only with it
_CHUNK = 64 * 1024  # characters
_BATCH = 100  # rows


def as_csv(headings: Cells, rows: Iterable[Cells]) -> Iterator[bytes]:
    """The headings at once, then the rows as they come. Inside a field a line ends with LF, so CR LF ends rows only."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    buffer.write(_MARK)
    writer.writerow(headings)
    yield _taken(buffer)
    waiting = iter(rows)
    while batch := list(itertools.islice(waiting, _BATCH)):
        writer.writerows(batch)
        if buffer.tell() >= _CHUNK:
            yield _taken(buffer)
    if buffer.tell():
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    made = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return made
