"""The passages that are found in a text."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class SpanKind(StrEnum):
    ID_NUMBER = "id_number"
    INPATIENT_NUMBER = "inpatient_number"
    CARD_NUMBER = "card_number"
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
class Hit:
    """A passage of the folded text."""

    start: int
    end: int
    kind: SpanKind


# A union of overlapping hits gets the stronger kind. A password is the strongest: its mask shows nothing.
_STRENGTH = (
    SpanKind.PHONE,
    SpanKind.CARD_NUMBER,
    SpanKind.INPATIENT_NUMBER,
    SpanKind.ID_NUMBER,
    SpanKind.LOGIN_ACCOUNT,
    SpanKind.KNOWN,
    SpanKind.LOGIN_PASSWORD,
)


def mask_text(text: str, spans: Iterable[Span], mask: Callable[[Span], str]) -> str:
    """Replaces each of the spans from `find_spans` by `mask(span)`."""
    parts: list[str] = []
    at = 0
    for span in spans:
        parts += text[at : span.start], mask(span)
        at = span.end
    return "".join((*parts, text[at:]))


def merged(hits: Iterable[Hit]) -> list[Hit]:
    """Joins overlapping hits, so that no part of a value stays visible."""
    joined: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if joined and hit.start < joined[-1].end:
            joined[-1] = _union(joined[-1], hit)
        else:
            joined.append(hit)
    return joined


def outside(found: list[Hit], hits: Iterable[Hit]) -> Iterable[Hit]:
    """Hits that are not entirely inside one of `found`."""
    within = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, hit.end)):
        while within < len(found) and found[within].end <= hit.start:
            within += 1
        if within < len(found) and found[within].start <= hit.start and hit.end <= found[within].end:
            continue
        yield hit


def apart(found: list[Hit], hits: Iterable[Hit]) -> Iterable[Hit]:
    """Hits that touch none of `found`."""
    within = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, hit.end)):
        while within < len(found) and found[within].end <= hit.start:
            within += 1
        if within == len(found) or hit.end <= found[within].start:
            yield hit


def _union(one: Hit, other: Hit) -> Hit:
    kind = max(one.kind, other.kind, key=_STRENGTH.index)
    return Hit(one.start, max(one.end, other.end), kind)
