"""Directories to start from, and tables as bytes in the encodings and shapes that people bring."""

import io
import zipfile

from openpyxl import Workbook

from portal.audit.actor import SYSTEM
from portal.institutions import directory
from portal.institutions.directory import InstitutionDetails
from portal.institutions.models import DirectoryEntry
from portal.runtime import Runtime

HEADER = ("县区", "乡镇", "机构名称", "别名", "级别", "维护人", "核实日期")


def add_entry(runtime: Runtime, county="高唐县", town="杨屯乡", village="张四屯卫生室", **more) -> DirectoryEntry:
    """One institution, through the service."""
    with runtime.database.transaction() as session:
        return directory.add(session, SYSTEM, InstitutionDetails(county, town, village, **more))


def csv_of(*rows, header=HEADER, encoding="utf-8", delimiter=",") -> bytes:
    """A CSV file."""
    return "".join(delimiter.join(row) + "\r\n" for row in (header, *rows)).encode(encoding)


def xlsx_of(*rows, header=HEADER) -> bytes:
    """An XLSX file; cells may be dates and numbers."""
    book = Workbook()
    for row in (header, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def package(**parts: bytes) -> bytes:
    """A ZIP with any content: `xl__workbook.xml` becomes xl/workbook.xml."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/"), content)
    return out.getvalue()
