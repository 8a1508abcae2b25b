"""An answer that nobody gave is empty, not 其他 and not 单个; put right from the stored answers."""

import sqlalchemy as sa

from alembic import op

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None

_ASSUMED = {"symptom": "other", "scope": "single"}
_BATCH = 500
_TICKETS = sa.table(
    "tickets", sa.column("id", sa.Uuid()), sa.column("report_id", sa.Uuid()), sa.column("destroyed_at"),
    *(sa.column(name) for name in _ASSUMED),
)  # fmt: skip
_REPORTS = sa.table("reports", sa.column("id", sa.Uuid()), sa.column("answers", sa.JSON()))
_SUPPLEMENTS = sa.table("supplements", sa.column("report_id", sa.Uuid()), sa.column("field"), sa.column("text"))


def upgrade() -> None:
    for name, assumed in _ASSUMED.items():
        _empty(name, assumed)


def downgrade() -> None:
    for name, assumed in _ASSUMED.items():
        op.execute(sa.update(_TICKETS).where(_TICKETS.c[name] == "").values({name: assumed}))


def _empty(name: str, assumed: str) -> None:
    """Empty the column where neither the report nor a supplement says so. Destroyed answers say nothing any more."""
    connection = op.get_bind()
    supplied = sa.select(_SUPPLEMENTS.c.report_id).where(_SUPPLEMENTS.c.field == name, _SUPPLEMENTS.c.text != "")
    query = (
        sa.select(_TICKETS.c.id, _REPORTS.c.answers)
        .join(_REPORTS, _REPORTS.c.id == _TICKETS.c.report_id)
        .where(_TICKETS.c[name] == assumed, _TICKETS.c.destroyed_at.is_(None))
        .where(_TICKETS.c.report_id.not_in(supplied))
        .order_by(_TICKETS.c.id)
        .limit(_BATCH)
    )
    last = None
    while rows := connection.execute(query if last is None else query.where(_TICKETS.c.id > last)).all():
        unanswered = [ticket_id for ticket_id, answers in rows if not (answers or {}).get(name)]
        connection.execute(sa.update(_TICKETS).where(_TICKETS.c.id.in_(unanswered)).values({name: ""}))
        last = rows[-1][0]
