"""0064 works out of the timelines what the acts themselves write; on both databases, and back."""

from sqlalchemy import select

from alembic import command
from portal import migrations
from portal.acts.table import CLAIM, MERGE, REOPEN, REPLY, RESOLVE, UNMERGE
from portal.audit.actor import clinic
from portal.kpi.score.models import MonthlyScore, ScorePolicy, WorkFact
from portal.tickets.states import TicketState as S
from portal.tracking import confirmation
from tests.acts.desk import Desk

_TIMES = ("touch_seconds", "touch_working_seconds", "reply_working_seconds")


def facts(database):
    names = [column.name for column in WorkFact.__table__.columns if column.name not in ("id", *_TIMES)]
    with database.read() as session:
        rows = session.scalars(select(WorkFact).order_by(WorkFact.ticket_id, WorkFact.round)).all()
        return [({name: getattr(row, name) for name in names}, [getattr(row, name) for name in _TIMES]) for row in rows]


def test_it_gives_what_the_acts_themselves_had_written(portal):
    database = portal.runtime.database
    new, closed, voided, refused, taken_back, merged, separated = (Desk(portal.runtime) for _ in range(7))
    new.act(CLAIM)
    closed.bring_to(S.CLOSED)
    closed.act(REOPEN, text="又出现了")
    closed.act(CLAIM, "bob") if closed.ticket.assignee_id is None else closed.act(REPLY, text="在看")
    voided.bring_to(S.VOID)
    for desk in (refused, taken_back, merged, separated):
        desk.act(CLAIM)
    for desk, said in ((refused, False), (refused, True)):
        desk.act(RESOLVE, text="已恢复")
        confirmation.confirm(portal.runtime, clinic(), desk.ticket.id, is_solved=said, comment="还不行")
    taken_back.act(RESOLVE, text="已恢复")
    taken_back.act(REOPEN, text="再看一下")
    merged.act(MERGE, into=new.number)
    separated.act(MERGE, into=new.number)
    separated.act(UNMERGE, text="不是一回事")
    written = facts(database)
    assert len(written) == 6

    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0055")
    migrations.migrate(database)

    found = facts(database)
    assert [row for row, _ in found] == [row for row, _ in written]
    for (_, was), (_, now) in zip(written, found, strict=True):
        assert [value is None for value in now] == [value is None for value in was]
        assert all(abs(a - b) < 1 for a, b in zip(was, now, strict=True) if a is not None)
    with database.read() as session:
        assert session.get(ScorePolicy, 1).metrics["response"]["weight"] == 20
        assert session.scalars(select(MonthlyScore)).all() == []
