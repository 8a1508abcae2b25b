"""A whole portal with its pictures in a bucket: filed, looked at, swept, saved and restored, killed in the middle."""

import random
import shutil
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import worker
from portal.app import create_app
from portal.assembly import make_runtime
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.screenshots.models import Screenshot
from portal.screenshots.service import open_picture
from portal.settings import load_settings
from portal.storage.blobs import new_key
from portal.storage.local import MARK
from portal.storage.stores import store_for
from portal.tickets.models import Ticket
from portal.upkeep import backup, restore
from portal.watch.store_mark import MarkedStore
from tests.conftest import settings_in
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.factories.s3_servers import S3Server
from tests.factories.servers import Site
from tests.faults.test_crashes import Clinics, get, post_report

pytestmark = pytest.mark.xdist_group("s3")


@pytest.fixture
def bucket_portal(sqlite_template, bucket_settings, tmp_path):
    """The cast, and pictures in the bucket."""
    shutil.copytree(sqlite_template, tmp_path / "var")
    settings = in_bucket(settings_in(tmp_path / "var"), bucket_settings)
    portal = Portal(create_app(settings), settings)
    yield portal
    portal.close()


def in_bucket(settings, bucket_settings):
    names = ("uploads", "s3_endpoint", "s3_region", "s3_access_key", "s3_secret_key")
    return replace(settings, **{name: getattr(bucket_settings, name) for name in names})


def pictures(runtime) -> dict[str, bytes]:
    """What every picture shows, by its place in the bucket."""
    with runtime.database.read() as session:
        rows = session.scalars(select(Screenshot)).all()
        return {row.blob_key: open_picture(session, runtime.vault, runtime.blobs, row) for row in rows}


def test_pictures_are_sealed_in_the_bucket_and_open(bucket_portal, tmp_path):
    file_report(bucket_portal.runtime)
    (content,) = pictures(bucket_portal.runtime).values()
    (key,) = [name for name, _ in bucket_portal.runtime.blobs.stored()]

    assert content.startswith(b"\x89PNG")
    assert b"PNG" not in bucket_portal.runtime.blobs.get(key)[:64]
    files = [path for path in (tmp_path / "var" / "uploads").rglob("*") if path.is_file()]
    assert [path for path in files if path.name != MARK] == []  # the folder that was copied has its mark


def test_a_report_is_refused_whole_while_the_bucket_is_away(bucket_portal, line):
    line.mode = "refuse"
    bucket_portal.runtime = bucket_portal.app.state.runtime = without_old_connections(bucket_portal)
    with pytest.raises(Exception, match="请稍后再试"):
        file_report(bucket_portal.runtime)
    with bucket_portal.runtime.database.read() as session:
        assert session.scalars(select(Ticket)).all() == []
    assert bucket_portal.browser().get("/readyz").json()["checks"]["storage"] is False
    assert bucket_portal.browser().get("/").status_code == 200

    line.mode = "through"
    file_report(bucket_portal.runtime)
    assert bucket_portal.browser().get("/readyz").json()["checks"]["storage"] is True


def without_old_connections(portal):
    """The runtime as it is after a while without traffic."""
    return replace(portal.runtime, blobs=MarkedStore(store_for(portal.settings), portal.runtime.database))


def test_the_sweep_takes_orphans_and_nothing_else(bucket_portal):
    file_report(bucket_portal.runtime)
    bucket_portal.runtime.blobs.put(new_key(), b"of a report that was never filed")
    worker.sweep_uploads(bucket_portal.runtime, timedelta(0))

    assert {name for name, _ in bucket_portal.runtime.blobs.stored()} == set(pictures(bucket_portal.runtime))


def test_a_backup_brings_pictures_back_into_another_bucket_and_mends_damage(bucket_portal, bucket_settings, tmp_path):
    for _ in range(2):
        file_report(bucket_portal.runtime)
    before, file = pictures(bucket_portal.runtime), tmp_path / "backup.yxb"
    backup.make(bucket_portal.runtime, bucket_portal.settings.data_dir, file, SYSTEM)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(bucket_portal.settings.keyring, folder / "keyring.json")
    elsewhere = replace(in_bucket(settings_in(folder), bucket_settings), uploads=f"s3://pictures/{new_key()}")
    store_for(elsewhere).put(next(iter(before)), b"damaged")
    restore.restore(elsewhere, file, SYSTEM)
    runtime = make_runtime(elsewhere)
    try:
        assert pictures(runtime) == before
        with runtime.database.read() as session:
            assert trail.verify(session).first_break is None
    finally:
        runtime.database.dispose()


def wait_for(condition) -> None:
    deadline = time.monotonic() + 120  # a loaded machine is no fault
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_every_receipt_outlives_kills_of_the_portal_and_of_the_store(tmp_path):
    server = S3Server(tmp_path / "store")
    site = Site(tmp_path, **server.settings("killed"))
    clinics, moments = Clinics(site), random.Random(20263)
    try:
        server.start()
        for kill in range(1, 3):
            with site.serving() as served, clinics.filing():
                wait_for(lambda enough=kill * 2: len(clinics.receipts) >= enough)
                time.sleep(moments.uniform(0, 0.3))
                served.kill()
        assert clinics.strange == []
        with site.serving():
            with clinics.filing():
                before = len(clinics.receipts)
                wait_for(lambda: len(clinics.receipts) >= before + 2)
                server.kill()
                wait_for(lambda: clinics.strange)
            assert {answer.status for answer in clinics.strange} <= {503}
            server.start()
            assert post_report(site, "after the store came back").status == 201
            assert get(site, "/readyz")[0] == 200
        runtime = make_runtime(
            load_settings({n: v for n, v in site.environ.items() if n.startswith(("PORTAL_", "AWS_"))})
        )
        opened = pictures(runtime)
        with runtime.database.read() as session:
            filed = set(session.scalars(select(Ticket.number)))
        runtime.database.dispose()
    finally:
        server.remove()

    assert clinics.receipts
    assert {receipt["number"] for receipt in clinics.receipts.values()} <= filed
    assert len(opened) == len(filed)
