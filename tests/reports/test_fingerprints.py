"""Another content under the same key is found; once the credentials are destroyed nobody can try passwords on it."""

from dataclasses import replace

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.errors import ConflictError
from portal.reports.models import SubmissionKey
from portal.runtime import Runtime
from portal.settings import data_folder
from portal.upkeep import rotation
from tests.factories.closing import closed_ticket
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.migrations.test_migrations import to_revision

KEY = "a-key-that-a-program-made"


def stored(runtime: Runtime) -> SubmissionKey:
    with runtime.database.read() as session:
        return session.scalars(select(SubmissionKey)).one()


def test_another_password_under_the_same_key_is_a_conflict(portal: Portal) -> None:
    first = file_report(portal.runtime, submission_key=KEY, login_password="111111")
    assert file_report(portal.runtime, submission_key=KEY, login_password="111111") == first
    with pytest.raises(ConflictError):
        file_report(portal.runtime, submission_key=KEY, login_password="111112")


def test_two_equal_submissions_have_different_fingerprints(portal: Portal) -> None:
    for number in range(2):
        file_report(portal.runtime, submission_key=f"{KEY}-{number}")
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(SubmissionKey)).all()
    assert len({row.fingerprint for row in rows}) == len({row.fingerprint_key_sealed for row in rows}) == 2


def test_it_is_gone_with_the_credentials_and_the_receipt_stays(portal: Portal) -> None:
    first = file_report(portal.runtime, submission_key=KEY, login_password="111111")
    closed_ticket(portal.runtime, number=first.number)

    row = stored(portal.runtime)
    assert (row.fingerprint, row.fingerprint_key_sealed, row.data_key_id) == ("", None, None)
    assert file_report(portal.runtime, submission_key=KEY, login_password="111111") == first
    assert file_report(portal.runtime, submission_key=KEY, login_password="222222") == first


def test_rotation_and_conversion_keep_it(portal: Portal) -> None:
    file_report(portal.runtime, submission_key=KEY)
    sm = make_runtime(replace(portal.settings, suite="sm4-gcm"))
    rotation.rotate(sm, SYSTEM)
    assert rotation.convert(sm, SYSTEM).left == 0
    assert rotation.verify(sm).broken == []
    file_report(sm, submission_key=KEY)
    with pytest.raises(ConflictError):
        file_report(sm, submission_key=KEY, login_password="another one")
    sm.database.dispose()


def test_one_of_another_ticket_is_named_by_the_verification(portal: Portal) -> None:
    numbers = [file_report(portal.runtime, submission_key=f"{KEY}-{number}").number for number in range(2)]
    with portal.runtime.database.transaction() as session:
        first, second = session.scalars(select(SubmissionKey).order_by(SubmissionKey.created_at)).all()
        first.fingerprint_key_sealed, first.data_key_id = second.fingerprint_key_sealed, second.data_key_id
    broken = rotation.verify(portal.runtime).broken
    assert [named.split(" of ")[1] for named in broken] == [f"{numbers[0]}: belongs to another owner"]


def test_of_a_ticket_that_was_closed_before_the_migration_it_is_emptied(portal: Portal) -> None:
    ticket = closed_ticket(portal.runtime, submission_key=KEY)
    before = ScriptDirectory(str(data_folder("alembic"))).get_revision("0020").down_revision
    to_revision(portal.runtime.database, before, down=True)
    with portal.runtime.database.transaction() as session:
        session.execute(text("UPDATE submission_keys SET fingerprint = 'left by an older version'"))
    to_revision(portal.runtime.database, "head")
    assert (stored(portal.runtime).fingerprint, stored(portal.runtime).ticket_id) == ("", ticket.id)
