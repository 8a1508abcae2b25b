"""What an open ticket page tells by itself: that somebody is there, and what they have typed so far."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import presence, unsent_texts
from portal.acts.presence import MODE_LABELS, Mode
from portal.casefile import acts
from portal.errors import StorageUnavailableError
from portal.runtime import runtime_of
from portal.tickets import lookup
from portal.web.csrf import Form

router = APIRouter()


@router.post("/tickets/{number}/presence")
def be_there(
    request: Request, number: str, principal: Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))], form: Form
) -> JSONResponse:
    """Say that one is there, and learn who else is; a busy database drops the first."""
    runtime, mode = runtime_of(request), Mode.WRITING if form.get("mode") == Mode.WRITING else Mode.VIEWING
    with runtime.database.read() as session:
        ticket = lookup.find(session, actor_of(request, principal), number)
        people = presence.others(session, ticket, principal.user_id)
    try:
        with runtime.database.transaction() as session:
            presence.renew(session, ticket, principal.user_id, mode)
    except StorageUnavailableError:
        pass  # it is said again in twenty seconds
    others = [
        {"name": one.name, "mode": one.mode.value, "text": f"{one.name} {MODE_LABELS[one.mode]}"} for one in people
    ]
    return JSONResponse({"others": others})


@router.post("/tickets/{number}/unsent")
def keep(
    request: Request, number: str, principal: Annotated[Principal, Depends(Requires(Permission.WRITE_NOTE))], form: Form
) -> JSONResponse:
    """Keep the texts of this page's forms, sealed, for this person."""
    runtime = runtime_of(request)
    boxes = [f"{act.name}-{text.name}" for act in acts.ACTS for text in act.texts()]
    typed = {box: form.get(f"text.{box}") for box in boxes}
    with runtime.database.transaction() as session:
        ticket = lookup.find(session, actor_of(request, principal), number, lock=True)
        unsent_texts.keep(session, runtime, ticket, principal.user_id, typed)
    return JSONResponse({"saved_at": f"{clock.in_china(clock.now()):%H:%M}"})
