"""0048 brings the first phrases and words, keeps the words for keepers, and goes down again; on both databases."""

from sqlalchemy import select, text

from alembic import command
from portal import migrations
from portal.institutions.models import DirectoryEntry
from portal.knowledge import phrases, word_hints
from portal.knowledge.phrase_variables import unknown_in
from tests.factories.contacts import add_contact
from tests.factories.directories import add_entry


def test_it_goes_down_and_up_with_data(portal):
    entry = add_entry(portal.runtime, keeper="王维护")
    add_contact(portal.runtime, entry)
    database = portal.runtime.database
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0048")
        command.downgrade(migrations.config(connection), "-1")
        assert connection.execute(text("SELECT keeper FROM institutions")).scalars().all() == ["王维护"]
    migrations.migrate(database)
    with database.read() as session:
        kept = session.scalars(select(DirectoryEntry)).one()
        assert (kept.keeper, kept.keeper_id, kept.is_key) == ("王维护", None, False)
        said, words = phrases.every(session), word_hints.every(session)
        assert {row.version for row in (*said, *words)} == {1} and not [row for row in said if unknown_in(row.text)]
        assert {row.place for row in said} == set(phrases.PhrasePlace)
        assert {row.kind for row in words} == set(word_hints.HintKind)
        assert len({row.position for row in said}) == len(said)
        ids = {row.id.version for row in (*said, *words)}
    assert ids == {5}  # made from their words, so that every installation has the same
