"""0033 names the pictures of today as the pages have shown them, on both databases."""

from sqlalchemy import select, text

from alembic import command
from portal import migrations
from portal.screenshots.models import Screenshot
from tests.api.calls import picture, post_report
from tests.factories.clinic import Clinic
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal

_ERROR = {"symptom": "error", "operation_steps": "1、打开随访表\n2、点保存"}
_DETAIL = "error_detail_screenshots"
_SHOWN = "SELECT id FROM screenshots WHERE owner_id = :owner ORDER BY slot DESC, position"


def test_numbers_follow_the_pages_of_today_and_drafts_have_none(portal: Portal) -> None:
    files = [picture(whole_screen(seed=seed), slot) for seed, slot in enumerate((_DETAIL, "screenshots", _DETAIL), 1)]
    assert post_report(portal.browser(), files=files, **_ERROR).status_code == 201
    assert post_report(portal.browser()).status_code == 201
    draft = Clinic(portal)
    draft.fill_situation()
    draft.add_pictures(whole_screen(seed=4))
    database = portal.runtime.database
    with database.schema_change() as connection:
        command.downgrade(migrations.config(connection), "0030")
    with database.read() as session:
        columns = session.execute(text("SELECT * FROM screenshots")).keys()
        owners = session.execute(text("SELECT DISTINCT owner_id FROM screenshots")).scalars().all()
        shown = {owner: session.execute(text(_SHOWN), {"owner": owner}).scalars().all() for owner in owners}
    assert not {"number", "is_new", "own_width", "own_height", "fingerprint"} & set(columns)
    assert sorted(map(len, shown.values())) == [1, 1, 3]

    migrations.migrate(database)

    with database.read() as session:
        rows = session.execute(text("SELECT id, owner_id, number FROM screenshots")).all()
        reports = set(session.execute(text("SELECT id FROM reports")).scalars())
        assert not any(session.scalars(select(Screenshot.is_new)))
    numbers = {row.id: row.number for row in rows}
    for owner, pictures in shown.items():
        expected = list(range(1, len(pictures) + 1)) if owner in reports else [None]
        assert [numbers[one] for one in pictures] == expected
    assert post_report(portal.browser()).status_code == 201
