"""记录评价: a rating given by phone, written down by anybody of the desk but whoever gave the result (DESK 4.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Pick, Text
from portal.audit.tags import Tag
from portal.errors import Fault, InvalidError
from portal.follow_up import ratings, scales, surveys
from portal.follow_up.ratings import Way
from portal.follow_up.scales import REASON_LABELS, SCALE_NAMES, WORDS, Scale
from portal.follow_up.survey_holdings import RATING_TEXT
from portal.progress.lifecycle import ANY_STATE, Move
from portal.tickets.models import Ticket

RECORD_ONES_OWN = "处理结果是您提交的，请另一位同事询问并记录"


def record_rating(hand: Hand, scale: str, label: str, reason: str, comment: str) -> Outcome:
    """The rating of the last round that had a result; the first one that comes counts."""
    session, ticket = hand.session, hand.ticket
    survey = ratings.asked(session, ticket)
    ratings.check_unrated(session, ticket, survey.round)
    answer = ratings.read_words(scale, label, reason, comment)
    rating = ratings.record(session, ticket, survey, answer, Way.CALL, hand.actor.user_id)
    ratings.after(session, ticket, rating)
    return Outcome(particulars={"rating_way": Way.CALL.value, "round": rating.round})


def _doubts(hand: Hand, values: Mapping[str, Any]) -> Sequence[Fault]:
    survey = surveys.newest(hand.session, hand.ticket)
    if survey is not None and survey.resolver_id == hand.actor.user_id:
        raise InvalidError([Fault("label", "same_person", RECORD_ONES_OWN)])
    scale, label = values.get("scale", ""), values.get("label", "")
    faults = ratings.faults_of_words(scale, label)
    score = 0 if faults else scales.LABELS[Scale(scale)][label]
    return [*faults, *ratings.faults_of_reason(score, values.get("reason", ""), values.get("comment", ""))]


def _is_wanted(session: Session, ticket: Ticket) -> bool:
    survey = surveys.newest(session, ticket)
    return survey is not None and survey.answered_at is None


RECORD_RATING = Act(
    move=Move("record_rating", "记录评价", ANY_STATE, is_public=False, is_remark=True),
    do=record_rating,
    path="rating",
    permission=Permission.CALL_BACK,
    tag=Tag.TICKET_RATED,
    is_never_stale=True,
    inputs=(
        Choice(
            name="scale", label="对方用的说法", missing="请选择用的是哪一种说法",
            values=tuple((scale.value, name) for scale, name in SCALE_NAMES.items()),
            chosen=lambda ticket: Scale.S3.value,
        ),
        Choice(
            name="label", label="对方的原话", missing="请选择对方的原话",
            values=tuple((word, word) for word in WORDS), chosen=lambda ticket: "",
        ),
        Pick(
            name="reason", label="不满意的原因，满意的不用选",
            options=lambda session, ticket: tuple((reason.value, label) for reason, label in REASON_LABELS.items()),
        ),
        Text(
            name="comment", label="对方说了什么", word="评价说明", most=ratings.MOST_COMMENT, rows=2,
            sealed_as=RATING_TEXT,
        ),
    ),
    doubt=_doubts,
    form=Form(Place.OWN, "记录评价", "正在保存…", help="电话里问到的评价，一次处理只有一个，先到的算数"),
    done="评价已记录",
    is_wanted=_is_wanted,
)  # fmt: skip
