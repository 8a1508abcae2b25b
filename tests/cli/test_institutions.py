"""`portal institutions import`: what it says, what it writes, how it ends."""

import pytest
from sqlalchemy import func, select

from portal.cli.commands import CommandError
from portal.cli.main import _parser
from portal.errors import PortalError
from portal.institutions.models import DirectoryEntry
from tests.factories.directories import csv_of

GOOD = ("高唐县", "杨屯乡", "张四屯卫生室", "", "", "孙主管", "")
BAD = ("张庄", "", "卫生室", "", "", "", "")


def run(portal, tmp_path, *rows, options=()):
    table = tmp_path / "table.csv"
    table.write_bytes(csv_of(*rows, encoding="gbk"))
    parsed = _parser().parse_args(["institutions", "import", str(table), *options])
    parsed.run(parsed, portal.settings)


def count(portal) -> int:
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(DirectoryEntry))


def test_it_writes_once_and_says_what(portal, tmp_path, capsys):
    run(portal, tmp_path, GOOD)
    assert "1 are added, 0 are changed, 0 stay as they were" in capsys.readouterr().out
    run(portal, tmp_path, (*GOOD[:5], "新人", ""))
    assert "第 2 行修改 高唐县杨屯乡张四屯卫生室：维护人：孙主管 → 新人" in capsys.readouterr().out
    assert count(portal) == 1


def test_a_dry_run_writes_nothing(portal, tmp_path, capsys):
    run(portal, tmp_path, GOOD, options=["--dry-run"])
    assert "1 would be added" in capsys.readouterr().out
    assert count(portal) == 0


def test_refused_lines_are_told_and_the_others_written(portal, tmp_path, capsys):
    with pytest.raises(CommandError, match="1 lines are refused"):
        run(portal, tmp_path, BAD, GOOD)
    assert "第 2 行没有采用，张庄卫生室：县级名称请以县、区、市或旗结尾" in capsys.readouterr().out
    assert count(portal) == 1


def test_a_missing_or_strange_file_ends_in_a_sentence(portal, tmp_path):
    parsed = _parser().parse_args(["institutions", "import", str(tmp_path / "none.csv")])
    with pytest.raises(OSError, match="No such file"):
        parsed.run(parsed, portal.settings)
    (tmp_path / "x.csv").write_bytes(b"\x00")
    parsed = _parser().parse_args(["institutions", "import", str(tmp_path / "x.csv")])
    with pytest.raises(PortalError, match="另存为"):
        parsed.run(parsed, portal.settings)
