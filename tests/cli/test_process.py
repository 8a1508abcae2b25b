"""What stays to the end is not looked through for rubbish, and what comes later is."""

import gc

import pytest

from portal.cli import process


def test_what_was_there_at_the_start_is_never_looked_through():
    before = gc.get_freeze_count()
    with process.starting():
        assert not gc.isenabled()
        kept = [[number] for number in range(1000)]

    assert gc.isenabled()
    assert gc.get_freeze_count() - before >= len(kept)


def test_a_start_that_fails_leaves_collection_on():
    with pytest.raises(ValueError), process.starting():
        raise ValueError

    assert gc.isenabled()
