"""What staff were writing under schema 0016 is found, opened, mended and filed under 0017, and nothing else is lost."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Uuid, bindparam, column, func, select, table, text
from sqlalchemy import inspect as schema_of
from sqlalchemy.exc import IntegrityError

from alembic import command
from portal import clock, migrations
from portal.accounts.models import User
from portal.audit.actor import SYSTEM
from portal.db import UtcDateTime
from portal.kinds.table import GENERAL
from portal.reports import drafts
from portal.reports.draft_models import Draft, HandOver
from portal.reports.drafts import BrowserOwner, StaffOwner
from portal.screenshots import service as screenshots
from portal.screenshots.inspection import InspectionLimits, inspect
from portal.tickets.models import Ticket
from portal.upkeep import rotation
from portal.vault.binding import BoundMark
from portal.vault.models import DataKey, SealedValue
from portal.vault.suites import SUITES
from portal.vault.vault import REPORT, Vault, is_bound
from portal.watch import store_mark
from portal.worker import bind_seals
from tests.factories.desk_filing import desk_fields, send
from tests.factories.pictures import whole_screen
from tests.factories.portals import csrf_of
from tests.migrations.former_seals import add_former_value, former_key, former_values

INSERT = text(
    "INSERT INTO desk_drafts (id, user_id, answers_id, created_at, changed_at) "
    "VALUES (:id, :user_id, :answers_id, :now, :now)"
).bindparams(
    *(bindparam(name, type_=Uuid()) for name in ("id", "user_id", "answers_id")), bindparam("now", type_=UtcDateTime())
)


def to_revision(database, revision, *, down=False):
    with database.schema_change() as connection:
        (command.downgrade if down else command.upgrade)(migrations.config(connection), revision)


def insert_as_it_was(session, row):
    """A row with the columns that the former schema has."""
    now = {column.name: column for column in row.__table__.columns}
    names = [found["name"] for found in schema_of(session.connection()).get_columns(row.__tablename__)]
    former = table(row.__tablename__, *(column(name, now[name].type) for name in names))
    session.execute(former.insert().values({name: getattr(row, name) for name in names}))


class Former:
    """A draft of staff with a picture, its rows as the version of schema 0016 wrote them."""

    def __init__(self, portal, name, **changes):
        runtime, self.id, self.answers_id = portal.runtime, uuid.uuid4(), uuid.uuid4()
        self.values = {field: [value] for field, value in desk_fields("phone", **changes).items()}
        key, key_row = former_key(runtime.vault, self.answers_id, "draft")
        report_key, report_key_row = former_key(runtime.vault, self.id, REPORT)
        inspection = inspect(whole_screen(), hint=None, limits=InspectionLimits())
        with runtime.database.transaction() as session:
            self.user_id = session.scalars(select(User.id).where(User.username == name)).one()
            for row in (key_row, report_key_row):
                insert_as_it_was(session, row)
            add_former_value(session, key, self.answers_id, "desk_draft", json.dumps(self.values), "••••••••")
            picture = screenshots.store(
                runtime.vault, runtime.blobs.inner, report_key, inspection,
                owner_id=self.id, slot="screenshots", position=0, is_confirmed=False,
            )  # fmt: skip
            insert_as_it_was(session, picture)
            ids = {"id": self.id, "user_id": self.user_id, "answers_id": self.answers_id}
            session.execute(INSERT, {**ids, "now": clock.now()})

    def found(self, portal):
        return drafts.find(portal.runtime, self.id, StaffOwner(self.user_id))


@pytest.fixture
def former(portal):
    """A browser's draft with a phone's link, and a draft of agnes, brought from 0016 to the newest schema."""
    runtime = portal.runtime
    browsers = drafts.start(runtime, GENERAL, {"institution": ["高唐县杨屯乡张四屯卫生室"]}, "127.0.0.1")
    now = clock.now()
    with runtime.database.transaction() as session:
        session.add(
            HandOver(
                draft_id=browsers.id, token_hash="0" * 64, picture_ids=[], created_at=now,
                expires_at=now + timedelta(minutes=15),
            )
        )  # fmt: skip
    to_revision(runtime.database, "0016", down=True)
    BoundMark(runtime.settings.data_dir).remove()  # an older version has none
    made = Former(portal, "agnes")
    migrations.migrate(runtime.database)
    store_mark.settle(runtime.database, runtime.blobs.inner)  # as at every start
    with runtime.database.read() as session:
        assert session.scalars(select(HandOver.draft_id)).all() == [browsers.id]
    assert drafts.find(runtime, browsers.id, BrowserOwner(browsers.token)).values == browsers.values
    return made


def counted(portal, model, *conditions):
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(model).where(*conditions))


def test_what_staff_typed_opens_and_moves_into_the_draft_when_it_is_saved(portal, former):
    runtime, draft = portal.runtime, former.found(portal)
    assert draft.values == former.values and len(draft.pictures) == 1 and draft.kind == GENERAL
    assert [one.id for one in drafts.begun_by(runtime, draft.owner)] == [former.id]
    assert rotation.verify(runtime).broken == []
    saved = drafts.save(runtime, draft, {"institution": ["改过的机构"]})
    assert former.found(portal).values == saved.values == {**former.values, "institution": ["改过的机构"]}
    assert counted(portal, SealedValue) == 0 and counted(portal, DataKey, DataKey.owner_id == former.answers_id) == 0
    assert counted(portal, DataKey, DataKey.owner_id == former.id) == 2


def test_it_is_filed_from_its_page_as_it_was_found(portal, former):
    browser, address = portal.signed_in("agnes"), f"/desk/reports/drafts/{former.id}"
    page = browser.get(address).text
    assert former.values["institution"][0] in page and former.values["login_password"][0] not in page
    answer = send(browser, address, csrf_of(page), action="file")
    assert answer.headers["location"] == f"{address}/receipt"
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Ticket.report_id)).one() == former.id
        assert set(session.scalars(select(SealedValue.field))) == {"id_number", "login_account", "login_password"}
        purposes = session.scalars(select(DataKey.purpose).where(DataKey.owner_id == former.id))
        assert sorted(purposes) == ["credentials", "report"]


def test_it_goes_with_all_that_belongs_to_it_when_its_day_is_over(portal, former, monkeypatch):
    late = clock.now() + timedelta(hours=25)
    monkeypatch.setattr(drafts.clock, "now", lambda: late)
    assert drafts.sweep_drafts(portal.runtime) == 2
    assert [counted(portal, model) for model in (Draft, SealedValue, DataKey)] == [0, 0, 0]
    assert list(portal.runtime.blobs.stored()) == []


def test_its_seals_are_bound_and_it_still_opens(portal, former):
    bind_seals(portal.runtime)
    with portal.runtime.database.read() as session:
        assert all(is_bound(row) for row in session.scalars(select(DataKey)))
    assert rotation.verify(portal.runtime).broken == []
    assert former.found(portal).values == former.values


def test_its_answers_are_converted_to_another_suite(portal, former):
    runtime = portal.runtime
    other = next(name for name in SUITES if name != runtime.vault.suite.name)
    converting = replace(runtime, vault=Vault(runtime.vault.keyring, other, lambda: True, lambda: True))
    assert rotation.convert(converting, SYSTEM).left == 0
    assert rotation.verify(converting).broken == []
    assert former.found(portal).values == former.values


def test_back_in_the_former_schema_what_was_not_saved_since_is_as_it_was(portal, former):
    runtime = portal.runtime
    saved = drafts.begin_for_staff(runtime, uuid.uuid4(), StaffOwner(former.user_id))
    drafts.save(runtime, saved, {"institution": ["新机构"]})
    to_revision(runtime.database, "0016", down=True)
    with runtime.database.read() as session:
        left = session.execute(text("SELECT id, answers_id FROM desk_drafts")).all()
        ((owner_id, answers),) = former_values(session, runtime.vault)
        assert len(left) == 2
        assert json.loads(answers) == former.values
        assert owner_id in {uuid.UUID(str(row.answers_id)) for row in left}
        drafted = session.scalars(select(DataKey.owner_id).where(DataKey.purpose == "draft")).all()
    assert owner_id in drafted and saved.id not in drafted
    migrations.migrate(runtime.database)
    assert former.found(portal).values == former.values


def test_a_draft_has_exactly_one_owner(portal):
    runtime, now = portal.runtime, clock.now()
    with runtime.database.read() as session:
        user_id = session.scalars(select(User.id).limit(1)).one()
    for token_hash, owner in ((None, None), ("0" * 64, user_id)):
        with pytest.raises(IntegrityError), runtime.database.transaction() as session:
            session.add(Draft(token_hash=token_hash, user_id=owner, kind="general", created_at=now, changed_at=now))
