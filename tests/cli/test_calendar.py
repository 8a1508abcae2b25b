"""`calendar import` and `calendar show`: a notice or a table, kept whole or not at all."""

import re

import pytest
from sqlalchemy import func, select

from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.calendar.models import CalendarChange
from portal.cli.main import main
from tests.calendar.notices import NOTICES
from tests.calendar.test_imports import NEXT_YEAR

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def run(portal, tmp_path, monkeypatch, capsys):
    """Runs a command on the portal's data folder, with a file of this text; gives exit code, output and errors."""
    monkeypatch.setenv("PORTAL_DATA_DIR", str(portal.settings.data_dir))
    monkeypatch.setenv("PORTAL_DATABASE_URL", portal.settings.database_url)
    monkeypatch.setenv("PORTAL_UPLOADS", portal.settings.uploads)

    def command(*arguments: str, text: str = "") -> tuple[int, str, str]:
        file = tmp_path / "notice.txt"
        file.write_text(text, encoding="utf-8")
        capsys.readouterr()
        code, sentence = 0, ""
        try:
            main([argument.replace("FILE", str(file)) for argument in arguments])
        except SystemExit as end:
            sentence = end.code if isinstance(end.code, str) else ""
            code = 1 if sentence else int(end.code or 0)
        out, errors = capsys.readouterr()
        return code, out, errors + sentence

    return command


def kept_rows(portal) -> int:
    with portal.runtime.database.read() as session:
        return session.scalars(select(func.count()).select_from(CalendarChange)).one()


def test_a_notice_is_confirmed_by_the_call(portal, run) -> None:
    assert run("calendar", "show", "2027")[1].startswith("2027 年的日历没有录入")

    code, out, _ = run("calendar", "import", "FILE", "--year", "2027", text=NEXT_YEAR)

    assert code == 0
    assert "2027 年 2 月 20 日（周六）：周末 → 上班（春节）" in out and "22 天和原来不同" in out
    shown = run("calendar", "show", "2027")[1]
    assert "2027-02-20,1,春节" in shown and "2027-05-05,0,劳动节" in shown
    with portal.runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CALENDAR_CHANGED)).one()
    assert (row.actor_name, row.particulars) == (
        "command line", {"year": 2027, "calendar_days": 22, "source": "notice"}
    )  # fmt: skip


def test_a_dry_run_only_prints_the_difference(portal, run) -> None:
    code, out, _ = run("calendar", "import", "FILE", "--dry-run", text=NEXT_YEAR)

    assert code == 0 and "2027-02-20" in re.sub(r"[()]", "", out)
    assert kept_rows(portal) == 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (NEXT_YEAR.replace("2月20日（周六）", "2月21日（周六）"), "1月31日(周日)、2月21日(周六)上班"),
        (NEXT_YEAR.replace("共8天", "共7天"), "写的是共 7 天"),
        (NOTICES[2026] + "\n八、另外10月8日也放半天假。", "10月8日也放半天假"),
        ("2027-01-01,0,元旦\n2027-01-02,maybe,元旦", "第 2 行"),
        ("2027-01-01,0,元旦\n2026-01-02,0,元旦", "没有别的年份"),
        ("", "请粘贴"),
    ],
)
def test_one_sentence_that_does_not_fit_keeps_nothing(portal, run, text: str, named: str) -> None:
    code, _, errors = run("calendar", "import", "FILE", text=text)

    assert code == 1 and named in errors
    assert kept_rows(portal) == 0


def test_a_table_replaces_its_year(portal, run) -> None:
    code, out, _ = run(
        "calendar", "import", "FILE", text="day,is_working,name\n2027-01-01,0,元旦\n2027-10-01,0,国庆节\n"
    )

    assert code == 0 and "0 天和原来不同" in out
    assert run("calendar", "show", "2027")[1].splitlines()[1:] == ["2027-01-01,0,元旦", "2027-10-01,0,国庆节"]
