"""What an answer must have: a choice, a reason for the low ones, and no more words than can be kept (DESK 4.2)."""

import pytest

from portal.errors import InvalidError
from portal.follow_up import ratings


@pytest.mark.parametrize(
    ("score", "reason", "comment", "codes"),
    [
        ("", "", "", {"score": "required"}),
        ("6", "", "", {"score": "invalid"}),
        ("2", "", "", {"reason": "required"}),
        ("1", "nothing", "", {"reason": "invalid"}),
        ("2", "其他", "　", {"comment": "required"}),
        ("3", "other", "", {"comment": "required"}),
        ("1", "", "长" * 501, {"reason": "required", "comment": "too_long"}),
        ("4", "", "a\x00b", {"comment": "invalid"}),
        ("x", "bad", "\ud800", {"score": "invalid", "reason": "invalid", "comment": "invalid"}),
    ],
)
def test_every_fault_is_named_at_once(score, reason, comment, codes):
    with pytest.raises(InvalidError) as refused:
        ratings.read_score(score, reason, comment)
    assert {fault.field: fault.code for fault in refused.value.faults} == codes
