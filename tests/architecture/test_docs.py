"""The papers name what there is, and nothing that is not there; the dependencies are new enough."""

import argparse
import dataclasses
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from fastapi.openapi.utils import get_openapi

from portal import notification_settings, settings
from portal.accounts.roles import ROLE_LABELS
from portal.api.routes import router as api
from portal.audit.tag_labels import TAG_LABELS
from portal.cli import main

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MOST_README_LINES = 150
FIRST_TOLD_MIGRATION = "0016"
SETTING = re.compile(r"\b(?:PORTAL|AWS)_[A-Z0-9_]*[A-Z0-9]\b")
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED_PATH = re.compile(r"`((?:portal|tests|templates|static|alembic|bench)/[\w/.-]+)`")

every_paper = pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))


def read(paper: str | Path) -> str:
    return (ROOT / paper).read_text(encoding="utf-8")


def known_settings() -> set[str]:
    files = (settings, notification_settings)
    return set(SETTING.findall("".join(Path(file.__file__).read_text(encoding="utf-8") for file in files)))


def commands(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command as it is typed: `serve`, `users add`."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield " ".join(words)
    for group in groups:
        for word, below in group.choices.items():
            yield from commands(below, (*words, word))


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Every `--option` of every command but --help."""
    for action in parser._actions:
        yield from (name for name in action.option_strings if name.startswith("--") and name != "--help")
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from options(below)


def code_of(text: str) -> list[str]:
    """Everything that is set as code."""
    return re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)


def anchors_of(text: str) -> set[str]:
    """The anchors of a paper's headings, as its viewers make them."""
    heads = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def broken_links(paper: Path, text: str) -> list[str]:
    """Links of a paper to a file or a heading that is not there."""
    broken = []
    for link in LINK.findall(text):
        path, _, anchor = link.partition("#")
        if ":" in path:
            continue
        target = (paper.parent / path).resolve() if path else paper
        if not target.exists() or (anchor and anchor not in anchors_of(read(target) if path else text)):
            broken.append(link)
    return broken


def unknown_paths(text: str) -> list[str]:
    """Files and folders of the project that a text names and that are not there."""
    return sorted(path for path in set(NAMED_PATH.findall(text)) if not (ROOT / path).exists())


def rows(text: str) -> dict[str, str]:
    """First and second cell of the rows whose first cell is one word of code."""
    return dict(re.findall(r"^\| `([^`|]+)` \| ([^|]*?) \|", text, re.MULTILINE))


@pytest.mark.parametrize(
    "paper", ["docs/api.md", "docs/audit.md", "docs/commands.md", "docs/fields.md", "docs/settings.md"]
)
def test_a_table_tells_each_thing_once(paper):
    first_cells = [line.split("|")[1].strip() for line in read(paper).splitlines() if line.startswith("| `")]

    assert first_cells
    assert [cell for cell, times in Counter(first_cells).items() if times > 1] == []


def test_every_setting_is_explained():
    explained = read("docs/settings.md")

    # AWS_REGION has two usual names; `unknown` is no setting, but the names of those that are none. The channels have
    # fields of their own, and each bot has two settings but the one that is not signed.
    fields = {field.name for field in dataclasses.fields(settings.Settings)} - {"unknown", "notifications"}
    fields |= {field.name for field in dataclasses.fields(notification_settings.NotificationSettings)}
    fields |= {"dingtalk_secret", "feishu_secret"}
    assert len(known_settings() - {"AWS_DEFAULT_REGION"}) == len(fields)
    assert {name for name in known_settings() if f"`{name}`" not in explained} == set()


def test_the_commands_are_those_of_the_paper():
    known = set(commands(main._parser()))
    explained = {re.split(r" (?:[A-Z]|\[|--)", row)[0] for row in rows(read("docs/commands.md"))}

    assert {"serve", "users add", "audit verify"} <= known
    assert explained == known


def test_every_option_is_explained():
    explained = read("docs/commands.md")

    assert {option for option in options(main._parser()) if option not in explained} == set()


def test_every_role_is_explained():
    readme = read("README.md")

    assert {(role, label) for role, label in ROLE_LABELS.items() if f"`{role}` {label}" not in readme} == set()


def test_the_tags_of_the_trail_are_those_of_the_paper():
    listed = {tag: label for tag, label in rows(read("docs/audit.md")).items() if ":" in tag}

    assert listed == {tag.value: label for tag, label in TAG_LABELS.items()}


def test_every_call_of_the_api_is_explained():
    explained = read("docs/api.md")
    described = get_openapi(title="", version="", routes=api.routes)
    paths = {path.removeprefix(api.prefix) for path in described["paths"]}

    assert len(paths) > 10
    assert {
        path for path in paths if path not in explained and f"`{path.rpartition('/')[2]}`" not in explained
    } == set()


def test_every_migration_since_the_first_version_is_told():
    numbers = [path.name[:4] for path in (ROOT / "alembic" / "versions").glob("[0-9]*.py")]
    told = read("CHANGELOG.md")

    assert {number for number in numbers if number >= FIRST_TOLD_MIGRATION and number not in told} == set()


def test_the_labels_that_the_manual_quotes_are_on_a_page():
    sources = [path for folder in ("templates", "static/js", "portal") for path in (ROOT / folder).rglob("*.*")]
    shown = "".join(path.read_text(encoding="utf-8") for path in sources if path.suffix in {".html", ".js", ".py"})
    quoted = set(re.findall(r"「([^」]+)」", read("docs/使用说明.md")))

    assert len(quoted) > 20
    assert {label for label in quoted if label not in shown} == set()


@every_paper
def test_no_setting_is_named_that_is_not_there(paper):
    assert set(SETTING.findall(read(paper))) - known_settings() == set()


@every_paper
def test_every_make_target_that_is_named_exists(paper):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))

    assert set(re.findall(r"\bmake ([a-z][a-z-]*)(?=[`\s])", "\n".join(code_of(read(paper))))) - targets == set()


@every_paper
def test_every_link_resolves(paper):
    assert broken_links(paper, read(paper)) == []


@every_paper
def test_every_file_that_is_named_exists(paper):
    assert unknown_paths(read(paper)) == []


def test_a_broken_link_and_an_unknown_file_are_found():
    text = "# One\n[a](#one) [b](#two) [c](docs/nowhere.md) [d](docs/audit.md#exports) [e](docs/audit.md#nothing)"

    assert broken_links(README, text) == ["#two", "docs/nowhere.md", "docs/audit.md#nothing"]
    assert unknown_paths("`portal/nowhere.py` and `portal/db.py`") == ["portal/nowhere.py"]


def test_every_paper_is_linked_from_the_readme():
    reached, open_ones = set(), [README]
    while open_ones:
        paper = open_ones.pop()
        if paper in reached or paper.suffix != ".md":
            continue
        reached.add(paper)
        links = [link.partition("#")[0] for link in LINK.findall(read(paper))]
        open_ones += [(paper.parent / link).resolve() for link in links if link and ":" not in link]

    assert set(PAPERS) - reached == set()


def test_the_readme_is_short():
    assert len(read("README.md").splitlines()) <= MOST_README_LINES


def rooms_on_the_map() -> list[list[str]]:
    """The lines of the README's map, each with the rooms that stand on it."""
    block = re.search(r"^## The rooms$.*?^```$(.*?)^```$", read("README.md"), re.MULTILINE | re.DOTALL)
    assert block
    return [re.split(r" {2,}", line)[0].split(" | ") for line in block[1].strip().splitlines()]


def test_the_map_shows_every_room_and_no_other():
    inside = (ROOT / "portal").iterdir()
    rooms = {path.stem for path in inside if path.suffix == ".py" or (path / "__init__.py").exists()}

    assert {room for line in rooms_on_the_map() for room in line} == rooms - {"__init__", "__main__"}


def test_the_map_is_the_import_contract():
    contract = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    layers = [sorted(layer.split(" | ")) for layer in contract["layers"] if layer != "__main__"]

    assert [sorted(line) for line in rooms_on_the_map()] == layers


# Older ones have holes that a hostile picture or form can use (SECURITY 2 and I-11).
FLOORS = {"pillow": (13, 0, 0), "python-multipart": (0, 0, 30), "starlette": (1, 3, 1)}


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@pytest.mark.parametrize("package", FLOORS)
def test_a_dependency_is_new_enough(package):
    assert numbers(version(package)) >= FLOORS[package]


@pytest.mark.parametrize("package", FLOORS)
def test_the_project_asks_for_no_older_one(package):
    asked = re.search(rf'"{package}>=([\d.]+)', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert asked
    assert numbers(asked[1]) >= FLOORS[package]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_a_hash(lock):
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line, re.IGNORECASE)]

    assert len(packages) > 15
    assert [line.split()[0] for line in packages if "--hash=sha256:" not in line] == []
    locked = {line.split("==")[0].lower(): numbers(line.split("==")[1]) for line in packages}
    assert all(locked[package] >= floor for package, floor in FLOORS.items())
