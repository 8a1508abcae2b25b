"""Second factor, password age and history, scopes and last use of tokens."""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _user_column() -> sa.Column:
    return sa.Column("user_id", sa.Uuid(), nullable=False)


def _constraints(table: str, key: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
    )


# No batch mode: on SQLite it recreates the table, and dropping `users` would delete every session and token.
def upgrade() -> None:
    op.add_column("users", sa.Column("password_changed_at", MOMENT, nullable=True))
    op.add_column("users", sa.Column("second_factor_at", MOMENT, nullable=True))
    op.add_column("users", sa.Column("second_factor_step", sa.BigInteger(), nullable=True))
    # The age of a password was not stored before: it is at most that of the account.
    op.execute("UPDATE users SET password_changed_at = created_at")

    op.add_column("api_tokens", sa.Column("scopes", sa.JSON(), nullable=True))
    op.add_column("api_tokens", sa.Column("used_at", MOMENT, nullable=True))

    op.create_table(
        "pending_sign_ins",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        _user_column(),
        sa.Column("expires_at", MOMENT, nullable=False),
        *_constraints("pending_sign_ins", "token_hash"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        _user_column(),
        *_constraints("recovery_codes", "code_hash"),
    )
    op.create_table(
        "former_passwords",
        sa.Column("id", sa.Uuid(), nullable=False),
        _user_column(),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        *_constraints("former_passwords", "id"),
    )
    for table in ("pending_sign_ins", "recovery_codes", "former_passwords"):
        op.create_index(op.f(f"ix_{table}_user_id"), table, ["user_id"])


def downgrade() -> None:
    for table in ("former_passwords", "recovery_codes", "pending_sign_ins"):
        op.drop_index(op.f(f"ix_{table}_user_id"), table)
        op.drop_table(table)
    for table, columns in (
        ("api_tokens", ("used_at", "scopes")),
        ("users", ("second_factor_step", "second_factor_at", "password_changed_at")),
    ):
        for column in columns:
            op.drop_column(table, column)
