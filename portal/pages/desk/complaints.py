"""Complaints for those who deal with them: registering for a caller, the list, one case with its acts.

Whoever has no part in a case gets the answer of a number that does not exist (DESK 5.4).
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.complaints import access, contacts, filing, performing, viewing
from portal.complaints.act import CaseAct
from portal.complaints.acts import ACTS, BY_NAME
from portal.complaints.filing import Complained
from portal.complaints.handling import NAME_HANDLER
from portal.complaints.names import KIND_LABELS, PROPOSAL_LABELS, ProposalState
from portal.disclosure.disclose import DestroyedError, Revealed
from portal.disclosure.reasons import REASONS, chosen_reason
from portal.errors import (
    ConfirmationNeededError,
    ConflictError,
    Fault,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PortalError,
    TooManyRequestsError,
)
from portal.kinds.names import CHANNEL_LABELS, Channel
from portal.notify import notices
from portal.pages import confirming, shown_values, staff_header
from portal.pages.desk import complained
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Reader = Annotated[Principal, Depends(Requires(Permission.READ_COMPLAINTS))]
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_COMPLAINTS))]
Registrar = Annotated[Principal, Depends(Requires(Permission.REGISTER_COMPLAINT))]
Revealer = Annotated[Principal, Depends(Requires(Permission.REVEAL_COMPLAINT))]
_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{32}")
_CHANNELS = [(channel.value, label) for channel, label in CHANNEL_LABELS.items() if channel is not Channel.YXT]


@dataclass(frozen=True)
class FailedCaseAct:
    """Why a posted act was not done; `form` fills its fields again."""

    act: str
    message: str
    status: int
    form: PostedForm = field(repr=False)
    faults: Sequence[Fault] = ()

    def typed(self, act: str, name: str) -> str:
        return self.form.get(name) if act == self.act else ""

    def typed_all(self, act: str, name: str) -> list[str]:
        return self.form.all(name) if act == self.act else []

    def fault(self, act: str, name: str) -> Fault | None:
        return next((one for one in self.faults if one.field == name), None) if act == self.act else None


@router.get("/complaints")
def list_cases(request: Request, reader: Reader, state: str = "open", cursor: str = "") -> Response:
    """What this person has a part in, the newest first; an administrator finds what nobody can decide."""
    actor = actor_of(request, reader)
    with runtime_of(request).database.read() as session:
        staff_header.read(request, session, reader)
        if reader.can(Permission.MANAGE_USERS):
            return render(request, "complaints/orphans.html", cases=viewing.orphans(session))
        user = viewing.ensure_reader(session, actor)
        page = viewing.page(session, actor, state if state in viewing.FILTERS else "open", cursor)
        is_manager = access.is_manager(user)
    following = urlencode({"state": state, "cursor": page.next_cursor or ""})
    return render(
        request, "complaints/list.html", page=page, filters=viewing.FILTERS, state=state, is_manager=is_manager,
        sees_figures=is_manager or access.is_legal(user),
        next_url=f"/complaints?{following}" if page.next_cursor else None,
    )  # fmt: skip


@router.get("/complaints/new")
def begin(request: Request, registrar: Registrar, ticket: str = "", draft: str = "") -> Response:
    """The form for a caller, with what was typed of the call."""
    call = complained.of(runtime_of(request), registrar, draft)
    return _new(request, registrar, call.given, ticket, call=call)


@router.post("/complaints/new")
def register(request: Request, registrar: Registrar, form: Form) -> Response:
    """Register it and show number and query code once, to be read out; the same page again shows the same ones."""
    submission = form.get("submission")
    if not _SUBMISSION.fullmatch(submission):
        submission = secrets.token_urlsafe(24)
    given = Complained(
        form.get("content"), form.get("name"), form.get("wish"), form.get("contact_phone"), form.get("kind"),
        form.get("institution"), form.get("channel"), form.get("occurred_on"), tuple(form.all("subjects")),
        form.get("is_grave") == "true", form.get("is_legal") == "true",
    )  # fmt: skip
    number, call = form.get("ticket"), complained.of(runtime_of(request), registrar, form.get("draft"))
    try:
        receipt = filing.file_for_caller(
            runtime_of(request), actor_of(request, registrar), number, call.completed(given), submission
        )
    except InvalidError as error:
        return _new(request, registrar, given, number, error.status, error.faults, submission, call=call)
    page = render(request, "complaints/receipt.html", receipt=receipt)
    page.headers["Cache-Control"] = "no-store"
    return page


def _new(
    request: Request,
    registrar: Principal,
    given: Complained,
    ticket: str,
    status: int = 200,
    faults: Sequence[Fault] = (),
    submission: str = "",
    *,
    call: complained.FromCall = complained.NOTHING,
) -> Response:
    with runtime_of(request).database.read() as session:
        people = session.execute(
            select(User.username, User.display_name).where(User.is_active).order_by(User.name_key)
        ).all()  # fmt: skip
        staff_header.read(request, session, registrar)
    return render(
        request, "complaints/new.html", status, given=given, ticket=ticket, faults=list(faults),
        people=[(name, shown) for name, shown in people], kinds=list(KIND_LABELS.items()), channels=_CHANNELS,
        submission=submission or secrets.token_urlsafe(24), call=call,
    )  # fmt: skip


@router.get("/complaints/{number}")
def show_case(request: Request, reader: Reader, number: str, done: str = "") -> Response:
    """One case; opening it writes a row of the trail with the reader's part."""
    if reader.can(Permission.MANAGE_USERS):
        return _orphan(request, reader, number)
    act = BY_NAME.get(done)
    return _page(request, reader, number, done=act.title if act else "")


def _orphan(request: Request, reader: Principal, number: str, error: PortalError | None = None) -> Response:
    """What an administrator learns of a case that nobody can decide: its number, and whom to name."""
    with runtime_of(request).database.read() as session:
        complaint = performing.orphan(session, actor_of(request, reader), number)
        people = [
            (one.username, one.display_name)
            for one in access.may_be_named(session, complaint)
            if complaint.verdict is not None or one.id != complaint.first_judge_id
        ]
        staff_header.read(request, session, reader)
    return render(
        request, "complaints/orphan.html", error.status if error else 200, number=complaint.number, people=people,
        version=complaint.version, faults=error.faults if isinstance(error, InvalidError) else [],
        message=error.message if isinstance(error, ConflictError) else "",
    )  # fmt: skip


def _route(act: CaseAct) -> Callable[..., Response]:
    def take(request: Request, keeper: Keeper, number: str, form: Form) -> Response:
        return _taken(request, keeper, number, act, form)

    take.__doc__ = act.title
    return take


for _act in ACTS:
    router.add_api_route(f"/complaints/{{number}}/{_act.name}", _route(_act), methods=["POST"])


def _taken(request: Request, keeper: Principal, number: str, act: CaseAct, form: PostedForm) -> Response:
    """Do it and return to the case, or show it again with the reason and the typed text."""
    runtime, actor = runtime_of(request), actor_of(request, keeper)
    if act is NAME_HANDLER and keeper.can(Permission.MANAGE_USERS):
        try:
            performing.name_steward(runtime, actor, number, form.number("version"), form.get("handler"))
        except (InvalidError, ConflictError) as error:
            return _orphan(request, keeper, number, error)
        return RedirectResponse("/complaints", 303)
    given = {asked.name: form.all(asked.name) if asked.is_list else form.get(asked.name) for asked in act.inputs}
    try:
        performing.carry_out(runtime, actor, act, number, form.number("version"), given)
    except InvalidError as error:
        failed = FailedCaseAct(act.name, "", error.status, form, error.faults)
        return _page(request, keeper, number, failed)
    except (ConflictError, ForbiddenError) as error:
        return _page(request, keeper, number, FailedCaseAct(act.name, error.message, error.status, form))
    try:
        viewing.view(runtime, actor, number)
    except NotFoundError:  # it is no longer theirs
        return RedirectResponse("/complaints", 303)
    return RedirectResponse(f"/complaints/{number}?done={act.name}", 303)


def _page(
    request: Request, reader: Principal, number: str, failed: FailedCaseAct | None = None, *, done: str = ""
) -> Response:
    runtime, actor = runtime_of(request), actor_of(request, reader)
    view = viewing.open_case(runtime, actor, number)
    with runtime.database.transaction() as session:
        notices.see(session, reader.user_id, view.row.number)
        staff_header.read(request, session, reader)
    return render(
        request, "complaints/case.html", failed.status if failed else 200, view=view, row=view.row, failed=failed,
        faults=list(failed.faults) if failed else [], done=done, reasons=REASONS,
        channel_label=CHANNEL_LABELS[Channel(view.row.channel)],
        proposal_labels={state.value: label for state, label in PROPOSAL_LABELS.items()},
        chosen=ProposalState.CHOSEN.value,
    )  # fmt: skip


@router.get("/complaints/{number}/reveals")
def begin_reveal(request: Request, revealer: Revealer, number: str) -> Response:
    """The masks, and the form to reveal one part."""
    return _contact(request, revealer, number)


@router.post("/complaints/{number}/reveals")
def reveal(request: Request, revealer: Revealer, number: str, form: Form) -> Response:
    """Name or phone for a minute; the page then hides it."""
    runtime = runtime_of(request)
    try:
        reason = chosen_reason(form.get("reason"), form.get("reason_text"))
        is_confirmed = confirming.is_confirmed(request, revealer, form)
        shown = contacts.reveal(
            runtime, actor_of(request, revealer), number, form.get("field"), reason, is_confirmed=is_confirmed
        )
    except InvalidError as error:
        return _contact(request, revealer, number, error.status, form, faults=error.faults)
    except ConfirmationNeededError as error:
        return _contact(request, revealer, number, error.status, form, message=error.message, is_asked=True)
    except (DestroyedError, TooManyRequestsError, ForbiddenError) as error:
        return _contact(request, revealer, number, error.status, form, message=error.message)
    page = _contact(request, revealer, number, 200, form, shown=shown)
    return shown_values.hidden_after(page, f"/complaints/{number}")


def _contact(
    request: Request,
    revealer: Principal,
    number: str,
    status: int = 200,
    form: PostedForm | None = None,
    *,
    faults: Sequence[Fault] = (),
    message: str = "",
    is_asked: bool = False,
    shown: Revealed | None = None,
) -> Response:
    with runtime_of(request).database.read() as session:
        viewed = access.find(session, actor_of(request, revealer), number)
        values = contacts.masks(session, viewed)
        staff_header.read(request, session, revealer)
    return render(
        request, "complaints/contact.html", status, number=viewed.complaint.number, values=values,
        faults=list(faults), message=message, is_asked=is_asked, shown=shown,
        seconds=shown_values.SECONDS, reasons=REASONS, asks_code=revealer.has_second_factor,
        field=form.get("field") if form else "", reason=form.get("reason") if form else "",
        reason_text=form.get("reason_text") if form else "",
    )  # fmt: skip
