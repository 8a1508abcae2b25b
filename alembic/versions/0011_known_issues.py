"""Known issues, and the clinics that reported the same."""

import sqlalchemy as sa

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_issues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("queues", sa.JSON(), nullable=False),
        sa.Column("system", sa.String(length=100), nullable=False),
        sa.Column("county", sa.String(length=40), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("recovers_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workaround", sa.Text(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("ticket_number", sa.String(length=24), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settling", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_issues")),
        sa.UniqueConstraint("number", name=op.f("uq_known_issues_number")),
    )
    op.create_index("ix_known_issues_settled_at_created_at", "known_issues", ["settled_at", "created_at"])
    op.create_table(
        "known_issue_followers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("known_issue_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("query_code_hash", sa.String(length=64), nullable=False),
        sa.Column("submission_hash", sa.String(length=64), nullable=False),
        sa.Column("institution", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contact_destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["known_issue_id"], ["known_issues.id"], name=op.f("fk_known_issue_followers_known_issue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_issue_followers")),
        sa.UniqueConstraint("number", name=op.f("uq_known_issue_followers_number")),
        sa.UniqueConstraint("submission_hash", name=op.f("uq_known_issue_followers_submission_hash")),
    )
    op.create_index(op.f("ix_known_issue_followers_known_issue_id"), "known_issue_followers", ["known_issue_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_known_issue_followers_known_issue_id"), "known_issue_followers")
    op.drop_table("known_issue_followers")
    op.drop_index("ix_known_issues_settled_at_created_at", "known_issues")
    op.drop_table("known_issues")
