"""在岗与专长: when somebody is away and what they know well, by themselves, a lead or an administrator."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts import availability
from portal.accounts.guard import Requires, actor_of, fully_signed_in, public
from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.roles import GRANTS, Permission
from portal.errors import Fault, InvalidError, NotFoundError, PortalError
from portal.kinds.table import queue_label
from portal.pages import staff_header
from portal.pages.listing import tried
from portal.progress import ownership
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Self = Annotated[Principal, Depends(fully_signed_in)]
Lead = Annotated[Principal, Depends(Requires(Permission.DISPATCH))]
Admin = Annotated[Principal, Depends(Requires(Permission.MANAGE_USERS))]
_LABELS = {"kinds": "问题种类", "systems": "之前使用系统", "counties": "县（市、区）"}


@dataclass(frozen=True)
class Skill:
    """One list of skills with its choices: value and label."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]


@router.get("/account/availability", dependencies=[Depends(public)])
def own(request: Request, principal: Self, done: str = "") -> Response:
    return _page(request, principal, principal.user_id, "/account/availability", done=done)


@router.post("/account/availability", dependencies=[Depends(public)])
def change_own(request: Request, principal: Self, form: Form) -> Response:
    """Change one's own absence or skills."""
    return _changed(request, principal, principal.user_id, "/account/availability", form)


@router.get("/desk/people/{user_id}")
def colleague(request: Request, principal: Lead, user_id: uuid.UUID, done: str = "") -> Response:
    return _page(request, principal, user_id, f"/desk/people/{user_id}", done=done)


@router.post("/desk/people/{user_id}")
def change_colleague(request: Request, principal: Lead, user_id: uuid.UUID, form: Form) -> Response:
    """Change somebody's of the lead's own queues."""
    return _changed(request, principal, user_id, f"/desk/people/{user_id}", form)


@router.get("/admin/people/{user_id}/availability")
def anybody(request: Request, principal: Admin, user_id: uuid.UUID, done: str = "") -> Response:
    return _page(request, principal, user_id, f"/admin/people/{user_id}/availability", done=done)


@router.post("/admin/people/{user_id}/availability")
def change_anybody(request: Request, principal: Admin, user_id: uuid.UUID, form: Form) -> Response:
    """Change anybody's."""
    return _changed(request, principal, user_id, f"/admin/people/{user_id}/availability", form)


def _changed(request: Request, principal: Principal, user_id: uuid.UUID, here: str, form: PostedForm) -> Response:
    actor = actor_of(request, principal)
    _find(request, principal, user_id)

    def change(session: Session) -> User:
        if form.get("what") == "skills":
            skills = {name: form.all(name) for name in availability.SKILLS}
            return availability.set_skills(session, actor, user_id, skills)
        is_back = form.get("what") == "back"
        begins, ends = (None, None) if is_back else (_moment(form, "away_from"), _moment(form, "away_until"))
        return availability.set_absence(session, actor, user_id, clock.now() if _is_now(form) else begins, ends)

    return tried(
        request,
        change,
        lambda _: RedirectResponse(f"{here}?done={'skills' if form.get('what') == 'skills' else 'absence'}", 303),
        lambda error: _page(request, principal, user_id, here, error=error, form=form),
    )


def _is_now(form: PostedForm) -> bool:
    """An absence that names only its end begins now."""
    return form.get("what") == "away" and not form.get("away_from").strip()


def _moment(form: PostedForm, name: str) -> datetime | None:
    text = form.get(name).strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=clock.CHINA)).astimezone(clock.CHINA)
    except (ValueError, OverflowError) as error:
        raise InvalidError([Fault(name, "invalid", "时间的格式不对，请按 2026-11-27 09:30 这样填写")]) from error


def _find(request: Request, principal: Principal, user_id: uuid.UUID) -> User:
    """The person, if the viewer may change them; whoever may not learns nothing of them."""
    with runtime_of(request).database.read() as session:
        person = session.get(User, user_id)
    if person is None or not availability.may_change(actor_of(request, principal), person):
        raise NotFoundError("没有找到这个人")
    return person


def _page(
    request: Request,
    principal: Principal,
    user_id: uuid.UUID,
    here: str,
    *,
    done: str = "",
    error: PortalError | None = None,
    form: PostedForm | None = None,
) -> Response:
    person = _find(request, principal, user_id)
    with runtime_of(request).database.read() as session:
        staff_header.read(request, session, principal)
        known = availability.known_skills(session)
    typed = {name: form.get(name) for name in ("away_from", "away_until")} if form else _stored(person)
    return render(
        request,
        "desk/availability.html",
        error.status if error else 200,
        person=person,
        here=here,
        is_own=user_id == principal.user_id,
        is_away=ownership.is_away(person),
        works=Permission.WORK_TICKET in GRANTS[person.role_enum],
        typed=typed,
        skills=[Skill(name, _LABELS[name], _options(name, words, person.skills)) for name, words in known.items()],
        now=clock.now(),
        faults=error.faults if isinstance(error, InvalidError) else (),
        done=done,
    )


def _stored(person: User) -> dict[str, str]:
    moments = {"away_from": person.away_from, "away_until": person.away_until}
    return {name: f"{clock.in_china(moment):%Y-%m-%dT%H:%M}" if moment else "" for name, moment in moments.items()}


def _options(name: str, known: Sequence[str], held: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Also what the person has and the list no longer has."""
    words = dict.fromkeys((*known, *held.get(name, ())))
    return [(word, queue_label(word) if name == "kinds" else word) for word in words]
