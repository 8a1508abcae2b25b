"""Who may open a route. Every route declares `Requires(permission)` or `public`; a test walks them all."""

from datetime import timedelta

from starlette.requests import Request

from portal.accounts import sessions
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.accounts.sessions import SessionPolicy
from portal.audit import trail
from portal.audit.actor import Actor, clinic
from portal.audit.tags import Tag
from portal.errors import ForbiddenError, PortalError
from portal.web import context, csrf
from portal.web.pages import SignInNeededError


def public(request: Request) -> None:
    """Anyone may open this route. A signed-in person is still greeted by name."""
    request.state.principal = _principal_of_cookie(request)


def open_door() -> None:
    """Anyone may call this; no session is looked up (JSON API without sign-in, health checks)."""


class Requires:
    """Dependency of staff pages: the signed-in principal, or a redirect to sign in, or 403 with a trail row."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Principal:
        principal = _principal_of_cookie(request)
        if principal is None:
            raise SignInNeededError
        request.state.principal = principal
        return _allowed(request, principal, self.permission)


class RequiresToken(Requires):
    """As `Requires`, for the JSON API: only a bearer token counts, never a cookie."""

    def __call__(self, request: Request) -> Principal:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        principal = None
        if scheme.lower() == "bearer" and token.strip():
            principal = sessions.principal_of_token(request.app.state.database, token.strip())
        if principal is None:
            raise PortalError("请提供有效的接口令牌", 401)
        return _allowed(request, principal, self.permission)


def actor_of(request: Request, principal: Principal | None = None) -> Actor:
    """The actor of this request: the signed-in person, or somebody at a clinic."""
    address, request_id = context.client_address(request), context.request_id(request)
    return principal.actor(address, request_id) if principal else clinic(address, request_id)


def session_policy(request: Request) -> SessionPolicy:
    """How long sessions live in this deployment (SECURITY E-3)."""
    settings = request.app.state.settings
    return SessionPolicy(timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours))


def _allowed(request: Request, principal: Principal, permission: Permission) -> Principal:
    if not principal.can(permission):
        with request.app.state.database.transaction() as session:
            trail.record(
                session, Tag.ACCESS_DENIED, actor_of(request, principal), detail=f"{permission}", is_success=False
            )
        raise ForbiddenError
    return principal


def _principal_of_cookie(request: Request) -> Principal | None:
    cookie = request.cookies.get(context.cookie_name(request, csrf.SESSION_COOKIE), "")
    return sessions.principal_of_cookie(request.app.state.database, cookie, session_policy(request))
