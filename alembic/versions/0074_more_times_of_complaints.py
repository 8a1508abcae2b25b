"""The other times of complaints in every version of the service times: investigation to unreached."""

import uuid

import sqlalchemy as sa

from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

# DESK 5.2, as they were constants of the program before.
_TERMS = (
    ("complaint_investigation", 3, "working_days"),
    ("complaint_confirmation", 3, "working_days"),
    ("complaint_review", 30 * 24 * 60, "minutes"),
    ("complaint_unreached", 7 * 24 * 60, "minutes"),
)
_NAMES = ("id", "policy_version", "position", "clock", "queue", "request_type", "channel", "coordination", "urgency",
          "amount", "unit")  # fmt: skip


def upgrade() -> None:
    terms = sa.table("service_terms", *(sa.column(name, sa.Uuid() if name == "id" else None) for name in _NAMES))
    newest = "SELECT policy_version, MAX(position) FROM service_terms GROUP BY policy_version"
    rows = [
        {
            "id": uuid.uuid4(), "policy_version": version, "position": last + place, "clock": name, "queue": "",
            "request_type": "", "channel": "", "coordination": "", "urgency": "", "amount": amount, "unit": unit,
        }
        for version, last in op.get_bind().execute(sa.text(newest)).all()
        for place, (name, amount, unit) in enumerate(_TERMS, 1)
    ]  # fmt: skip
    op.bulk_insert(terms, rows)


def downgrade() -> None:
    names = ", ".join(f"'{name}'" for name, _, _ in _TERMS)
    op.execute(f"DELETE FROM service_terms WHERE clock IN ({names})")
