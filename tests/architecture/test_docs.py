"""README names what there is, and nothing that is not there; the dependencies are new enough."""

import argparse
import dataclasses
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from portal import settings
from portal.accounts.roles import ROLE_LABELS
from portal.audit.tags import TAG_LABELS
from portal.cli import main

ROOT = Path(__file__).parent.parent.parent
SETTING = re.compile(r"\bPORTAL_[A-Z0-9_]*[A-Z0-9]\b")


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def known_settings() -> set[str]:
    return set(SETTING.findall(Path(settings.__file__).read_text(encoding="utf-8")))


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


def test_every_setting_is_explained(readme):
    assert len(known_settings()) == len(dataclasses.fields(settings.Settings))
    assert {name for name in known_settings() if f"`{name}`" not in readme} == set()


def test_no_setting_is_explained_that_is_not_there(readme):
    assert set(SETTING.findall(readme)) - known_settings() == set()


def test_every_command_is_explained(readme):
    known = set(commands(main._parser()))

    assert {"serve", "users add", "audit verify"} <= known
    assert {command for command in known if f"`{command}" not in readme} == set()


def test_every_option_is_explained(readme):
    assert {option for option in options(main._parser()) if option not in readme} == set()


def test_every_role_is_explained(readme):
    assert {(role, label) for role, label in ROLE_LABELS.items() if f"`{role}` {label}" not in readme} == set()


def test_every_tag_of_the_trail_is_explained(readme):
    assert {label for label in TAG_LABELS.values() if label not in readme} == set()


def test_every_make_target_that_is_named_exists(readme):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert set(re.findall(r"\bmake ([a-z-]+)(?=[`\s])", "\n".join(code_of(readme)))) - targets == set()


def test_every_file_that_is_linked_exists(readme):
    links = re.findall(r"\]\(([^)#:]+)\)", readme)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_module_that_is_named_exists(readme):
    named = set(re.findall(r"`((?:portal|tests|templates|static|alembic|bench)/[\w/.-]+)`", readme))

    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def code_of(text: str) -> list[str]:
    """Everything that is set as code."""
    return re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)


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
