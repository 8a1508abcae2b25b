"""Finds ID numbers, phones and credentials in free text, so that they are masked before anyone reads it.

They are sought in the folded text (`folding`), with spoken numbers as digits (`spoken`), and masked at the typed
places. Numbers are recognised by their shape or
the word beside them (`numbers`), credentials by the label before them (`credentials`), the head of their column
(`columns`) or how they are used (`in_passing`). Every pattern is bounded, so the time is proportional to the length of
the text.
"""

import re
from collections.abc import Iterable, Iterator

from portal.sensitive_text.cards import card_numbers
from portal.sensitive_text.columns import find_columns
from portal.sensitive_text.credentials import Credential, find_credentials
from portal.sensitive_text.folding import Folded, folded
from portal.sensitive_text.in_passing import find_in_passing
from portal.sensitive_text.mentions import find_mentions
from portal.sensitive_text.numbers import id_numbers, inpatient_numbers, phones
from portal.sensitive_text.shapes import find_shapes
from portal.sensitive_text.spans import Hit, Span, SpanKind, apart, mask_text, merged, outside
from portal.sensitive_text.spoken import closed_up, in_digits

__all__ = ["Span", "SpanKind", "find_spans", "mask_text"]

_LETTER_OR_DIGIT = re.compile("[A-Za-z0-9]")
_SHORTEST_KNOWN = 4
_SHORTEST_KNOWN_DIGITS = 6  # shorter digit runs are years, counts and room numbers far more often than secrets


def find_spans(text: str, known: Iterable[str] = ()) -> list[Span]:
    """All sensitive spans, in order and without overlaps (REQUIREMENTS A12, SECURITY 4).

    `known` are secrets from other fields. They are found wherever they occur exactly, also in full width and inside
    longer words, from 4 characters on (6 if all are digits).
    """
    form = folded(text)
    digits = in_digits(form.text)
    words = closed_up(digits)
    found = merged([*map(_credential_hit, find_credentials(words)), *find_columns(form.text)])
    if _LETTER_OR_DIGIT.search(words):  # most descriptions have none: nothing else can be in them
        found += [*id_numbers(digits), *inpatient_numbers(words), *phones(digits), *card_numbers(words)]
        found = merged([*found, *find_in_passing(words)])
        found = merged([*found, *apart(found, find_shapes(words)), *outside(found, find_mentions(words))])
    found = merged([*found, *outside(found, _known_hits(form.text, known))])
    return [_span(form, hit) for hit in found]


def _span(form: Folded, hit: Hit) -> Span:
    start, end = form.typed_range(hit.start, hit.end)
    return Span(start, end, hit.kind, form.typed[start:end])


def _credential_hit(credential: Credential) -> Hit:
    kind = SpanKind.LOGIN_PASSWORD if credential.is_password else SpanKind.LOGIN_ACCOUNT
    return Hit(credential.start, credential.end, kind)


def _known_hits(text: str, known: Iterable[str]) -> Iterator[Hit]:
    for secret in sorted({folded(value).text.strip() for value in known}):
        shortest = _SHORTEST_KNOWN_DIGITS if secret.isdecimal() else _SHORTEST_KNOWN
        if len(secret) < shortest:
            continue
        at = text.find(secret)
        while at >= 0:
            yield Hit(at, at + len(secret), SpanKind.KNOWN)
            at = text.find(secret, at + len(secret))
