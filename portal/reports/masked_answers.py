"""Typed values as a page may show them again: secrets inside free texts are masked (SECURITY A-6)."""

from collections.abc import Sequence

from portal.kinds.fields import FieldSpec
from portal.kinds.table import Kind
from portal.kinds.validation import Values, normalised
from portal.sensitive_text.finder import Span, SpanKind, find_spans, mask_text
from portal.vault.masks import MASKS
from portal.vault.span_masks import masked_text


def known_secrets(kind: Kind, values: Values) -> list[str]:
    """The values of every sensitive field; they are masked wherever they occur."""
    clean = normalised(kind, values)
    return [value for spec in kind.fields if spec.is_sensitive for value in clean.get(spec.name, ())]


def masked_answer(text: str, known: Sequence[str]) -> str:
    """The text with secrets masked by their shape, then the other fields' secrets wherever they still occur."""
    masked = masked_text(text)
    return mask_text(masked, find_spans(masked, known), _known_masked)


def field_masks(spec: FieldSpec, values: Sequence[str]) -> list[str]:
    return [MASKS[spec.mask](value) for value in values] if spec.mask else []


def holds_secrets(text: str, known: Sequence[str]) -> bool:
    """Whether a text seems to hold an ID number, a phone, an account or a password (REQUIREMENTS A12)."""
    return bool(find_spans(text, known))


def is_same_text(posted: Sequence[str], shown: Sequence[str]) -> bool:
    """Equal except for line ends, which differ between browsers."""
    return [text.splitlines() for text in posted] == [text.splitlines() for text in shown]


def _known_masked(span: Span) -> str:
    is_known = span.kind in (SpanKind.KNOWN, SpanKind.LOGIN_PASSWORD)
    return MASKS["password"](span.value) if is_known else span.value
