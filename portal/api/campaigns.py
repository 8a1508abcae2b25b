"""The calls on campaigns, for leads (DESK 4.4)."""

import uuid
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal import clock, keyset
from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import call_back_models as models
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.schemas import QueryText
from portal.audit import trail
from portal.audit.tags import Tag
from portal.errors import Fault, InvalidError
from portal.follow_up.campaigns import making, reporting
from portal.follow_up.campaigns.making import Wanted
from portal.follow_up.campaigns.models import Campaign
from portal.follow_up.campaigns.reporting import Report, Share
from portal.follow_up.campaigns.selecting import Selection
from portal.runtime import runtime_of
from portal.web.templating import iso_time

router = api_router("/campaigns")
Viewer = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_CAMPAIGNS))]
Keeper = Annotated[Principal, Depends(RequiresToken(Permission.KEEP_CAMPAIGNS))]
Json = dict[str, Any]


@router.get("", response_model=models.CampaignPage, responses=answers(403, 422))
def list_campaigns(
    request: Request, principal: Viewer, cursor: QueryText = "", limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> JSONResponse:
    """The newest first."""
    with runtime_of(request).database.read() as session:
        found = reporting.page_of(session, keyset.place(cursor) if cursor else None, limit)
    rows = found[:limit]
    more = keyset.cursor(rows[-1].made_at, rows[-1].id) if len(found) > limit else None
    return JSONResponse({"items": [_line(row) for row in rows], "next_cursor": more})


@router.get("/{campaign_id}", response_model=models.CampaignReport, responses=answers(403, 404))
def show_campaign(request: Request, principal: Viewer, campaign_id: uuid.UUID) -> JSONResponse:
    """With its figures; opening it writes a trail row."""
    actor = actor_of(request, principal)
    with runtime_of(request).database.transaction() as session:
        row = reporting.find(session, campaign_id)
        report = reporting.report_of(session, row)
        trail.record(session, Tag.CAMPAIGN_VIEWED, actor, particulars={"campaign": row.title})
    return JSONResponse(_json(row, report))


@router.post(
    "", response_model=models.CampaignReport, status_code=201, responses=answers(403, *OF_BODY),
    openapi_extra=json_schema(models.CampaignBody),
)  # fmt: skip
def make_campaign(
    request: Request, principal: Keeper, body: Annotated[models.CampaignBody, Depends(JsonBody(models.CampaignBody))]
) -> JSONResponse:
    """Draw the institutions and spread them over the callers."""
    chosen = body.selection
    selection = Selection(
        chosen.county, chosen.level, chosen.is_key, chosen.not_called_for, chosen.tickets,
        _day("tickets_from", chosen.tickets_from), _day("tickets_to", chosen.tickets_to),
    )  # fmt: skip
    wanted = Wanted(
        body.title, selection, body.size, _day("starts_on", body.starts_on), _day("ends_on", body.ends_on),
        body.callers, body.questions, body.seed,
    )  # fmt: skip
    runtime = runtime_of(request)
    made = making.make(runtime, actor_of(request, principal), wanted)
    with runtime.database.read() as session:
        return JSONResponse(_json(made, reporting.report_of(session, made)), 201)


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidError([Fault(name, "invalid", "日期应写成 2026-11-27")]) from None


def _line(row: Campaign) -> Json:
    return {
        "id": str(row.id),
        "title": row.title,
        "state": "ended" if reporting.is_over(row, clock.china_today()) else "open",
        "selection": row.selection,
        "seed": row.seed,
        "size": row.size,
        "matching": row.matching,
        "questions": row.questions,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
        "made_by": row.made_by_name,
        "made_at": iso_time(row.made_at),
    }


def _json(row: Campaign, report: Report) -> Json:
    return {
        **_line(row),
        "chosen": report.chosen,
        "open": report.open,
        "reached": report.reached,
        "refused": report.refused,
        "unreachable": report.unreachable,
        "no_contact": report.no_contact,
        "withdrawn": report.withdrawn,
        "coverage": _share(report.coverage),
        "key_coverage": _share(report.key_coverage),
        "levels": {level.value: _share(share) for level, share in report.levels.items()},
        "suggestions": list(report.suggestions),
        "answers": [list(answers_to) for answers_to in report.answers],
    }


def _share(share: Share) -> Json:
    return {"n": share.n, "of": share.of, "percent": share.percent}
