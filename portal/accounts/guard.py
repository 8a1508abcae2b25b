"""Access control for routes. Each declares `Requires(permission)`, `public` or `anonymous`; a test checks them all."""

from dataclasses import replace
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request

from portal.accounts import sessions, users
from portal.accounts.devices import device_of
from portal.accounts.passwords import is_too_old
from portal.accounts.principal import Principal
from portal.accounts.roles import GRANTS, HIDDEN, PERMISSION_LABELS, ROLE_LABELS, Permission, Role, granted_to
from portal.accounts.sessions import SessionPolicy
from portal.audit import trail
from portal.audit.actor import Actor, clinic
from portal.audit.tags import Tag
from portal.errors import ForbiddenError, NotFoundError, PortalError
from portal.kinds.table import NUMBER_SHAPE
from portal.runtime import runtime_of
from portal.web import context, csrf
from portal.web.pages import SignInNeededError


def public(request: Request) -> None:
    """Open to all. A signed-in user is still recognised."""
    request.state.principal = _principal_of_cookie(request)


def anonymous() -> None:
    """Open to all, without a session lookup (JSON API without sign-in, health checks)."""


def is_setup_open(request: Request) -> bool:
    """Whether there is no active administrator yet."""
    with runtime_of(request).database.read() as session:
        return users.is_setup_open(session)


PASSWORD_PAGE = "/account/new-password"  # noqa: S105
SECOND_FACTOR_PAGE = "/account/second-factor"


class RequiredStepError(HTTPException):
    """Redirects to the page of a step that is required before anything else."""

    def __init__(self, page: str) -> None:
        super().__init__(303, headers={"location": page})


def signed_in(request: Request) -> Principal:
    """Any signed-in user, whatever the role and even with a required step pending; others are sent to sign in.

    For pages that declare `public` and show the user's own data.
    """
    public(request)
    principal: Principal | None = request.state.principal
    if principal is None:
        raise _sign_in_needed(request)
    return principal


def fully_signed_in(request: Request) -> Principal:
    """A signed-in user with no pending password change or enrolment."""
    return _require_no_pending_step(request, signed_in(request))


def required_step(request: Request, principal: Principal) -> str:
    """The page of the step this user must complete first (given or expired password, missing second factor), or ""."""
    settings = runtime_of(request).settings
    if principal.must_change_password or is_too_old(principal.password_changed_at, settings.password_policy):
        return PASSWORD_PAGE
    if settings.second_factor == "required" and not principal.has_second_factor:
        return SECOND_FACTOR_PAGE
    return ""


class Requires:
    """Dependency of staff pages: the principal, a redirect to sign in, or 403 with a trail row."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Principal:
        principal = _principal_of_cookie(request)
        if principal is None:
            raise _sign_in_needed(request)
        request.state.principal = principal
        return _allowed(request, _require_no_pending_step(request, principal), self.permission)


class RequiresToken(Requires):
    """Like `Requires`, for the JSON API: accepts only a bearer token, never a cookie."""

    def __call__(self, request: Request) -> Principal:
        principal = principal_of_sent_token(request)
        if principal is None:
            raise BadTokenError
        return _allowed(request, principal, self.permission)


class BadTokenError(PortalError):
    """No token where one is needed, or one that is unknown, expired or revoked."""

    status = 401

    def __init__(self) -> None:
        super().__init__("请提供有效的接口令牌")


def principal_of_sent_token(request: Request) -> Principal | None:
    """Whose bearer token was sent; None if none was. A password for a proxy in front (`Basic`) is no token.

    Raises:
        BadTokenError: it is not good, or sent as something else. A caller who sends one must not become nobody by a
            typing error.
    """
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() in ("", "basic"):
        return None
    if scheme.lower() != "bearer":
        raise BadTokenError
    principal = sessions.principal_of_token(runtime_of(request).database, token.strip()) if token.strip() else None
    if principal is None:
        raise BadTokenError
    return principal


def needs_permission(request: Request, principal: Principal, permission: Permission) -> Principal:
    """The principal; raises ForbiddenError, with a trail row, if the permission is missing."""
    return _allowed(request, principal, permission)


def actor_of(request: Request, principal: Principal | None = None) -> Actor:
    """The actor of this request: the signed-in user, or else a clinic."""
    address, request_id = context.client_address(request), context.request_id(request)
    if principal is None:
        return clinic(address, request_id)
    return replace(principal.actor(address, request_id), device=device_of(request.headers.get("user-agent", "")))


def session_policy(request: Request) -> SessionPolicy:
    """Session lifetimes from the settings (SECURITY E-3)."""
    settings = runtime_of(request).settings
    return SessionPolicy(
        idle=timedelta(minutes=settings.session_idle_minutes),
        absolute=timedelta(hours=settings.session_hours),
        quiet=timedelta(minutes=settings.reveal_quiet_minutes),
    )


def _require_no_pending_step(request: Request, principal: Principal) -> Principal:
    step = required_step(request, principal)
    if step:
        raise RequiredStepError(step)
    return principal


def _allowed(request: Request, principal: Principal, permission: Permission) -> Principal:
    if not principal.can(permission):
        with runtime_of(request).database.transaction() as session:
            trail.record(
                session, Tag.ACCESS_DENIED, actor_of(request, principal),
                ticket_number=None if permission in HIDDEN else _ticket_number(request),
                particulars={"permission": permission.value}, is_success=False,
            )  # fmt: skip
        is_partners = principal.role is Role.PARTNER and permission not in GRANTS[Role.PARTNER]
        # What is beyond the own department does not exist for a partner (DESK 2.6), and no complaint for strangers.
        if is_partners or permission in HIDDEN:
            raise NotFoundError
        raise ForbiddenError(_refusal(principal, permission))
    return principal


def _refusal(principal: Principal, permission: Permission) -> str:
    """What was tried, why not, and whom to ask."""
    what = PERMISSION_LABELS[permission]
    if permission in granted_to(principal.role, principal.duties):
        return f"这个接口令牌不包含“{what}”的权限，请换一个令牌"
    others = "、".join(label for role, label in ROLE_LABELS.items() if permission in GRANTS[role])
    return f"您的角色是{ROLE_LABELS[principal.role]}，不能“{what}”，这是{others}的权限。需要时请联系管理员"


def _sign_in_needed(request: Request) -> SignInNeededError:
    return SignInNeededError(had_session=bool(csrf.session_cookie(request)), is_act=request.method == "POST")


def _ticket_number(request: Request) -> str | None:
    """The ticket in the path, so that the refusal appears in its history. Other text is not recorded."""
    number = request.path_params.get("number", "")
    return number if NUMBER_SHAPE.fullmatch(number) else None


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
    """Requests that a script makes by itself do not show that the user is present."""
    if request.headers.get("x-by-timer"):
        return True
    return request.method in ("GET", "HEAD") and request.headers.get("sec-fetch-dest") == "empty"
