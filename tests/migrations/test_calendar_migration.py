"""0037 keeps the years and days that are there, names holidays as the notices do, and goes back; on both databases."""

from datetime import date

from sqlalchemy import text

from alembic import command
from portal import migrations
from portal.audit.actor import SYSTEM
from portal.calendar import content, imports, years
from portal.calendar.models import YearState


def test_years_and_days_are_carried_over(portal):
    database = portal.runtime.database
    with database.transaction() as session:
        years.lock(session, [2030])  # one that is estimated
        imports.apply(session, SYSTEM, content.read("2028-01-03,0,元旦", None))
    with database.read() as session:
        before = [(row.day, row.is_working, row.name) for row in years.days_of(session, 2004, 2028)]
    assert (date(2026, 9, 25), False, "中秋节") in before

    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0037")
        command.downgrade(migrations.config(connection), "-1")
        names = connection.execute(text("SELECT name FROM calendar_days WHERE day = '2026-09-25'"))
        assert names.scalars().all() == ["中秋"]
        assert connection.execute(text("SELECT count(*) FROM calendar_years WHERE year = 2030")).scalar_one() == 0
    migrations.migrate(database)

    with database.read() as session:
        assert [(row.day, row.is_working, row.name) for row in years.days_of(session, 2004, 2028)] == before
        found = years.find(session, 2028)
        assert found is not None
        assert (found.state, found.source, found.version) == (YearState.CONFIRMED.value, "manual", 1)
        assert years.find(session, 2030) is None
