"""Who may open a route. Every route declares `Requires(permission)` or `public`; a test walks them all."""

import re
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request

from portal.accounts import sessions
from portal.accounts.passwords import is_too_old
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.accounts.sessions import SessionPolicy
from portal.audit import trail
from portal.audit.actor import Actor, clinic
from portal.audit.tags import Tag
from portal.errors import ForbiddenError, PortalError
from portal.runtime import runtime_of
from portal.web import context, csrf
from portal.web.pages import SignInNeededError


def public(request: Request) -> None:
    """Anyone may open this route. A signed-in person is still greeted by name."""
    request.state.principal = _principal_of_cookie(request)


def open_door() -> None:
    """Anyone may call this; no session is looked up (JSON API without sign-in, health checks)."""


_TICKET_NUMBER = re.compile(r"[A-Z]{2,3}[0-9]{10,13}")
PASSWORD_PAGE = "/account/new-password"  # noqa: S105
SECOND_FACTOR_PAGE = "/account/second-factor"


class DutyError(HTTPException):
    """Something has to be done before anything else: the browser is sent to the page for it."""

    def __init__(self, page: str) -> None:
        super().__init__(303, headers={"location": page})


def signed_in(request: Request) -> Principal:
    """Whoever is signed in, whatever the role and whatever they still have to do; others are sent to sign in.

    For pages that declare `public` and belong to their visitor.
    """
    public(request)
    principal: Principal | None = request.state.principal
    if principal is None:
        raise SignInNeededError
    return principal


def settled(request: Request) -> Principal:
    """As `signed_in`, for somebody whom nothing keeps from other pages."""
    return _settled(request, signed_in(request))


def duty_of(request: Request, principal: Principal) -> str:
    """The page that the person has to see to first, or nothing: an old password, a missing second factor."""
    settings = runtime_of(request).settings
    if is_too_old(principal.password_changed_at, settings.password_policy):
        return PASSWORD_PAGE
    if settings.second_factor == "required" and not principal.has_second_factor:
        return SECOND_FACTOR_PAGE
    return ""


class Requires:
    """Dependency of staff pages: the signed-in principal, or a redirect to sign in, or 403 with a trail row."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Principal:
        principal = _principal_of_cookie(request)
        if principal is None:
            raise SignInNeededError
        request.state.principal = principal
        return _allowed(request, _settled(request, principal), self.permission)


class RequiresToken(Requires):
    """As `Requires`, for the JSON API: only a bearer token counts, never a cookie."""

    def __call__(self, request: Request) -> Principal:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        principal = None
        if scheme.lower() == "bearer" and token.strip():
            principal = sessions.principal_of_token(runtime_of(request).database, token.strip())
        if principal is None:
            raise PortalError("请提供有效的接口令牌", 401)
        return _allowed(request, principal, self.permission)


def actor_of(request: Request, principal: Principal | None = None) -> Actor:
    """The actor of this request: the signed-in person, or somebody at a clinic."""
    address, request_id = context.client_address(request), context.request_id(request)
    return principal.actor(address, request_id) if principal else clinic(address, request_id)


def session_policy(request: Request) -> SessionPolicy:
    """How long sessions live in this deployment (SECURITY E-3)."""
    settings = runtime_of(request).settings
    return SessionPolicy(
        idle=timedelta(minutes=settings.session_idle_minutes),
        absolute=timedelta(hours=settings.session_hours),
        quiet=timedelta(minutes=settings.reveal_quiet_minutes),
    )


def _settled(request: Request, principal: Principal) -> Principal:
    duty = duty_of(request, principal)
    if duty:
        raise DutyError(duty)
    return principal


def _allowed(request: Request, principal: Principal, permission: Permission) -> Principal:
    if not principal.can(permission):
        with runtime_of(request).database.transaction() as session:
            trail.record(
                session, Tag.ACCESS_DENIED, actor_of(request, principal), ticket_number=_ticket_number(request),
                particulars={"permission": permission.value}, is_success=False,
            )  # fmt: skip
        raise ForbiddenError
    return principal


def _ticket_number(request: Request) -> str | None:
    """The ticket that the address names, so that its page of the trail has the attempt. Other words are not kept."""
    number = request.path_params.get("number", "")
    return number if _TICKET_NUMBER.fullmatch(number) else None


def _principal_of_cookie(request: Request) -> Principal | None:
    cookie = request.cookies.get(context.cookie_name(request, csrf.SESSION_COOKIE), "")
    return sessions.principal_of_cookie(
        runtime_of(request).database,
        cookie,
        session_policy(request),
        actor_of(request),
        is_by_hand=not _is_by_script(request),
    )


def _is_by_script(request: Request) -> bool:
    """What a page fetches by itself says nothing about whether somebody sits before it."""
    return request.method in ("GET", "HEAD") and request.headers.get("sec-fetch-dest") == "empty"
