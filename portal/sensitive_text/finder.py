"""Finds ID numbers, phones and credentials in free text, so that they are masked before anyone reads it.

Numbers are recognised by their shape, credentials by the label before them (`credentials`). Every pattern is bounded,
so the time is proportional to the length of the text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from portal.sensitive_text.credentials import Credential, find_credentials
from portal.sensitive_text.id_numbers import is_id_number

_SHORTEST_KNOWN = 4
_SHORTEST_KNOWN_DIGITS = 6  # shorter digit runs are years, counts and room numbers far more often than secrets

_BLANK = r" \t\u00a0\u2000-\u200f\u202f\u2060\ufeff"
_DASH = r"\-\u2010-\u2015\u2212"
_FULL_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: " "}

_DIGIT_CHAIN = re.compile(rf"[0-9Xx](?:[{_BLANK}{_DASH}\r\n]{{0,3}}[0-9Xx])*")
_ID_CANDIDATE = re.compile(
    r"(?=((?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])[0-9]{4}"
    r"(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]))"
)
_GAP = rf"[{_BLANK}{_DASH}]{{0,3}}"
_PHONE = re.compile(
    rf"(?<![0-9])(?<![0-9]\.)(?:(?:\+?86|0086){_GAP})?1[3-9][0-9]"
    rf"(?:{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}|{_GAP}[0-9]{{3}}{_GAP}[0-9]{{5}}"
    rf"|[0-9]{_GAP}[0-9]{{3}}{_GAP}[0-9]{{4}}|[0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{3}}"
    rf"|[0-9]{{2}}{_GAP}[0-9]{{6}})(?![0-9])"
    rf"|(?<![0-9])\(?0[1-9][0-9]{{1,2}}(?:\)|[{_BLANK}{_DASH}]){_GAP}[2-9][0-9]{{6,7}}(?![0-9])"
)


class SpanKind(StrEnum):
    ID_NUMBER = "id_number"
    PHONE = "phone"
    LOGIN_ACCOUNT = "login_account"
    LOGIN_PASSWORD = "login_password"  # noqa: S105  (a kind, not a secret)
    KNOWN = "known"


@dataclass(frozen=True)
class Span:
    """`text[start:end]`, as typed; the repr shows no value, so that tracebacks and logs do not either."""

    start: int
    end: int
    kind: SpanKind
    value: str = field(repr=False)


@dataclass(frozen=True)
class _Hit:
    start: int
    end: int
    kind: SpanKind


# A union of overlapping hits gets the stronger kind. A password is the strongest: its mask shows nothing.
_STRENGTH = (
    SpanKind.PHONE,
    SpanKind.ID_NUMBER,
    SpanKind.LOGIN_ACCOUNT,
    SpanKind.KNOWN,
    SpanKind.LOGIN_PASSWORD,
)


def find_spans(text: str, known: Iterable[str] = ()) -> list[Span]:
    """All sensitive spans, in order and without overlaps (REQUIREMENTS A12, SECURITY 4).

    `known` are secrets from other fields. They are found wherever they occur exactly, also in full width and inside
    longer words, from 4 characters on (6 if all are digits).
    """
    folded = text.translate(_FULL_WIDTH)
    hits = [*_id_numbers(folded), *_phones(folded), *map(_credential_hit, find_credentials(text))]
    found = _merged(hits)
    found = _merged([*found, *_outside(found, _known_hits(folded, known))])
    return [Span(hit.start, hit.end, hit.kind, text[hit.start : hit.end]) for hit in found]


def mask_text(text: str, spans: Iterable[Span], mask: Callable[[Span], str]) -> str:
    """Replaces each of the spans from `find_spans` by `mask(span)`."""
    parts: list[str] = []
    at = 0
    for span in spans:
        parts += text[at : span.start], mask(span)
        at = span.end
    return "".join((*parts, text[at:]))


def _id_numbers(folded: str) -> Iterator[_Hit]:
    for chain in _DIGIT_CHAIN.finditer(folded):
        if chain.end() - chain.start() < 18:
            continue
        places = [at for at in range(chain.start(), chain.end()) if folded[at] in "0123456789Xx"]
        digits = "".join(folded[at] for at in places)
        for candidate in _ID_CANDIDATE.finditer(digits):
            start, end = places[candidate.start()], places[candidate.start() + 17] + 1
            if _is_whole_number(folded, start, end) and is_id_number(candidate[1]):
                yield _Hit(start, end, SpanKind.ID_NUMBER)


def _is_whole_number(folded: str, start: int, end: int) -> bool:
    """An unbroken number may be part of a longer run; one with separators must not adjoin other digits."""
    if end - start == 18:
        return True
    begins = start == 0 or folded[start - 1] not in "0123456789"
    ends = end == len(folded) or folded[end] not in "0123456789"
    return begins and ends


def _phones(folded: str) -> Iterator[_Hit]:
    for match in _PHONE.finditer(folded):
        yield _Hit(match.start(), match.end(), SpanKind.PHONE)


def _credential_hit(credential: Credential) -> _Hit:
    kind = SpanKind.LOGIN_PASSWORD if credential.is_password else SpanKind.LOGIN_ACCOUNT
    return _Hit(credential.start, credential.end, kind)


def _known_hits(folded: str, known: Iterable[str]) -> Iterator[_Hit]:
    for secret in sorted({value.strip().translate(_FULL_WIDTH) for value in known}):
        shortest = _SHORTEST_KNOWN_DIGITS if secret.isdecimal() else _SHORTEST_KNOWN
        if len(secret) < shortest:
            continue
        at = folded.find(secret)
        while at >= 0:
            yield _Hit(at, at + len(secret), SpanKind.KNOWN)
            at = folded.find(secret, at + len(secret))


def _outside(found: list[_Hit], hits: Iterable[_Hit]) -> Iterator[_Hit]:
    """Hits that are not entirely inside one of `found`."""
    within = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, hit.end)):
        while within < len(found) and found[within].end <= hit.start:
            within += 1
        if within < len(found) and found[within].start <= hit.start and hit.end <= found[within].end:
            continue
        yield hit


def _merged(hits: Iterable[_Hit]) -> list[_Hit]:
    """Joins overlapping hits, so that no part of a value stays visible."""
    merged: list[_Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if merged and hit.start < merged[-1].end:
            merged[-1] = _union(merged[-1], hit)
        else:
            merged.append(hit)
    return merged


def _union(one: _Hit, other: _Hit) -> _Hit:
    kind = max(one.kind, other.kind, key=_STRENGTH.index)
    return _Hit(one.start, max(one.end, other.end), kind)
