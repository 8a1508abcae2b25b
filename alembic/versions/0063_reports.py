"""Reports of weeks and months, and the indexes by which their figures are counted."""

import sqlalchemy as sa

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
_INDEXES = (
    ("ix_ticket_clocks_judged", "ticket_clocks", ["clock", "due_at"], "clock IN ('replied', 'solved')"),
    (
        "ix_ticket_clocks_results",
        "ticket_clocks",
        ["clock", "ended_at"],
        "clock = 'solved' AND outcome IN ('met', 'missed')",
    ),
    ("ix_tickets_ended", "tickets", ["queue", "closed_at"], "closed_at IS NOT NULL"),
)


def upgrade() -> None:
    op.create_table(
        "period_reports",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("grain", sa.String(8), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("queue", sa.String(20), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.String(60), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.String(60), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("period", "queue", "edition", name="uq_period_reports_period_queue_edition"),
    )
    for name, table, columns, condition in _INDEXES:
        only = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table)
    op.drop_table("period_reports")
