"""The clinic reads no word of the timeline that only staff use."""

from portal.casefile import acts

_STAFF_WORDS = ("工单", "队列", "转派", "认领", "驳回")


def test_no_title_that_a_clinic_reads_has_a_word_of_staff() -> None:
    public = [move for move in acts.MOVES if move.is_public]

    assert [acts.TOLD[move.name] for move in public if any(word in acts.TOLD[move.name] for word in _STAFF_WORDS)] == []
    assert any(word in acts.TITLES["merge"] for word in _STAFF_WORDS)  # staff read their own
