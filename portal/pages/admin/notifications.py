"""通知: which events go through which channels, quiet hours of clinics, trials, and what was sent."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.tags import Tag
from portal.errors import PortalError, StaleRowError
from portal.notify import channel_health, delivery_log, matrix, quiet, trials, wording
from portal.notify.delivery_log import TROUBLE, LoggedDelivery
from portal.notify.events import Event
from portal.notify.matrix import WAY_LABELS, Way
from portal.notify.models import DeliveryError, DeliveryState
from portal.notify.notices import SENTENCES
from portal.notify.quiet import Hours
from portal.notify.recipients import RULES, Concern
from portal.notify.trials import Trial
from portal.notify.ways import ways_of
from portal.pages import notice_cells
from portal.pages.listing import faults_of, refusal_of
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_NOTIFICATIONS))]
PATH = "/admin/notifications"
_DONE = {"saved": "已保存", "same": "没有改动", "quiet": "免打扰时段已保存", "again": "已重新排队，稍后会再发一次"}


_MOST_LOGGED = 20  # lines of a page
# Parts of the matrix: the first of these whom an event concerns names its part.
_GROUPS = {
    "机构的事": {Concern.CLINIC},
    "负责人和同事的事": {Concern.OWNER, Concern.OWNER_IF_ANY, Concern.RECEIVER},
    "主管和管理员的事": {Concern.LEADS, Concern.ADMINISTRATORS, Concern.AUDITORS},
    "提醒、上报和协作部门": {Concern.NAMED},
}


def _group_of(event: Event) -> str:
    return next(title for title, concerns in _GROUPS.items() if RULES[event] & concerns)


@dataclass(frozen=True)
class ShownDelivery:
    """A line of the log in words."""

    row: LoggedDelivery

    @property
    def event(self) -> str:
        return wording.label_of(Event(self.row.event)) if self.row.event in list(Event) else self.row.event

    @property
    def channel(self) -> str:
        return channel_health.channel_label(self.row.channel)

    @property
    def state(self) -> str:
        return wording.STATE_LABELS[DeliveryState(self.row.state)]

    @property
    def error(self) -> str:
        return wording.ERROR_LABELS[DeliveryError(self.row.error)] if self.row.error else ""


@router.get(PATH)
def show(request: Request, keeper: Keeper, done: str = "", trouble: str = "", cursor: str = "") -> Response:
    """The whole page; the log begins with what is newest, or with what went wrong."""
    return _page(request, done=_DONE.get(done, ""), is_trouble=trouble == "1", cursor=cursor)


@router.post(PATH)
def change(request: Request, keeper: Keeper, form: Form) -> Response:
    """Save the matrix as it was ticked."""
    wanted = notice_cells.ticked(form)
    try:
        with runtime_of(request).database.transaction() as session:
            changed = matrix.change(session, actor_of(request, keeper), wanted, form.number("version"))
    except PortalError as error:
        return _page(request, error=error, wanted=wanted)
    return RedirectResponse(f"{PATH}?done={'saved' if changed else 'same'}", 303)


@router.post(f"{PATH}/quiet")
def change_quiet_hours(request: Request, keeper: Keeper, form: Form) -> Response:
    """When clinics get no text messages."""
    begins, ends = form.get("quiet_begins"), form.get("quiet_ends")
    try:
        with runtime_of(request).database.transaction() as session:
            quiet.keep_clinics(session, begins, ends, form.number("version"))
            trail.record(
                session, Tag.NOTIFICATIONS_CHANGED, actor_of(request, keeper),
                particulars={"quiet_hours": f"{begins.strip()}-{ends.strip()}"},
            )  # fmt: skip
    except PortalError as error:
        return _page(request, error=error, typed=Hours(begins, ends))
    return RedirectResponse(f"{PATH}?done=quiet", 303)


@router.post(f"{PATH}/test")
def test(request: Request, keeper: Keeper, form: Form) -> Response:
    """Send a trial through one channel and show what came of it."""
    name = form.get("channel")
    if name not in list(Way):
        return RedirectResponse(PATH, 303)
    way, runtime = Way(name), runtime_of(request)
    try:
        with runtime.database.read() as session:
            own = session.get_one(User, keeper.user_id).mail_address or ""
        address = own if way is Way.MAIL else form.get("phone").strip()[:40]
        tried = trials.send(runtime, way, address=address)
    except PortalError as error:
        return _page(request, error=error)
    return _page(request, tried=tried)


@router.post(f"{PATH}/deliveries/{{delivery_id}}/again")
def send_again(request: Request, keeper: Keeper, form: Form, delivery_id: uuid.UUID) -> Response:
    """Send a lost delivery once more."""
    try:
        with runtime_of(request).database.transaction() as session:
            delivery_log.try_again(session, delivery_id)
    except PortalError as error:
        return _page(request, error=error, is_trouble=True)
    return RedirectResponse(f"{PATH}?done=again&trouble=1#log", 303)


def _page(
    request: Request,
    *,
    done: str = "",
    is_trouble: bool = False,
    cursor: str = "",
    error: PortalError | None = None,
    tried: Sequence[Trial] = (),
    wanted: set[tuple[str, str]] | None = None,
    typed: Hours | None = None,
) -> Response:
    """The whole page; `wanted` and `typed` are a matrix and quiet hours that were refused, and are shown again."""
    runtime = runtime_of(request)
    with runtime.database.read() as session:
        rows, next_cursor = delivery_log.page(
            session, state=TROUBLE if is_trouble else "", cursor=cursor, limit=_MOST_LOGGED
        )
        rules = matrix.load(session)
        failing = {one.channel: one for one in channel_health.failing(session)}
        hours = quiet.clinics_hours(session)
    cells = matrix.cells(rules)
    groups = [(title, [row for row in cells if _group_of(row[0]) == title]) for title in _GROUPS]
    is_stale = isinstance(error, StaleRowError)

    def is_ticked(cell: matrix.Cell) -> bool:
        return cell.is_on if wanted is None else (cell.event.value, cell.way.value) in wanted

    return render(
        request,
        "admin/notifications.html",
        error.status if error else 200,
        done=done,
        faults=faults_of(error),
        refusal=refusal_of(error),
        tried=tried,
        ways=WAY_LABELS,
        active=set(ways_of(runtime.settings.notifications)),
        failing=failing,
        version=rules.version,
        is_ticked=is_ticked,
        is_matrix_stale=is_stale and wanted is not None,
        groups=groups,
        differs=lambda rows: any(cell and is_ticked(cell) != cell.is_on for _, row in rows for cell in row),
        label_of=wording.label_of,
        people_of=wording.people_of,
        is_in_portal=lambda event: event in SENTENCES,
        hours=typed or hours,
        stored_hours=hours,
        is_hours_stale=is_stale and typed is not None,
        log=[ShownDelivery(row) for row in rows],
        next_cursor=next_cursor,
        is_trouble=is_trouble,
        is_first=not cursor,
        base_url=runtime.settings.base_url,
        now=clock.now(),
    )
