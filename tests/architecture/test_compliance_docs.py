"""docs/compliance.md proves what it says: every row points to a test that exists, or says 不覆盖 and why."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from portal import settings

ROOT = Path(__file__).parent.parent.parent
MAPPING = ROOT / "docs" / "compliance.md"
ASSESSMENT = ROOT / "docs" / "dpia.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
UNCOVERED = "不覆盖"
CLAUSES = {
    "等保": [f"8.1.4.{number}" for number in range(1, 12)],
    "密评": [f"8.4 {letter}" for letter in "abcdefgh"],
    "PIPL": ["第六条", "第十七", "第十九条", "第二十八条", "第四十七条", "第五十五", "第五十七条"],
}


def rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row of the tables, without heads and rules."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        is_head = number < len(lines) and lines[number].startswith("|---")
        if line.startswith("|") and not line.startswith("|---") and not is_head:
            yield number, [cell.strip() for cell in line.strip("|").split("|")]


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the test functions of a file, read without running it."""
    if not (ROOT / path).is_file():
        return frozenset()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def faults(text: str) -> list[str]:
    """What is wrong with a mapping: a test that is not there, a row that proves nothing, a row without all cells."""
    found = []
    for number, cells in rows(text):
        if len(cells) != 5 or not all(cells):
            found.append(f"{number}: not five cells")
            continue
        tests, said = TEST.findall(cells[4]), cells[4].partition(UNCOVERED)
        if not tests and not said[1]:
            found.append(f"{number}: neither a test nor {UNCOVERED}")
        if said[1] and not tests and len(said[2]) < 4:
            found.append(f"{number}: {UNCOVERED} without a reason")
        found += [f"{number}: no {path}::{name}" for path, name in tests if name not in names_in(path)]
    return found


def test_every_row_points_to_a_test_that_exists_or_says_that_it_is_not_covered():
    text = MAPPING.read_text(encoding="utf-8")

    assert len(list(rows(text))) > 60
    assert faults(text) == []


@pytest.mark.parametrize("clause", [clause for group in CLAUSES.values() for clause in group])
def test_every_clause_has_its_row(clause):
    assert any(cells[0].startswith(clause) for _, cells in rows(MAPPING.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| 1 | a | b | c | `tests/audit/test_export.py::test_that_is_not_there` |", "no tests/audit/test_export.py::"),
        ("| 1 | a | b | c | `tests/audit/test_nowhere.py::test_x` |", "no tests/audit/test_nowhere.py::test_x"),
        ("| 1 | a | b | c | 由运维安排 |", "neither a test nor"),
        ("| 1 | a | b | c | 不覆盖 |", "without a reason"),
        ("| 1 | a | b | 不覆盖：制度 |", "not five cells"),
        ("| 1 | a |  | c | 不覆盖：管理制度的事 |", "not five cells"),
    ],
)
def test_the_check_turns_red(row, fault):
    found = faults(f"| 条款 | 要求 | 做法 | 位置 | 证明 |\n|---|---|---|---|---|\n{row}\n")

    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    "cell",
    [
        "不覆盖：管理制度的事",
        "`tests/architecture/test_compliance_docs.py::test_the_check_turns_red`",
        "`tests/architecture/test_compliance_docs.py::test_the_check_turns_red` 传输不覆盖",
    ],
)
def test_the_check_stays_green(cell):
    assert faults(f"| 条款 | 要求 | 做法 | 位置 | 证明 |\n|---|---|---|---|---|\n| 1 | a | b | c | {cell} |\n") == []


@pytest.mark.parametrize("page", [MAPPING, ASSESSMENT], ids=lambda page: page.name)
def test_every_setting_and_module_that_is_named_exists(page):
    text = page.read_text(encoding="utf-8")
    known = Path(settings.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:portal|templates|tests)/[\w/.-]+?)`", text))

    assert [name for name in re.findall(r"\bPORTAL_[A-Z0-9_]*[A-Z0-9]\b", text) if name not in known] == []
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_assessment_has_every_part_of_the_law():
    """PIPL 56: purpose and manner, lawfulness and necessity; effect and risk; measures that are lawful and fit."""
    text = ASSESSMENT.read_text(encoding="utf-8")
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)

    for part in ("处理目的和处理方式", "处理的个人信息", "必要性", "对个人权益的影响和风险", "保护措施", "剩余风险"):
        assert any(part in head for head in heads), part
    assert "合法依据" in text
    assert "至少保存三年" in text


def test_the_readme_leads_to_both():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "](docs/compliance.md)" in readme
    assert "](docs/dpia.md)" in readme
