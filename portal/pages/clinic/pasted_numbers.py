"""Number and query code of a receipt as people paste them."""

import re
import unicodedata

_NUMBER = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2,4}[0-9]{10,}(?![0-9A-Za-z])")
_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{4}[- ]?[0-9A-Za-z]{4}[- ]?[0-9A-Za-z]{2}(?![0-9A-Za-z])")


def number_and_code(number: str, code: str) -> tuple[str, str]:
    """The pair, also when both were pasted into one field, with or without the receipt's words (UX 3.7)."""
    number, code = unicodedata.normalize("NFKC", number).strip(), unicodedata.normalize("NFKC", code).strip()
    if number and code:
        return number, code
    both = number or code
    found = _NUMBER.search(both)
    if not found:
        return number, code
    rest = _CODE.search(both[: found.start()] + " " + both[found.end() :])
    return (found[0], rest[0]) if rest else (number and found[0], code)


def echoed(number: str) -> str:
    """The typed number if the page may show it again: never anything that could be a query code."""
    found = _NUMBER.search(number)
    if found:
        return found[0]
    return "" if _CODE.search(number) else number[:40]
