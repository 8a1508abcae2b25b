"""What somebody typed into a search box: words for an address, or an exact value that must never be in one."""

import re

from portal.casefile.value_search import is_masked
from portal.kinds.table import NUMBER_SHAPE
from portal.sensitive_text.finder import SpanKind, find_spans
from portal.sensitive_text.id_numbers import normalise_id_number
from portal.tickets.numbering import normal_number

_LONG_DIGITS = re.compile(r"\d{11}", re.ASCII)  # a phone, an ID number or most of one
_NUMBER = re.compile(r"\+?[\d()]+X?", re.ASCII)
_FEWEST_SIGNS = 4


def is_secret_like(text: str) -> bool:
    """Whether a search text must not appear in an address (SECURITY A-14)."""
    if NUMBER_SHAPE.fullmatch(normal_number(text)):
        return False
    return bool(_LONG_DIGITS.search(normalise_id_number(text)) or find_spans(text))


def exact_value_in(text: str) -> tuple[str, str]:
    """The number in a secret-like text, whole or beside words, and the words; no number: empty."""
    if _NUMBER.fullmatch(normalise_id_number(text)) and not is_masked(text):
        return text, ""
    for span in find_spans(text):
        if span.kind in (SpanKind.ID_NUMBER, SpanKind.INPATIENT_NUMBER, SpanKind.CARD_NUMBER, SpanKind.PHONE):
            return span.value, f"{text[: span.start]} {text[span.end :]}".strip()
    return "", text


def is_exact(text: str) -> bool:
    """Whether a text can be compared as one value: one word, long enough, not masked."""
    return len(text) >= _FEWEST_SIGNS and len(text.split()) == 1 and not is_masked(text)
