"""Notices of staff; who was told of a late reply; the previous system in lists; folded search texts."""

import unicodedata

import sqlalchemy as sa

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_RUNNING = "is_open AND reply_outcome IS NULL AND paused_at IS NULL"
_DASHES = "\u2212\ufe63\uff0d\u30fc\u2500"
_BATCH = 500


def upgrade() -> None:
    op.add_column("tickets", sa.Column("previous_system", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("tickets", sa.Column("late_told_at", sa.DateTime(timezone=True), nullable=True))
    # What is late already is seen in the lists: nobody is told of all of it at once.
    op.execute(
        f"UPDATE tickets SET late_told_at = CURRENT_TIMESTAMP WHERE {_RUNNING} AND reply_due_at <= CURRENT_TIMESTAMP"
    )
    _fill_lists()
    running = sa.text(_RUNNING)
    op.create_index(
        "ix_tickets_reply_running", "tickets", ["reply_due_at"], sqlite_where=running, postgresql_where=running
    )
    op.create_table(
        "staff_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_staff_notices_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notices")),
    )
    op.create_index("ix_staff_notices_user_id_seen_at", "staff_notices", ["user_id", "seen_at", "created_at"])
    op.create_index("ix_staff_notices_created_at", "staff_notices", ["created_at"])


def downgrade() -> None:
    op.drop_table("staff_notices")
    op.drop_index("ix_tickets_reply_running", "tickets")
    op.drop_column("tickets", "late_told_at")
    op.drop_column("tickets", "previous_system")


def _fill_lists() -> None:
    """The new column from the stored answers (masked, or emptied), and the search texts, folded with it."""
    connection = op.get_bind()
    tickets = sa.table(
        "tickets", sa.column("id", sa.Uuid()), sa.column("report_id", sa.Uuid()), sa.column("search_text"),
        sa.column("previous_system"),
    )  # fmt: skip
    reports = sa.table("reports", sa.column("id", sa.Uuid()), sa.column("answers", sa.JSON()))
    query = sa.select(tickets.c.id, tickets.c.search_text, reports.c.answers)
    query = query.join(reports, reports.c.id == tickets.c.report_id).order_by(tickets.c.id).limit(_BATCH)
    last = None
    while rows := connection.execute(query if last is None else query.where(tickets.c.id > last)).all():
        for ticket_id, words, answers in rows:
            system = ((answers or {}).get("previous_system") or "")[:200]
            lines = [*words.split("\n"), *([system] if system else [])]
            folded = {"search_text": "\n".join(map(_folded, lines)), "previous_system": system}
            connection.execute(sa.update(tickets).where(tickets.c.id == ticket_id).values(folded))
        last = rows[-1][0]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(map(_sign, plain)).split())


def _sign(char: str) -> str:
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    return "-" if category == "Pd" or char in _DASHES else char
