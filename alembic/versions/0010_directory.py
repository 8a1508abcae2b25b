"""Institutions with their names, the systems that clinics used before, and the institution of a ticket."""

import uuid

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "institutions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("county", sa.String(length=40), nullable=False),
        sa.Column("town", sa.String(length=40), nullable=False),
        sa.Column("village", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("pinyin", sa.String(length=700), nullable=False),
        sa.Column("initials", sa.String(length=200), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("keeper", sa.String(length=60), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["institutions.id"], name=op.f("fk_institutions_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institutions")),
    )
    op.create_index("ix_institutions_county_pinyin", "institutions", ["county", "pinyin"])
    op.create_table(
        "institution_names",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_institution_names_institution_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_institution_names")),
    )
    op.create_index(op.f("ix_institution_names_institution_id"), "institution_names", ["institution_id"])
    op.create_table(
        "directory_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_imports")),
    )
    op.create_index(op.f("ix_directory_imports_created_at"), "directory_imports", ["created_at"])
    _add_previous_systems()
    # No foreign key: SQLite would have to recreate the whole table, and institutions are never deleted.
    op.add_column("tickets", sa.Column("institution_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_tickets_institution_id"), "tickets", ["institution_id"])


def _add_previous_systems() -> None:
    table = op.create_table(
        "previous_systems",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_previous_systems")),
        sa.UniqueConstraint("name", name=op.f("uq_previous_systems_name")),
    )
    names = ("浪潮系统", "无（首次使用）")
    rows = [
        {"id": uuid.uuid5(uuid.NAMESPACE_OID, name), "name": name, "position": n, "is_active": True}
        for n, name in enumerate(names, 1)
    ]
    op.bulk_insert(table, rows)


def downgrade() -> None:
    op.drop_index(op.f("ix_tickets_institution_id"), "tickets")
    op.drop_column("tickets", "institution_id")
    op.drop_table("previous_systems")
    op.drop_index(op.f("ix_directory_imports_created_at"), "directory_imports")
    op.drop_table("directory_imports")
    op.drop_index(op.f("ix_institution_names_institution_id"), "institution_names")
    op.drop_table("institution_names")
    op.drop_index("ix_institutions_county_pinyin", "institutions")
    op.drop_table("institutions")
