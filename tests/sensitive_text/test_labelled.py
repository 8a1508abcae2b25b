"""How much of what people write is found, and how often a harmless sentence is taken for a secret."""

import pytest

from portal.sensitive_text.finder import Span, SpanKind, find_spans
from tests.sensitive_text.labelled import Sentence, sentences

LEAST_FOUND = 0.97
MOST_FALSE = 1 / 50
# A kind may be taken for another whose mask shows no more.
ENOUGH = {
    "a": set(SpanKind) - {SpanKind.INPATIENT_NUMBER, SpanKind.CARD_NUMBER},
    "p": {SpanKind.LOGIN_PASSWORD},
    "i": {SpanKind.ID_NUMBER, SpanKind.LOGIN_ACCOUNT, SpanKind.LOGIN_PASSWORD},
    "z": {SpanKind.INPATIENT_NUMBER, SpanKind.CARD_NUMBER, SpanKind.ID_NUMBER, SpanKind.LOGIN_PASSWORD},
    "c": set(SpanKind) - {SpanKind.PHONE},
    "t": {SpanKind.PHONE, SpanKind.LOGIN_ACCOUNT, SpanKind.LOGIN_PASSWORD},
}
MOST_INEXACT = 0.08


def is_found(sentence: Sentence, spans: list[Span]) -> bool:
    """Whether every secret is covered whole."""
    return all(
        any(span.start <= start and end <= span.end and span.kind in ENOUGH[kind] for span in spans)
        for kind, start, end in sentence.secrets
    )


def is_exact(sentence: Sentence, spans: list[Span]) -> bool:
    """Whether nothing else is covered."""
    return [(span.start, span.end) for span in spans] == [(start, end) for _, start, end in sentence.secrets]


@pytest.mark.parametrize("held_back", [False, True], ids=["tuned", "held-back"])
def test_nearly_every_secret_is_found(held_back, capsys):
    mine = [one for one in sentences("with_secrets") if one.is_held_back is held_back]
    found = [(one, find_spans(one.text)) for one in mine]
    missed = [one.text for one, spans in found if not is_found(one, spans)]
    inexact = [one.text for one, spans in found if not is_exact(one, spans)]
    recall = 1 - len(missed) / len(mine)
    with capsys.disabled():
        print(f"\n{recall:.1%} of {len(mine)} sentences with secrets found, {len(inexact)} with more or less masked")
    assert recall >= LEAST_FOUND, missed
    assert len(inexact) <= MOST_INEXACT * len(mine), inexact


@pytest.mark.parametrize("held_back", [False, True], ids=["tuned", "held-back"])
def test_harmless_sentences_stay_readable(held_back, capsys):
    mine = [one for one in sentences("harmless") if one.is_held_back is held_back]
    false = [one.text for one in mine if find_spans(one.text)]
    with capsys.disabled():
        print(f"\n{len(false)} false finds in {len(mine)} harmless sentences")
    assert len(false) <= MOST_FALSE * len(mine), false


def test_the_sets_are_large_and_no_sentence_comes_twice():
    secret, harmless = sentences("with_secrets"), sentences("harmless")
    assert len(secret) >= 300 and len(harmless) >= 200
    assert all(one.secrets for one in secret) and not any(one.secrets for one in harmless)
    texts = [one.text for one in (*secret, *harmless)]
    assert len(set(texts)) == len(texts)
    for sentence in secret:
        assert all(sentence.text[start:end].strip() for _, start, end in sentence.secrets)
