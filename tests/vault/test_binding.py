"""A ciphertext belongs to its ticket, field and row: moved, swapped or forged it is refused, and verification names it.

The person who forges may write to the database and knows the portal, and has no key.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.acts.table import CLAIM
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.disclosure import reveals
from portal.errors import PortalError
from portal.kinds.table import GENERAL
from portal.reports import draft_answers, drafts
from portal.reports.draft_models import Draft
from portal.runtime import Runtime
from portal.screenshots import service as screenshots
from portal.upkeep import rotation
from portal.vault.suites import SealBrokenError
from portal.vault.vault import OpenedKey
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import closed_ticket, ticket_named
from tests.factories.portals import Portal
from tests.factories.reports import file_report

pytestmark = pytest.mark.both_databases  # each value is a statement of its own


@dataclass(frozen=True)
class Two:
    """Two tickets of the same kind, with the ids of their reports."""

    runtime: Runtime
    mine: str
    theirs: str
    a: uuid.UUID
    b: uuid.UUID

    def change(self, statement: str, **values: Any) -> None:
        with self.runtime.database.transaction() as session:
            ids = {"a": self._form(session, self.a), "b": self._form(session, self.b)}
            named = {name: value for name, value in (ids | values).items() if f":{name}" in statement}
            assert session.execute(text(statement), named).rowcount  # type: ignore[attr-defined]

    def _form(self, session: Session, value: uuid.UUID) -> Any:
        return value.hex if self.runtime.database.is_sqlite else value


@pytest.fixture
def two(portal: Portal) -> Two:
    runtime = portal.runtime
    numbers = [file_report(runtime).number for _ in range(2)]
    with runtime.database.transaction() as session:
        for number in numbers:
            perform(session, runtime, actor(runtime, "alice"), CLAIM, number, 1)
    mine, theirs = numbers
    ids = [ticket_named(runtime, number).report_id for number in numbers]
    return Two(runtime, mine, theirs, *ids)


_PASSWORD = "field = 'login_password'"
_OTHER = f"(SELECT {{column}} FROM sealed_values WHERE owner_id = :b AND {_PASSWORD})"
FORGERIES: dict[str, tuple[str, str]] = {
    "a value moved to another ticket": (
        f"UPDATE sealed_values SET owner_id = :b, position = 7 WHERE owner_id = :a AND {_PASSWORD}",
        "login_password.7 of {theirs}",
    ),
    "the value of another ticket": (
        "UPDATE sealed_values SET value_sealed = "
        f"{_OTHER.format(column='value_sealed')} WHERE owner_id = :a AND {_PASSWORD}",
        "login_password.0 of {mine}",
    ),
    "the value and key of another ticket": (
        f"UPDATE sealed_values SET value_sealed = {_OTHER.format(column='value_sealed')}, "
        f"data_key_id = {_OTHER.format(column='data_key_id')} WHERE owner_id = :a AND {_PASSWORD}",
        "login_password.0 of {mine}",
    ),
    "another field of the ticket": (
        f"UPDATE sealed_values SET field = 'institution' WHERE owner_id = :a AND {_PASSWORD}",
        "institution.0 of {mine}",
    ),
    "another position": (
        f"UPDATE sealed_values SET position = 3 WHERE owner_id = :a AND {_PASSWORD}",
        "login_password.3 of {mine}",
    ),
    "a forged mask": (
        "UPDATE sealed_values SET value_masked = '110***********1234' WHERE owner_id = :a AND field = 'id_number'",
        "id_number.0 of {mine}",
    ),
    "a forged label": (
        "UPDATE sealed_values SET label = '备注' WHERE owner_id = :a AND field = 'id_number'",
        "id_number.0 of {mine}",
    ),
    "a mask without its proof": (
        "UPDATE sealed_values SET value_masked = 'x', proof = NULL WHERE owner_id = :a AND field = 'id_number'",
        "id_number.0 of {mine}",
    ),
    "a forged index": (
        "UPDATE sealed_values SET value_index = :index WHERE owner_id = :a AND field = 'id_number'",
        "id_number.0 of {mine}",
    ),
    "a key that is forgotten at closing": (
        f"UPDATE sealed_values SET data_key_id = NULL WHERE owner_id = :a AND {_PASSWORD}",
        "login_password.0 of {mine}",
    ),
    "a data key turned to another ticket": (
        "UPDATE data_keys SET owner_id = :b WHERE owner_id = :a AND purpose = 'credentials'",
        "credentials of {theirs}",
    ),
    "a value that was emptied": (
        f"UPDATE sealed_values SET value_sealed = NULL, data_key_id = NULL WHERE owner_id = :a AND {_PASSWORD}",
        "login_password.0 of {mine}",
    ),
    "a picture of another type": (
        "UPDATE screenshots SET media_type = 'image/webp' WHERE owner_id = :a",
        "screenshots.0 of {mine}",
    ),
    "an older header": (
        f"UPDATE sealed_values SET value_sealed = :older WHERE owner_id = :a AND {_PASSWORD}",
        "login_password.0 of {mine}",
    ),
}


def older_header(two: Two) -> bytes:
    with two.runtime.database.read() as session:
        row = reveals.find_value(session, ticket_named(two.runtime, two.mine), "login_password")
    assert row is not None and row.value_sealed is not None
    return b"YX1" + row.value_sealed[3:]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_whoever_writes_to_the_database_only_moves_nothing(two: Two, forgery: str) -> None:
    statement, place = FORGERIES[forgery]
    two.change(statement, index=two.runtime.vault.blind_index("372527196503141287"), older=older_header(two))

    found = rotation.verify(two.runtime).broken

    expected = place.format(mine=two.mine, theirs=two.theirs)
    assert any(f", {expected}: " in named for named in found), found


def test_a_moved_value_is_refused_with_an_alarm_and_never_shown(two: Two) -> None:
    with two.runtime.database.read() as session:
        row = reveals.find_value(session, ticket_named(two.runtime, two.mine), "login_password")
        assert row is not None
        secret = two.runtime.vault.open_value(session, row)
    two.change(FORGERIES["a value moved to another ticket"][0])

    with pytest.raises(PortalError) as refused:
        reveals.reveal_field(two.runtime, actor(two.runtime, "alice"), two.theirs, "login_password.7", "排查登录")

    assert refused.value.status == 409 and secret not in refused.value.message
    with two.runtime.database.read() as session:
        last = session.execute(text("SELECT tag, ticket_number FROM audit_events ORDER BY seq DESC LIMIT 1")).one()
    assert tuple(last) == (Tag.SEAL_BROKEN, two.theirs)


def test_a_moved_picture_is_refused_and_named(two: Two) -> None:
    two.change("UPDATE screenshots SET owner_id = :b, position = 5, number = 5 WHERE owner_id = :a")

    found = rotation.verify(two.runtime).broken

    assert len(found) == 1 and f".5 of {two.theirs}: belongs to another owner" in found[0]
    with two.runtime.database.read() as session:
        picture = next(row for row in screenshots.pictures_of(session, two.b) if row.position == 5)
        with pytest.raises(SealBrokenError):
            screenshots.open_picture(session, two.runtime.vault, two.runtime.blobs, picture)


def test_swapped_pictures_are_refused_and_named(two: Two) -> None:
    blobs = {}
    with two.runtime.database.read() as session:
        for owner in (two.a, two.b):
            blobs[owner] = screenshots.pictures_of(session, owner)[0].blob_key
    two.change("UPDATE screenshots SET blob_key = :blob WHERE owner_id = :a", blob="f" * 32)
    two.change("UPDATE screenshots SET blob_key = :blob WHERE owner_id = :b", blob=blobs[two.a])
    two.change("UPDATE screenshots SET blob_key = :blob WHERE owner_id = :a", blob=blobs[two.b])

    found = rotation.verify(two.runtime).broken

    assert sorted(named.split(" of ")[1].split(":")[0] for named in found) == sorted([two.mine, two.theirs])


def test_a_draft_shows_no_other_drafts_answers(two: Two) -> None:
    runtime = two.runtime
    victim = drafts.start(runtime, GENERAL, {"login_password": ["Abc-998877"]}, "10.0.0.1")
    thief = drafts.start(runtime, GENERAL, {}, "10.0.0.1")
    with runtime.database.transaction() as session:
        theirs, mine = session.get_one(Draft, victim.id), session.get_one(Draft, thief.id)
        mine.answers_sealed, mine.data_key_id = theirs.answers_sealed, theirs.data_key_id

    with runtime.database.read() as session, pytest.raises(SealBrokenError):
        draft_answers.read(session, runtime.vault, session.get_one(Draft, thief.id))
    assert [named.split(" ")[:2] for named in rotation.verify(runtime).broken] == [["drafts", f"{thief.id}:"]]


def test_a_mask_stays_proved_after_its_value_is_destroyed(two: Two) -> None:
    closed = closed_ticket(two.runtime).number
    assert rotation.verify(two.runtime).broken == []
    with two.runtime.database.transaction() as session:
        row = reveals.find_value(session, ticket_named(two.runtime, closed), "login_account")
        assert row is not None and row.value_sealed is None
        row.value_masked = "z***9"

    assert [", login_account.0 of " in named for named in rotation.verify(two.runtime).broken] == [True]


def test_nothing_is_sealed_for_one_owner_with_the_key_of_another(two: Two) -> None:
    vault = two.runtime.vault
    with two.runtime.database.read() as session:
        key: OpenedKey = vault.data_key(session, two.a, "report")
    with pytest.raises(SealBrokenError):
        vault.sealed_value(key, owner_id=two.b, field="id_number", value="1", mask="id_number")


def test_what_nobody_touched_opens_after_rotation_and_conversion(two: Two) -> None:
    rotation.rotate(two.runtime, SYSTEM)
    assert rotation.verify(two.runtime).broken == []
