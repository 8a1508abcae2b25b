"""Reveal policy: when a session was last confirmed, emergency requests, samples of the trail."""

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


# No batch mode: on SQLite it recreates the table, and its triggers and dependent rows would be lost.
def upgrade() -> None:
    op.add_column("staff_sessions", sa.Column("confirmed_at", MOMENT, nullable=True))
    op.create_table(
        "break_glass_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asker_id", sa.Uuid(), nullable=False),
        sa.Column("asker_name", sa.String(length=60), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decider_name", sa.String(length=60), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_break_glass_requests_ticket_id")),
        sa.ForeignKeyConstraint(["asker_id"], ["users.id"], name=op.f("fk_break_glass_requests_asker_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_break_glass_requests_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass_requests")),
    )
    for column in ("ticket_id", "asker_id", "asked_at"):
        op.create_index(op.f(f"ix_break_glass_requests_{column}"), "break_glass_requests", [column])
    op.create_table(
        "samples",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.Column("drawn_by", sa.Uuid(), nullable=False),
        sa.Column("drawer_name", sa.String(length=60), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=32), nullable=False),
        sa.Column("newest_seq", sa.BigInteger(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["drawn_by"], ["users.id"], name=op.f("fk_samples_drawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samples")),
    )
    op.create_index(op.f("ix_samples_drawn_at"), "samples", ["drawn_at"])
    op.create_table(
        "sampled_rows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("ticket_number", sa.String(length=24), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("mark", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("marked_by", sa.String(length=60), nullable=False),
        sa.Column("marked_at", MOMENT, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_sampled_rows_sample_id")),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name=op.f("fk_sampled_rows_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sampled_rows")),
        sa.UniqueConstraint("sample_id", "place", name=op.f("uq_sampled_rows_sample_id_place")),
    )
    op.create_index(op.f("ix_sampled_rows_person_id"), "sampled_rows", ["person_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_sampled_rows_person_id"), "sampled_rows")
    op.drop_table("sampled_rows")
    op.drop_index(op.f("ix_samples_drawn_at"), "samples")
    op.drop_table("samples")
    for column in ("asked_at", "asker_id", "ticket_id"):
        op.drop_index(op.f(f"ix_break_glass_requests_{column}"), "break_glass_requests")
    op.drop_table("break_glass_requests")
    op.drop_column("staff_sessions", "confirmed_at")
