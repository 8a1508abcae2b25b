"""The calls on complaints: for those with a part in a case; for everybody else, subjects above all, there is none."""

import secrets
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Query
from pydantic import BaseModel, Field, create_model
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of, anonymous
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import complaint_models as models
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.complaint_answers import case_json, row_json, tracked_json
from portal.api.description import OF_BODY, answers
from portal.api.models import RevealedValue
from portal.api.schemas import ApiBody, PlainText, QueryText, RevealBody, TrackBody, VersionBody, Word
from portal.api.vocabularies import one_of
from portal.audit.actor import Actor
from portal.complaints import clinic, contacts, filing, performing, viewing
from portal.complaints.act import CaseAct, CaseObjectionError
from portal.complaints.acts import ACTS
from portal.complaints.filing import Complained
from portal.complaints.handling import NAME_HANDLER
from portal.complaints.inputs import AnyOf, CaseInput, Several, Tick, Words, YesNo
from portal.errors import ConflictError, NotFoundError
from portal.kinds.names import Channel
from portal.runtime import Runtime, runtime_of
from portal.tracking import access as tracking
from portal.web.pages import problem
from portal.web.templating import iso_time

router = api_router("/complaints")
track_router = api_router("/track/complaint", Depends(anonymous))
Reader = Annotated[Principal, Depends(RequiresToken(Permission.READ_COMPLAINTS))]
Keeper = Annotated[Principal, Depends(RequiresToken(Permission.KEEP_COMPLAINTS))]
Registrar = Annotated[Principal, Depends(RequiresToken(Permission.REGISTER_COMPLAINT))]
Revealer = Annotated[Principal, Depends(RequiresToken(Permission.REVEAL_COMPLAINT))]
Json = dict[str, Any]
_Key = Annotated[str, Header(alias="Idempotency-Key", max_length=200)]


class ComplaintBody(TrackBody):
    """A complaint of a clinic, at its own ticket. `name`: or how to address the complainant."""

    content: PlainText = ""
    wish: PlainText = ""
    name: Word = ""
    contact_phone: Word = ""
    kind: Word = ""


class RegistrationBody(ApiBody):
    """A complaint that staff register for a caller. `subjects`: usernames of the people complained of."""

    ticket: Word = ""
    content: PlainText = ""
    wish: PlainText = ""
    name: Word = ""
    contact_phone: Word = ""
    kind: Word = ""
    institution: Word = ""
    channel: Word = Channel.PHONE.value
    occurred_on: Word = ""
    subjects: Annotated[list[Word], Field(max_length=50, default_factory=list)]
    is_grave: bool = False
    is_legal: bool = False


class ComplaintConfirmationBody(TrackBody):
    """By name: the answer, the name and the time are frozen."""

    name: Word = ""


class ComplaintReviewBody(TrackBody):
    """Why another person should judge again."""

    comment: PlainText = ""


class ComplaintChoiceBody(TrackBody):
    """The position of an approved proposal."""

    proposal: Annotated[int, Field(ge=1, le=1000)]


@track_router.post(
    "", response_model=models.ComplaintReceipt, status_code=201, responses=answers(404, *OF_BODY, 429),
    openapi_extra=json_schema(ComplaintBody),
)  # fmt: skip
def file_complaint(
    request: Request, body: Annotated[ComplaintBody, Depends(JsonBody(ComplaintBody))], key: _Key = ""
) -> JSONResponse:
    """A case of its own each time, with its own number and query code."""
    runtime, actor = runtime_of(request), actor_of(request)
    ticket = tracking.find(runtime, actor, body.number, body.query_code)
    given = Complained(body.content, body.name, body.wish, body.contact_phone, body.kind)
    receipt = filing.file_by_clinic(runtime, actor, ticket.id, given, key or secrets.token_urlsafe(24))
    return _receipt(receipt)


def _tracked(
    request: Request, body: TrackBody, work: Callable[[Runtime, Actor, Any], None] | None = None
) -> JSONResponse:  # fmt: skip
    runtime, actor = runtime_of(request), actor_of(request)
    complaint = clinic.find(runtime, actor, body.number, body.query_code)
    try:
        if work is not None:
            work(runtime, actor, complaint.id)
    except ConflictError as error:
        now = {"code": error.code, "complaint": tracked_json(clinic.view(runtime, complaint.id))}
        return problem(request, 409, error.message, now)
    return JSONResponse(tracked_json(clinic.view(runtime, complaint.id)))


_OF_SENDER = answers(404, *OF_BODY, 429, conflict=models.TrackedComplaintConflict)


@track_router.post(
    "/progress", response_model=models.TrackedComplaint, responses=answers(404, *OF_BODY, 429),
    openapi_extra=json_schema(TrackBody),
)  # fmt: skip
def track_complaint(request: Request, body: Annotated[TrackBody, Depends(JsonBody(TrackBody))]) -> JSONResponse:
    """One case for its sender, by its own number and query code; `POST /track` gives the same."""
    return _tracked(request, body)


@track_router.post(
    "/confirmation", response_model=models.TrackedComplaint, responses=_OF_SENDER,
    openapi_extra=json_schema(ComplaintConfirmationBody),
)  # fmt: skip
def confirm_complaint(
    request: Request, body: Annotated[ComplaintConfirmationBody, Depends(JsonBody(ComplaintConfirmationBody))]
) -> JSONResponse:
    """The complainant confirms the answer by name."""
    return _tracked(request, body, lambda runtime, actor, case: clinic.confirm(runtime, actor, case, body.name))


@track_router.post(
    "/review", response_model=models.TrackedComplaint, responses=_OF_SENDER,
    openapi_extra=json_schema(ComplaintReviewBody),
)  # fmt: skip
def review_complaint(
    request: Request, body: Annotated[ComplaintReviewBody, Depends(JsonBody(ComplaintReviewBody))]
) -> JSONResponse:
    """Once, within 30 days of the answer."""
    return _tracked(request, body, lambda runtime, actor, case: clinic.review(runtime, actor, case, body.comment))


@track_router.post(
    "/choice", response_model=models.TrackedComplaint, responses=_OF_SENDER,
    openapi_extra=json_schema(ComplaintChoiceBody),
)  # fmt: skip
def choose_proposal(
    request: Request, body: Annotated[ComplaintChoiceBody, Depends(JsonBody(ComplaintChoiceBody))]
) -> JSONResponse:
    """The complainant chooses among the approved proposals."""
    return _tracked(request, body, lambda runtime, actor, case: clinic.choose(runtime, actor, case, str(body.proposal)))


@router.post(
    "", response_model=models.ComplaintReceipt, status_code=201, responses=answers(403, 404, *OF_BODY),
    openapi_extra=json_schema(RegistrationBody),
)  # fmt: skip
def register_complaint(
    request: Request,
    principal: Registrar,
    body: Annotated[RegistrationBody, Depends(JsonBody(RegistrationBody))],
    key: _Key = "",
) -> JSONResponse:
    """For a caller; who registers it handles it until it is passed on, unless it is about them."""
    given = Complained(
        body.content, body.name, body.wish, body.contact_phone, body.kind, body.institution, body.channel,
        body.occurred_on, tuple(body.subjects), body.is_grave, body.is_legal,
    )  # fmt: skip
    receipt = filing.file_for_caller(
        runtime_of(request), actor_of(request, principal), body.ticket, given, key or secrets.token_urlsafe(24)
    )
    return _receipt(receipt)


@router.get("", response_model=models.ComplaintPage, responses=answers(403, 404, 422))
def list_complaints(
    request: Request,
    principal: Reader,
    state: Annotated[QueryText, one_of("ComplaintFilter")] = "",
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=viewing.MOST)] = viewing.PAGE_SIZE,
) -> JSONResponse:
    """Newest first: what the caller has a part in."""
    runtime, actor = runtime_of(request), actor_of(request, principal)
    with runtime.database.read() as session:
        viewing.ensure_reader(session, actor)
        page = viewing.page(session, actor, state, cursor, limit)
    return JSONResponse({"items": [row_json(row) for row in page.items], "next_cursor": page.next_cursor})


@router.get("/{number}", response_model=models.Complaint, responses=answers(403, 404))
def show_complaint(request: Request, principal: Reader, number: str) -> JSONResponse:
    """One case; opening it writes a trail row with the caller's part."""
    return JSONResponse(case_json(viewing.open_case(runtime_of(request), actor_of(request, principal), number)))


@router.post(
    "/{number}/reveals", response_model=RevealedValue,
    responses=answers(403, 404, 410, *OF_BODY, 429), openapi_extra=json_schema(RevealBody),
)  # fmt: skip
def reveal_complainant(
    request: Request, principal: Revealer, number: str, body: Annotated[RevealBody, Depends(JsonBody(RevealBody))]
) -> JSONResponse:
    """Name or phone, for the handler and 客服经理; the trail row is written first."""
    shown = contacts.reveal(runtime_of(request), actor_of(request, principal), number, body.field, body.reason)
    return JSONResponse({"value": shown.value, "expires_at": iso_time(shown.expires_at)})


def _body_of(act: CaseAct) -> type[BaseModel]:
    fields: dict[str, Any] = {asked.name: _kind_of(asked) for asked in act.inputs}
    name = "".join(part.title() for part in act.name.split("-"))
    return create_model(f"Complaint{name}Body", __base__=VersionBody, **fields)


def _kind_of(asked: CaseInput) -> Any:
    if isinstance(asked, YesNo):
        return bool | None, None
    if isinstance(asked, Tick):
        return bool, False
    if isinstance(asked, Several | AnyOf):
        kind = PlainText if isinstance(asked, Several) else Word
        return Annotated[list[kind], Field(max_length=20)], []  # type: ignore[valid-type]
    return (PlainText if isinstance(asked, Words) else Word), ""


def _route(act: CaseAct, model: type[BaseModel]) -> Callable[..., JSONResponse]:
    def carry_out(
        request: Request, principal: Keeper, number: str, body: Annotated[Any, Depends(JsonBody(model))]
    ) -> JSONResponse:
        runtime, actor = runtime_of(request), actor_of(request, principal)
        given = {asked.name: getattr(body, asked.name) for asked in act.inputs}
        try:
            if act is NAME_HANDLER and principal.can(Permission.MANAGE_USERS):
                performing.name_steward(runtime, actor, number, body.version, given["handler"])
            else:
                performing.carry_out(runtime, actor, act, number, body.version, given)
        except ConflictError as error:
            return _conflict(request, runtime, actor, number, error)
        return JSONResponse(_current(runtime, actor, number))

    carry_out.__doc__ = act.title
    carry_out.__name__ = f"complaint_{act.name.replace('-', '_')}"
    return carry_out


for _act in ACTS:
    _model = _body_of(_act)
    router.add_api_route(
        f"/{{number}}/{_act.name}",
        _route(_act, _model),
        methods=["POST"],
        response_model=models.Complaint | models.HandedComplaint,
        responses=answers(403, 404, *OF_BODY, conflict=models.ComplaintConflict),
        openapi_extra=json_schema(_model),
    )


def _conflict(request: Request, runtime: Runtime, actor: Actor, number: str, error: ConflictError) -> JSONResponse:
    more: Json = {"code": error.code, "complaint": _current(runtime, actor, number)}
    if isinstance(error, CaseObjectionError):
        more["objections"] = [{"code": one.code, "message": one.message} for one in error.objections]
    return problem(request, 409, error.message, more)


def _current(runtime: Runtime, actor: Actor, number: str) -> Json:
    """As the caller sees it now; only its number for an administrator, or who has no part in it any more."""
    try:
        return case_json(viewing.view(runtime, actor, number))
    except NotFoundError:
        return {"number": number}


def _receipt(receipt: filing.ComplaintReceipt) -> JSONResponse:
    content = {"number": receipt.number, "query_code": receipt.query_code, "state": receipt.state}
    return JSONResponse(content, 201, headers={"Cache-Control": "no-store"})
