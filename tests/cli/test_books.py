"""`reports make`: prints the addresses of what it made; once a period, and again only on demand."""

import pytest

from portal import clock
from portal.cli.main import main
from portal.kpi.figures import periods
from tests.factories.moments import last_month, last_week

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_a_period_is_made_once_and_again_on_demand_only(portal, monkeypatch, capsys):
    monkeypatch.setenv("PORTAL_DATA_DIR", str(portal.settings.data_dir))
    monkeypatch.setenv("PORTAL_DATABASE_URL", portal.settings.database_url)
    monkeypatch.setenv("PORTAL_UPLOADS", portal.settings.uploads)
    this = periods.week_of(clock.china_today())
    week, month = last_week().name, last_month().name

    def run(*arguments: str) -> tuple[object, list[str]]:
        capsys.readouterr()
        try:
            main(["reports", "make", *arguments])
        except SystemExit as end:
            return end.code, capsys.readouterr().out.split()
        return 0, capsys.readouterr().out.split()

    address = f"/insights/weekly/{week}"
    assert run("--week", week, "--queue", "his") == (0, [f"{address}?queue=his"])
    assert run("--week", week) == (0, [address, f"{address}?queue=general"])
    assert "--again" in str(run("--week", week)[0])
    assert run("--week", week, "--queue", "his", "--again", "补录了评价") == (0, [f"{address}?queue=his"])
    assert run("--month", month, "--queue", "general", "--again")[1] == [f"/insights/monthly/{month}?queue=general"]
    for wrong in (("--week", this.name), ("--week", month), ("--month", "2026-13"), ("--week", week, "--queue", "lab")):
        assert isinstance(run(*wrong)[0], str), wrong
    assert run("--week", week, "--month", month)[0] == run()[0] == 2
