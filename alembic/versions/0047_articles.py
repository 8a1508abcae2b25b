"""Knowledge articles: versions that nobody rewrites, uses, search words, and who may approve their own."""

import sqlalchemy as sa

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_VERSIONS = "article_versions"
_REPORT = "(SELECT report_id FROM tickets WHERE tickets.id = OLD.ticket_id)"
_TEXTS = ("problem", "steps", "cautions")
_FIXED = ("article_id", "version", "title", "queue", "system", "module", "is_public", "by_id", "by_name", "at")
_DESTROYED = f"EXISTS (SELECT 1 FROM tombstones WHERE what = 'report' AND owner_id = {_REPORT})"
_PERMITTED = f"EXISTS (SELECT 1 FROM masking_permits WHERE report_id = {_REPORT})"


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("queue", sa.String(20), nullable=True),
        sa.Column("system", sa.String(100), nullable=False),
        sa.Column("module", sa.String(100), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author_name", sa.String(60), nullable=False),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", _MOMENT, nullable=True),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("approver_name", sa.String(60), nullable=False),
        sa.Column("is_own_approval", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("from_ticket_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(60), nullable=False),
        sa.Column("published_at", _MOMENT, nullable=True),
        sa.Column("approved_at", _MOMENT, nullable=True),
        sa.Column("helped", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], ["users.id"], name=op.f(f"fk_articles_{name}_users"))
            for name in ("author_id", "submitted_by_id", "approver_id")
        ),
        sa.ForeignKeyConstraint(["from_ticket_id"], ["tickets.id"], name=op.f("fk_articles_from_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("number", name=op.f("uq_articles_number")),
    )
    op.create_index("ix_articles_changed_at", "articles", ["changed_at", "id"])
    op.create_index("ix_articles_status", "articles", ["status", "changed_at"])
    op.create_index(op.f("ix_articles_from_ticket_id"), "articles", ["from_ticket_id"])
    _make_versions()
    _make_uses()
    op.create_table(
        "article_words",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.String(20), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_words_article_id_articles")),
        sa.PrimaryKeyConstraint("article_id", "word", name=op.f("pk_article_words")),
    )
    op.create_index("ix_article_words_word", "article_words", ["word"])
    op.create_table(
        "article_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("allows_own_approval", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("by_name", sa.String(60), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_article_rules_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_rules")),
    )
    op.create_index(op.f("ix_article_rules_at"), "article_rules", ["at"])


def _make_versions() -> None:
    op.create_table(
        _VERSIONS,
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("queue", sa.String(20), nullable=True),
        sa.Column("system", sa.String(100), nullable=False),
        sa.Column("module", sa.String(100), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("by_name", sa.String(60), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_versions_article_id_articles")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_article_versions_by_id_users")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_article_versions_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("article_id", "version", name=op.f("pk_article_versions")),
    )
    op.create_index(op.f("ix_article_versions_ticket_id"), _VERSIONS, ["ticket_id"])
    _guard_versions()


def _guard_versions() -> None:
    """Of a ticket that is still named, texts are emptied with its report and masked while a permit names it; a version
    that is approved forgets its ticket. Nothing else is ever changed.
    """
    refused = f"'{_VERSIONS} is insert-only'"
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    same = "IS" if is_sqlite else "IS NOT DISTINCT FROM"
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in _FIXED)
    emptied = " AND ".join(f"NEW.{name} IN ('', OLD.{name})" for name in _TEXTS)
    texts = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in _TEXTS)
    masked = f"NEW.ticket_id {same} OLD.ticket_id AND ({_PERMITTED} OR ({_DESTROYED} AND {emptied}))"
    released = f"OLD.ticket_id IS NOT NULL AND NEW.ticket_id IS NULL AND {texts}"
    allowed = f"{kept} AND (({masked}) OR ({released}))"
    if is_sqlite:
        op.execute(
            f"CREATE TRIGGER {_VERSIONS}_no_update BEFORE UPDATE ON {_VERSIONS} "
            f"WHEN NOT coalesce({allowed}, 0) BEGIN SELECT RAISE(ABORT, {refused}); END"
        )
        op.execute(
            f"CREATE TRIGGER {_VERSIONS}_no_delete BEFORE DELETE ON {_VERSIONS} "
            f"BEGIN SELECT RAISE(ABORT, {refused}); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {_VERSIONS}_may_be_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {allowed} THEN RETURN NEW; END IF; RAISE EXCEPTION {refused}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {_VERSIONS}_insert_only BEFORE DELETE OR TRUNCATE ON {_VERSIONS} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
    )
    op.execute(
        f"CREATE TRIGGER {_VERSIONS}_only_emptied BEFORE UPDATE ON {_VERSIONS} "
        f"FOR EACH ROW EXECUTE FUNCTION {_VERSIONS}_may_be_emptied()"
    )


def _make_uses() -> None:
    op.create_table(
        "article_uses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_uses_article_id_articles")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_article_uses_ticket_id_tickets")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_article_uses_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_uses")),
        sa.UniqueConstraint("article_id", "ticket_id", name=op.f("uq_article_uses_article_id_ticket_id")),
    )
    op.create_index("ix_article_uses_article_id_at", "article_uses", ["article_id", "at"])
    op.create_index(op.f("ix_article_uses_ticket_id"), "article_uses", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("article_rules")
    op.drop_table("article_words")
    op.drop_table("article_uses")
    op.drop_table(_VERSIONS)
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"DROP FUNCTION {_VERSIONS}_may_be_emptied()")
    op.drop_table("articles")
