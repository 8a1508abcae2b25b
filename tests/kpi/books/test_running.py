"""Figures that took long are kept for a while, and say of when they are; others are counted each time."""

import threading
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from portal import clock, db
from portal.errors import StorageUnavailableError
from portal.kpi.books import reading, running
from portal.kpi.books.running import Counted
from portal.kpi.figures.periods import month_of
from tests.factories.reports import file_report

NOW = datetime(2026, 11, 12, 9, tzinfo=clock.CHINA)
KEY = ("2026-11", "")
NO_DATABASE = SimpleNamespace(read=nullcontext)


@pytest.fixture
def kept(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return running._Kept()


def counted(place, stays=timedelta(0), at=NOW):
    return Counted({"place": place}, at, at + stays)


def test_what_was_counted_at_once_is_counted_again(kept):
    assert [running._once(kept, KEY, lambda n=n: counted(n)).content["place"] for n in (1, 2)] == [1, 2]
    assert not kept.counted


def test_what_took_long_is_kept_of_its_period_and_queue_and_no_longer_than_said(kept, monkeypatch):
    running._once(kept, KEY, lambda: counted(1, running.AT_MOST))
    assert running._once(kept, KEY, lambda: counted(2)).content["place"] == 1
    assert running._once(kept, ("2026-11", "his"), lambda: counted(3)).content["place"] == 3
    monkeypatch.setattr(clock, "now", lambda: NOW + running.AT_MOST)
    assert running._once(kept, KEY, lambda: counted(4)).content["place"] == 4


def test_a_clock_that_goes_back_shows_nothing_of_the_future(kept, monkeypatch):
    running._once(kept, KEY, lambda: counted(1, running.AT_MOST))
    monkeypatch.setattr(clock, "now", lambda: NOW - timedelta(hours=1))
    assert running._once(kept, KEY, lambda: counted(2)).content["place"] == 2


def test_of_many_readers_one_counts_and_a_failure_keeps_nobody_out(kept):
    with pytest.raises(ValueError, match="broken"):
        running._once(kept, KEY, lambda: (_ for _ in ()).throw(ValueError("broken")))
    began, go_on, found = threading.Event(), threading.Event(), []

    def slowly():
        began.set()
        go_on.wait(10)
        return counted("slow", running.AT_MOST)

    readers = [threading.Thread(target=lambda: found.append(running._once(kept, KEY, slowly))) for _ in range(3)]
    readers[0].start()
    assert began.wait(10)
    began.clear()
    for reader in readers[1:]:
        reader.start()
    go_on.set()
    for reader in readers:
        reader.join(10)
    assert [one.content["place"] for one in found] == ["slow"] * 3 and not began.is_set()


def test_kept_for_a_hundred_times_what_it_took_and_never_beyond_a_quarter_of_an_hour(kept, monkeypatch):
    ticks = iter((0.0, 1.9, 0.0, 3.0, 0.0, 60.0))
    monkeypatch.setattr(running, "perf_counter", lambda: next(ticks))
    monkeypatch.setattr(running.freezing, "content_of", lambda *_: {})
    period = running.Period("month", NOW.date(), NOW.date())
    stays = [running._count(NO_DATABASE, period, "").until - NOW for _ in range(3)]
    assert stays == [timedelta(0), timedelta(minutes=5), running.AT_MOST]


@pytest.fixture
def narrow(portal, monkeypatch):
    """The portal with two connections and no more."""
    few = {"pool_size": 2, "max_overflow": 0}
    monkeypatch.setattr(db, "create_engine", lambda url, **more: db_engine(url, **{**more, **few, "pool_timeout": 20}))
    database = db.Database(portal.runtime.database.url)
    yield replace(portal.runtime, database=database)
    database.dispose()


db_engine = db.create_engine


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_whoever_waits_for_figures_holds_no_connection_and_many_are_turned_away(narrow, monkeypatch):
    began, go_on, found = threading.Event(), threading.Event(), []
    month, content_of = month_of(clock.china_today()), running.freezing.content_of
    kept = running._kept.setdefault(narrow.database.engine, running._Kept())

    def slowly(*given):
        content = content_of(*given)
        began.set()
        assert go_on.wait(20)
        return content

    def read():
        try:
            found.append(reading.find(narrow.database, ("general",), month, "general").as_of)
        except StorageUnavailableError as error:
            found.append(error)

    monkeypatch.setattr(running, "LONG", 0.0)
    monkeypatch.setattr(running.freezing, "content_of", slowly)
    readers = [threading.Thread(target=read) for _ in range(1 + running.MOST_WAITING)]
    for reader in readers:
        reader.start()
    assert began.wait(20)
    while kept.places._value:  # until all of them wait
        threading.Event().wait(0.01)
    assert narrow.database.engine.pool.checkedout() == 1  # of the one that counts
    assert file_report(narrow).number
    read()
    assert isinstance(found.pop(), StorageUnavailableError)  # and no thread of the server more
    go_on.set()
    for reader in readers:
        reader.join(20)
    assert len(found) == len(readers) and len(set(found)) == 1 and kept.places._value == running.MOST_WAITING
