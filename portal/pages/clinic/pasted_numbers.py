"""Number and query code of a receipt as people paste them."""

import re

from portal.sensitive_text.folding import nfkc

_LONGEST = 2000  # signs of a pasted receipt
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2,4}[0-9]{10,}(?![0-9A-Za-z])")
_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{4}[- ]?[0-9A-Za-z]{4}[- ]?[0-9A-Za-z]{2}(?![0-9A-Za-z])")


def number_and_code(number: str, code: str) -> tuple[str, str]:
    """The pair, also when both were pasted into one field, with or without the receipt's words (UX 3.7)."""
    number, code = nfkc(number[:_LONGEST]).strip(), nfkc(code[:_LONGEST]).strip()
    if number and code:
        return number, code
    both = number or code
    match = _NUMBER.search(both)
    if not match:
        return number, code
    code_match = _CODE.search(both[: match.start()] + " " + both[match.end() :])
    return (match[0], code_match[0]) if code_match else (number and match[0], code)


def echoed(number: str) -> str:
    """The typed number if the page may show it again: never anything that could be a query code."""
    match = _NUMBER.search(number)
    if match:
        return match[0]
    return "" if _CODE.search(number) else number[:40]
