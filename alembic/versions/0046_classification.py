"""Classification: what caused a ticket, the leads' own causes, and the versions of its internal summary."""

import sqlalchemy as sa

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
_TEXTS = ("summary", "first_opinion", "improvement", "remark", "steps")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("root_cause", sa.String(30), nullable=True))
    op.create_table(
        "root_causes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(30), nullable=False, unique=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
    )
    op.create_table(
        "triage_notes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("needs_soothing", sa.Boolean(), nullable=False),
        sa.Column("recording_ref", sa.String(60), nullable=False),
        sa.Column("by_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("by_name", sa.String(60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.UniqueConstraint("ticket_id", "version", name="uq_triage_notes_ticket_id_version"),
    )


def downgrade() -> None:
    op.drop_table("triage_notes")
    op.drop_table("root_causes")
    op.drop_column("tickets", "root_cause")
