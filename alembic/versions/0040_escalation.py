"""Duty rota, alerts with their steps, and what was put before a lead."""

import sqlalchemy as sa

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_BY_CLINIC = sa.text("by = 'clinic'")
_STEPS_RUNNING = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "duty_shifts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("queue", sa.String(20)),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("starts_at", _TIME, nullable=False),
        sa.Column("ends_at", _TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_duty_shifts_ends_at", "duty_shifts", ["ends_at", "starts_at"])
    _create_alerts()
    _create_escalations()


def _create_alerts() -> None:
    op.create_table(
        "alert_series",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("cause", sa.String(24), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("raised_at", _TIME, nullable=False),
        sa.Column("next_at", _TIME),
        sa.Column("acknowledged_at", _TIME),
        sa.Column("acknowledged_by_id", sa.Uuid(), sa.ForeignKey("users.id")),
        sa.Column("ended_at", _TIME),
        sa.UniqueConstraint("cause", "subject_id", "round", name="uq_alert_series_cause_subject_id"),
    )
    op.create_index("ix_alert_series_ticket_id", "alert_series", ["ticket_id"])
    op.create_index(
        "ix_alert_series_next_at",
        "alert_series",
        ["next_at"],
        sqlite_where=_STEPS_RUNNING,
        postgresql_where=_STEPS_RUNNING,
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("series_id", sa.Uuid(), sa.ForeignKey("alert_series.id", ondelete="CASCADE"), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("to_user_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("raised_at", _TIME, nullable=False),
        sa.UniqueConstraint("series_id", "step", "to_user_id", name="uq_alerts_series_id_step_to_user_id"),
    )
    op.create_index("ix_alerts_to_user_id", "alerts", ["to_user_id", "raised_at", "id"])


def _create_escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(10), nullable=False),
        sa.Column("by_id", sa.Uuid(), sa.ForeignKey("users.id")),
        sa.Column("by_name", sa.String(60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("decision", sa.String(12)),
        sa.Column("decision_text", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), sa.ForeignKey("users.id")),
        sa.Column("decided_by_name", sa.String(60), nullable=False),
        sa.Column("decided_at", _TIME),
    )
    op.create_index("ix_escalations_ticket_id", "escalations", ["ticket_id"])
    op.create_index(
        "uq_escalations_ticket_id_round",
        "escalations",
        ["ticket_id", "round"],
        unique=True,
        sqlite_where=_BY_CLINIC,
        postgresql_where=_BY_CLINIC,
    )


def downgrade() -> None:
    for table in ("escalations", "alerts", "alert_series", "duty_shifts"):
        op.drop_table(table)
