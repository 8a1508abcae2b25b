"""The engine of the house rules: a rule finds breaches in one file's text, and carries samples that prove it red."""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Rule:
    """`find(path, text)` gives one line per breach; `bad` must give some, `good` none."""

    find: Callable[[str, str], Iterator[str]]
    bad: list[tuple[str, str]]
    good: list[tuple[str, str]]

    @property
    def name(self) -> str:
        return self.find.__name__


RULES: list[Rule] = []


def rule(*, bad: list[tuple[str, str]], good: list[tuple[str, str]]):
    """Register a rule with samples as (path, text)."""

    def register(find):
        RULES.append(Rule(find, bad, good))
        return find

    return register


@cache
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def _by_kind(text: str) -> dict[type, list[ast.AST]]:
    """Two hundred rules look at the same nodes: they are walked through once."""
    found: dict[type, list[ast.AST]] = {}
    for node in ast.walk(parsed(text)):
        found.setdefault(type(node), []).append(node)
    return found


def nodes(text: str, *kinds: type) -> Iterator[ast.AST]:
    return (node for kind, those in _by_kind(text).items() if issubclass(kind, kinds) for node in those)


def is_portal(path: str) -> bool:
    return path.startswith("portal/") and path.endswith(".py")


def is_template(path: str) -> bool:
    return path.startswith("templates/")


def imported(text: str) -> Iterator[tuple[int, str]]:
    """Line and full name of every import: `from a import b` gives `a` and `a.b`."""
    for node in nodes(text, ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        else:
            yield node.lineno, node.module or ""
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def imports_of(text: str, *packages: str) -> Iterator[str]:
    for line, name in imported(text):
        if any(name == package or name.startswith(f"{package}.") for package in packages):
            yield f"{line}: imports {name}"


def matches(text: str, pattern: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(pattern, line, re.IGNORECASE):
            yield f"{number}: {line.strip()[:100]}"


def prose(text: str) -> set[int]:
    """Ids of the nodes that are docstrings."""
    owners = nodes(text, ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {id(owner.body[0].value) for owner in owners if ast.get_docstring(owner) is not None}


def files() -> dict[str, str]:
    """Every text file of the project by its path."""
    folders = ("portal", "templates", "static", "alembic", "tests", "bench", ".ci")
    tops = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]  # a file in a worktree
    below = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    found = {}
    for path in tops + below:
        if "node_modules" in path.parts:
            continue  # the OpenID provider of the tests: installed from its lock, never committed
        if path.suffix in (".pyc", ".png", ".jpg", ".ico", ".woff2", ".db", ".xz") or path.name.startswith(".coverage"):
            continue
        found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8", errors="replace")
    return found


def breaches(kept: Rule, sources: dict[str, str]) -> list[str]:
    return [f"{path}:{line}" for path, text in sources.items() for line in kept.find(path, text)]


def layers() -> list[list[str]]:
    """The rooms of the import contract, the highest first."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (only,) = contract["tool"]["importlinter"]["contracts"]
    return [line.split(" | ") for line in only["layers"]]


def room(path: str) -> str:
    """The top-level module or package of a file of the portal."""
    return path.removeprefix("portal/").split("/")[0].removesuffix(".py")
