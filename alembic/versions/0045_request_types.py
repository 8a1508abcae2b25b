"""Request types: 诉求类型 of a ticket, now and at its filing; its module; the lists of modules."""

import uuid

import sqlalchemy as sa

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_FIRST = {
    "general": ("居民档案", "随访", "健康体检", "登录"),
    "his": ("挂号", "收费", "开方", "发药", "住院", "结算"),
}


def upgrade() -> None:
    for name in ("request_type", "filed_as"):
        op.add_column("tickets", sa.Column(name, sa.String(20), nullable=False, server_default="help"))
    op.add_column("tickets", sa.Column("module", sa.String(100), nullable=False, server_default=sa.text("''")))
    op.add_column("tickets", sa.Column("classified_module", sa.String(100), nullable=True))
    table = op.create_table(
        "modules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modules")),
        sa.UniqueConstraint("queue", "name", name=op.f("uq_modules_queue_name")),
    )
    rows = [
        {"id": uuid.uuid5(uuid.NAMESPACE_OID, f"{queue} {name}"), "queue": queue, "name": name, "position": n,
         "is_active": True}
        for queue, names in _FIRST.items()
        for n, name in enumerate(names, 1)
    ]  # fmt: skip
    op.bulk_insert(table, rows)


def downgrade() -> None:
    op.drop_table("modules")
    for column in ("classified_module", "module", "filed_as", "request_type"):
        op.drop_column("tickets", column)
