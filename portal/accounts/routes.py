"""Sign-in, sign-out, the first administrator, and everybody's own account page."""

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal.accounts import attempts, sessions, users
from portal.accounts.attempts import Limit
from portal.accounts.guard import actor_of, public, session_policy
from portal.accounts.principal import Principal
from portal.accounts.roles import ROLE_LABELS, Role
from portal.audit.actor import Actor
from portal.errors import Fault, InvalidError, NotFoundError, TooManyRequestsError
from portal.web import context, csrf
from portal.web.body import PostedForm
from portal.web.csrf import posted_form
from portal.web.pages import SignInNeededError
from portal.web.templating import render

router = APIRouter()

SETUP_LIMIT = Limit("setup-code", most=10, minutes=15)
# No //, no backslash, no @ and no colon: nothing that a browser could read as another host (SECURITY E-13).
_OWN_PATH = re.compile(r"/(?:[A-Za-z0-9._~%?=&+-]+(?:/[A-Za-z0-9._~%?=&+-]+)*/?)?")
_LONGEST_PATH = 200


def signed_in(request: Request) -> Principal:
    """Whoever is signed in, whatever the role; anybody else is sent to sign in."""
    public(request)
    principal: Principal | None = request.state.principal
    if principal is None:
        raise SignInNeededError
    return principal


Form = Annotated[PostedForm, Depends(posted_form)]
SignedIn = Annotated[Principal, Depends(signed_in)]


@router.get("/sign-in", dependencies=[Depends(public)])
def sign_in_page(request: Request, next: str = "") -> Response:
    """The sign-in form; somebody who is signed in goes on to their own start."""
    if request.state.principal:
        return RedirectResponse(safe_next(next) or start_page(request.state.principal), 303)
    return _sign_in_form(request, next)


@router.post("/sign-in", dependencies=[Depends(public)])
def sign_in(request: Request, form: Form) -> Response:
    """One answer for unknown, wrong, locked and disabled (SECURITY E-7)."""
    started = sessions.sign_in(
        request.app.state.database,
        form.get("username"),
        form.get("password"),
        _somebody(request),
        former_cookie=_cookie(request),
    )
    if started is None:
        request.state.principal = None
        return _sign_in_form(request, form.get("next"), status=422)
    cookie, principal = started
    return _entered(request, cookie, safe_next(form.get("next")) or start_page(principal))


@router.post("/sign-out", dependencies=[Depends(public)])
def sign_out(request: Request, form: Form) -> Response:
    """End this session at once; without one there is nothing to end."""
    principal: Principal | None = request.state.principal
    if principal:
        with request.app.state.database.transaction() as session:
            sessions.sign_out(session, _cookie(request), actor_of(request, principal))
    response = RedirectResponse("/sign-in", 303)
    context.delete_cookie(request, response, csrf.SESSION_COOKIE)
    return response


@router.get("/setup", dependencies=[Depends(public)])
def setup_page(request: Request) -> Response:
    """The first administrator's form; absent once somebody exists."""
    _require_setup(request)
    return render(request, "accounts/setup.html", username="")


@router.post("/setup", dependencies=[Depends(public)])
def setup(request: Request, form: Form) -> Response:
    """Make the first administrator with the one-time code and sign them in (SECURITY E-8)."""
    _require_setup(request)
    database, origin = request.app.state.database, _somebody(request)
    with database.transaction() as session:
        tries = attempts.count(session, SETUP_LIMIT, origin.address)
    if tries > SETUP_LIMIT.most:
        raise TooManyRequestsError("尝试次数过多，请 15 分钟后再试", SETUP_LIMIT.minutes * 60)
    try:
        require_same(form)
        with database.transaction() as session:
            user = users.use_setup_code(
                session, origin, form.get("code"), username=form.get("username"), password=form.get("password")
            )
            attempts.clear(session, SETUP_LIMIT, origin.address)
            cookie, principal = sessions.start(session, user, origin)
    except InvalidError as error:
        return render(request, "accounts/setup.html", error.status, faults=error.faults, username=form.get("username"))
    return _entered(request, cookie, start_page(principal))


@router.get("/account", dependencies=[Depends(public)])
def account_page(request: Request, principal: SignedIn, done: str = "") -> Response:
    """Who I am here, my password, and where I am signed in."""
    return _account(request, principal, done=done)


@router.post("/account/password", dependencies=[Depends(public)])
def change_password(request: Request, principal: SignedIn, form: Form) -> Response:
    """A new password for myself: every other browser is signed out, this one gets a new session (SECURITY E-4)."""
    try:
        require_same(form)
        cookie = sessions.change_own_password(
            request.app.state.database,
            principal,
            form.get("old_password"),
            form.get("password"),
            actor_of(request, principal),
        )
    except InvalidError as error:
        return _account(request, principal, error.status, faults=error.faults)
    return _entered(request, cookie, "/account?done=password")


@router.post("/account/sessions/end", dependencies=[Depends(public)])
def end_session(request: Request, principal: SignedIn, form: Form) -> Response:
    """Sign out one of my other browsers."""
    with request.app.state.database.transaction() as session:
        sessions.end_session(session, actor_of(request, principal), form.get("session"))
    return RedirectResponse("/account?done=session", 303)


def require_same(form: PostedForm) -> None:
    """The new password was typed twice alike.

    Raises:
        InvalidError: it was not.
    """
    if form.get("password") != form.get("password_again"):
        raise InvalidError([Fault("password_again", "invalid", "两次输入的密码不一样，请重新输入")])


def start_page(principal: Principal) -> str:
    """Where work begins for each role."""
    if principal.role is Role.ADMIN:
        return "/admin"
    if principal.role is Role.LEAD:
        return "/review"
    return f"/queues/{principal.queues[0]}" if principal.queues else "/account"


def safe_next(target: str) -> str:
    """The target when it is a path of this portal, else nothing (SECURITY E-13)."""
    is_own = len(target) <= _LONGEST_PATH and _OWN_PATH.fullmatch(target) is not None
    return target if is_own and target != "/" and not target.startswith("/sign-") else ""


def _sign_in_form(request: Request, target: str, status: int = 200) -> Response:
    with request.app.state.database.read() as session:
        is_setup_open = users.is_setup_open(session)
    return render(
        request,
        "accounts/sign_in.html",
        status,
        next=safe_next(target),
        is_refused=status != 200,
        is_setup_open=is_setup_open,
    )


def _account(
    request: Request, principal: Principal, status: int = 200, *, done: str = "", faults: Sequence[Fault] = ()
) -> Response:
    with request.app.state.database.read() as session:
        open_sessions = sessions.sessions_of(session, principal.user_id, session_policy(request))
    return render(
        request,
        "accounts/account.html",
        status,
        role_label=ROLE_LABELS[principal.role],
        sessions=open_sessions,
        done=done,
        faults=faults,
    )


def _require_setup(request: Request) -> None:
    with request.app.state.database.read() as session:
        if not users.is_setup_open(session):
            raise NotFoundError


def _somebody(request: Request) -> Actor:
    """The actor of a sign-in that has not succeeded yet: nobody we know."""
    return Actor("visitor", "visitor", address=context.client_address(request), request_id=context.request_id(request))


def _cookie(request: Request) -> str:
    return request.cookies.get(context.cookie_name(request, csrf.SESSION_COOKIE), "")


def _entered(request: Request, cookie: str, target: str) -> Response:
    response = RedirectResponse(target, 303)
    context.set_cookie(request, response, csrf.SESSION_COOKIE, cookie)
    return response
