"""The acts of staff on a ticket: one posted form each (CONTRACT 6), routes made from the table of acts."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.acts import performing, query_code
from portal.acts.act import Act
from portal.casefile import acts
from portal.errors import ConflictError, ForbiddenError, InvalidError
from portal.pages.list_place import FIELD, ListPlace, place_of
from portal.pages.triage import phrases, ticket_page
from portal.pages.triage.ticket_page import FailedAct
from portal.runtime import runtime_of
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.path_values import names_in
from portal.web.templating import render

router = APIRouter()


def _route(choices: Sequence[Act]) -> Callable[..., Response]:
    """The route of one resource, for the acts that share it."""
    (permission,) = {act.permission for act in choices}

    def carry_out(
        request: Request, number: str, principal: Annotated[Principal, Depends(Requires(permission))], form: Form
    ) -> Response:
        act = next((act for act in choices if _is_meant(act, form)), choices[0])
        return _carried_out(request, principal, number, form, act)

    carry_out.__doc__ = " / ".join(act.move.title for act in choices)
    return carry_out


for _path, _choices in acts.by_path().items():
    router.add_api_route(f"/tickets/{{number}}/{_path}", _route(_choices), methods=["POST"])


def _is_meant(act: Act, form: PostedForm) -> bool:
    return form.has(act.chosen_by) and act.chosen_as in ("", form.get(act.chosen_by)) if act.chosen_by else False


def _carried_out(request: Request, principal: Principal, number: str, form: PostedForm, act: Act) -> Response:
    """Carry out the act and return to the ticket, or show the page again with the reason and the typed values."""
    if form.has("revise"):  # 返回修改: the page as before, with the rejected text in its field
        return ticket_page.show_ticket(request, principal, number, FailedAct(act.name, "", 200, form))
    if form.has(phrases.INSERT):
        return _with_phrase(request, principal, number, form, act)
    place, after = _next(request, principal, number, form)
    try:
        given = _given(request, act, form)
        if faults := act.page_faults(given):
            raise InvalidError(faults)
        done = performing.carry_out(
            runtime_of(request), actor_of(request, principal), act, number, form.number("version"), given,
            seal_found=form.get("seal_found") == "1",
        )  # fmt: skip
    except InvalidError as error:
        failed = FailedAct(act.name, error.message, error.status, form, error.faults)
        return ticket_page.show_ticket(request, principal, number, failed)
    except (ConflictError, ForbiddenError) as error:
        failed = FailedAct(act.name, error.message, error.status, form)
        return ticket_page.show_ticket(request, principal, number, failed)
    if query_code.ANSWER in done.answer:  # shown once: no address leads to it
        return render(
            request, "triage/query_code.html", ticket=done.ticket, code=done.answer[query_code.ANSWER]
        )  # fmt: skip
    return RedirectResponse(_after(principal, done.ticket, act, form, place, after), 303)


def _with_phrase(request: Request, principal: Principal, number: str, form: PostedForm, act: Act) -> Response:
    """The page again with the chosen phrase in its box; nothing is sent or saved."""
    runtime = runtime_of(request)
    with runtime.database.read() as session:
        ticket = lookup.find(session, actor_of(request, principal), number)
        offered = phrases.of_acts(session, ticket, [act], runtime.settings, principal.user_id).get(act.name, [])
    filled = phrases.inserted(form, act, offered)
    failed = FailedAct(act.name, "", 200, filled) if filled else FailedAct(act.name, phrases.GONE, 409, form)
    return ticket_page.show_ticket(request, principal, number, failed)


def _after(
    principal: Principal, ticket: Ticket, act: Act, form: PostedForm, place: ListPlace | None, after: str | None
) -> str:
    """Where the person goes on after an act."""
    said: dict[str, str] = {FIELD: place.text} if place else {}
    said |= {"done": act.name}
    if form.get("then") == "next":
        said |= {"of": ticket.number}
        if after:
            return f"/tickets/{after}?{urlencode(said)}"
        said.pop(FIELD, None)
        address = place.address if place else f"/queues/{principal.queues[0]}"
        return f"{address}{'&' if '?' in address else '?'}{urlencode(said)}"
    if ticket.queue not in principal.queues:  # the right to see it went with it (SECURITY F-9)
        return f"/queues/{principal.queues[0]}?done={act.name}"
    return f"/tickets/{ticket.number}?{urlencode(said)}"


def _next(request: Request, principal: Principal, number: str, form: PostedForm) -> tuple[ListPlace | None, str | None]:
    """The list that the ticket was opened from, and for 处理完，下一条 the ticket after it before the act."""
    place = place_of(request, principal, form)
    if form.get("then") != "next":
        return place, None
    with runtime_of(request).database.read() as session:
        ticket = lookup.find(session, actor_of(request, principal), number)
        here = place or ListPlace(ticket.queue)
        return place, here.beside(session, principal, ticket)[1]


def _given(request: Request, act: Act, form: PostedForm) -> dict[str, Any]:
    posted = {
        asked.name: form.all(asked.name) if asked.is_list else form.get(asked.name)
        for asked in act.inputs
        if form.has(asked.name) or not asked.is_change
    }
    return posted | {name: request.path_params[name] for name in names_in(act.path)}
