"""One table of drafts: those of staff move to the browsers' drafts, with a separate owner column."""

import uuid

import sqlalchemy as sa

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

_HAND_OVERS = sa.table(
    "hand_overs",
    sa.column("id", sa.Uuid()),
    sa.column("draft_id", sa.Uuid()),
    sa.column("token_hash", sa.String()),
    sa.column("device_hash", sa.String()),
    sa.column("picture_ids", sa.JSON()),
    sa.column("created_at", MOMENT),
    sa.column("expires_at", MOMENT),
)


def _table_of_drafts(name: str, *more: str) -> sa.TableClause:
    ids, times = ("id", "user_id", *more), ("created_at", "changed_at", "submitted_at")
    return sa.table(name, *(sa.column(id_, sa.Uuid()) for id_ in ids), *(sa.column(time, MOMENT) for time in times))


_DESK_DRAFTS = _table_of_drafts("desk_drafts", "answers_id")
_DRAFTS = _table_of_drafts("drafts", "data_key_id")
_SEALED_VALUES = sa.table("sealed_values", sa.column("owner_id", sa.Uuid()), sa.column("field", sa.String()))
_DATA_KEYS = sa.table("data_keys", sa.column("owner_id", sa.Uuid()), sa.column("purpose", sa.String()))


def upgrade() -> None:
    links = _kept_links()
    with op.batch_alter_table("drafts") as drafts:
        drafts.add_column(sa.Column("user_id", sa.Uuid(), nullable=True))
        drafts.alter_column("token_hash", existing_type=sa.String(length=64), nullable=True)
        drafts.alter_column("kind", existing_type=sa.String(length=20), nullable=True)
        drafts.create_foreign_key("fk_drafts_user_id", "users", ["user_id"], ["id"])
        drafts.create_index("ix_drafts_user_id", ["user_id"])
        drafts.create_check_constraint("ck_drafts_one_owner", "(token_hash IS NULL) <> (user_id IS NULL)")
    _restore(links)
    for draft in op.get_bind().execute(sa.select(_DESK_DRAFTS)).all():
        # The answers cannot be resealed here. Their seal is bound to their row and not to its owner, so they
        # still open there until the draft is saved again.
        _give(draft.answers_id, draft.id)
        columns = {name: getattr(draft, name) for name in ("id", "user_id", "created_at", "changed_at", "submitted_at")}
        op.get_bind().execute(_DRAFTS.insert().values(columns))
    op.drop_table("desk_drafts")


def downgrade() -> None:
    """Answers saved by staff since then are lost with their key: the older version could not open them."""
    op.create_table(
        "desk_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("answers_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_desk_drafts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_drafts")),
    )
    op.create_index(op.f("ix_desk_drafts_user_id"), "desk_drafts", ["user_id"])
    op.create_index(op.f("ix_desk_drafts_changed_at"), "desk_drafts", ["changed_at"])
    connection = op.get_bind()
    for draft in connection.execute(sa.select(_DRAFTS).where(_DRAFTS.c.user_id.is_not(None))).all():
        answers_id = uuid.uuid4()
        columns = {name: getattr(draft, name) for name in ("id", "user_id", "created_at", "changed_at", "submitted_at")}
        connection.execute(_DESK_DRAFTS.insert().values(answers_id=answers_id, **columns))
        connection.execute(_DRAFTS.delete().where(_DRAFTS.c.id == draft.id))
        if draft.data_key_id is None:
            _give(draft.id, answers_id)
        else:
            connection.execute(_DATA_KEYS.delete().where(_is_key_of_answers(draft.id)))
    links = _kept_links()
    with op.batch_alter_table("drafts") as drafts:
        drafts.drop_constraint("ck_drafts_one_owner", type_="check")
        drafts.drop_index("ix_drafts_user_id")
        drafts.drop_constraint("fk_drafts_user_id", type_="foreignkey")
        drafts.drop_column("user_id")
        drafts.alter_column("token_hash", existing_type=sa.String(length=64), nullable=False)
        drafts.alter_column("kind", existing_type=sa.String(length=20), nullable=False)
    _restore(links)


def _give(former: uuid.UUID, owner: uuid.UUID) -> None:
    """Move the sealed answers of a staff draft, and their data key, to another owner id."""
    values, connection = _SEALED_VALUES, op.get_bind()
    is_answers = sa.and_(values.c.owner_id == former, values.c.field == "desk_draft")
    connection.execute(values.update().where(is_answers).values(owner_id=owner))
    connection.execute(_DATA_KEYS.update().where(_is_key_of_answers(former)).values(owner_id=owner))


def _is_key_of_answers(owner: uuid.UUID) -> sa.ColumnElement[bool]:
    return sa.and_(_DATA_KEYS.c.owner_id == owner, _DATA_KEYS.c.purpose == "draft")


def _kept_links() -> list[dict[str, object]]:
    """On SQLite the table of drafts is recreated, which would delete dependent rows with the old one."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return []
    return [dict(row._mapping) for row in connection.execute(sa.select(_HAND_OVERS))]


def _restore(links: list[dict[str, object]]) -> None:
    connection = op.get_bind()
    for link in links:
        connection.execute(_HAND_OVERS.delete().where(_HAND_OVERS.c.id == link["id"]))
        connection.execute(_HAND_OVERS.insert().values(link))
