"""SHA-256 or SM3, per row: a switch of the suite keeps the old rows true (GB/T 39786)."""

from dataclasses import replace

from sqlalchemy import select, text

from portal.assembly import make_runtime
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.chain import HASHES, canonical, hash_of
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.audit.trail import COLUMNS, Break
from tests.audit.tampering import lift_the_guard


def add(runtime) -> None:
    with runtime.database.transaction() as session:
        trail.record(session, Tag.UPLOADS_SWEPT, SYSTEM)


def test_sm3_is_the_published_one():
    # GB/T 32905-2016, A.1
    assert HASHES["sm3"](b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_the_chain_goes_on_with_sm3_and_back(portal):
    sm = make_runtime(replace(portal.settings, suite="sm4-gcm"))
    add(sm)
    again = make_runtime(portal.settings)
    add(again)

    with again.database.read() as session:
        rows = session.execute(select(*COLUMNS).where(AuditEvent.seq > 5).order_by(AuditEvent.seq)).all()
        assert [row.hash_name for row in rows] == ["sha256", "sm3", "sha256"]
        assert rows[1].row_hash == HASHES["sm3"](canonical(rows[1]._asdict()).encode()).hexdigest()
        assert trail.verify(session) == trail.Verification(8, None)
    sm.database.dispose()
    again.database.dispose()


def test_nobody_can_say_that_a_row_has_another_hash(portal):
    database = portal.runtime.database
    lift_the_guard(database)
    with database.transaction() as session:
        session.execute(text("UPDATE audit_events SET hash_name = 'md5' WHERE seq = 4"))

    with database.read() as session:
        assert trail.verify(session).first_break == Break(4, "the row was changed")


def test_rows_from_before_the_trail_named_its_hash_still_verify(portal):
    with portal.runtime.database.read() as session:
        event = session.execute(select(*COLUMNS).where(AuditEvent.seq == 1)).one()._asdict()

    assert "hash_name" not in canonical(event)
    assert hash_of(event) == event["row_hash"]
    assert "sm3" in canonical(event | {"hash_name": "sm3"})


def test_a_hash_that_there_is_not_stops_everything(portal):
    database = portal.runtime.database
    with database.transaction() as session:
        session.execute(text("UPDATE audit_head SET hash_name = 'md5'"))
    try:
        add(portal.runtime)
    except trail.TrailUnavailableError as error:
        assert error.status == 503
    else:
        raise AssertionError("a row was written without a hash")
    with database.read() as session:
        assert session.scalars(select(AuditEvent.seq).order_by(AuditEvent.seq.desc())).first() == 6
