"""`/policies`: the versions of the service times, with their terms (DESK 1.2)."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api.answers import Json
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.models import ConflictProblem
from portal.api.moments import moment_of
from portal.api.schemas import PlainText, VersionBody, Word
from portal.api.vocabularies import one_of
from portal.clocks import policies, policy_making
from portal.clocks.arithmetic import Term
from portal.clocks.names import Unit
from portal.clocks.policies import Policy, TermRow
from portal.clocks.policy_making import Wanted
from portal.errors import Fault, InvalidError
from portal.runtime import runtime_of
from portal.web.templating import iso_time

router = api_router("/policies")
Keeper = Annotated[Principal, Depends(RequiresToken(Permission.KEEP_TIME))]


class PolicyTerm(BaseModel):
    """An empty word fits any."""

    clock: Annotated[str, one_of("PolicyClock")]
    queue: str = ""
    request_type: str = ""
    channel: str = ""
    coordination: str = ""
    urgency: str = ""
    amount: Annotated[int, Field(ge=1, lt=2**31)]
    unit: Annotated[str, one_of("TermUnit")]


class ServicePolicy(BaseModel):
    version: int
    valid_from: datetime
    hours: dict[str, str]
    quiet_hours: list[str]
    switches: dict[str, str]
    terms: list[PolicyTerm]
    note: str


class ServicePolicyPage(BaseModel):
    items: list[ServicePolicy]
    next_cursor: str | None


class PolicyBody(VersionBody):
    """`version`: the newest that the caller has seen. Without `valid_from` it counts from now on."""

    valid_from: Word = ""
    hours: dict[str, str]
    quiet_hours: Annotated[list[Word], Field(max_length=20)]
    switches: dict[str, str]
    terms: Annotated[list[PolicyTerm], Field(max_length=200)]
    note: PlainText


@router.get("", response_model=ServicePolicyPage, responses=answers(403))
def list_policies(request: Request, keeper: Keeper) -> JSONResponse:
    """Every version, the newest first."""
    with runtime_of(request).database.read() as session:
        items = [_shown(policy) for policy in policies.every(session)]
    return JSONResponse({"items": items, "next_cursor": None})


@router.post(
    "",
    response_model=ServicePolicy,
    status_code=201,
    responses=answers(403, *OF_BODY, conflict=ConflictProblem),
    openapi_extra=json_schema(PolicyBody),
)
def make_policy(
    request: Request, keeper: Keeper, body: Annotated[PolicyBody, Depends(JsonBody(PolicyBody))]
) -> JSONResponse:
    """The next version. Tickets that are there keep theirs, and nothing that runs is moved."""
    actor = actor_of(request, keeper)
    wanted = Wanted(
        body.version, body.hours, " ".join(body.quiet_hours), body.switches, [_term(term) for term in body.terms],
        body.note, moment_of("valid_from", body.valid_from, is_end=False),
    )  # fmt: skip
    made = runtime_of(request).database.run(lambda session: policy_making.make(session, actor, wanted))
    return JSONResponse(_shown(made), 201)


def _term(term: PolicyTerm) -> TermRow:
    if term.unit not in list(Unit):
        raise InvalidError([Fault("terms", "invalid", f"单位应为 {'、'.join(Unit)}")])
    unit = Unit(term.unit)
    return TermRow(
        term.clock, Term(term.amount, unit), term.queue, term.request_type, term.channel, term.coordination,
        term.urgency,
    )  # fmt: skip


def _shown(policy: Policy) -> Json:
    return {
        "version": policy.version,
        "valid_from": iso_time(policy.valid_from),
        "hours": policy.hours.as_json(),
        "quiet_hours": list(policy.quiet_hours),
        "switches": policy.switches,
        "terms": [
            {
                "clock": row.clock, "queue": row.queue, "request_type": row.request_type, "channel": row.channel,
                "coordination": row.coordination, "urgency": row.urgency, "amount": row.term.amount,
                "unit": row.term.unit.value,
            }
            for row in policy.terms
        ],
        "note": policy.note,
    }  # fmt: skip
