"""Sign-in in one or two steps, sign-out, and the user's own account page."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts import own_password, second_factor, sessions, users
from portal.accounts.guard import actor_of, fully_signed_in, public, required_step, session_policy, signed_in
from portal.accounts.passwords import is_too_old, password_help
from portal.accounts.principal import Principal
from portal.accounts.roles import ROLE_LABELS
from portal.accounts.start import start_page
from portal.errors import Fault, InvalidError
from portal.pages.account import first_administrator, openid
from portal.pages.account import second_factor as second_factor_module
from portal.pages.account.cookies import browser_of, pending_cookie, redirect_with_session, visitor_actor
from portal.pages.account.sign_in_flow import continue_sign_in, next_page, safe_next, sign_in_form
from portal.pages.listing import same_password_faults
from portal.runtime import runtime_of
from portal.web import context, csrf
from portal.web.csrf import Form, PublicForm, session_cookie
from portal.web.routes import routes_of
from portal.web.templating import render

router = APIRouter(routes=routes_of(second_factor_module.router, openid.router, first_administrator.router))

SignedIn = Annotated[Principal, Depends(signed_in)]
FullySignedIn = Annotated[Principal, Depends(fully_signed_in)]


@router.get("/sign-in", dependencies=[Depends(public)])
def sign_in_page(request: Request, next: str = "") -> Response:
    """A signed-in user is sent to their start page."""
    if request.state.principal:
        return RedirectResponse(safe_next(next) or start_page(request.state.principal), 303)
    return sign_in_form(request, next)


@router.post("/sign-in", dependencies=[Depends(public)])
def sign_in(request: Request, form: PublicForm) -> Response:
    """The same answer for unknown, wrong, locked and disabled (SECURITY E-7)."""
    started = sessions.sign_in(
        runtime_of(request).database,
        form.get("username"),
        form.get("password"),
        visitor_actor(request),
        former_cookie=session_cookie(request),
        browser=browser_of(request),
    )
    if started is None:
        request.state.principal = None
        return sign_in_form(request, form.get("next"), 422, problem="password")
    return continue_sign_in(request, *started, form.get("next"))


@router.get("/sign-in/code", dependencies=[Depends(public)])
def code_page(request: Request, next: str = "") -> Response:
    """The second step; redirects to sign-in without a pending one."""
    if not sessions.is_pending(runtime_of(request).database, pending_cookie(request)):
        return RedirectResponse("/sign-in", 303)
    return render(request, "account/code.html", next=safe_next(next))


@router.post("/sign-in/code", dependencies=[Depends(public)])
def enter_code(request: Request, form: PublicForm) -> Response:
    """The same answer for wrong, used and locked (SECURITY E-6, E-7)."""
    started = sessions.sign_in_with_code(
        runtime_of(request).database,
        runtime_of(request).vault,
        pending_cookie(request),
        form.get("code"),
        visitor_actor(request),
        former_cookie=session_cookie(request),
        browser=browser_of(request),
    )
    if started is not None:
        target = next_page(request, started[1], form.get("next"))
        return redirect_with_session(request, started[0], target, started[1].user_id)
    if not sessions.is_pending(runtime_of(request).database, pending_cookie(request)):
        return RedirectResponse("/sign-in", 303)
    faults = second_factor.wrong_code().faults
    return render(request, "account/code.html", 422, next=safe_next(form.get("next")), faults=faults)


@router.post("/sign-out", dependencies=[Depends(public)])
def sign_out(request: Request, form: Form) -> Response:
    """Does nothing without a session."""
    principal: Principal | None = request.state.principal
    if principal:
        with runtime_of(request).database.transaction() as session:
            sessions.sign_out(session, session_cookie(request), actor_of(request, principal))
    response = RedirectResponse("/sign-in", 303)
    context.delete_cookie(request, response, csrf.SESSION_COOKIE)
    return response


@router.get("/account", dependencies=[Depends(public)])
def account_page(request: Request, principal: FullySignedIn, done: str = "") -> Response:
    return _account(request, principal, done=done)


@router.get("/account/new-password", dependencies=[Depends(public)])
def password_page(request: Request, principal: SignedIn) -> Response:
    """The form alone, for a given or expired password."""
    return _password_form(request, principal)


@router.post("/account/password", dependencies=[Depends(public)])
def change_password(request: Request, principal: SignedIn, form: Form) -> Response:
    """Every other browser is signed out; this one gets a new session (SECURITY E-4)."""
    try:
        cookie = own_password.change(
            runtime_of(request).database,
            principal,
            form.get("old_password"),
            form.get("password"),
            actor_of(request, principal),
            _policy(request),
            also=same_password_faults(form),
        )
    except InvalidError as error:
        if required_step(request, principal):
            return _password_form(request, principal, error.faults, error.status)
        return _account(request, principal, error.status, faults=error.faults)
    return redirect_with_session(request, cookie, "/account?done=password")


@router.post("/account/sessions/end", dependencies=[Depends(public)])
def end_session(request: Request, principal: FullySignedIn, form: Form) -> Response:
    """Sign out another of the user's browsers."""
    with runtime_of(request).database.transaction() as session:
        sessions.end_session(session, actor_of(request, principal), form.get("session"))
    return RedirectResponse("/account?done=session", 303)


@router.post("/account/sessions/end-all", dependencies=[Depends(public)])
def end_all_sessions(request: Request, principal: FullySignedIn, form: Form) -> Response:
    """Sign out everywhere, here too."""
    runtime_of(request).database.run(lambda session: sessions.end_all(session, actor_of(request, principal)))
    response = RedirectResponse("/sign-in", 303)
    context.delete_cookie(request, response, csrf.SESSION_COOKIE)
    return response


@router.post("/account/tokens/revoke", dependencies=[Depends(public)])
def revoke_token(request: Request, principal: FullySignedIn, form: Form) -> Response:
    with runtime_of(request).database.transaction() as session:
        users.revoke_token(session, actor_of(request, principal), principal.user_id, form.get("token"))
    return RedirectResponse("/account?done=token", 303)


def _policy(request: Request) -> str:
    policy: str = runtime_of(request).settings.password_policy
    return policy


def _password_form(request: Request, principal: Principal, faults: Sequence[Fault] = (), status: int = 200) -> Response:
    policy = _policy(request)
    return render(
        request,
        "account/password.html",
        status,
        faults=faults,
        is_given=principal.must_change_password,
        is_too_old=is_too_old(principal.password_changed_at, policy),
        password_help=password_help(policy),
    )


def _account(
    request: Request, principal: Principal, status: int = 200, *, done: str = "", faults: Sequence[Fault] = ()
) -> Response:
    with runtime_of(request).database.read() as session:
        open_sessions = sessions.sessions_of(session, principal.user_id, session_policy(request))
        tokens = users.tokens_of(session, principal.user_id)
    return render(
        request,
        "account/account.html",
        status,
        role_label=ROLE_LABELS[principal.role],
        sessions=open_sessions,
        tokens=tokens,
        now=clock.now(),
        password_help=password_help(_policy(request)),
        done=done,
        faults=faults,
    )
