"""Masks for the spans that `sensitive_text.finder` returns."""

from portal.sensitive_text.finder import Span, SpanKind, find_spans, mask_text
from portal.sensitive_text.id_numbers import normalise_id_number
from portal.vault.masks import MASKS

MASK_OF_SPAN = {
    SpanKind.ID_NUMBER: "id_number",
    SpanKind.INPATIENT_NUMBER: "inpatient_number",
    SpanKind.CARD_NUMBER: "inpatient_number",
    SpanKind.PHONE: "phone",
    SpanKind.LOGIN_ACCOUNT: "account",
    SpanKind.LOGIN_PASSWORD: "password",
    SpanKind.KNOWN: "password",
}


def value_of(span: Span) -> str:
    """The value to seal: ID numbers normalised, others as typed."""
    return normalise_id_number(span.value) if span.kind is SpanKind.ID_NUMBER else span.value


def masked(span: Span) -> str:
    return MASKS[MASK_OF_SPAN[span.kind]](value_of(span))


def masked_text(text: str) -> str:
    """The text with all sensitive spans masked, where the values are not kept (reasons, details)."""
    return mask_text(text, find_spans(text), masked)
