"""Texts as they are kept: their line ends, and names on one line."""

import re

from portal.sensitive_text.folding import LINE_ENDS, folded
from portal.sensitive_text.radicals import RADICALS

_LINE_END = re.compile(f"\r\n|[{LINE_ENDS}]")


def lines(text: str) -> str:
    """Every kind of line end as one, surrounding blanks removed; the inside stays as typed."""
    return _LINE_END.sub("\n", text).strip()


def one_line(text: str) -> str:
    """A name: on one line, its characters the ordinary ones, nothing invisible; brackets stay as typed."""
    return " ".join("".join(map(_ordinary, text)).split())


def _ordinary(char: str) -> str:
    form = folded(char).text
    if not form or form.isspace():
        return " " if form else ""
    return RADICALS.get(ord(char)) or (form if "\uf900" <= char <= "\ufaff" or "\u2f00" <= char <= "\u2fdf" else char)
