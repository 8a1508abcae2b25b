"""A row that somebody deletes or empties behind the portal is missed; what the portal destroys itself is not."""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from portal import clock
from portal.acts import unsent_texts
from portal.acts.act import Act
from portal.acts.models import UnsentText
from portal.acts.table import CLAIM
from portal.audit.actor import SYSTEM
from portal.disclosure import text_restoring
from portal.disclosure.models import TextRedaction
from portal.disclosure.text_redaction import SEAL
from portal.kinds.table import GENERAL
from portal.reports import drafts
from portal.reports.draft_models import Draft
from portal.retention import destruction, expiry
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.upkeep import rotation
from portal.vault import inventory
from portal.vault.binding import BoundMark, OlderDatabaseError
from portal.vault.models import DataKey, VaultState
from portal.vault.vault import Vault
from portal.worker import bind_seals
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import ticket_named
from tests.factories.portals import Portal
from tests.factories.reports import file_report

pytestmark = pytest.mark.both_databases  # each case is a statement of its own

_VALUE = "DELETE FROM sealed_values WHERE owner_id = :mine AND field = 'login_password'"
_KEY = "owner_id = :mine AND purpose = 'credentials'"
_OTHERS = "(SELECT {column} FROM data_keys WHERE owner_id = :other AND purpose = 'credentials')"
# What somebody does who can write to the database only, and what is then named.
TAKEN: dict[str, tuple[tuple[str, ...], str]] = {
    "a value": ((_VALUE,), "credentials of {number}: has sealed what is gone .*: sealed_values .*, login_password.0"),
    "a picture": (("DELETE FROM screenshots WHERE owner_id = :mine",), "report of {number}: .*, screenshots.0"),
    "a value, as though it were destroyed": (
        (
            "UPDATE sealed_values SET value_sealed = NULL, value_index = NULL, data_key_id = NULL, "
            "destroyed_at = created_at WHERE owner_id = :mine AND field = 'id_number'",
        ),
        "report of {number}: .*, id_number.0",
    ),
    "a value, with an empty list": (
        (_VALUE, f"UPDATE data_keys SET listed = '{{}}' WHERE {_KEY}"),
        "credentials of {number}: has no list, or a forged one",
    ),
    "a value, with the list": (
        (_VALUE, f"UPDATE data_keys SET listed = NULL, list_proof = NULL WHERE {_KEY}"),
        "credentials of {number}: has no list, or a forged one",
    ),
    "a value, with the list of another key": (
        (
            _VALUE,
            f"UPDATE data_keys SET listed = {_OTHERS.format(column='listed')}, "
            f"list_proof = {_OTHERS.format(column='list_proof')} WHERE {_KEY}",
        ),
        "credentials of {number}: has no list, or a forged one",
    ),
    "all credentials, with their key": (
        ("DELETE FROM sealed_values WHERE owner_id = :mine", f"DELETE FROM data_keys WHERE {_KEY}"),
        "data_keys, credentials of {number}: is gone without having been destroyed",
    ),
    "an unsent text": (("DELETE FROM unsent_texts",), "report of {number}: .*: unsent_texts .*, texts_sealed"),
    "what an unsent text held": (
        ("UPDATE unsent_texts SET texts_sealed = NULL, data_key_id = NULL",),
        "report of {number}: .*: unsent_texts .*, texts_sealed",
    ),
    "a hidden passage": (
        ("UPDATE text_redactions SET passages_sealed = NULL, data_key_id = NULL",),
        "report of {number}: .*: text_redactions .*, passages_sealed",
    ),
    "the answers of a draft": (
        ("UPDATE drafts SET answers_sealed = NULL, data_key_id = NULL",),
        "has sealed what is gone .*: drafts .*, answers_sealed",
    ),
}


class Kept:
    """A claimed ticket with everything that may be sealed of one, and another ticket."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.number, self.other = (file_report(runtime).number for _ in range(2))
        with runtime.database.transaction() as session:
            perform(session, runtime, actor(runtime, "alice"), CLAIM, self.number, 1)
        self.write_unsent("先看一下参数")
        self.act(SEAL, passage="参数没有存上", kind="other")
        drafts.start(runtime, GENERAL, {"login_password": ["Abc-998877"]}, "10.0.0.1")

    @property
    def ticket(self) -> Ticket:
        return ticket_named(self.runtime, self.number)

    def act(self, act: Act, who: str = "alice", **given: Any) -> None:
        with self.runtime.database.transaction() as session:
            perform(session, self.runtime, actor(self.runtime, who), act, self.number, self.ticket.version, **given)

    def write_unsent(self, words: str) -> None:
        user_id = actor(self.runtime, "alice").user_id
        assert user_id is not None
        with self.runtime.database.transaction() as session:
            unsent_texts.keep(session, self.runtime, self.ticket, user_id, {"reply": words})

    def take(self, *statements: str) -> None:
        ids = {"mine": self.ticket.report_id, "other": ticket_named(self.runtime, self.other).report_id}
        with self.runtime.database.transaction() as session:
            for statement in statements:
                named = {name: self._form(value) for name, value in ids.items() if f":{name}" in statement}
                assert session.execute(text(statement), named).rowcount  # type: ignore[attr-defined]

    def _form(self, value: uuid.UUID) -> Any:
        return value.hex if self.runtime.database.is_sqlite else value

    def broken(self) -> str:
        return "\n".join(rotation.verify(self.runtime).broken)


@pytest.fixture
def kept(portal: Portal) -> Kept:
    return Kept(portal.runtime)


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken_behind_the_portal_is_named(kept: Kept, what: str) -> None:
    statements, named = TAKEN[what]
    assert kept.broken() == ""

    kept.take(*statements)

    found = kept.broken()
    assert re.search(named.format(number=kept.number), found), found


def _restore_the_passage(kept: Kept) -> None:
    with kept.runtime.database.read() as session:
        key = text_restoring.restorable(session, kept.ticket)[0].key
    kept.act(text_restoring.RESTORE, "leo", key=key)


def _in_transaction(destroy: Callable[[Session, Ticket], object]) -> Callable[[Kept], None]:
    def done(kept: Kept) -> None:
        with kept.runtime.database.transaction() as session:
            destroy(session, session.get_one(Ticket, kept.ticket.id))

    return done


def _sweep(kept: Kept) -> None:
    with kept.runtime.database.transaction() as session:
        session.execute(update(UnsentText).values(saved_at=clock.now() - timedelta(days=400)))
        session.execute(update(TextRedaction).values(made_at=clock.now() - timedelta(days=400)))
        session.execute(update(Draft).values(changed_at=clock.now() - timedelta(days=400)))
    expiry.sweep(kept.runtime)


def _convert(kept: Kept) -> None:
    rotation.rotate(kept.runtime, SYSTEM)
    other = Vault(kept.runtime.vault.keyring, "sm4-gcm")
    assert rotation.convert(replace(kept.runtime, vault=other), SYSTEM).converted > 4


LAWFUL: dict[str, Callable[[Kept], None]] = {
    "a passage is restored": _restore_the_passage,
    "an unsent text is written again": lambda kept: kept.write_unsent("再看一下"),
    "an unsent text is sent": lambda kept: kept.write_unsent(""),
    "what has expired is swept": _sweep,
    "credentials are destroyed": _in_transaction(destruction.destroy_credentials),
    "pictures are destroyed": _in_transaction(destruction.destroy_pictures),
    "the report is destroyed": _in_transaction(destruction.destroy_report),
    "all of it is sealed anew": _convert,
}


@pytest.mark.parametrize("act", LAWFUL)
def test_what_the_portal_takes_itself_is_not_missed(kept: Kept, act: str) -> None:
    LAWFUL[act](kept)
    assert kept.broken() == ""


@pytest.mark.parametrize(
    "act", ["a passage is restored", "an unsent text is written again", "all of it is sealed anew"]
)
def test_nothing_that_comes_after_hides_it(kept: Kept, act: str) -> None:
    kept.take("DELETE FROM sealed_values WHERE owner_id = :mine AND field = 'id_number'")
    LAWFUL[act](kept)
    assert f"report of {kept.number}: has sealed what is gone" in kept.broken()


def test_no_key_is_retired_while_something_is_missed(kept: Kept) -> None:
    old = kept.runtime.vault.keyring.active_key_id
    rotation.rotate(kept.runtime, SYSTEM)
    kept.take(_VALUE)
    with pytest.raises(rotation.NotCleanError):
        rotation.retire(kept.runtime, old, SYSTEM)


def test_keys_of_an_older_version_are_listed_once(kept: Kept) -> None:
    runtime, mark = kept.runtime, BoundMark(kept.runtime.settings.data_dir)
    with runtime.database.transaction() as session:
        keys = session.scalar(select(func.count()).select_from(DataKey))
        session.execute(update(DataKey).values(listed=None, list_proof=None))
        session.get_one(VaultState, 1).listed_at = None
    assert kept.broken().count("has no list") == keys  # the data folder knows better
    with pytest.raises(OlderDatabaseError):
        bind_seals(runtime)
    mark.remove()
    assert kept.broken() == ""

    done = bind_seals(runtime)

    assert done is not None and done.listed == keys and bind_seals(runtime) is None
    assert kept.broken() == ""
    kept.take(_VALUE)
    assert "login_password.0" in kept.broken()


def test_a_killed_listing_goes_on_from_there(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = kept.runtime
    BoundMark(runtime.settings.data_dir).remove()
    with runtime.database.transaction() as session:
        session.execute(update(DataKey).values(listed=None, list_proof=None))
        session.get_one(VaultState, 1).listed_at = None
    monkeypatch.setattr(inventory, "_BATCH", 2)
    real, left = runtime.vault.list_rows, iter(range(3))

    def dies(key: DataKey, rows: dict[str, str]) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        real(key, rows)

    monkeypatch.setattr(runtime.vault, "list_rows", dies)
    with pytest.raises(KeyboardInterrupt):
        bind_seals(runtime)
    monkeypatch.setattr(runtime.vault, "list_rows", real)
    with runtime.database.read() as session:
        assert session.scalar(select(func.count()).where(DataKey.listed.is_not(None))) == 2
    kept.write_unsent("中途又写了一点")

    assert kept.broken() == ""
    bind_seals(runtime)
    assert kept.broken() == ""
    kept.take("DELETE FROM unsent_texts")
    assert "texts_sealed" in kept.broken()
