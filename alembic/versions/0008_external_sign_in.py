"""External sign-in: linked accounts of an OpenID provider, and browsers in an authorization flow."""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


# No batch mode: on SQLite it recreates the table, and dependent rows would be lost.
def upgrade() -> None:
    op.add_column("pending_sign_ins", sa.Column("is_external", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "external_identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_external_identities_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_external_identities_issuer")),
        sa.UniqueConstraint("user_id", "issuer", name=op.f("uq_external_identities_user_id")),
    )
    op.create_table(
        "external_trips",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_external_trips")),
    )
    op.create_index(op.f("ix_external_trips_expires_at"), "external_trips", ["expires_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_external_trips_expires_at"), "external_trips")
    op.drop_table("external_trips")
    op.drop_table("external_identities")
    op.drop_column("pending_sign_ins", "is_external")
