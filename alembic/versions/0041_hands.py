"""Offers of a ticket to a colleague; who took the call; staff numbers, skills, duties and absence."""

import re
import unicodedata

import sqlalchemy as sa

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_OPEN = sa.text("status = 'open'")
_GOOD = re.compile(r"[A-Z0-9]([A-Z0-9-]{0,10}[A-Z0-9])?")
_USERS = sa.table("users", sa.column("id", sa.Uuid()), sa.column("staff_number", sa.String()))
_TICKETS = sa.table(
    "tickets",
    sa.column("report_id", sa.Uuid()),
    sa.column("assignee_id", sa.Uuid()),
    sa.column("changed_at", _MOMENT),
    sa.column("assigned_at", _MOMENT),
    sa.column("received_by_id", sa.Uuid()),
)
_RECORDS = sa.table("desk_entries", sa.column("report_id", sa.Uuid()), sa.column("filed_by_id", sa.Uuid()))


def upgrade() -> None:
    op.add_column("users", sa.Column("duties", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("users", sa.Column("skills", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    for name in ("away_from", "away_until"):
        op.add_column("users", sa.Column(name, _MOMENT, nullable=True))
    for name, kind in (
        ("received_by_id", sa.Uuid()), ("assigned_at", _MOMENT), ("offered_to_id", sa.Uuid()),
    ):  # fmt: skip
        op.add_column("tickets", sa.Column(name, kind, nullable=True))
    op.add_column("tickets", sa.Column("hand_over_count", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_tickets_first_owner_id_is_open", "tickets", ["first_owner_id", "is_open"])
    op.create_index("ix_tickets_assignee_id_assigned_at", "tickets", ["assignee_id", "assigned_at"])
    _create_offers()
    _fill_tickets()
    _settle_staff_numbers()


def _create_offers() -> None:
    op.create_table(
        "assignment_offers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("from_name", sa.String(60), nullable=False),
        sa.Column("to_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("to_name", sa.String(60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("offered_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_index("ix_assignment_offers_ticket_id", "assignment_offers", ["ticket_id"])
    op.create_index("ix_assignment_offers_due", "assignment_offers", ["status", "ends_at"])
    op.create_index("ix_assignment_offers_from_id", "assignment_offers", ["from_id", "status"])
    op.create_index("ix_assignment_offers_to_id", "assignment_offers", ["to_id", "status"])
    op.create_index(
        "uq_assignment_offers_open", "assignment_offers", ["ticket_id"], unique=True, sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )  # fmt: skip


def _fill_tickets() -> None:
    """Who took a call is in its service record; since when a ticket has its owner is known to its last change only."""
    taken = sa.select(_RECORDS.c.filed_by_id).where(_RECORDS.c.report_id == _TICKETS.c.report_id).scalar_subquery()
    op.execute(_TICKETS.update().values(received_by_id=taken))
    owned = _TICKETS.c.assignee_id.is_not(None)
    op.execute(_TICKETS.update().where(owned).values(assigned_at=_TICKETS.c.changed_at))


def _settle_staff_numbers() -> None:
    """Numbers in the form of today; what cannot be one, or would exist twice, is removed."""
    connection = op.get_bind()
    kept: set[str] = set()
    numbered = sa.select(_USERS.c.id, _USERS.c.staff_number).where(_USERS.c.staff_number.is_not(None))
    for user_id, number in connection.execute(numbered.order_by(_USERS.c.id)).all():
        plain = unicodedata.normalize("NFKC", number).strip().upper()
        settled = plain if _GOOD.fullmatch(plain) and plain not in kept else None
        kept.add(plain)
        if settled != number:
            connection.execute(_USERS.update().where(_USERS.c.id == user_id).values(staff_number=settled))


def downgrade() -> None:
    op.drop_table("assignment_offers")
    op.drop_index("ix_tickets_assignee_id_assigned_at", "tickets")
    op.drop_index("ix_tickets_first_owner_id_is_open", "tickets")
    for name in ("hand_over_count", "offered_to_id", "assigned_at", "received_by_id"):
        op.drop_column("tickets", name)
    for name in ("away_until", "away_from", "skills", "duties"):
        op.drop_column("users", name)
