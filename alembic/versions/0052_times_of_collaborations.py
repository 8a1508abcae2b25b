"""Times of collaborations in the policy, by when a department is to be asked, and empty rotas that people know of."""

import uuid

import sqlalchemy as sa

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_WAITING = sa.text("dispatch_due_at IS NOT NULL")
_UNDISPATCHED = sa.text(
    "worst_collaboration IS NULL AND resolved_at IS NOT NULL AND coordination IN ('cross_department', 'cross_province')"
)
# What was constant before, written into every version: clock, coordination, urgency, minutes.
_TERMS = (
    ("collaboration", "", "urgent", 120),
    ("collaboration", "", "normal", 1440),
    ("collaboration_contact", "", "", 1440),
    ("collaboration_made", "cross_department", "", 60),
    ("collaboration_made", "cross_province", "", 60),
)
_NAMES = ("id", "policy_version", "position", "clock", "queue", "request_type", "channel", "coordination", "urgency",
          "amount", "unit")  # fmt: skip


def upgrade() -> None:
    op.add_column("departments", sa.Column("mail_address", sa.String(254)))
    op.add_column("tickets", sa.Column("dispatch_due_at", _MOMENT))
    op.add_column("tickets", sa.Column("dispatch_told_round", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        "ix_tickets_dispatch_due_at", "tickets", ["dispatch_due_at"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    op.create_index(
        "ix_tickets_undispatched", "tickets", ["queue", "resolved_at"], sqlite_where=_UNDISPATCHED,
        postgresql_where=_UNDISPATCHED,
    )  # fmt: skip
    op.create_table(
        "rota_warnings",
        sa.Column("queue", sa.String(20), primary_key=True),
        sa.Column("told_at", _MOMENT),
    )
    _add_terms()


def downgrade() -> None:
    op.execute("DELETE FROM service_terms WHERE clock LIKE 'collaboration%'")
    op.drop_table("rota_warnings")
    op.drop_index("ix_tickets_undispatched", "tickets")
    op.drop_index("ix_tickets_dispatch_due_at", "tickets")
    op.drop_column("tickets", "dispatch_told_round")
    op.drop_column("tickets", "dispatch_due_at")
    op.drop_column("departments", "mail_address")


def _add_terms() -> None:
    terms = sa.table("service_terms", *(sa.column(name, sa.Uuid() if name == "id" else None) for name in _NAMES))
    newest = "SELECT policy_version, MAX(position) FROM service_terms GROUP BY policy_version"
    rows = [
        {
            "id": uuid.uuid4(), "policy_version": version, "position": last + place, "clock": name, "queue": "",
            "request_type": "", "channel": "", "coordination": scope, "urgency": urgency, "amount": minutes,
            "unit": "minutes",
        }
        for version, last in op.get_bind().execute(sa.text(newest)).all()
        for place, (name, scope, urgency, minutes) in enumerate(_TERMS, 1)
    ]  # fmt: skip
    op.bulk_insert(terms, rows)
