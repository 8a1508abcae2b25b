"""`/scores`: monthly sheets, one's own and, for leads, those of their people; never a colleague's (DESK 6.4)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.models import ConflictProblem
from portal.api.schemas import PlainText, VersionBody
from portal.api.vocabularies import one_of
from portal.audit import trail
from portal.audit.tags import Tag
from portal.errors import ConflictError, NotFoundError
from portal.kpi.score import correcting, deciding, editions, policies, reading
from portal.kpi.score.bands import COUNTS, Metric
from portal.kpi.score.cases import Key
from portal.kpi.score.correcting import Correction
from portal.kpi.score.deciding import Answered
from portal.kpi.score.models import MonthlyScore, ScoreCorrection
from portal.kpi.score.months import Month
from portal.kpi.score.reading import Sheet
from portal.runtime import runtime_of
from portal.web.pages import problem
from portal.web.templating import iso_time

router = api_router("/scores")
Viewer = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_SCORES))]
Keeper = Annotated[Principal, Depends(RequiresToken(Permission.KEEP_SCORES))]
Owner = Annotated[Principal, Depends(RequiresToken(Permission.READ_OWN_SCORE))]
Answerer = Annotated[Principal, Depends(RequiresToken(Permission.ANSWER_OWN_SCORE))]


class ScoreMetric(BaseModel):
    """`value`, `median` and `points` are null where there are too few cases; `response` is in working seconds."""

    name: Annotated[str, one_of("ScoreMetricName")]
    value: float | None
    n: int
    median: float | None
    points: float | None


class FormerScore(BaseModel):
    """What a sheet said before a correction, and why it was corrected."""

    edition: int
    metrics: list[ScoreMetric]
    points: float | None
    out_of: float | None
    grade: str
    state: Annotated[str, one_of("ScoreState")]
    objection: str
    answer: str
    remark: str
    reason: str
    corrected_by: str
    corrected_at: datetime


class Score(BaseModel):
    """One person's sheet. `points` and `out_of` are null for somebody who was hardly there."""

    user: str
    month: str
    metrics: list[ScoreMetric]
    points: float | None
    out_of: float | None
    grade: str
    state: Annotated[str, one_of("ScoreState")]
    coverage: dict[str, int]
    objection: str
    objection_ends_at: datetime
    answer: str
    remark: str
    policy_version: int
    edition: int
    former: list[FormerScore]
    version: int


class ScorePage(BaseModel):
    items: list[Score]
    next_cursor: str | None


class ScoreConflict(ConflictProblem):
    """With the sheet as it is now."""

    score: Score


class ObjectionBody(VersionBody):
    """Which figure is wrong, and why."""

    text: PlainText


class ScoreAnswerBody(VersionBody):
    """To an objection; `remark` stands on the sheet and in the table of the month."""

    answer: PlainText
    remark: PlainText = ""


class ScoreCaseKey(BaseModel):
    """Cases of one figure: every round of a ticket in the month, or the one that is named; an article has no round."""

    metric: Annotated[Metric, one_of("ScoreMetricName")]
    number: Annotated[str, Field(max_length=24)]
    round: Annotated[int | None, Field(ge=1, le=999)] = None

    def key(self) -> Key:
        return Key(self.metric, self.number, self.round)


class CorrectionBody(VersionBody):
    """All that is to be different from the facts, also what an earlier correction changed.

    `text`: what is corrected and why. `present`: working days on which the person was there; null as the facts say.
    """

    text: PlainText
    left_out: Annotated[list[ScoreCaseKey], Field(default_factory=list, max_length=250)]
    added: Annotated[list[ScoreCaseKey], Field(default_factory=list, max_length=250)]
    present: int | None = None


class WithdrawalBody(VersionBody):
    """Why the sheet is taken back."""

    text: PlainText


def _change(path: str, body: type[VersionBody]) -> Callable[[Callable[..., JSONResponse]], Callable[..., JSONResponse]]:
    """A route that changes one sheet and answers with it as it stands then."""
    return router.post(
        path,
        response_model=Score,
        responses=answers(403, 404, *OF_BODY, conflict=ScoreConflict),
        openapi_extra=json_schema(body),
    )


@router.get("/{month}", response_model=ScorePage, responses=answers(403, 404))
def list_scores(request: Request, viewer: Viewer, month: str) -> JSONResponse:
    """The sheets of people of the caller's queues, by name. A row of the trail."""
    wanted, actor = _month(month), actor_of(request, viewer)
    with runtime_of(request).database.transaction() as session:
        sheets = reading.of_team(session, actor, wanted)
        items = [_json(session, sheet.row, sheet.user) for sheet in sheets]
        told: trail.Particulars = {"view": "score", "month": wanted.name}
        trail.record(session, Tag.AUDIT_VIEWED, actor, particulars=told)
    return JSONResponse({"items": items, "next_cursor": None})


@router.get("/{month}/me", response_model=Score, responses=answers(403, 404))
def show_own_score(request: Request, owner: Owner, month: str) -> JSONResponse:
    """The caller's own sheet."""
    with runtime_of(request).database.read() as session:
        sheet = reading.own(session, actor_of(request, owner), _month(month))
        return JSONResponse(_json(session, sheet, session.get_one(User, sheet.user_id)))


@_change("/{month}/me/acceptance", VersionBody)
def accept_score(
    request: Request, owner: Answerer, month: str, body: Annotated[VersionBody, Depends(JsonBody(VersionBody))]
) -> JSONResponse:
    """看过了，没有异议: it may be published from now on."""
    actor = actor_of(request, owner)
    return _own(request, owner, month, lambda session: deciding.accept(session, actor, _month(month), body.version))


@_change("/{month}/me/objection", ObjectionBody)
def object_to_score(
    request: Request, owner: Answerer, month: str, body: Annotated[ObjectionBody, Depends(JsonBody(ObjectionBody))]
) -> JSONResponse:
    """It is not published before a lead has answered."""
    actor = actor_of(request, owner)
    return _own(
        request, owner, month,
        lambda session: deciding.object_to(session, actor, _month(month), body.version, body.text),
    )  # fmt: skip


@_change("/{month}/{user}/answer", ScoreAnswerBody)
def answer_objection(
    request: Request, keeper: Keeper, month: str, user: str,
    body: Annotated[ScoreAnswerBody, Depends(JsonBody(ScoreAnswerBody))],
) -> JSONResponse:  # fmt: skip
    """A lead's answer; never to oneself."""
    actor, given = actor_of(request, keeper), Answered(body.answer, body.remark)
    return _colleagues(
        request, keeper, month, user,
        lambda session: deciding.answer(session, actor, _month(month), user, body.version, given),
    )  # fmt: skip


@_change("/{month}/{user}/correction", CorrectionBody)
def correct_score(
    request: Request, keeper: Keeper, month: str, user: str,
    body: Annotated[CorrectionBody, Depends(JsonBody(CorrectionBody))],
) -> JSONResponse:  # fmt: skip
    """Work the figures out again without some cases and with others: a new edition, a draft for its person."""
    actor = actor_of(request, keeper)
    left_out, added = ([one.key() for one in keys] for keys in (body.left_out, body.added))
    given = Correction(body.text, left_out, added, body.present)
    return _colleagues(
        request, keeper, month, user,
        lambda session: correcting.correct(session, actor, _month(month), user, body.version, given),
    )  # fmt: skip


@_change("/{month}/{user}/publication", VersionBody)
def publish_score(
    request: Request, keeper: Keeper, month: str, user: str,
    body: Annotated[VersionBody, Depends(JsonBody(VersionBody))],
) -> JSONResponse:  # fmt: skip
    """One sheet, after its person has accepted it, or an objection is answered, or the time to object is over."""
    actor = actor_of(request, keeper)
    return _colleagues(
        request, keeper, month, user,
        lambda session: deciding.publish(session, actor, _month(month), user, body.version),
    )  # fmt: skip


@_change("/{month}/{user}/withdrawal", WithdrawalBody)
def withdraw_score(
    request: Request, keeper: Keeper, month: str, user: str,
    body: Annotated[WithdrawalBody, Depends(JsonBody(WithdrawalBody))],
) -> JSONResponse:  # fmt: skip
    """Take a sheet back for good."""
    actor = actor_of(request, keeper)
    return _colleagues(
        request, keeper, month, user,
        lambda session: deciding.withdraw(session, actor, _month(month), user, body.version, body.text),
    )  # fmt: skip


def _own(request: Request, owner: Principal, month: str, work: Callable[[Session], object]) -> JSONResponse:
    def current() -> dict[str, Any]:
        with runtime_of(request).database.read() as session:
            sheet = reading.own(session, actor_of(request, owner), _month(month))
            return _json(session, sheet, session.get_one(User, sheet.user_id))

    return _answered(request, work, current)


def _colleagues(
    request: Request, keeper: Principal, month: str, username: str, work: Callable[[Session], Sheet]
) -> JSONResponse:
    def current() -> dict[str, Any]:
        with runtime_of(request).database.read() as session:
            found = reading.of_colleague(session, actor_of(request, keeper), _month(month), username)
            return _json(session, found.row, found.user)

    return _answered(request, work, current)


def _answered(
    request: Request, work: Callable[[Session], object], current: Callable[[], dict[str, Any]]
) -> JSONResponse:
    try:
        runtime_of(request).database.run(work)
    except ConflictError as error:
        return problem(request, error.status, error.message, {"code": error.code, "score": current()})
    return JSONResponse(current())


def _month(name: str) -> Month:
    found = Month.read(name)
    if found is None:
        raise NotFoundError(reading.ABSENT)
    return found


def _json(session: Session, sheet: MonthlyScore, user: User) -> dict[str, Any]:
    least = policies.of_version(session, sheet.policy_version).rules.term("least_cases")
    return {
        "user": user.username,
        "month": sheet.month,
        "metrics": [_metric(metric, sheet.inputs["metrics"][metric.value], least) for metric in Metric],
        "points": sheet.points,
        "out_of": sheet.out_of,
        "grade": sheet.grade,
        "state": sheet.status,
        "coverage": sheet.inputs.get("coverage", {}),
        "objection": sheet.objection,
        "objection_ends_at": iso_time(sheet.objection_ends_at),
        "answer": sheet.answer,
        "remark": sheet.remark,
        "policy_version": sheet.policy_version,
        "edition": sheet.edition,
        "former": [_former(kept, least) for kept in editions.of_sheet(session, sheet)],
        "version": sheet.version,
    }


def _former(kept: ScoreCorrection, least: int) -> dict[str, Any]:
    return {
        "edition": kept.edition,
        "metrics": [_metric(metric, kept.inputs["metrics"][metric.value], least) for metric in Metric],
        "points": kept.points,
        "out_of": kept.out_of,
        "grade": kept.grade,
        "state": kept.status,
        "objection": kept.objection,
        "answer": kept.answer,
        "remark": kept.remark,
        "reason": kept.reason,
        "corrected_by": kept.by_name,
        "corrected_at": iso_time(kept.at),
    }


def _metric(metric: Metric, found: dict[str, Any], least: int) -> dict[str, Any]:
    is_known = metric in COUNTS or found["n"] >= least
    return {
        "name": metric.value,
        "value": found["value"] if is_known else None,
        "n": found["n"],
        "median": found["median"] if is_known else None,
        "points": found["points"],
    }
