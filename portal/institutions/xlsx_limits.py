"""Counts the parts of an XLSX file while they unpack, before a library that holds whole rows in memory reads them."""

import zipfile
from typing import Any
from xml.parsers import expat

MOST_CELLS = 600_000
MOST_CELLS_IN_ROW = 1024  # whole rows that were only coloured have some hundred
MOST_SHARED_TEXTS = 200_000
MOST_ELEMENTS = {"worksheet": 4 * MOST_CELLS, "sst": 8 * MOST_SHARED_TEXTS}
_MOST_OTHER = 100_000  # styles, names, relations
_CHUNK = 256 * 1024


class TooManyPartsOfTableError(Exception):
    """More cells, columns or shared texts than a table of institutions has."""


class UnsafeXmlError(Exception):
    """It declares entities, which no spreadsheet program writes."""


def check(package: zipfile.ZipFile) -> None:
    """Raises TooManyPartsOfTableError, UnsafeXmlError, or what a damaged part makes the readers raise."""
    for name in package.namelist():
        if name.endswith((".xml", ".rels")):
            with package.open(name) as part:
                _Counter().read(part)


class _Counter:
    """Counts the elements of one part; which limits apply is told by its first element, not by its name."""

    def __init__(self) -> None:
        self.most = 0
        self.elements = self.cells = self.in_row = self.texts = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EntityDeclHandler = self._refuse

    def read(self, part: Any) -> None:
        while chunk := part.read(_CHUNK):
            self.parser.Parse(chunk, False)
        self.parser.Parse(b"", True)

    def _begin(self, name: str, _attributes: Any) -> None:
        local = name.rpartition(":")[2]
        if not self.elements:
            self.most = MOST_ELEMENTS.get(local, _MOST_OTHER)
        self.elements += 1
        if local == "c":
            self.cells += 1
            self.in_row += 1
        elif local == "row":
            self.cells += 1
            self.in_row = 0
        elif local == "si":
            self.texts += 1
        if (
            self.elements > self.most
            or self.cells > MOST_CELLS
            or self.in_row > MOST_CELLS_IN_ROW
            or self.texts > MOST_SHARED_TEXTS
        ):
            raise TooManyPartsOfTableError

    def _refuse(self, *_declaration: Any) -> None:
        raise UnsafeXmlError
