"""值班表: who is on duty when, kept by leads for their queues and by administrators (DESK 1.7)."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import ROLE_LABELS, Permission, Role
from portal.errors import PortalError
from portal.escalation import duty
from portal.kinds.table import KINDS
from portal.pages.listing import faults_of, refusal_of, tried, typed
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_ROTA))]
HERE = "/admin/time/rota"


@dataclass(frozen=True)
class ShiftForm:
    """A shift as typed. Times are China time, as browsers' own controls send them."""

    user: str = ""
    queue: str = ""
    starts_at: str = ""
    ends_at: str = ""


@router.get(HERE)
def show(request: Request, keeper: Keeper, done: str = "") -> Response:
    """The shifts that are not over, and when nobody is on duty."""
    return _page(request, keeper, ShiftForm(), done=done)


@router.post(HERE)
def add(request: Request, keeper: Keeper, form: Form) -> Response:
    posted, actor, queues = typed(ShiftForm, form), actor_of(request, keeper), duty.queues_kept_by(keeper.queues)
    return tried(
        request,
        lambda session: duty.add_shift(
            session, actor, queues, username=posted.user, queue=posted.queue or None,
            starts_at=_moment(posted.starts_at), ends_at=_moment(posted.ends_at),
        ),
        lambda _: RedirectResponse(f"{HERE}?done=added", 303),
        lambda error: _page(request, keeper, posted, error),
    )  # fmt: skip


@router.post(HERE + "/{shift_id}/removal")
def remove(request: Request, keeper: Keeper, shift_id: uuid.UUID, form: Form) -> Response:
    """One that has begun ends now."""
    actor, queues, version = actor_of(request, keeper), duty.queues_kept_by(keeper.queues), form.number("version")
    return tried(
        request,
        lambda session: duty.remove_shift(session, actor, queues, shift_id, version),
        lambda _: RedirectResponse(f"{HERE}?done=removed", 303),
        lambda error: _page(request, keeper, ShiftForm(), error),
    )


def _moment(text: str) -> datetime | None:
    """A moment of China's wall clock; None for what is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=clock.CHINA)).astimezone(clock.CHINA)
    except (ValueError, OverflowError):
        return None


def _page(
    request: Request, keeper: Principal, form: ShiftForm, error: PortalError | None = None, done: str = ""
) -> Response:
    now, queues = clock.now(), duty.queues_kept_by(keeper.queues)
    with runtime_of(request).database.read() as session:
        page, gaps = duty.page(session, queues, now), duty.gaps(session, queues, now)
        people = duty.people_for(session, queues)
    return render(
        request,
        "admin/rota.html",
        error.status if error else 200,
        shifts=page.items,
        gaps=gaps,
        now=now,
        typed=form,
        people=[(user.username, f"{user.display_name}（{ROLE_LABELS[Role(user.role)]}）") for user in people],
        queues=[(queue, KINDS[kind].label) for kind in KINDS if (queue := kind.value) in queues],
        faults=faults_of(error),
        message=refusal_of(error),
        done=done,
    )
