"""Call-backs with their records, results looked at after a working day, and campaigns."""

import sqlalchemy as sa

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_ONE = sa.text("campaign_id IS NULL")
_OF_CAMPAIGN = sa.text("campaign_id IS NOT NULL")
_UNTOLD = sa.text("status = 'open' AND told_at IS NULL")
_UNCHECKED = sa.text("checked_at IS NULL")
_UNDONE = sa.text("done_at IS NULL")


def upgrade() -> None:
    _create_campaigns()
    _create_call_backs()
    _create_records()
    _create_checks()
    op.create_table(
        "known_issue_call_batches",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("known_issue_id", sa.Uuid(), sa.ForeignKey("known_issues.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("last_follower_id", sa.Uuid()),
        sa.Column("done_at", _MOMENT),
        sa.UniqueConstraint("known_issue_id", "round", name="uq_known_issue_call_batches_known_issue_id_round"),
    )
    op.create_index(
        "ix_known_issue_call_batches_undone", "known_issue_call_batches", ["made_at"], sqlite_where=_UNDONE,
        postgresql_where=_UNDONE,
    )  # fmt: skip


def _create_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("selection", sa.JSON(), nullable=False),
        sa.Column("seed", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("matching", sa.Integer(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("callers", sa.JSON(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("made_by_name", sa.String(60), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_campaigns_made_at", "campaigns", ["made_at", "id"])


def _create_call_backs() -> None:
    op.create_table(
        "call_backs",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_number", sa.String(24), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id")),
        sa.Column("complaint_id", sa.Uuid()),
        sa.Column("institution_id", sa.Uuid(), sa.ForeignKey("institutions.id")),
        sa.Column("campaign_id", sa.Uuid(), sa.ForeignKey("campaigns.id")),
        sa.Column("follower_id", sa.Uuid(), sa.ForeignKey("known_issue_followers.id")),
        sa.Column("queue", sa.String(20)),
        sa.Column("institution", sa.String(120), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("made_by_id", sa.Uuid()),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("first_due_at", _MOMENT, nullable=False),
        sa.Column("is_moved", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("users.id")),
        sa.Column("resolver_id", sa.Uuid()),
        sa.Column("not_for", sa.JSON(), nullable=False),
        sa.Column("appointment_at", _MOMENT),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("told_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("end_cause", sa.String(16), nullable=False),
        sa.Column("end_note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("number", name="uq_call_backs_number"),
    )
    op.create_index("ix_call_backs_owner_id", "call_backs", ["owner_id", "status", "due_at", "id"])
    op.create_index("ix_call_backs_status", "call_backs", ["status", "due_at", "id"])
    op.create_index("ix_call_backs_institution_id", "call_backs", ["institution_id", "made_at"])
    op.create_index("ix_call_backs_ticket_id", "call_backs", ["ticket_id"])
    op.create_index("ix_call_backs_complaint_id", "call_backs", ["complaint_id"])
    for name, columns, is_unique, where in (
        ("uq_call_backs_subject", ["cause", "subject_id", "round"], True, _ONE),
        ("uq_call_backs_campaign_id", ["campaign_id", "subject_id"], True, _OF_CAMPAIGN),
        ("ix_call_backs_untold", ["due_at"], False, _UNTOLD),
    ):
        op.create_index(name, "call_backs", columns, unique=is_unique, sqlite_where=where, postgresql_where=where)


def _create_records() -> None:
    op.create_table(
        "call_back_records",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("call_back_id", sa.Uuid(), sa.ForeignKey("call_backs.id"), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id")),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by_id", sa.Uuid()),
        sa.Column("by_name", sa.String(60), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("level", sa.String(12)),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=False),
        sa.Column("solved", sa.String(8)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
    )
    op.create_index("ix_call_back_records_call_back_id", "call_back_records", ["call_back_id"])
    op.create_index("ix_call_back_records_ticket_id", "call_back_records", ["ticket_id"])
    op.create_index("ix_call_back_records_at", "call_back_records", ["at", "id"])


def _create_checks() -> None:
    op.create_table(
        "call_back_checks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("resulted_at", _MOMENT, nullable=False),
        sa.Column("check_at", _MOMENT, nullable=False),
        sa.Column("seed", sa.String(16), nullable=False),
        sa.Column("share", sa.Integer()),
        sa.Column("checked_at", _MOMENT),
        sa.Column("is_chosen", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("ticket_id", "round", name="uq_call_back_checks_ticket_id_round"),
    )
    op.create_index(
        "ix_call_back_checks_due", "call_back_checks", ["check_at"], sqlite_where=_UNCHECKED,
        postgresql_where=_UNCHECKED,
    )  # fmt: skip


def downgrade() -> None:
    for name in ("known_issue_call_batches", "call_back_checks", "call_back_records", "call_backs", "campaigns"):
        op.drop_table(name)
