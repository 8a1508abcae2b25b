"""Rows that nobody can use any more go with the worker's rounds, also when nobody comes back to them."""

from datetime import timedelta

from sqlalchemy import func, select, update

from portal import clock
from portal.accounts import external
from portal.accounts.models import AttemptCounter, ExternalTrip
from portal.institutions import importing
from portal.institutions.models import DirectoryImport
from portal.reports.draft_models import HandOver
from portal.worker import run_once
from tests.factories.cast import actor
from tests.factories.clinic import Clinic
from tests.factories.directories import csv_of

MODELS = (HandOver, ExternalTrip, DirectoryImport, AttemptCounter)


def counts(portal) -> list[int]:
    with portal.runtime.database.read() as session:
        return [session.scalar(select(func.count()).select_from(model)) for model in MODELS]


def test_what_is_over_goes_and_what_is_open_stays(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    assert clinic.post(clinic.page("screenshots"), clinic.page("hand-over")).status_code == 201
    external.start_trip(portal.runtime.database, "10.0.0.9", "/")
    rows = importing.rows_of(csv_of(("高唐县", "杨屯乡", "张四屯卫生室", "", "村级", "王维护", "")))
    with portal.runtime.database.transaction() as session:
        importing.stage(session, actor(portal.runtime, "leo"), "名录.csv", rows)
    run_once(portal.runtime)
    before = counts(portal)
    assert before[:3] == [1, 1, 1] and before[3] >= 2

    long_ago = clock.now() - timedelta(days=2)
    with portal.runtime.database.transaction() as session:
        session.execute(update(HandOver).values(expires_at=clock.now()))
        session.execute(update(ExternalTrip).values(expires_at=clock.now()))
        session.execute(update(DirectoryImport).values(created_at=long_ago))
        session.execute(update(AttemptCounter).values(window_ends_at=long_ago))
    run_once(portal.runtime)
    assert counts(portal) == [0, 0, 0, 0]
