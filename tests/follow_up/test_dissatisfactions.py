"""《客户不满意问题分析表》: a draft with the rating, complete with all five, overdue until carried out (DESK 4.4)."""

from datetime import timedelta

import pytest

from portal import clock
from portal.errors import InvalidError, NotFoundError
from portal.follow_up import analyses, dissatisfactions, stages
from portal.follow_up.dissatisfactions import Given, StaleAnalysisError
from portal.follow_up.models import Dissatisfaction
from tests.factories.cast import actor
from tests.factories.rated import Rated

ONLY_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


class Analysed(Rated):
    """Its clinic was not satisfied."""

    def __post_init__(self):
        super().__post_init__()
        self.rate(2, "slow", "等了三天才联系我")

    @property
    def row(self):
        [row] = self.of(Dissatisfaction)
        return row

    def change(self, who="leo", version=None, seal=False, **given):
        version = self.row.version if version is None else version
        return self.runtime.database.run(
            lambda session: dissatisfactions.change(
                session, self.runtime, actor(self.runtime, who), self.row.id, version, Given(**given), seal_found=seal
            )
        )

    def listed(self, state=""):
        with self.runtime.database.read() as session:
            return [shown.row.id for shown in analyses.page_of(session, ("general", "his"), state).found]


@ONLY_SQLITE
def test_it_is_complete_with_all_five_and_with_nothing_less(portal):
    analysed, today = Analysed(portal.runtime), clock.in_china(clock.now()).date()
    row = analysed.row
    assert (row.status, row.reason, row.digest, row.on_day) == ("draft", "slow", "", today)
    given = {
        "stage": "工单分配", "measure": "增加值班人手", "person": "leo", "done_on": (today + timedelta(7)).isoformat(),
        "reason": "处理时效过长",
    }  # fmt: skip
    for number, (name, value) in enumerate(given.items(), 1):
        analysed.change(**{name: value})
        assert analysed.row.status == ("complete" if number >= 4 else "draft"), name
    assert dissatisfactions.lacks(analysed.row) == []
    analysed.change(measure="")
    assert (analysed.row.status, dissatisfactions.lacks(analysed.row)) == ("draft", ["改进措施"])
    assert analysed.rows()[-1].particulars == {"round": 1, "is_complete": False}


@ONLY_SQLITE
def test_every_fault_at_once_and_nothing_is_saved(portal):
    analysed = Analysed(portal.runtime)
    with pytest.raises(InvalidError) as refused:
        analysed.change(
            reason="没有这个原因", digest="长" * 101, stage="没有这个环节", measure="长" * 501, person="nobody",
            done_on="2020-01-01",
        )  # fmt: skip
    assert {fault.field: fault.code for fault in refused.value.faults} == {
        "reason": "invalid", "digest": "too_long", "stage": "invalid", "measure": "too_long", "person": "not_found",
        "done_on": "in_past",
    }  # fmt: skip
    for day, code in (("下周", "invalid"), ("2099-01-01", "too_far")):
        with pytest.raises(InvalidError) as refused:
            analysed.change(done_on=day)
        assert refused.value.faults[0].code == code
    assert analysed.row.version == 1


@ONLY_SQLITE
def test_a_secret_in_a_digest_is_asked_about(portal):
    analysed = Analysed(portal.runtime)
    with pytest.raises(InvalidError) as refused:
        analysed.change(digest="身份证 110101199003074514 填错")
    assert refused.value.faults[0].code == "sensitive_text"
    analysed.change(digest="身份证 110101199003074514 填错", seal=True)
    assert "110101199003074514" not in analysed.row.digest


@ONLY_SQLITE
def test_somebody_was_faster_and_another_queue_sees_nothing(portal):
    analysed = Analysed(portal.runtime)
    analysed.change(digest="处理太慢")
    with pytest.raises(StaleAnalysisError):
        analysed.change(version=1, digest="别的")
    with pytest.raises(NotFoundError):
        analysed.change(who="hanna", digest="别的")


def test_overdue_until_it_is_carried_out(portal, monkeypatch):
    analysed, now = Analysed(portal.runtime), clock.now()
    analysed.change(done_on=clock.in_china(now).date().isoformat())
    assert analysed.listed("overdue") == []
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=2))
    assert analysed.listed("overdue") == analysed.listed() == [analysed.row.id]
    assert dissatisfactions.is_overdue(analysed.row)
    analysed.change(carried_out=True)
    assert analysed.listed("overdue") == [] and not dissatisfactions.is_overdue(analysed.row)


def test_pages_by_cursor(portal):
    rows = [Analysed(portal.runtime) for _ in range(3)]
    with portal.runtime.database.read() as session:
        first = analyses.page_of(session, ("general",), "draft", limit=2)
        second = analyses.page_of(session, ("general",), "draft", first.next_cursor, limit=2)
        found = [shown.row.id for page in (first, second) for shown in page.found]
        assert analyses.page_of(session, ("his",)).found == []
        assert analyses.counts(session, ("general",)) == {"draft": 3, "complete": 0, "overdue": 0}
        with pytest.raises(InvalidError):
            analyses.page_of(session, ("general",), cursor="x~y")
    assert sorted(found) == sorted(one.row.id for one in rows) and second.next_cursor is None


@ONLY_SQLITE
def test_leads_keep_the_list_of_stages(portal):
    leo, run = actor(portal.runtime, "leo"), portal.runtime.database.run
    added = run(lambda session: stages.STAGES.add(session, leo, "培训"))
    for name in ("", "长" * 21, "培训", "密码是 Abc12345"):
        with pytest.raises(InvalidError):
            run(lambda session, name=name: stages.STAGES.add(session, leo, name))
    analysed = Analysed(portal.runtime)
    analysed.change(stage="培训")
    run(lambda session: stages.STAGES.rename(session, leo, added.id, "人员培训", 1))
    run(lambda session: stages.STAGES.set_active(session, leo, added.id, False))
    with portal.runtime.database.read() as session:
        assert "人员培训" not in stages.offered(session)
        assert "人员培训" in stages.offered(session, added.id)
    analysed.change(stage="人员培训")  # it keeps the one that it has
    with pytest.raises(InvalidError):
        Analysed(portal.runtime).change(stage="人员培训")
