"""The trail may be purged from its oldest end, under a base that records what was removed; the last half year stays."""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

REFUSED = "audit_events is insert-only"
NOT_A_BASE = "audit_bases takes no such base"
# The minimum of 180 days is enforced in the database too (网络安全法; SECURITY D-11), by its own clock.
FLOOR = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-180 days')",
    "postgresql": "now() - interval '180 days'",
}
IS_HELD = (
    "EXISTS (SELECT 1 FROM tickets WHERE held_at IS NOT NULL AND (number = OLD.ticket_number OR id IN "
    "(SELECT ticket_id FROM former_numbers WHERE former_numbers.number = OLD.ticket_number)))"
)


def _may_go(dialect: str) -> str:
    return (
        f"OLD.seq <= (SELECT max(seq) FROM audit_bases) AND OLD.at < {FLOOR[dialect]} "
        f"AND (OLD.ticket_number IS NULL OR NOT {IS_HELD})"
    )


def _is_next_base(dialect: str) -> str:
    return (
        "NEW.number = (SELECT coalesce(max(number), 0) + 1 FROM audit_bases) "
        "AND NEW.seq > (SELECT coalesce(max(seq), 0) FROM audit_bases) "
        "AND EXISTS (SELECT 1 FROM audit_events "
        f"WHERE seq = NEW.seq AND row_hash = NEW.row_hash AND at < {FLOOR[dialect]})"
    )


def _guard_on_sqlite() -> None:
    op.execute("DROP TRIGGER audit_events_no_delete")
    op.execute(
        "CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events "
        f"WHEN NOT coalesce({_may_go('sqlite')}, 0) BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    )
    op.execute(
        "CREATE TRIGGER audit_bases_next BEFORE INSERT ON audit_bases "
        f"WHEN NOT coalesce({_is_next_base('sqlite')}, 0) BEGIN SELECT RAISE(ABORT, '{NOT_A_BASE}'); END"
    )
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_bases_no_{verb.lower()} BEFORE {verb} ON audit_bases "
            "BEGIN SELECT RAISE(ABORT, 'audit_bases is insert-only'); END"
        )


def _guard_on_postgres() -> None:
    op.execute(
        "CREATE FUNCTION audit_events_may_be_purged() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_may_go('postgresql')} THEN RETURN OLD; END IF; RAISE EXCEPTION '{REFUSED}'; END $$"
    )
    op.execute(
        "CREATE FUNCTION audit_bases_take_the_next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_is_next_base('postgresql')} THEN RETURN NEW; END IF; RAISE EXCEPTION '{NOT_A_BASE}'; END $$"
    )
    op.execute("DROP TRIGGER audit_events_insert_only ON audit_events")
    op.execute(
        "CREATE TRIGGER audit_events_insert_only BEFORE UPDATE OR TRUNCATE ON audit_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
    )
    op.execute(
        "CREATE TRIGGER audit_events_only_purged BEFORE DELETE ON audit_events "
        "FOR EACH ROW EXECUTE FUNCTION audit_events_may_be_purged()"
    )
    op.execute(
        "CREATE TRIGGER audit_bases_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_bases "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
    )
    op.execute(
        "CREATE TRIGGER audit_bases_next BEFORE INSERT ON audit_bases "
        "FOR EACH ROW EXECUTE FUNCTION audit_bases_take_the_next()"
    )


def _refuse_all_again() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_events_no_delete")
        op.execute(
            "CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )
        return
    for trigger in ("audit_events_only_purged", "audit_events_insert_only"):
        op.execute(f"DROP TRIGGER {trigger} ON audit_events")
    op.execute(
        "CREATE TRIGGER audit_events_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
    )
    op.execute("DROP FUNCTION audit_events_may_be_purged()")


def upgrade() -> None:
    op.create_table(
        "audit_bases",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("row_hash", sa.String(length=64), nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_bases")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_on_sqlite()
    else:
        _guard_on_postgres()


def downgrade() -> None:
    _refuse_all_again()
    op.drop_table("audit_bases")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_bases_take_the_next()")
