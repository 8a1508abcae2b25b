"""A commit whose answer got lost: nothing that may be needed is thrown away, and the key resolves it (SECURITY F8)."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import event, func, select, text

from portal import worker
from portal.db import OutcomeUnknownError
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from tests.factories.reports import file_report


def blobs_of(portal) -> set[str]:
    return {name for name, _ in portal.runtime.blobs.stored()}


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_connection_that_breaks_at_the_commit_keeps_the_pictures(portal, postgres):
    database = portal.runtime.database

    def cut(connection):
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with psycopg.connect(postgres.url("postgres").replace("+psycopg", ""), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    event.listen(database.engine, "commit", cut)
    with pytest.raises(OutcomeUnknownError) as refused:
        file_report(portal.runtime, submission_key="a lost answer")
    event.remove(database.engine, "commit", cut)

    assert refused.value.status == 503
    assert len(blobs_of(portal)) == 1
    receipt = file_report(portal.runtime, submission_key="a lost answer")
    with database.read() as session:
        assert session.scalars(select(Ticket.number)).all() == [receipt.number]
        (named,) = session.scalars(select(Screenshot.blob_key)).all()
    worker.sweep_uploads(portal.runtime, timedelta(0))
    assert blobs_of(portal) == {named}


def test_a_commit_that_certainly_failed_leaves_no_picture(portal):
    def fail(connection):
        raise RuntimeError

    event.listen(portal.runtime.database.engine, "commit", fail)
    with pytest.raises(RuntimeError):
        file_report(portal.runtime)
    event.remove(portal.runtime.database.engine, "commit", fail)

    assert blobs_of(portal) == set()
    with portal.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_broken_connection_leaves_the_outcome_open(portal, postgres):
    with pytest.raises(OutcomeUnknownError), portal.runtime.database.transaction() as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with psycopg.connect(postgres.url("postgres").replace("+psycopg", ""), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    assert portal.runtime.database.is_reachable()
