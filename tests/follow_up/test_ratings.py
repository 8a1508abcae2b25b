"""One rating a round, by whichever way comes first: scales, reasons, comments, and who may not (DESK 4.2)."""

import pytest
from sqlalchemy import select

from portal.acts.table import CLAIM, RESOLVE
from portal.audit.actor import clinic
from portal.errors import ForbiddenError, InvalidError
from portal.follow_up import ratings, surveys
from portal.follow_up.models import Dissatisfaction, Rating, Survey
from portal.follow_up.ratings import AlreadyRatedError, NothingToRateError, OwnWorkError, Way
from portal.follow_up.recording import RECORD_RATING
from portal.follow_up.scales import LABELS, Scale
from portal.tickets.states import TicketState as S
from portal.tracking import confirmation
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.rated import Rated

ID_NUMBER = "110101199003074514"
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def rated(portal):
    return Rated(portal.runtime)


def test_scale_word_and_score_are_kept(portal):
    for scale, label, score in [
        (scale, word, score) for scale, words in LABELS.items() for word, score in words.items()
    ]:
        rated, reason = Rated(portal.runtime), "slow" if score <= 2 else ""
        rated.record(scale.value, label, reason=reason)
        [rating] = rated.of(Rating)
        assert (rating.scale, rating.label, rating.score) == (scale, label, score)
        assert (rating.reason, rating.way) == (reason, "call")
        assert rating.rated_by_id == actor(rated.runtime, "bob").user_id
        assert rating.resolver_id == actor(rated.runtime, "alice").user_id
        assert len(rated.of(Dissatisfaction)) == (score <= 2)


def test_a_reason_is_asked_in_the_middle_and_not_kept_above(portal):
    for score, reason, kept in [(3, "", ""), (3, "slow", "slow"), (2, "处理时效过长", "slow"), (4, "slow", "")]:
        assert Rated(portal.runtime).rate(score, reason).reason == kept


def test_a_result_asks_at_once_and_only_once_a_round(rated):
    assert rated.events().count("survey") == 1
    [survey] = rated.of(Survey)
    assert (survey.round, survey.resolver_id) == (1, actor(rated.runtime, "alice").user_id)
    assert survey.ends_at - survey.issued_at == surveys.LIFE
    rated.rate(5)
    [survey] = rated.of(Survey)
    assert survey.answered_at is not None
    for again in (lambda: rated.rate(1, "slow"), rated.record, lambda: rated.rate(4, way=Way.LINK, round=1)):
        with pytest.raises(AlreadyRatedError) as refused:
            again()
        assert refused.value.rating.score == 5 and "非常满意" in refused.value.message
    assert len(rated.of(Rating)) == 1 and rated.events().count("rated-unhappy") == 0


def test_a_rating_of_an_earlier_round_belongs_to_it(rated):
    rated.reopen()
    assert rated.rate(2, "not_solved", way=Way.LINK, round=1).round == 1
    rated.act(RESOLVE, text="换了服务器")
    assert rated.rate(4).round == 2
    assert [(row.round, row.score) for row in rated.of(Rating)] == [(1, 2), (2, 4)]
    assert [row.round for row in rated.of(Dissatisfaction)] == [1]
    with pytest.raises(NothingToRateError):
        rated.rate(5, round=3)


def test_the_round_s_resolver_counts_whoever_gives_the_next_result(portal):
    rated = Rated(portal.runtime)
    rated.reopen()
    alice = actor(portal.runtime, "alice").user_id
    with pytest.raises(InvalidError) as refused:
        rated.record(who="alice")
    assert [fault.code for fault in refused.value.faults] == ["same_person"]
    rated.record("s1", "不满意", "agnes", reason="attitude", comment="等了三天")
    [rating] = rated.of(Rating)
    assert (rating.round, rating.resolver_id, rating.comment) == (1, alice, "等了三天")
    assert rated.events()[-1] == "rated-unhappy"


def test_words_of_another_scale_are_refused_with_every_fault(rated):
    with pytest.raises(InvalidError) as refused:
        rated.record("s0", "非常满意", reason="bad")
    assert {fault.field for fault in refused.value.faults} == {"label", "reason"}
    with pytest.raises(InvalidError) as refused:
        rated.record("s0", "不满意")
    assert {fault.field: fault.code for fault in refused.value.faults} == {"reason": "required"}


def test_secrets_in_a_comment_are_sealed_in_place(rated):
    rated.rate(1, "other", f"身份证 {ID_NUMBER} 又填错了")
    [rating] = rated.of(Rating)
    assert ID_NUMBER not in rating.comment and "身份证" in rating.comment
    other = Rated(rated.runtime)
    with pytest.raises(InvalidError) as refused:
        other.record("s3", "一般", comment=f"身份证 {ID_NUMBER}")
    assert [fault.code for fault in refused.value.faults] == ["sensitive_text"]


def test_who_worked_on_it_cannot_answer_in_the_clinic_s_place(rated):
    with pytest.raises(OwnWorkError) as refused:
        rated.rate(5, signed_in=actor(rated.runtime, "alice").user_id)
    assert isinstance(refused.value, ForbiddenError) and rated.of(Rating) == []
    assert rated.rate(5, signed_in=actor(rated.runtime, "leo").user_id).score == 5


def test_nothing_to_rate_without_a_result_or_after_its_end(portal):
    for state in (S.MERGED, S.VOID, S.SUBMITTED, S.AWAITING_INFORMATION):
        desk = Desk(portal.runtime)
        desk.bring_to(state)
        answer = ratings.read_score("5", "", "")
        with pytest.raises(NothingToRateError):
            ratings.give(portal.runtime, clinic(), desk.ticket.id, None, answer, Way.PAGE)
        with pytest.raises(NothingToRateError):
            desk.act(RECORD_RATING, "agnes", scale="s3", label="满意")


def test_it_can_be_rated_after_its_closing(rated):
    confirmation.confirm(rated.runtime, clinic(), rated.ticket.id, is_solved=True, comment="")
    assert rated.rate(5).round == 1


def test_the_word_taken_at_the_desk_asks_nobody_afterwards(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    with portal.runtime.database.transaction() as session:
        ticket = session.get_one(type(desk.ticket), desk.ticket.id)
        given = ratings.read_words(Scale.S0, "满意", "", "")
        rating = ratings.at_desk(session, ticket, actor(portal.runtime, "alice").user_id, given)
        surveys.issue(session, ticket)
        ratings.after(session, ticket, rating)
    assert "survey" not in desk.events()
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Rating.way)).all() == ["desk"]
        assert session.scalars(select(Survey.id)).all() == []
