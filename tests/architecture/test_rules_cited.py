"""Every rule that the code cites can be read in docs/rules, and every rule there is cited."""

import io
import re
import tokenize
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("texts")  # what one has read and parsed the others need too

ROOT = Path(__file__).parent.parent.parent
RULES = ROOT / "docs" / "rules"
SEARCHED = ("portal", "tests", "templates", "alembic", "static")
TEXT_FILES = {".py", ".html", ".js", ".mjs", ".css", ".svg", ".sh", ".mako", ".txt"}
OUTSIDE = {"node_modules", "__pycache__", "shots"}

PAGES = "ARCHITECTURE|CONTRACT|DESK|EXAMPLES|FAULTS|LIBRARIES|PERFORMANCE|REQUIREMENTS|SCREENSHOTS|SECURITY|STYLE|UX"
WHOLE_PAGES = {"SCREENSHOTS"}  # one rule in many steps: cited by its page alone
ID = r"(?:[A-Z]-?\d+|[A-Z]\.\d+|\d+(?:\.\d+)*|[A-Z]\b)"
CITATION = re.compile(rf"\b({PAGES})\b(?:\.md)?((?:,? (?:section )?{ID})(?:(?:, | and | to ){ID})*)?")
PART = re.compile(rf"({ID})(?: to ({ID}))?")
ISSUE = re.compile(r"\b[Ii]ssues? #?\d")
BARE = re.compile(r'\([A-Z]-?\d{1,2}(?:[,;)]| to )|^"""[A-Z]-?\d{1,2}[:,]')
ROW = re.compile(rf"^\| ({ID}) \| (.+) \|$", re.MULTILINE)


@cache
def prose(path: Path) -> list[tuple[int, str]]:
    """Comments and docstrings of Python, every line of other files; a wrapped docstring counts as one line."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return list(enumerate(text.splitlines(), 1))
    found = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and token.string.startswith('"""')
        if is_docstring or token.type == tokenize.COMMENT:
            found.append((token.start[0], re.sub(r"\s*\n\s*", " ", token.string)))
    return found


def citations(text: str) -> list[tuple[str, str]]:
    """Page and id of every citation; the id is empty when only the page is named."""
    found = []
    for page, ids in CITATION.findall(text):
        parts = [one for first, last in PART.findall(ids) for one in between(first, last)]
        found += [(page, one) for one in parts or [""]]
    return found


def between(first: str, last: str) -> list[str]:
    """`D-4 to D-6` as its three ids."""
    if not last:
        return [first]
    stem = first.rstrip("0123456789")
    return [f"{stem}{number}" for number in range(int(first[len(stem) :]), int(last[len(stem) :]) + 1)]


@cache
def rules() -> dict[tuple[str, str], str]:
    """Every rule by page and id."""
    found: dict[tuple[str, str], str] = {}
    for path in sorted(RULES.glob("*.md")):
        page = path.stem.upper()
        if page == "README":
            continue
        rows = [("", "the page")] if page in WHOLE_PAGES else ROW.findall(path.read_text(encoding="utf-8"))
        for rule, text in rows:
            assert (page, rule) not in found, f"{page} {rule} stands twice"
            found[page, rule] = text
    return found


@cache
def cited() -> dict[tuple[str, str], list[str]]:
    """Every citation of the code, with the places that make it."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in files():
        for number, text in prose(path):
            for citation in citations(text):
                found.setdefault(citation, []).append(f"{path.relative_to(ROOT)}:{number}")
    return found


def files() -> list[Path]:
    """The files that may cite a rule."""
    found = [path for folder in SEARCHED for path in sorted((ROOT / folder).rglob("*"))]
    return [path for path in found if path.suffix in TEXT_FILES and not OUTSIDE & set(path.parts)]


def faults(text: str) -> list[str]:
    """What a reader could not look up: a rule that is nowhere, an issue's number, an id without its page."""
    found = [f"{page} {rule}".strip() for page, rule in citations(text) if (page, rule) not in rules()]
    return found + [match[0] for pattern in (ISSUE, BARE) for match in pattern.finditer(text)]


def test_every_rule_that_is_cited_can_be_read():
    unread = {f"{path.relative_to(ROOT)}:{number}": wrong for path in files() for number, text in prose(path)
              if (wrong := faults(text))}  # fmt: skip

    assert unread == {}


def test_every_rule_is_cited():
    assert len(cited()) > 150
    assert uncited(rules()) == []


def uncited(held: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Rules that no code cites."""
    return sorted(set(held) - set(cited()))


def test_the_list_of_pages_names_each():
    listed = re.findall(r"\]\((\w+)\.md\)", (RULES / "README.md").read_text(encoding="utf-8"))

    assert sorted(listed) == sorted(path.stem for path in RULES.glob("*.md") if path.stem != "README")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("# limited per hour (SECURITY D-66)", ["SECURITY D-66"]),
        ("# limited (SECURITY D-4 to D-66)", [f"SECURITY D-{number}" for number in range(16, 67)]),
        ("# the page alone says too little (CONTRACT)", ["CONTRACT"]),
        ("# a page that is not here (FAULTS 3)", ["FAULTS 3"]),
        ("/* as UX 5.99 says */", ["UX 5.99"]),
        ('"""What no rule finds (issue 3, item 6)."""', ["issue 3"]),
        ('"""Every change has its row (L1, A2)."""', ["(L1,"]),
        ('"""A5: asked once."""', ['"""A5:']),
        ("# SECURITY D-6, UX section 5.2; SCREENSHOTS.md; REQUIREMENTS A8 (3), UX 3, states; UX 2, 8 (c)", []),
    ],
)
def test_the_check_turns_red(text, wrong):
    assert faults(text) == wrong


def test_a_rule_that_nobody_cites_is_found():
    assert uncited({*rules(), ("SECURITY", "Z-1")}) == [("SECURITY", "Z-1")]
