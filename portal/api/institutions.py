"""`/institutions`: one part of a contact, for who has to reach the institution now (DESK 3.6)."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import models
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.schemas import RevealBody
from portal.disclosure import institution_contacts
from portal.runtime import runtime_of
from portal.web.templating import iso_time

router = api_router("/institutions")


@router.post(
    "/{institution_id}/contacts/{contact_id}/reveals",
    response_model=models.RevealedValue,
    responses=answers(403, 404, 410, 429, *OF_BODY),
    openapi_extra=json_schema(RevealBody),
)
def reveal_contact(
    request: Request,
    institution_id: UUID,
    contact_id: UUID,
    principal: Annotated[Principal, Depends(RequiresToken(Permission.REVEAL_CONTACT))],
    body: Annotated[RevealBody, Depends(JsonBody(RevealBody))],
) -> JSONResponse:
    """`contact_name` or `contact_phone`, for the keeper and the owner of an open ticket or call-back."""
    shown = institution_contacts.reveal(
        runtime_of(request), actor_of(request, principal), institution_id, contact_id, body.field, body.reason,
        is_confirmed=True,
    )  # fmt: skip
    answer = {"value": shown.value, "expires_at": iso_time(shown.expires_at)}
    return JSONResponse(answer, headers={"Cache-Control": "no-store, private"})
