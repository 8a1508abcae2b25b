"""0072 takes claims out of order from the trail, with data made by the version before it, on both databases."""

from sqlalchemy import select

from alembic import command
from portal import migrations
from portal.acts.models import OrderBreak
from portal.acts.table import CLAIM, TRANSFER
from portal.metrics.models import DailyCount
from tests.acts.desk import Desk


def broken(portal):
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(OrderBreak).order_by(OrderBreak.at)).all()
        return [(row.ticket_id, row.at, row.reason, row.passed) for row in rows]


def test_claims_out_of_order_are_read_from_the_trail_and_counted_again_below_it(portal):
    first, moved, last = (Desk(portal.runtime) for _ in range(3))
    moved.act(CLAIM, "bob", reason="urged")
    moved.act(TRANSFER, "bob", queue="his", text="属于医院系统")
    last.act(CLAIM)
    first.act(CLAIM)
    before, database = broken(portal), portal.runtime.database
    assert [row[2:] for row in before] == [("urged", 1), ("unsaid", 1)]
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0071")
    with database.read() as session:
        counts = session.execute(select(DailyCount.key, DailyCount.count).where(DailyCount.name == "passed-over"))
        assert dict(counts.all()) == {"urged": 1, "unsaid": 1}
    migrations.migrate(database)
    after = broken(portal)
    assert [(row[0], row[2:]) for row in after] == [(row[0], row[2:]) for row in before]
    assert all(abs((new[1] - old[1]).total_seconds()) < 5 for new, old in zip(after, before, strict=True))
    with database.read() as session:
        assert session.scalar(select(DailyCount.count).where(DailyCount.name == "passed-over")) is None
