"""The import contract sees every room: a module that nobody placed turns it red, and so does an arrow upward."""

import shutil
import subprocess
import sys

import pytest

from tests.architecture.house import ROOT, layers

_LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("cellar", "", "cellar"),
        ("tickets/upward", "from portal.pages.clinic import steps\n", "portal.tickets.upward -> portal.pages.clinic"),
    ],
    ids=["a module outside every layer", "an import upward"],
)
def test_the_contract_turns_red(tmp_path, name, text, said):
    shutil.copytree(ROOT / "portal", tmp_path / "portal", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / f"portal/{name}.py").write_text(f'"""Planted."""\n\n{text}', encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, "-c", _LINT, "--no-cache"], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, check=False,
        capture_output=True, text=True,
    )  # fmt: skip

    assert ran.returncode != 0
    assert said in ran.stdout + ran.stderr


def test_every_room_is_in_a_layer():
    placed = {name for names in layers() for name in names}
    rooms = {
        path.stem for path in (ROOT / "portal").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert rooms - {"__init__"} == placed


def test_the_core_stays_small():
    """Under 1,000 lines (ARCHITECTURE 2): what grows around a ticket is a room above it."""
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "portal/tickets").glob("*.py"))

    assert 0 < lines < 1000
