"""What somebody with the database alone could do to the trail: triggers off, rows changed, hashes made anew."""

from sqlalchemy import delete, select, text, update

from portal.audit.chain import GENESIS, hash_of
from portal.audit.models import AuditEvent, AuditHead
from portal.audit.trail import COLUMNS
from portal.db import Database


def lift_the_guard(database: Database) -> None:
    """Take the triggers away that keep the trail insert-only."""
    with database.transaction() as session:
        if database.is_sqlite:
            session.execute(text("DROP TRIGGER audit_events_no_update"))
            session.execute(text("DROP TRIGGER audit_events_no_delete"))
        else:
            session.execute(text("ALTER TABLE audit_events DISABLE TRIGGER ALL"))


def rewrite(database: Database, seq: int, **changes: object) -> None:
    """Change one row and make every hash after it fit again, and the head: the chain itself is whole afterwards."""
    lift_the_guard(database)
    with database.transaction() as session:
        session.execute(update(AuditEvent).where(AuditEvent.seq == seq).values(**changes))
        previous = GENESIS
        for row in session.execute(select(*COLUMNS).order_by(AuditEvent.seq)).all():
            event = row._asdict() | {"previous_hash": previous}
            row_hash = hash_of(event)
            session.execute(
                update(AuditEvent)
                .where(AuditEvent.seq == event["seq"])
                .values(previous_hash=previous, row_hash=row_hash)
            )
            previous = row_hash
        session.execute(update(AuditHead).values(row_hash=previous))


def cut(database: Database, after: int) -> None:
    """Remove the end and set the head back to fit."""
    lift_the_guard(database)
    with database.transaction() as session:
        session.execute(text("DELETE FROM audit_events WHERE seq > :after"), {"after": after})
        row_hash = session.scalar(select(AuditEvent.row_hash).where(AuditEvent.seq == after))
        session.execute(update(AuditHead).values(seq=after, row_hash=row_hash))


def forget_all(database) -> None:
    """An empty trail that was never used."""
    guards = () if not database.is_sqlite else ("audit_events_no_delete",)
    with database.transaction() as session:
        made = [session.scalar(text(f"SELECT sql FROM sqlite_master WHERE name = '{name}'")) for name in guards]
        switch(session, guards, "DISABLE")
        session.execute(delete(AuditEvent))
        switch(session, (), "ENABLE")
        for statement in made:
            session.execute(text(statement))
        session.execute(update(AuditHead).values(seq=0, row_hash="0" * 64, checkpoints=0))


def switch(session, guards, verb: str) -> None:
    for name in guards:
        session.execute(text(f"DROP TRIGGER {name}"))
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text(f"ALTER TABLE audit_events {verb} TRIGGER ALL"))
