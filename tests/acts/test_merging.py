"""Merging locks both tickets in one order."""

import threading

import pytest

from portal.acts.table import CLAIM, MERGE
from portal.errors import InvalidError
from tests.acts.desk import Desk
from tests.factories.reports import file_report


def both_at_once(first, second):
    """Merge each into the other at the same moment; gives what went wrong."""
    start, errors = threading.Barrier(2), []

    def merge(desk, into, version):
        start.wait()
        try:
            desk.act(MERGE, version=version, into=into)
        except InvalidError as error:
            errors.append(error.faults[0].code)

    pairs = ((first, second), (second, first))
    threads = [threading.Thread(target=merge, args=(one, two.number, one.ticket.version)) for one, two in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_two_opposite_merges_never_end_both(portal):
    for _ in range(10):
        first, second = Desk(portal.runtime), Desk(portal.runtime)
        first.act(CLAIM)
        second.act(CLAIM)
        assert both_at_once(first, second) == ["invalid"]
        assert sorted([first.ticket.state, second.ticket.state]) == ["in_progress", "merged"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_target_must_be_another_open_ticket_of_ones_queues(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    foreign = file_report(portal.runtime, kind="his").number
    for into, code in ((desk.number, "invalid"), (foreign, "not_found"), ("RC2020010001", "not_found")):
        with pytest.raises(InvalidError) as refused:
            desk.act(MERGE, into=into)
        assert [(fault.field, fault.code) for fault in refused.value.faults] == [("into", code)]
    other = Desk(portal.runtime)
    desk.act(MERGE, into=other.number.lower())
    assert desk.ticket.merged_into == other.number
    assert desk.rows()[-1].particulars == {"into": other.number}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_pointing_to_the_other_ticket_is_a_reply(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(MERGE, into=file_report(portal.runtime).number)
    assert desk.ticket.first_replied_at is not None
