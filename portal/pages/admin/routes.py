"""People and the state of the system. The rules are in `accounts`; this reads no trail, and of tickets only numbers."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from portal import clock, readiness
from portal.accounts import external, second_factor, users
from portal.accounts.guard import Requires, actor_of
from portal.accounts.models import User
from portal.accounts.passwords import password_fault, password_help
from portal.accounts.principal import Principal
from portal.accounts.roles import DUTY_LABELS, ROLE_DUTIES, ROLE_LABELS, Permission
from portal.accounts.user_checks import USERNAME_HELP
from portal.errors import Fault, NotFoundError, PortalError
from portal.escalation import duty
from portal.notify import channel_health
from portal.pages.admin import departments, first_steps, other_work, queries, system
from portal.pages.admin.forms import LABELS, WORDS, UserForm, form_of
from portal.pages.confirming import Confirmed, require_confirmed
from portal.pages.listing import (
    add_switch,
    back_to,
    faults_of,
    refusal_of,
    same_password_faults,
    stored_beside,
    tried,
    typed,
)
from portal.runtime import runtime_of
from portal.tickets.states import STATE_LABELS
from portal.watch import clock_doubt
from portal.watch.loosened import loosened_of
from portal.web.body import PostedForm
from portal.web.context import parts_of
from portal.web.csrf import Form
from portal.web.notices import standing
from portal.web.routes import routes_of
from portal.web.templating import render

router = APIRouter(routes=routes_of(departments.router))

Admin = Annotated[Principal, Depends(Requires(Permission.MANAGE_USERS))]
SystemAdmin = Annotated[Principal, Depends(Requires(Permission.VIEW_SYSTEM))]


@router.get("/admin")
def people(request: Request, admin: Admin, done: str = "", which: str = "") -> Response:
    with runtime_of(request).database.read() as session:
        everyone, left_behind = users.all_users(session), queries.left_behind(session)
        gaps = duty.gaps(session, duty.queues_kept_by(admin.queues), clock.now())
    changed = next((user for user in everyone if str(user.id) == which), None)
    steps, in_all = first_steps.open_steps(runtime_of(request))
    return render(
        request,
        "admin/people.html",
        people=everyone,
        left_behind=left_behind,
        gaps=gaps if admin.can(Permission.KEEP_ROTA) else [],
        rota_link=True,
        now=clock.now(),
        roles=ROLE_LABELS,
        done=done,
        changed=changed,
        steps=steps,
        steps_in_all=in_all,
    )


@router.get("/admin/people/new")
def new_person(request: Request, admin: Admin) -> Response:
    return _new_form(request, UserForm())


@router.post("/admin/people")
def add_person(request: Request, admin: Admin, form: Form, confirmed: Confirmed) -> Response:
    """Add a person; a generated password is shown on this answer only."""
    posted, actor, policy = typed(UserForm, form), actor_of(request, admin), _policy(request)
    password, is_made, faults = _new_password(form, policy)
    return tried(
        request,
        lambda session: users.add_user(
            session, actor, password=password, policy=policy, is_given=True, also=faults, **asdict(posted)
        ),
        lambda user: _password_set(request, user, password) if is_made else _done("added")(user),
        lambda error: _new_form(request, posted, error),
    )


@router.get("/admin/people/{user_id}")
def person(request: Request, admin: Admin, user_id: uuid.UUID) -> Response:
    """One person's role, queues, password and state."""
    return _person_form(request, user_id)


@router.post("/admin/people/{user_id}")
def change_person(request: Request, admin: Admin, user_id: uuid.UUID, form: Form, confirmed: Confirmed) -> Response:
    """Change role, queues, display name or staff number; never the user name, by which the trail identifies people."""
    posted, actor, version = typed(UserForm, form), actor_of(request, admin), form.number("version")
    changes = {name: value for name, value in asdict(posted).items() if name != "username"}
    return tried(
        request,
        lambda session: users.change_user(session, actor, user_id, version=version, **changes),
        _done("changed"),
        lambda error: _person_form(request, user_id, error, posted),
    )


@router.post("/admin/people/{user_id}/password")
def set_password(request: Request, admin: Admin, user_id: uuid.UUID, form: Form, confirmed: Confirmed) -> Response:
    """Set a new password, typed or generated; all sessions of that person end."""
    actor, policy = actor_of(request, admin), _policy(request)
    password, is_made, faults = _new_password(form, policy)
    return tried(
        request,
        lambda session: users.set_password(
            session, actor, user_id, password, policy, is_given=user_id != actor.user_id, also=faults
        ),
        lambda user: _password_set(request, user, password) if is_made else _done("password")(user),
        lambda error: _person_form(request, user_id, error),
    )


add_switch(
    router,
    "/admin/people/{row_id}",
    Requires(Permission.MANAGE_USERS),
    users.set_active,
    lambda is_active: _done("enabled" if is_active else "disabled"),
    lambda request, user_id, error: _person_form(request, user_id, error),  # noqa: PLW0108  (defined below)
    require_confirmed,
)


@router.post("/admin/people/{user_id}/second-factor/reset")
def reset_second_factor(
    request: Request, admin: Admin, user_id: uuid.UUID, form: Form, confirmed: Confirmed
) -> Response:
    """For a lost phone and recovery codes: the person signs in with the password and enrols again."""
    actor = actor_of(request, admin)
    return tried(
        request,
        lambda session: second_factor.reset(session, actor, user_id),
        _done("second-factor"),
        lambda error: _person_form(request, user_id, error),
    )


@router.post("/admin/people/{user_id}/external/link")
def link_external(request: Request, admin: Admin, user_id: uuid.UUID, form: Form, confirmed: Confirmed) -> Response:
    """Let an account of the OpenID provider sign in as this person; the form holds the number shown to that account."""
    runtime, actor, subject = runtime_of(request), actor_of(request, admin), form.get("subject")
    issuer = runtime.settings.oidc_issuer
    if not issuer:
        raise NotFoundError
    return tried(
        request,
        lambda session: external.link(session, runtime.vault, actor, user_id, issuer, subject),
        _done("linked"),
        lambda error: _person_form(request, user_id, error),
    )


@router.post("/admin/people/{user_id}/external/unlink")
def unlink_external(request: Request, admin: Admin, user_id: uuid.UUID, form: Form, confirmed: Confirmed) -> Response:
    """The account can no longer sign in; all sessions of the person end."""
    vault, actor, identity = runtime_of(request).vault, actor_of(request, admin), form.get("identity")
    return tried(
        request,
        lambda session: external.unlink(session, vault, actor, user_id, identity),
        _done("unlinked"),
        lambda error: _person_form(request, user_id, error),
    )


@router.post("/admin/people/{user_id}/tokens/revoke")
def revoke_token(request: Request, admin: Admin, user_id: uuid.UUID, form: Form, confirmed: Confirmed) -> Response:
    """Revoke one of a person's tokens at once."""
    actor, token = actor_of(request, admin), form.get("token")

    def revoke(session: Session) -> User:
        user = users.get_user(session, user_id)
        users.revoke_token(session, actor, user_id, token)
        return user

    return tried(request, revoke, _done("token"), lambda error: _person_form(request, user_id, error))


@router.get("/admin/system")
def system_state(request: Request, admin: SystemAdmin) -> Response:
    """Checks, versions and settings of this deployment; no secrets and no people."""
    settings = runtime_of(request).settings
    with runtime_of(request).database.read() as session:
        failing = channel_health.failing(session)
    return render(
        request,
        "admin/system.html",
        checks=readiness.findings(runtime_of(request)),
        notices=[*failing, *standing(settings), *loosened_of(settings), *parts_of(request).notices],
        facts=system.facts(runtime_of(request), settings),
        now=clock.now(),
    )


@router.post("/admin/system/clock")
def confirm_clock(request: Request, admin: SystemAdmin, form: Form) -> Response:
    """The time is right: what waits for a trusted clock goes on."""
    with runtime_of(request).database.transaction() as session:
        clock_doubt.confirm(session, actor_of(request, admin))
    return RedirectResponse("/admin/system", 303)


def _policy(request: Request) -> str:
    policy: str = runtime_of(request).settings.password_policy
    return policy


def _new_password(form: PostedForm, policy: str) -> tuple[str, bool, list[Fault]]:
    """The typed password, or a generated one if both fields are empty; whether it was generated; and the faults."""
    if not form.get("password") and not form.get("password_again"):
        return _generated_password(policy), True, []
    return form.get("password"), False, same_password_faults(form)


def _generated_password(policy: str) -> str:
    while True:
        password = "-".join(secrets.token_hex(2) for _ in range(5))
        if password_fault(password, "", policy) is None:
            return password


def _new_form(request: Request, posted: UserForm, error: PortalError | None = None) -> Response:
    with runtime_of(request).database.read() as session:
        names = queries.department_names(session)
    return render(
        request,
        "admin/new_person.html",
        error.status if error else 200,
        typed=posted,
        departments=names,
        roles=ROLE_LABELS,
        duties=ROLE_DUTIES,
        ticks=[(duty.value, label) for duty, label in DUTY_LABELS.items()],
        faults=faults_of(error),
        username_help=USERNAME_HELP,
        password_help=password_help(_policy(request)),
    )


def _person_form(
    request: Request,
    user_id: uuid.UUID,
    error: PortalError | None = None,
    posted: UserForm | None = None,
) -> Response:
    with runtime_of(request).database.read() as session:
        user = queries.person(session, user_id)
        held = queries.tickets_held(session, user_id)
        others = other_work.of_person(session, user_id, clock.now())
        tokens = users.tokens_of(session, user_id)
        identities = external.identities_of(session, user_id)
        names, department = queries.department_names(session), queries.department_of(session, user)
    settings = runtime_of(request).settings
    return render(
        request,
        "admin/person.html",
        error.status if error else 200,
        person=user,
        typed=posted or form_of(user, department),
        departments=names,
        stored=stored_beside(error, form_of(user, department), posted, LABELS, WORDS),
        roles=ROLE_LABELS,
        duties=ROLE_DUTIES,
        ticks=[(duty.value, label) for duty, label in DUTY_LABELS.items()],
        held=held,
        others=others,
        state_labels=STATE_LABELS,
        tokens=tokens,
        identities=identities,
        external_label=settings.oidc_label if settings.oidc_issuer else "",
        now=clock.now(),
        password_help=password_help(_policy(request)),
        faults=faults_of(error),
        refusal=refusal_of(error),
    )


def _password_set(request: Request, user: User, password: str) -> Response:
    return render(request, "admin/password.html", person=user, password=password)


def _done(what: str) -> Callable[[User], Response]:
    return back_to("/admin", what)
