"""The bench can be imported: nothing runs, and what it calls of the portal is there."""

import importlib
import pkgutil

import pytest

import bench


@pytest.mark.parametrize("name", sorted(module.name for module in pkgutil.iter_modules(bench.__path__)))
def test_importing_a_module_of_the_bench_runs_nothing(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOOR_DIR", str(tmp_path))
    importlib.import_module(f"bench.{name}")

    assert capsys.readouterr().out == ""
    assert [path for path in tmp_path.iterdir() if path.suffix != ".db"] == []
