"""One's own second factor: enrolment with a QR code, recovery codes shown once, and removal with a code."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal.accounts import second_factor, sessions, users
from portal.accounts.guard import actor_of, public, signed_in
from portal.accounts.principal import Principal
from portal.accounts.second_factor import Enrolment
from portal.errors import ConflictError, Fault
from portal.pages.account.cookies import adopt_session, keep_session, redirect_with_session
from portal.pages.confirming import Confirmed
from portal.runtime import runtime_of
from portal.web.csrf import Form, session_cookie
from portal.web.templating import render

router = APIRouter(prefix="/account/second-factor", dependencies=[Depends(public)])
SignedIn = Annotated[Principal, Depends(signed_in)]


@router.get("")
def second_factor_page(request: Request, principal: SignedIn, done: str = "") -> Response:
    return _page(request, principal, done=done)


@router.post("/begin")
def begin(request: Request, principal: SignedIn, form: Form, confirmed: Confirmed) -> Response:
    """The new secret is shown in this response only."""
    try:
        with runtime_of(request).database.transaction() as session:
            enrolment = second_factor.begin(session, runtime_of(request).vault, principal.user_id)
    except ConflictError:
        return RedirectResponse("/account/second-factor", 303)
    return _enrolment(request, enrolment)


@router.post("/confirm")
def confirm(request: Request, principal: SignedIn, form: Form, confirmed: Confirmed) -> Response:
    """The first code proves that the app has the secret. The recovery codes are shown in this response only."""
    vault = runtime_of(request).vault
    with runtime_of(request).database.transaction() as session:
        actor = actor_of(request, principal)
        confirmed_at = sessions.confirmed_at(session, session_cookie(request))
        codes = second_factor.confirm(session, vault, actor, principal.user_id, form.get("code"))
        enrolment = None if codes else second_factor.unconfirmed(session, vault, principal.user_id)
        cookie = ""
        if codes:
            cookie = sessions.new_cookie(session, principal.user_id, origin=actor, confirmed_at=confirmed_at)
    if codes:
        adopt_session(request, cookie)
        response = render(request, "account/recovery_codes.html", codes=codes)
        keep_session(request, response, cookie)
        return response
    if enrolment is None:
        return RedirectResponse("/account/second-factor", 303)
    fault = Fault("code", "invalid", "验证码不对。请确认手机的时间准确，再输入当前显示的 6 位数字")
    return _enrolment(request, enrolment, [fault], 422)


@router.post("/remove")
def remove(request: Request, principal: SignedIn, form: Form) -> Response:
    """Takes a code or a recovery code; wrong codes lock as at sign-in."""
    database, vault = runtime_of(request).database, runtime_of(request).vault
    actor = actor_of(request, principal)
    with database.transaction() as session:
        user = users.get_user(session, principal.user_id)
        is_right = (
            user.second_factor_at is not None
            and second_factor.count_attempt(session, user, actor)
            and second_factor.is_accepted(session, vault, user, form.get("code"), actor)
        )
        cookie = ""
        if is_right:
            second_factor.remove(session, actor, principal.user_id)
            cookie = sessions.new_cookie(session, principal.user_id, origin=actor)
    if is_right:
        return redirect_with_session(request, cookie, "/account/second-factor?done=removed")
    error = second_factor.wrong_code()
    return _page(request, principal, faults=error.faults, status=error.status)


def _page(
    request: Request, principal: Principal, *, done: str = "", faults: Sequence[Fault] = (), status: int = 200
) -> Response:
    with runtime_of(request).database.read() as session:
        left = second_factor.recovery_codes_left(session, principal.user_id)
    return render(
        request,
        "account/second_factor.html",
        status,
        is_required=runtime_of(request).settings.second_factor == "required",
        codes_left=left,
        done=done,
        faults=faults,
    )


def _enrolment(request: Request, enrolment: Enrolment, faults: Sequence[Fault] = (), status: int = 200) -> Response:
    return render(request, "account/enrolment.html", status, enrolment=enrolment, faults=faults)
