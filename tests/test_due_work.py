"""Due work: a row or a part that fails holds up none after it, and is not forgotten either."""

from functools import partial

import pytest

from portal import worker
from portal.db import ContendedError
from portal.due_work import all_of, each
from portal.errors import StorageUnavailableError
from portal.notify.delivery import Dispatcher


def failing(error):
    def work(*_):
        raise error

    return work


def test_every_work_has_its_turn_and_the_first_failure_is_told():
    done = []
    with pytest.raises(KeyError):
        done += list(all_of([lambda: 1, failing(KeyError()), failing(OSError())]))
    with pytest.raises(ContendedError):
        for one in all_of([failing(ContendedError("")), lambda: 1, lambda: 2]):
            done.append(one)
    assert done == [1, 2] and list(all_of([lambda: 3])) == [3]


def test_without_a_database_the_rest_is_not_tried():
    tried = []
    with pytest.raises(StorageUnavailableError):
        list(all_of([failing(StorageUnavailableError("")), lambda: tried.append(1)]))
    assert not tried


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_part_of_a_round_that_fails_stops_no_other(portal, monkeypatch):
    ran = []
    monkeypatch.setattr(worker.reminders, "run", failing(KeyError()))
    monkeypatch.setattr(worker.late_replies, "run", lambda runtime: ran.append("last"))
    monkeypatch.setattr(Dispatcher, "run", lambda self: ran.append("sent"))
    with pytest.raises(KeyError):
        worker.work_round(portal.runtime)
    assert ran == ["last", "sent"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_row_that_fails_stops_no_other(portal):
    ended = []

    def step(number, session):
        if number == 1:
            raise KeyError
        return ended.append(number) or 1

    with pytest.raises(KeyError):
        sum(each(portal.runtime.database, (partial(step, number) for number in (1, 2, 3))))
    assert ended == [2, 3]
