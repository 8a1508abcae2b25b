"""Call-backs: one's own or, for leads, all of their queues; the page of one, and its acts as posted forms."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import staff_texts
from portal.audit.tags import Tag
from portal.disclosure.disclose import DestroyedError
from portal.errors import (
    ConfirmationNeededError,
    ConflictError,
    Fault,
    ForbiddenError,
    InvalidError,
    PortalError,
    TooManyRequestsError,
)
from portal.follow_up.call_backs import (
    appointments,
    assignment,
    listing,
    records,
    reopening,
    reveals,
    rows,
    trails,
    viewing,
    withdrawal,
)
from portal.follow_up.call_backs.appointments import WantedCall
from portal.follow_up.call_backs.listing import MINE, Wanted
from portal.follow_up.call_backs.names import (
    CAUSE_LABELS,
    END_LABELS,
    LEVEL_LABELS,
    SOLVED_LABELS,
    STATE_LABELS,
    CallBackState,
    EndCause,
)
from portal.follow_up.call_backs.phrases import SENTENCES
from portal.follow_up.call_backs.records import RatingWords, Said
from portal.follow_up.scales import LABELS, REASON_LABELS, Scale
from portal.notify import notices
from portal.pages import shown_values, staff_header
from portal.pages.confirming import asked_of, is_confirmed
from portal.pages.desk import phrases
from portal.runtime import runtime_of
from portal.tickets.numbering import normal_number
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.pages import problem
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_CALL_BACKS))]
Caller = Annotated[Principal, Depends(Requires(Permission.CALL_BACK))]
Revealer = Annotated[Principal, Depends(Requires(Permission.REVEAL_CALL_BACK))]
_DONE = {
    "records": "回访已记录",
    "assignment": "已转给同事",
    "appointment": "已约好时间，到时间前会列在今日",
    "withdrawal": "已撤回",
    "new": "已约好，到时间前 15 分钟提醒您",
}
_REACHED = {"yes": True, "no": False, "refused": True}


@dataclass(frozen=True)
class FailedForm:
    """Why a posted form was not taken; `form` fills its fields again."""

    name: str
    message: str
    status: int
    form: PostedForm = field(repr=False)
    faults: tuple[Fault, ...] = ()

    def typed(self, name: str, box: str) -> str:
        return self.form.get(box) if self.name == name else ""

    def fault(self, name: str, box: str) -> Fault | None:
        return next((found for found in self.faults if found.field == box), None) if self.name == name else None

    @property
    def is_stopped(self) -> bool:
        """A text seems to hold a secret: its writer decides (UX 11)."""
        return any(fault.code == staff_texts.CODE for fault in self.faults)


@router.get("/call-backs")
def list_call_backs(
    request: Request,
    viewer: Viewer,
    state: str = CallBackState.OPEN.value,
    cause: str = "",
    owner: str = MINE,
    due_before: str = "",
    cursor: str = "",
) -> Response:
    """The next due first; one's own open ones unless asked otherwise."""
    actor = actor_of(request, viewer)
    is_lead = rows.sees_all(actor)
    chosen = {
        "state": state if state in (*CallBackState, "") else CallBackState.OPEN.value,
        "cause": cause if cause in list(CAUSE_LABELS) else "",
        "owner": owner if is_lead else MINE,
        "due_before": due_before if _end_of(due_before) else "",
    }
    wanted = Wanted(chosen["state"], chosen["cause"], chosen["owner"], _end_of(due_before))
    with runtime_of(request).database.read() as session:
        page = listing.page_of(session, actor, wanted, cursor)
        staff_header.read(request, session, viewer)
    following = {**chosen, "cursor": page.next_cursor}
    return render(
        request, "desk/call_backs.html", lines=page.lines, chosen=chosen, states=STATE_LABELS, causes=CAUSE_LABELS,
        is_lead=is_lead, now=clock.now(),
        next_url=f"/call-backs?{urlencode(following)}" if page.next_cursor else None,
    )  # fmt: skip


@router.get("/call-backs/new")
def new_call_back(request: Request, caller: Caller, institution: str = "") -> Response:
    """预约 with an institution about no ticket."""
    return _new_page(request, caller, institution)


@router.post("/call-backs")
def make_call_back(request: Request, caller: Caller, form: Form) -> Response:
    """The agreed call is one's own."""
    seal_found = form.get("seal_found") == "1"
    wanted = WantedCall(form.get("institution"), _moment(form.get("at")), form.get("asked"), seal_found)
    try:
        row = appointments.make(runtime_of(request), actor_of(request, caller), wanted)
    except InvalidError as error:
        return _new_page(request, caller, failed=_failed("new", error, form))
    return RedirectResponse(f"/call-backs/{row.id}?done=new", 303)


def _new_page(request: Request, caller: Principal, institution: str = "", failed: FailedForm | None = None) -> Response:
    return render(
        request, "desk/call_back_new.html", failed.status if failed else 200, failed=failed,
        faults=list(failed.faults) if failed else [], institution=institution[:100],
    )  # fmt: skip


@router.get("/call-backs/{call_back_id}")
def show_call_back(request: Request, viewer: Viewer, call_back_id: uuid.UUID) -> Response:
    """One call-back; opening it writes a trail row."""
    return _page(request, viewer, call_back_id)


@router.get("/call-backs/numbers/{number}")
def find_call_back(request: Request, viewer: Viewer, number: str) -> Response:
    """Where notices lead, which know its number only."""
    with runtime_of(request).database.read() as session:
        row = rows.by_number(session, actor_of(request, viewer), normal_number(number))
    return RedirectResponse(f"/call-backs/{row.id}", 303)


@router.post("/call-backs/{call_back_id}/records")
def record(request: Request, caller: Caller, call_back_id: uuid.UUID, form: Form) -> Response:
    """Write down what came of the call."""
    actor = actor_of(request, caller)
    if form.has("revise"):  # 返回修改: the texts in their fields again
        return _page(request, caller, call_back_id, FailedForm("records", "", 200, form))
    return _posted(
        request, caller, call_back_id, "records", form,
        lambda: records.write(runtime_of(request), actor, call_back_id, form.number("version"), _said(form)),
    )  # fmt: skip


@router.post("/call-backs/{call_back_id}/assignment")
def assign(request: Request, caller: Caller, call_back_id: uuid.UUID, form: Form) -> Response:
    """Pass it on to a colleague; whoever is no lead does not see it any more."""
    actor = actor_of(request, caller)
    work = lambda: assignment.assign(  # noqa: E731
        runtime_of(request), actor, call_back_id, form.number("version"), form.get("assignee")
    )
    answer = _posted(request, caller, call_back_id, "assignment", form, work)
    is_gone = answer.status_code == 303 and not rows.sees_all(actor)
    return RedirectResponse("/call-backs?done=assignment", 303) if is_gone else answer


@router.post("/call-backs/{call_back_id}/appointment")
def appoint(request: Request, caller: Caller, call_back_id: uuid.UUID, form: Form) -> Response:
    """Another time, as the clinic wishes."""
    actor = actor_of(request, caller)
    return _posted(
        request, caller, call_back_id, "appointment", form,
        lambda: appointments.agree(
            runtime_of(request), actor, call_back_id, form.number("version"), _moment(form.get("at"))
        ),
    )  # fmt: skip


@router.post("/call-backs/{call_back_id}/withdrawal")
def withdraw(request: Request, caller: Caller, call_back_id: uuid.UUID, form: Form) -> Response:
    """A lead, with the reason."""
    actor = actor_of(request, caller)
    return _posted(
        request, caller, call_back_id, "withdrawal", form,
        lambda: withdrawal.withdraw(
            runtime_of(request), actor, call_back_id, form.number("version"), form.get("text"),
            seal_found=form.get("seal_found") == "1",
        ),
    )  # fmt: skip


@router.post("/call-backs/{call_back_id}/reopening")
def reopen(request: Request, caller: Caller, call_back_id: uuid.UUID, form: Form) -> Response:
    """没有解决: the problem is taken up again."""
    actor = actor_of(request, caller)
    try:
        number = reopening.reopen(runtime_of(request), actor, call_back_id)
    except (ConflictError, ForbiddenError) as error:
        return _page(request, caller, call_back_id, FailedForm("reopening", error.message, error.status, form))
    return RedirectResponse(f"/tickets/{number}", 303)


@router.post("/call-backs/{call_back_id}/reveals")
def reveal(request: Request, revealer: Revealer, call_back_id: uuid.UUID, form: Form) -> Response:
    """The phone for a minute: as JSON for the page's script, else as a page that closes itself."""
    wants_json = shown_values.is_for_script(request)
    try:
        reason = reveals.chosen_reason(form.get("reason"), form.get("reason_text"))
        shown = reveals.reveal(
            runtime_of(request), actor_of(request, revealer), call_back_id, form.get("field"), reason,
            is_confirmed=is_confirmed(request, revealer, form),
        )  # fmt: skip
    except ConfirmationNeededError as error:
        if wants_json:
            return problem(request, error.status, error.message, {"confirm": asked_of(revealer)})
        return _page(request, revealer, call_back_id, FailedForm("reveals", error.message, error.status, form))
    except (InvalidError, ForbiddenError, DestroyedError, ConflictError, TooManyRequestsError) as error:
        if wants_json:
            raise
        return _page(request, revealer, call_back_id, _failed("reveals", error, form))
    if wants_json:
        return shown_values.for_script(shown)
    page = render(
        request, "desk/call_back_phone.html", row_id=call_back_id, shown=shown, seconds=shown_values.SECONDS
    )  # fmt: skip
    return shown_values.hidden_after(page, f"/call-backs/{call_back_id}")


def _posted(
    request: Request, caller: Principal, row_id: uuid.UUID, name: str, form: PostedForm, work: Callable[[], object]
) -> Response:
    try:
        work()
    except (InvalidError, ConflictError, ForbiddenError) as error:
        return _page(request, caller, row_id, _failed(name, error, form))
    return RedirectResponse(f"/call-backs/{row_id}?done={name}", 303)


def _failed(name: str, error: PortalError, form: PostedForm) -> FailedForm:
    faults = tuple(error.faults) if isinstance(error, InvalidError) else ()
    return FailedForm(name, error.message, error.status, form, faults)


def _page(request: Request, viewer: Principal, row_id: uuid.UUID, failed: FailedForm | None = None) -> Response:
    runtime, actor = runtime_of(request), actor_of(request, viewer)
    with runtime.database.transaction() as session:
        row = rows.find(session, actor, row_id)
        notices.see(session, viewer.user_id, row.number)
        trails.record(session, row, Tag.CALL_BACK_VIEWED, actor, {"call_back": row.number})
    with runtime.database.read() as session:
        row = rows.find(session, actor, row_id)
        view = viewing.view_of(session, actor, row)
        colleagues = viewing.names_of(assignment.choices(session, row)) if "assignment" in view.can else []
        said = phrases.of_call_back(session, runtime.settings, viewer.user_id, row.institution or "", SENTENCES)
        staff_header.read(request, session, viewer)
    return render(
        request, "desk/call_back.html", failed.status if failed else 200,
        view=view, row=row, failed=failed, faults=list(failed.faults) if failed else [], colleagues=colleagues,
        done=_DONE.get(request.query_params.get("done", ""), "") if failed is None else "",
        asks_level=records.asks_level(row.cause_enum), asks_solved=records.asks_solved(row),
        may_rate=row.ticket_id is not None and view.rating is None,
        rating_words=[(word, word) for word in LABELS[Scale.S3]],
        rating_reasons=[(reason.value, label) for reason, label in REASON_LABELS.items()],
        reasons=reveals.REASONS, levels=LEVEL_LABELS, solved_words=SOLVED_LABELS, sentences=said[0], phrases=said[1],
        end_words=END_LABELS[EndCause(row.end_cause)] if row.end_cause else "", latest=appointments.latest(row),
        most_tries=records.MOST_TRIES, asks_code=viewer.has_second_factor, now=clock.now(), most=records.MOST_WORDS,
    )  # fmt: skip


def _said(form: PostedForm) -> Said:
    reached = form.get("reached")
    label = form.get("rating_label")
    rating = RatingWords(Scale.S3, label, form.get("rating_reason"), form.get("rating_comment")) if label else None
    texts: Mapping[str, str] = {name: form.get(name) for name in ("aspect", "wish", "suggestion", "note")}
    return Said(
        _REACHED.get(reached), form.get("level"), solved=form.get("solved"), answers=form.all("answers"),
        rating=rating, is_refused=reached == "refused", has_no_phone=reached == "no_phone",
        seal_found=form.get("seal_found") == "1", **texts,
    )  # fmt: skip


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.CHINA)


def _end_of(day: str) -> datetime | None:
    """The end of a day in China; None for what is no day."""
    moment = _moment(f"{day}T23:59:59") if day else None
    return moment if moment is not None and 2000 <= moment.year < 9000 else None
