"""Complaints: cases, their sealed texts, lines, proposals, subjects and inquiries; what of a ticket stays meanwhile."""

import sqlalchemy as sa

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_USERS_OF_CASE = (
    "received_by_id", "release_asked_by_id", "handler_id", "named_by_id", "owner_id", "steward_id", "judged_by_id",
    "first_judge_id", "responsible_id", "followed_up_by_id", "archived_by_id",
)  # fmt: skip
# Only the seal of a row of these may change: when it is resealed, or destroyed with its data key.
_FIXED = {
    "complaint_texts": ("id", "complaint_id", "field", "version", "by_id", "inquiry_id", "at"),
    "complaint_entries": ("id", "complaint_id", "at", "actor_id", "action", "is_public"),
}


def upgrade() -> None:
    op.add_column("tickets", sa.Column("stay", sa.String(10), nullable=True))
    _make_cases()
    _make_inquiries()
    _make_texts()
    for table in _FIXED:
        _guard(table)


def _user(name: str, *, is_needed: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey("users.id"), nullable=not is_needed)


def _case(*, is_key: bool = False) -> sa.Column:
    return sa.Column("complaint_id", sa.Uuid(), sa.ForeignKey("complaints.id"), primary_key=is_key, nullable=False)


def _sealed() -> tuple[sa.Column, sa.Column]:
    return sa.Column("sealed", sa.LargeBinary(), nullable=True), _data_key()


def _data_key() -> sa.Column:
    return sa.Column("data_key_id", sa.Uuid(), sa.ForeignKey("data_keys.id", ondelete="SET NULL"), nullable=True)


def _make_cases() -> None:
    op.create_table(
        "complaints",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("query_code_hash", sa.String(64), nullable=False),
        sa.Column("submission_hash", sa.String(64), nullable=False),
        sa.Column("joined_to_id", sa.Uuid(), nullable=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=True),
        sa.Column("institution_id", sa.Uuid(), sa.ForeignKey("institutions.id"), nullable=True),
        sa.Column("channel", sa.String(12), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(20), nullable=True),
        sa.Column("summary", sa.String(100), nullable=False),
        sa.Column("first_opinion", sa.String(200), nullable=False),
        sa.Column("is_grave", sa.Boolean(), nullable=False),
        sa.Column("is_legal", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(12), nullable=True),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("departments.id"), nullable=True),
        sa.Column("cause_class", sa.String(12), nullable=True),
        sa.Column("confirmed_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("follow_level", sa.String(12), nullable=True),
        sa.Column("is_unreached", sa.Boolean(), nullable=False),
        sa.Column("improvement", sa.String(200), nullable=False),
        sa.Column("archive_number", sa.String(32), nullable=True),
        *(_user(name) for name in _USERS_OF_CASE),
        *(
            sa.Column(name, _MOMENT, nullable=True)
            for name in (
                "held_at", "named_at", "judged_at", "investigate_due_at", "solution_begins_at", "solution_due_at",
                "answered_at", "confirmed_at", "reviewed_at", "unreachable_at", "followed_up_at", "reported_at",
                "archived_at", "told_unnamed_at", "told_near_at", "told_due_at", "contact_destroyed_at",
                "destroyed_at",
            )
        ),
        _data_key(),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.UniqueConstraint(name, name=op.f(f"uq_complaints_{name}"))
            for name in ("number", "submission_hash", "archive_number")
        ),
    )  # fmt: skip
    for column in ("joined_to_id", "ticket_id", "handler_id", "owner_id"):
        op.create_index(op.f(f"ix_complaints_{column}"), "complaints", [column])
    op.create_index("ix_complaints_status_received_at", "complaints", ["status", "received_at", "id"])
    op.create_index("ix_complaints_received_at_id", "complaints", ["received_at", "id"])
    op.create_table(
        "complaint_subjects",
        _case(is_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id"), primary_key=True, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        _user("added_by_id"),
        sa.Column("removed_at", _MOMENT, nullable=True),
    )
    op.create_index(op.f("ix_complaint_subjects_user_id"), "complaint_subjects", ["user_id"])


def _make_inquiries() -> None:
    op.create_table(
        "complaint_inquiries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.String(24), nullable=False),
        _case(),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("departments.id"), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        _user("asked_by_id", is_needed=True),
        _user("answered_by_id"),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("is_filled_in", sa.Boolean(), nullable=False),
        _user("judged_by_id"),
        sa.Column("returned_count", sa.Integer(), nullable=False),
        sa.Column("told_at", _MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("number", name=op.f("uq_complaint_inquiries_number")),
    )
    for column in ("complaint_id", "department_id"):
        op.create_index(op.f(f"ix_complaint_inquiries_{column}"), "complaint_inquiries", [column])


def _make_texts() -> None:
    op.create_table(
        "complaint_texts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _case(),
        sa.Column("field", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_sealed(),
        _user("by_id"),
        sa.Column("inquiry_id", sa.Uuid(), sa.ForeignKey("complaint_inquiries.id"), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.create_index("ix_complaint_texts_complaint_id", "complaint_texts", ["complaint_id", "field", "version"])
    op.create_table(
        "complaint_entries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _case(),
        sa.Column("at", _MOMENT, nullable=False),
        _user("actor_id"),
        sa.Column("action", sa.String(24), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        *_sealed(),
    )
    op.create_index("ix_complaint_entries_complaint_id", "complaint_entries", ["complaint_id", "at"])
    op.create_table(
        "complaint_proposals",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _case(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        *_sealed(),
        _user("by_id", is_needed=True),
        sa.Column("at", _MOMENT, nullable=False),
        _user("decided_by_id"),
        sa.Column("is_clinics_choice", sa.Boolean(), nullable=False),
    )
    op.create_index(op.f("ix_complaint_proposals_complaint_id"), "complaint_proposals", ["complaint_id"])


def _guard(table: str) -> None:
    refused = f"'{table} is insert-only'"
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _FIXED[table])
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"WHEN NOT ({same}) BEGIN SELECT RAISE(ABORT, {refused}); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, {refused}); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {table}_may_be_resealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF to_jsonb(NEW) - 'sealed' - 'data_key_id' = to_jsonb(OLD) - 'sealed' - 'data_key_id' "
        f"THEN RETURN NEW; END IF; RAISE EXCEPTION {refused}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_insert_only BEFORE DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_only_resealed BEFORE UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_may_be_resealed()"
    )


def downgrade() -> None:
    is_postgres = op.get_bind().dialect.name != "sqlite"
    for table in ("complaint_proposals", "complaint_entries", "complaint_texts"):
        op.drop_table(table)
        if is_postgres and table in _FIXED:
            op.execute(f"DROP FUNCTION {table}_may_be_resealed()")
    for table in ("complaint_inquiries", "complaint_subjects", "complaints"):
        op.drop_table(table)
    op.drop_column("tickets", "stay")
