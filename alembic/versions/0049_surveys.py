"""Surveys, ratings, and the analysis of dissatisfactions with its list of stages."""

import uuid

import sqlalchemy as sa

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_STAGES = ("工单分配", "沟通话术", "处理时效", "解决能力", "知识库", "协作部门", "系统质量", "其他")
_REPORT = "(SELECT report_id FROM tickets WHERE tickets.id = OLD.ticket_id)"
_FIXED = (
    "id", "ticket_id", "round", "scale", "label", "score", "reason", "way", "rated_at", "rated_by_id", "resolver_id",
    "call_back_id",
)  # fmt: skip
# As for the timeline: a comment is emptied with its report, and masked while a permit names the report.
_ALLOWED = (
    f"((NEW.comment = '' AND OLD.comment <> '' AND EXISTS (SELECT 1 FROM tombstones WHERE what = 'report' "
    f"AND owner_id = {_REPORT})) OR (NEW.comment <> '' AND OLD.comment <> NEW.comment AND EXISTS "
    f"(SELECT 1 FROM masking_permits WHERE report_id = {_REPORT})))"
)


def upgrade() -> None:
    op.create_table(
        "surveys",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("resolver_id", sa.Uuid()),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("issued_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("answered_at", _MOMENT),
        sa.UniqueConstraint("ticket_id", "round", name="uq_surveys_ticket_id_round"),
        sa.UniqueConstraint("token_hash", name="uq_surveys_token_hash"),
    )
    _create_ratings()
    stages = op.create_table(
        "improvement_stages",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("name", name="uq_improvement_stages_name"),
    )
    rows = [
        {"id": uuid.uuid5(uuid.NAMESPACE_OID, name), "name": name, "position": n, "is_active": True, "version": 1}
        for n, name in enumerate(_STAGES, 1)
    ]
    op.bulk_insert(stages, rows)
    _create_dissatisfactions()


def _create_ratings() -> None:
    op.create_table(
        "ratings",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("scale", sa.String(4), nullable=False),
        sa.Column("label", sa.String(12), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("rated_at", _MOMENT, nullable=False),
        sa.Column("rated_by_id", sa.Uuid()),
        sa.Column("resolver_id", sa.Uuid()),
        sa.Column("call_back_id", sa.Uuid()),
        sa.UniqueConstraint("ticket_id", "round", name="uq_ratings_ticket_id_round"),
    )
    op.create_index("ix_ratings_resolver_id_rated_at", "ratings", ["resolver_id", "rated_at"])
    op.create_index("ix_ratings_rated_at", "ratings", ["rated_at"])
    op.create_index("ix_ratings_call_back_id", "ratings", ["call_back_id"])
    _guard_ratings()


def _guard_ratings() -> None:
    refused = "'ratings is insert-only'"
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _FIXED)
        op.execute(
            f"CREATE TRIGGER ratings_no_update BEFORE UPDATE ON ratings "
            f"WHEN NOT coalesce({_ALLOWED} AND {same}, 0) BEGIN SELECT RAISE(ABORT, {refused}); END"
        )
        op.execute(
            f"CREATE TRIGGER ratings_no_delete BEFORE DELETE ON ratings BEGIN SELECT RAISE(ABORT, {refused}); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION ratings_may_be_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_ALLOWED} AND to_jsonb(NEW) - 'comment' = to_jsonb(OLD) - 'comment' "
        f"THEN RETURN NEW; END IF; RAISE EXCEPTION {refused}; END $$"
    )
    op.execute(
        "CREATE TRIGGER ratings_insert_only BEFORE DELETE OR TRUNCATE ON ratings "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
    )
    op.execute(
        "CREATE TRIGGER ratings_only_emptied BEFORE UPDATE ON ratings "
        "FOR EACH ROW EXECUTE FUNCTION ratings_may_be_emptied()"
    )


def _create_dissatisfactions() -> None:
    op.create_table(
        "dissatisfactions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rating_id", sa.Uuid(), sa.ForeignKey("ratings.id")),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), sa.ForeignKey("improvement_stages.id")),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("users.id")),
        sa.Column("done_on", sa.Date()),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("carried_out_at", _MOMENT),
        sa.Column("changed_by", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("ticket_id", "round", name="uq_dissatisfactions_ticket_id_round"),
    )
    op.create_index("ix_dissatisfactions_status_on_day", "dissatisfactions", ["status", "on_day", "id"])


def downgrade() -> None:
    op.drop_table("dissatisfactions")
    op.drop_table("improvement_stages")
    op.drop_table("ratings")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION ratings_may_be_emptied()")
    op.drop_table("surveys")
