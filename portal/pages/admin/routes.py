"""People and the state of the system. Schedule stand in `accounts`; nothing here sees a ticket or the trail."""

import secrets
import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts import external, second_factor, users
from portal.accounts.guard import Requires, actor_of
from portal.accounts.models import User
from portal.accounts.passwords import password_fault, password_help
from portal.accounts.principal import Principal
from portal.accounts.roles import ROLE_DUTIES, ROLE_LABELS, Permission
from portal.errors import ConflictError, Fault, InvalidError, NotFoundError, PortalError
from portal.pages.admin import queries, system
from portal.pages.admin.forms import UserForm, form_of, typed_user
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()

Admin = Annotated[Principal, Depends(Requires(Permission.MANAGE_USERS))]
SystemAdmin = Annotated[Principal, Depends(Requires(Permission.VIEW_SYSTEM))]


@router.get("/admin")
def people(request: Request, admin: Admin, done: str = "", who: str = "") -> Response:
    """Everybody who works here."""
    with runtime_of(request).database.read() as session:
        everyone = users.all_users(session)
    changed = next((user for user in everyone if str(user.id) == who), None)
    return render(request, "admin/people.html", people=everyone, roles=ROLE_LABELS, done=done, changed=changed)


@router.get("/admin/people/new")
def new_person(request: Request, admin: Admin) -> Response:
    """The form for somebody new."""
    return _new_form(request, UserForm())


@router.post("/admin/people")
def add_person(request: Request, admin: Admin, form: Form) -> Response:
    """Add somebody; a password that was made for them is shown on this answer and never again."""
    typed = typed_user(form)
    try:
        password, is_made = _new_password(request, form)
        with runtime_of(request).database.transaction() as session:
            user = users.add_user(
                session,
                actor_of(request, admin),
                username=typed.username,
                password=password,
                role=typed.role,
                queues=typed.queues,
                display_name=typed.display_name,
                staff_number=typed.staff_number,
                policy=_policy(request),
            )
    except InvalidError as error:
        return _new_form(request, typed, error.faults, error.status)
    return _password_set(request, user, password) if is_made else _done("added", user)


@router.get("/admin/people/{user_id}")
def person(request: Request, admin: Admin, user_id: uuid.UUID) -> Response:
    """One person's role, queues, password and state."""
    return _person_form(request, user_id)


@router.post("/admin/people/{user_id}")
def change_person(request: Request, admin: Admin, user_id: uuid.UUID, form: Form) -> Response:
    """Change role, queues, shown name or staff number; the user name never changes: the trail knows people by it."""
    typed = typed_user(form)
    try:
        with runtime_of(request).database.transaction() as session:
            user = users.change_user(
                session,
                actor_of(request, admin),
                user_id,
                role=typed.role,
                queues=typed.queues,
                display_name=typed.display_name,
                staff_number=typed.staff_number,
            )
    except InvalidError as error:
        return _person_form(request, user_id, typed, error.faults, error.status)
    except PortalError as error:
        return _refused(request, user_id, typed, error)
    return _done("changed", user)


@router.post("/admin/people/{user_id}/password")
def set_password(request: Request, admin: Admin, user_id: uuid.UUID, form: Form) -> Response:
    """Set a new password, typed or made here; all sessions of that person end."""
    try:
        password, is_made = _new_password(request, form)
        with runtime_of(request).database.transaction() as session:
            users.set_password(session, actor_of(request, admin), user_id, password, _policy(request))
            user = users.get_user(session, user_id)
    except InvalidError as error:
        return _person_form(request, user_id, faults=error.faults, status=error.status)
    return _password_set(request, user, password) if is_made else _done("password", user)


@router.post("/admin/people/{user_id}/disable")
def disable(request: Request, admin: Admin, user_id: uuid.UUID, form: Form) -> Response:
    """Nobody signs in with this name from the next request on."""
    return _set_active(request, admin, user_id, False)


@router.post("/admin/people/{user_id}/enable")
def enable(request: Request, admin: Admin, user_id: uuid.UUID, form: Form) -> Response:
    """The person may sign in again with the old password."""
    return _set_active(request, admin, user_id, True)


@router.post("/admin/people/{user_id}/second-factor/reset")
def reset_second_factor(request: Request, admin: Admin, user_id: uuid.UUID, form: Form) -> Response:
    """Telephone and recovery codes are lost: the person signs in with the password and enrols anew."""
    try:
        with runtime_of(request).database.transaction() as session:
            user = second_factor.reset(session, actor_of(request, admin), user_id)
    except PortalError as error:
        return _refused(request, user_id, None, error)
    return _done("second-factor", user)


@router.post("/admin/people/{user_id}/external/link")
def link_external(request: Request, admin: Admin, user_id: uuid.UUID, form: Form) -> Response:
    """Let an account of the OpenID provider sign in as this person, named by the number that it was shown."""
    issuer, vault = runtime_of(request).settings.oidc_issuer, runtime_of(request).vault
    if not issuer:
        raise NotFoundError
    try:
        with runtime_of(request).database.transaction() as session:
            user = external.link(session, vault, actor_of(request, admin), user_id, issuer, form.get("subject"))
    except InvalidError as error:
        return _person_form(request, user_id, faults=error.faults, status=error.status)
    except PortalError as error:
        return _refused(request, user_id, None, error)
    return _done("linked", user)


@router.post("/admin/people/{user_id}/external/unlink")
def unlink_external(request: Request, admin: Admin, user_id: uuid.UUID, form: Form) -> Response:
    """That account signs in no more; all sessions of the person end."""
    vault = runtime_of(request).vault
    with runtime_of(request).database.transaction() as session:
        user = external.unlink(session, vault, actor_of(request, admin), user_id, form.get("identity"))
    return _done("unlinked", user)


@router.post("/admin/people/{user_id}/tokens/revoke")
def revoke_token(request: Request, admin: Admin, user_id: uuid.UUID, form: Form) -> Response:
    """End one of somebody's tokens at once."""
    with runtime_of(request).database.transaction() as session:
        user = users.get_user(session, user_id)
        users.revoke_token(session, actor_of(request, admin), user_id, form.get("token"))
    return _done("token", user)


@router.get("/admin/system")
def system_state(request: Request, admin: SystemAdmin) -> Response:
    """Checks, versions and settings of this deployment; no secret and no person among them."""
    settings = runtime_of(request).settings
    return render(
        request,
        "admin/system.html",
        checks=system.checks(runtime_of(request), settings),
        facts=system.facts(runtime_of(request), settings),
    )


def _set_active(request: Request, admin: Principal, user_id: uuid.UUID, is_active: bool) -> Response:
    try:
        with runtime_of(request).database.transaction() as session:
            user = users.set_active(session, actor_of(request, admin), user_id, is_active)
    except PortalError as error:
        return _refused(request, user_id, None, error)
    return _done("enabled" if is_active else "disabled", user)


def _policy(request: Request) -> str:
    policy: str = runtime_of(request).settings.password_policy
    return policy


def _new_password(request: Request, form: PostedForm) -> tuple[str, bool]:
    """The typed password, or one made here when both boxes are empty, and whether it was made."""
    typed, again = form.get("password"), form.get("password_again")
    if not typed and not again:
        return _made_password(_policy(request)), True
    if typed != again:
        raise InvalidError([Fault("password_again", "invalid", "两次输入的密码不一样，请重新输入")])
    return typed, False


def _made_password(policy: str) -> str:
    while True:
        made = "-".join(secrets.token_hex(2) for _ in range(5))
        if password_fault(made, "", policy) is None:
            return made


def _new_form(request: Request, typed: UserForm, faults: Sequence[Fault] = (), status: int = 200) -> Response:
    return render(
        request,
        "admin/new_person.html",
        status,
        typed=typed,
        roles=ROLE_LABELS,
        duties=ROLE_DUTIES,
        faults=faults,
        password_help=password_help(_policy(request)),
    )


def _person_form(
    request: Request,
    user_id: uuid.UUID,
    typed: UserForm | None = None,
    faults: Sequence[Fault] = (),
    status: int = 200,
    refusal: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        user = queries.person(session, user_id)
        open_tickets = queries.open_tickets_of(session, user_id)
        tokens = users.tokens_of(session, user_id)
        identities = external.identities_of(session, user_id)
    settings = runtime_of(request).settings
    return render(
        request,
        "admin/person.html",
        status,
        person=user,
        typed=typed or form_of(user),
        roles=ROLE_LABELS,
        duties=ROLE_DUTIES,
        open_tickets=open_tickets,
        tokens=tokens,
        identities=identities,
        external_label=settings.oidc_label if settings.oidc_issuer else "",
        now=clock.now(),
        password_help=password_help(_policy(request)),
        faults=faults,
        refusal=refusal,
    )


def _refused(request: Request, user_id: uuid.UUID, typed: UserForm | None, error: PortalError) -> Response:
    """A rule of `accounts.users` forbids it: said on the person's own page. Anything else goes on upwards."""
    if error.status != ConflictError.status:
        raise error
    return _person_form(request, user_id, typed, status=error.status, refusal=error.message)


def _password_set(request: Request, user: User, password: str) -> Response:
    return render(request, "admin/password.html", person=user, password=password)


def _done(what: str, user: User) -> Response:
    return RedirectResponse(f"/admin?done={what}&who={user.id}", 303)
