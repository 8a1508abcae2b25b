"""Every regular expression of the package, and texts that would make a careless one slow, derived from the pattern."""

import ast
import importlib
import random
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_CALLS = ("compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
_CATEGORY_SIGN = {
    op.CATEGORY_DIGIT: r"\d", op.CATEGORY_SPACE: r"\s", op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_DIGIT: r"\D", op.CATEGORY_NOT_SPACE: r"\S", op.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip
_CATEGORY = {op.CATEGORY_DIGIT: "07", op.CATEGORY_SPACE: " \n", op.CATEGORY_WORD: "a_0中"}
_USUAL = "a0 中,.:*(-\n;/=X@'\"、"  # what an excluding set lets pass
_FEW = 5
_MOST = 150  # texts a pattern; of more, a fixed choice
_MIXTURES = 16
_MISS = "\x00"


@dataclass(frozen=True)
class Found:
    """A pattern at its place, `portal/room/file.py:line`; None if it is only known when the program runs."""

    place: str
    source: str
    pattern: "re.Pattern[Any] | None"


def found_in(path: Path, module: ModuleType) -> Iterator[Found]:
    """Every pattern that a file gives to `re`, compiled with the module's own names."""
    source = path.read_text()
    if "re." not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CALLS):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re"):
            continue
        place = f"{path.relative_to(ROOT)}:{node.lineno}"
        yield Found(place, ast.get_source_segment(source, node.args[0]) or "", _compiled(node, module))


@cache
def all_patterns() -> tuple[Found, ...]:
    """Of the whole package, in the order of its files."""
    return tuple(
        one
        for path in sorted((ROOT / "portal").rglob("*.py"))
        if path.name != "__main__.py"
        for one in found_in(path, importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)))
    )


def _compiled(call: ast.Call, module: ModuleType) -> "re.Pattern[Any] | None":
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    try:
        pattern, *others = (
            eval(compile(ast.Expression(node), "pattern", "eval"), dict(vars(module)))
            for node in given
            if node is given[0] or "re." in ast.unparse(node)
        )
    except NameError:
        return None
    return re.compile(pattern, *others)


@dataclass(frozen=True)
class Attack:
    """A text of any length: a beginning, a repeated unit, an end."""

    unit: str
    before: str = ""
    end: str = ""

    def text(self, length: int) -> str:
        return self.before + (self.unit * (length // len(self.unit) + 1))[:length] + self.end


def attacks(pattern: "re.Pattern[Any]") -> list[Attack]:
    """Each repeated unit of the pattern, alone and after its beginnings, and near misses of them."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    repeated = list(_repetitions(tree, ""))
    units = _unique([*_units(tree), *(before + _sample(body) for before, body in repeated), _sample(tree)])
    signs = _unique(char for unit in units for char in unit) or list(_USUAL)
    found = dict.fromkeys([
        *(Attack(unit) for unit in [*signs, *units] if unit),
        *(Attack(unit, end=_MISS) for unit in signs),
        *(
            Attack(unit, before, end)
            for before, body in repeated
            for unit in _unique([*_units(body), _sample(body)])
            for end in ("", _MISS)
            if unit
        ),
    ])  # fmt: skip
    chance = random.Random(7)
    chosen = list(found) if len(found) < _MOST else chance.sample(list(found), _MOST)
    return [*chosen, *_mixtures(signs, chance)]


def cost(pattern: "re.Pattern[Any]", text: str, times: int = 1) -> float:
    """CPU seconds of this thread for searching the whole text from every place, and for matching it once."""
    given = text.encode("latin-1", "ignore") if isinstance(pattern.pattern, bytes) else text
    best = float("inf")
    for _ in range(times):
        begin = time.thread_time()
        for _match in pattern.finditer(given):
            pass
        pattern.fullmatch(given)
        best = min(best, time.thread_time() - begin)
    return best


def _mixtures(signs: list[str], chance: random.Random) -> Iterator[Attack]:
    for _ in range(_MIXTURES):
        few = chance.sample(signs, min(len(signs), chance.choice((2, 2, 3, 4))))
        yield Attack("".join(chance.choices(few, k=97)))


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts))


def _repetitions(tree: Iterable[Any], before: str) -> Iterator[tuple[str, Any]]:
    """Each repeated part, after the least that the pattern asks before it."""
    for node in tree:
        for part in _parts(node):
            yield from _repetitions(part, before)
        if node[0] in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            yield before, node[1][2]
        before += _sample([node])


def _units(tree: Iterable[Any]) -> Iterator[str]:
    """The signs of every set, and every repeated or asserted part."""
    for node in tree:
        kind, value = node
        if kind is op.LITERAL:
            yield chr(value)
        elif kind in (op.IN, op.ANY, op.NOT_LITERAL):
            yield from _signs(node)
        for part in _parts(node):
            yield from filter(None, [_sample(part)])
            yield from _units(part)


def _parts(node: Any) -> list[Any]:
    kind, value = node
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return [value[2]]
    if kind is op.BRANCH:
        return list(value[1])
    if kind is op.SUBPATTERN:
        return [value[3]]
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return [value[1]]
    return [value] if kind is op.ATOMIC_GROUP else []


def _sample(tree: Iterable[Any]) -> str:
    """One short text that the nodes match, assertions aside."""
    text = ""
    for node in tree:
        kind, value = node
        if kind is op.LITERAL:
            text += chr(value)
        elif kind in (op.IN, op.ANY, op.NOT_LITERAL):
            text += next(iter(_signs(node)), "")
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            text += _sample(value[2]) * max(value[0], 1)
        elif kind not in (op.ASSERT, op.ASSERT_NOT):
            text += _sample((_parts(node) or [[]])[0])
    return text


def _signs(node: Any) -> list[str]:
    kind, value = node
    if kind is op.ANY:
        return list("a0 中")
    if kind is op.NOT_LITERAL:
        return [sign for sign in _USUAL if ord(sign) != value][:_FEW]
    is_excluding = value[0][0] is op.NEGATE
    listed = "".join(_listed(one) for one in value if one[0] is not op.NEGATE)
    if not is_excluding:
        return _unique([*listed[:_FEW], *listed[-1:]])
    single = re.compile(_excluding(value))
    return [sign for sign in _USUAL if single.match(sign)][:_FEW]


def _listed(one: Any) -> str:
    kind, value = one
    if kind is op.LITERAL:
        return chr(value)
    if kind is op.RANGE:
        return chr(value[0]) + chr(min(value[0] + 5, value[1]))
    return _CATEGORY.get(value, "a ")


def _excluding(items: Any) -> str:
    """The set, written again."""
    text = "[^"
    for kind, value in items:
        if kind is op.LITERAL:
            text += re.escape(chr(value))
        elif kind is op.RANGE:
            text += f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        elif kind is op.CATEGORY:
            text += _CATEGORY_SIGN[value]
    return text + "]"
