"""No pattern of the package takes more than linear time, whatever text it meets."""

import re
from heapq import nlargest
from itertools import islice
from pathlib import Path

import pytest

from portal.audit.tags import Tag
from portal.calendar import notice_reader
from portal.casefile import former_details
from portal.disclosure import text_redaction
from tests.architecture import patterns
from tests.factories.pace import pace

LIMIT = 20_000  # signs of the longest text that a pattern meets, the paste box
# An exponential pattern never ends with long texts: from one length to the next it takes a few seconds at most.
_SCREENED = (*range(12, 32, 2), 33, 36, 44, 54, 66, 80, 100, 130, 170, 220, 290, 400)
_MEASURED = (LIMIT // 8, LIMIT)  # what is slow is mostly seen at the shorter one, in little time
_SLOWEST = 3
# At twice the length a linear pattern costs twice, a quadratic one four times; small costs are measured badly.
_MOST_GROWTH = 3.2
_MEASURABLE = 0.004
_LONG = 0.2  # no other work on the machine makes so much of a little
_MOST_SECONDS = 0.25
# On a slow machine it may be longer: at most so many times its pace.
_MOST_UNITS = 35
_MOST_AT_ONCE = 0.1  # for the short texts

# Patterns that are only known when the program runs, by their source: some of them, as the program makes them.
_MADE_LATER = {
    "before + words + after": [
        text_redaction._pattern(word) for word in ("a", "密码", "(a+)+", " ", "a b", "*a", "*a*")
    ],
    "pattern": [clause for clause, _ in notice_reader._CLAUSES],
    "re.escape(found.value)": [re.compile(re.escape(value)) for value in ("aab", "Abc#123", "密码 1")],
}
# The program's own phrases in rows of the trail, no text of people, and bounded where they are read.
_OWN_PHRASES = {"form": [re.compile(form) for forms in former_details._FORMS.values() for form in forms]}


def _slow(pattern) -> list[str]:
    """The texts for which a pattern is slow."""
    attacks = patterns.attacks(pattern)
    for length in _SCREENED:
        costs = {}
        for attack in attacks:
            text = attack.text(length)
            costs[attack] = patterns.cost(pattern, text)
            if costs[attack] > _LONG or (costs[attack] > _MOST_AT_ONCE < patterns.cost(pattern, text, 3)):
                return [f"{costs[attack]:.2f} s for {length} signs of {text[:30]!r}"]
    slowest = nlargest(_SLOWEST, attacks, key=costs.__getitem__)
    faults = (
        f"{fault} for {attack}"
        for length in _MEASURED
        for attack in slowest
        if (fault := _fault(pattern, attack, length))
    )
    return list(islice(faults, 1))


def _fault(pattern, attack, length) -> str:
    """The least of several measurements counts: other work on the machine only makes one longer."""
    once, twice = attack.text(length), attack.text(2 * length)
    single, double = patterns.cost(pattern, once), patterns.cost(pattern, twice)
    if double > _MEASURABLE and double > _MOST_GROWTH * single:
        if double < _LONG:
            single, double = patterns.cost(pattern, once, 4), patterns.cost(pattern, twice, 4)
        if double > _MOST_GROWTH * single:
            return f"{double / single:.1f} times as long at twice the length"
    if single > _MOST_SECONDS and patterns.cost(pattern, once, 4) > max(_MOST_SECONDS, _MOST_UNITS * pace()):
        return f"{single:.2f} s"
    return ""


@pytest.mark.parametrize(
    "pattern",
    [pytest.param(one.pattern, id=one.place) for one in patterns.all_patterns() if one.pattern is not None]
    + [pytest.param(one, id=f"{source}-{n}") for source, made in _MADE_LATER.items() for n, one in enumerate(made)],
)
def test_linear(pattern):
    assert _slow(pattern) == []


def test_every_pattern_is_tried():
    later = {one.source for one in patterns.all_patterns() if one.pattern is None}
    assert later == {*_MADE_LATER, *_OWN_PHRASES}
    assert len(patterns.all_patterns()) > 100


def test_own_phrases_are_bounded():
    assert former_details.particulars_of(Tag.REPORT_REFUSED, "a" * 500) == {"faults": ["a" * 500]}
    assert former_details.particulars_of(Tag.REPORT_REFUSED, "a" * 501) == {}


@pytest.mark.parametrize(
    "slow",
    [
        r"[ \t]+(?=x)",
        r"(?:a+)+b",
        r"\(.*?\)",
        r"[,;]*[.,;]*[:,]*!",
        r"[^=]*=",
        r"(?<=k)(?:[0-9]+-?)+;",
        rb".*;x",
        r"(?:时候?|的时候|的)+\Z",
    ],
)
def test_careless_patterns_are_found(slow):
    assert _slow(re.compile(slow))


def test_a_new_pattern_is_found_by_itself(tmp_path, monkeypatch):
    file = tmp_path / "portal" / "new.py"
    file.parent.mkdir()
    file.write_text("import re\n_A = 'x'\ndef f(t):\n    return re.sub(f'{_A}+y', '', t, flags=re.DOTALL)\n")
    monkeypatch.setattr(patterns, "ROOT", tmp_path)
    module = type("Module", (), {"_A": "x", "re": re})
    (found,) = patterns.found_in(Path(file), module)
    assert (found.place, found.pattern) == ("portal/new.py:4", re.compile("x+y", re.DOTALL))
