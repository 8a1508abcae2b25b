"""Masks of what the finder of secrets has found in a text."""

from portal.sensitive_text.finder import Span, SpanKind, find_spans, mask_text
from portal.sensitive_text.id_numbers import normalise_id_number
from portal.vault.masks import MASKS

MASK_OF_SPAN = {
    SpanKind.ID_NUMBER: "id_number",
    SpanKind.PHONE: "phone",
    SpanKind.LOGIN_ACCOUNT: "account",
    SpanKind.LOGIN_PASSWORD: "password",
    SpanKind.KNOWN: "password",
}


def value_of(span: Span) -> str:
    """What is sealed of a span: an ID number in its one stored form, else as written."""
    return normalise_id_number(span.value) if span.kind is SpanKind.ID_NUMBER else span.value


def masked(span: Span) -> str:
    """The mask that takes the place of a span."""
    return MASKS[MASK_OF_SPAN[span.kind]](value_of(span))


def masked_text(text: str) -> str:
    """The text with the shapes of secrets masked, when the values themselves are not to be kept (reasons, details)."""
    return mask_text(text, find_spans(text), masked)
