"""Passages hidden by hand can be restored for seven days."""

import sqlalchemy as sa

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_redactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("value_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("passages_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("data_key_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_text_redactions_report_id")),
        sa.ForeignKeyConstraint(
            ["value_id"], ["sealed_values.id"], name=op.f("fk_text_redactions_value_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["data_key_id"], ["data_keys.id"], name=op.f("fk_text_redactions_data_key_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_redactions")),
    )
    op.create_index(op.f("ix_text_redactions_report_id"), "text_redactions", ["report_id"])
    op.create_index(op.f("ix_text_redactions_made_at"), "text_redactions", ["made_at"])


def downgrade() -> None:
    op.drop_table("text_redactions")
