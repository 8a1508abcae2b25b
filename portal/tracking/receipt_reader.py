"""Reads a number and a query code as people give them: in either place, in any width, with the words of a receipt
(UX 3.7).

Every door reads with it, so that what one of them takes, all take.
"""

import re

from portal.tickets.numbering import compact, plain

_EDGE, _END = "(?<![0-9A-Z])", "(?![0-9A-Z])"
_NUMBER = re.compile(rf"{_EDGE}[A-Z]{{2,4}}[ -]?[0-9]{{10,14}}{_END}")
_GROUPED = re.compile(rf"{_EDGE}[0-9A-Z]{{4}}[ -]+[0-9A-Z]{{4}}[ -]+[0-9A-Z]{{2}}{_END}")
_RUN = re.compile(rf"{_EDGE}[0-9A-Z]{{10}}{_END}")
_ADDRESS = re.compile(r"HTTPS?://\S*")
_LABEL = "查询码"


def number_and_code(number: str, code: str) -> tuple[str, str]:
    """The pair in its plain form, also when both were pasted into one field, or each into the other's."""
    number, code = _plain(number), _plain(code)
    found = _NUMBER.search(number) or _NUMBER.search(code)
    read = _code_in(code) or _code_in(number)
    left = "" if not found and read and not compact(code) else number  # the code alone, in the number's place
    return compact(found[0] if found else left), read or compact("" if _NUMBER.search(code) else code)


def echoed(number: str) -> str:
    """The typed number if the page may show it again: never anything that could be a query code."""
    text = _plain(number)
    found = _NUMBER.search(text)
    if found:
        return compact(found[0])
    return "" if _code_in(text) else text[:40]


def looks_like_a_number(number: str) -> bool:
    """Whether it has the shape that numbers have, which says nothing of whether there is such a ticket."""
    return bool(_NUMBER.fullmatch(number))


def _plain(text: str) -> str:
    """Without addresses, which could look like a code."""
    return _ADDRESS.sub(" ", plain(text))


def _code_in(text: str) -> str:
    """The code in a text, that behind its label before any other; empty if there is none."""
    text = _NUMBER.sub(" / ", text)
    _, _, labelled = text.partition(_LABEL)
    for part in (labelled, text):
        found = _GROUPED.search(part) or _RUN.search(part)
        if found:
            return compact(found[0])
    return ""
