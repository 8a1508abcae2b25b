"""Calendar: years with state and version, who changed a day, every change, and imports that wait."""

import sqlalchemy as sa

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# The names of the package, and those of the State Council's notices.
_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("calendar_years") as years:
        years.add_column(sa.Column("state", sa.String(length=10), nullable=False, server_default="confirmed"))
        years.add_column(sa.Column("confirmed_by_id", sa.Uuid(), nullable=True))
        years.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        years.alter_column("confirmed_at", existing_type=_MOMENT, nullable=True)
    with op.batch_alter_table("calendar_years") as years:
        years.alter_column("state", existing_type=sa.String(length=10), server_default=None)
        years.alter_column("version", existing_type=sa.Integer(), server_default=None)
    op.add_column("calendar_days", sa.Column("changed_by_id", sa.Uuid(), nullable=True))
    op.add_column("calendar_days", sa.Column("changed_at", _MOMENT, nullable=True))
    _rename(_NAMES)
    op.create_table(
        "calendar_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("was", sa.Boolean(), nullable=True),
        sa.Column("was_name", sa.String(length=40), nullable=False),
        sa.Column("now", sa.Boolean(), nullable=True),
        sa.Column("now_name", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_changes"),
    )
    op.create_index("ix_calendar_changes_day", "calendar_changes", ["day"])
    _make_insert_only("calendar_changes")
    op.create_table(
        "calendar_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("confirmed_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_imports"),
    )
    op.create_index("ix_calendar_imports_expires_at", "calendar_imports", ["expires_at"])


def downgrade() -> None:
    op.drop_table("calendar_imports")
    op.drop_table("calendar_changes")
    _rename({later: earlier for earlier, later in _NAMES.items()})
    op.drop_column("calendar_days", "changed_at")
    op.drop_column("calendar_days", "changed_by_id")
    op.execute("DELETE FROM calendar_years WHERE state = 'estimated'")
    op.execute("UPDATE calendar_years SET source = 'manual' WHERE source = 'notice'")
    op.execute("UPDATE calendar_days SET origin = 'manual' WHERE origin = 'notice'")
    with op.batch_alter_table("calendar_years") as years:
        years.alter_column("confirmed_at", existing_type=_MOMENT, nullable=False)
        years.drop_column("version")
        years.drop_column("confirmed_by_id")
        years.drop_column("state")


def _rename(names: dict[str, str]) -> None:
    for before, after in names.items():
        op.execute(f"UPDATE calendar_days SET name = '{after}' WHERE name = '{before}'")


def _make_insert_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
    )
