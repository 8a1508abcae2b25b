"""Names, institutions and first words are isolated in their line: what is written from right to left turns nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

TEMPLATES = Path(__file__).parents[2] / "templates"
_FOREIGN = re.compile(r'\{\{ [a-z_.]*(?:_name|institution|excerpt)(?: or "[^"]*")?(?: \| truncate\([^)]*\))? \}\}')
_ALONE = re.compile(r"<(?:p|td|dd|li|h\d|th|strong|dt|span|a)[^>]*>$"), re.compile(r"</(?:p|td|dd|li|h\d|th|dt)>")
_ISOLATED = re.compile(r"(?:<bdi>|dir=\"auto\"[^>]*>|=\"[^\"]*)$")
_NO_LINE = ("<option", "<title", "block title", "textarea")  # where no element may stand


def bare(text: str) -> Iterator[str]:
    """Texts of people that share a line with others and are not isolated."""
    for line in text.splitlines():
        for found in _FOREIGN.finditer(line):
            before, after = line[: found.start()], line[found.end() :]
            is_in_tag = before.rfind("<") > before.rfind(">") and "%}" not in before[before.rfind("<") :]
            is_alone = _ALONE[0].search(before) and _ALONE[1].match(after)
            if not (is_in_tag or is_alone or _ISOLATED.search(before) or any(word in line for word in _NO_LINE)):
                yield line.strip()


def test_texts_of_people_are_isolated_in_their_lines() -> None:
    found = {path.name: lines for path in TEMPLATES.rglob("*.html") if (lines := list(bare(path.read_text("utf-8"))))}

    assert found == {}
    assert list(bare("<p>{{ a.owner_name }} {{ at }}</p>")) and not list(bare("<p><bdi>{{ a.owner_name }}</bdi> 1</p>"))
