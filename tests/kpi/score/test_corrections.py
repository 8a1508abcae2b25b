"""Drafts made and corrected by several at once, on both databases: one draft a person, one edition a correction."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, ForbiddenError, NotFoundError
from portal.kpi.score import correcting, drafting, editions
from portal.kpi.score.bands import Metric
from portal.kpi.score.cases import Key
from portal.kpi.score.correcting import Correction
from portal.kpi.score.models import MonthlyScore, ScoreCase, ScoreCorrection, ScoreRun
from portal.notify.models import StaffNotice
from tests.factories.cast import actor
from tests.factories.scores import month_of_work, sheet_of


def test_two_workers_and_two_leads_at_once(portal):
    runtime = portal.runtime
    month = month_of_work(runtime, is_drafted=False)
    with ThreadPoolExecutor(3) as workers:
        made = list(workers.map(lambda _: drafting.make(runtime, month), range(3)))
    with runtime.database.read() as session:
        of_people = Counter(session.scalars(select(MonthlyScore.user_id)))
        assert (sum(made), len(of_people), set(of_people.values())) == (3, 3, {1})
        assert len(session.scalars(select(ScoreRun.month)).all()) == 1
        tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.tag == Tag.SCORES_DRAFTED)).all()
        told = session.scalars(select(StaffNotice.user_id).where(StaffNotice.event == "score-drafted")).all()
        assert (len(tags), len(told)) == (1, 3)

    def correct(days):
        given = Correction("少记了在岗的日子", present=days)
        try:
            with runtime.database.transaction() as session:
                return correcting.correct(session, actor(runtime, "leo"), month, "alice", 1, given).row.edition
        except ConflictError as error:
            return error.code

    with ThreadPoolExecutor(2) as leads:
        assert sorted(map(str, leads.map(correct, (3, 4)))) == ["2", "stale"]
    sheet = sheet_of(runtime, "alice", month)
    assert (sheet.points, sheet.grade) == (None, "未评级") and sheet.remark.startswith("更正后的第 2 版；在岗不足")
    with runtime.database.read() as session:
        (kept,) = editions.of_sheet(session, sheet)
        rows, after = editions.cases_of(kept, "resolution")
        assert (kept.points, len(rows), after) == (87, 12, None)
        assert len(session.scalars(select(ScoreCase).where(ScoreCase.score_id == sheet.id)).all()) == len(kept.cases)
        with pytest.raises(NotFoundError):
            editions.one(session, sheet, 2)
        assert len(session.scalars(select(ScoreCorrection)).all()) == 1
    with pytest.raises(NotFoundError), runtime.database.transaction() as session:
        correcting.correct(session, actor(runtime, "leo"), month, "agnes", 1, Correction("没有这张"))
    with pytest.raises(ForbiddenError), runtime.database.transaction() as session:
        correcting.correct(session, actor(runtime, "alice"), month, "alice", 2, Correction("改自己的", present=20))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", []),
        (" rc2026110001 ，RC2026110002/2、RC3", [("RC2026110001", None), ("RC2026110002", 2), ("RC3", None)]),
        ("RC1/0", None),
        ("RC1/x", None),
        ("RC1/²", None),
        ("RC1/1000", None),
        ("RC1//2", None),
        pytest.param("RC1/" + "9" * 5000, None, id="a round of thousands of digits"),
    ],
)
def test_cases_as_people_type_them(typed, read):
    faults: list[Fault] = []
    keys = correcting.read_keys(faults, Metric.VOLUME, "volume.added", typed)
    if read is None:
        assert [fault.field for fault in faults] == ["volume.added"] and keys == []
    else:
        assert keys == [Key(Metric.VOLUME, *one) for one in read] and faults == []
        stored = [[Metric.VOLUME.value, *one] for one in read]
        assert correcting.read_keys([], Metric.VOLUME, "", correcting.typed_keys(stored, Metric.VOLUME)) == keys
