"""Where a sign-in leads: the sign-in form, the code step, and targets within this portal only."""

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts import sessions
from portal.accounts.guard import is_setup_open, required_step
from portal.accounts.principal import Principal
from portal.accounts.start import start_page
from portal.pages.account.cookies import PENDING_COOKIE, redirect_with_session
from portal.runtime import runtime_of
from portal.web import context
from portal.web.templating import render

# No //, backslash, @ or colon, which a browser could read as another host (SECURITY E-13).
_OWN_PATH = re.compile(r"/(?:[A-Za-z0-9._~%?=&+-]+(?:/[A-Za-z0-9._~%?=&+-]+)*/?)?")
_LONGEST_PATH = 200


def safe_next(target: str) -> str:
    """The target if it is a path of this portal, else "" (SECURITY E-13)."""
    is_own = len(target) <= _LONGEST_PATH and _OWN_PATH.fullmatch(target) is not None
    return target if is_own and target != "/" and not target.startswith("/sign-") else ""


def next_page(request: Request, principal: Principal, wanted: str = "") -> str:
    """The required step, else the requested page, else the start page."""
    return required_step(request, principal) or safe_next(wanted) or start_page(principal)


def continue_sign_in(request: Request, cookie: str, principal: Principal | None, wanted: str) -> Response:
    """Redirects with the new session, or to the code step if `principal` is None."""
    if principal is not None:
        return redirect_with_session(request, cookie, next_page(request, principal, wanted), principal.user_id)
    target = safe_next(wanted)
    query = urlencode({"next": target}) if target else ""
    response = RedirectResponse(f"/sign-in/code?{query}" if query else "/sign-in/code", 303)
    context.set_cookie(request, response, PENDING_COOKIE, cookie, max_age=sessions.PENDING_MINUTES * 60)
    return response


def sign_in_form(request: Request, target: str, status: int = 200, *, problem: str = "") -> Response:
    """`problem`: password | not_done | closed | unavailable; the template has the sentences."""
    settings = runtime_of(request).settings
    return render(
        request,
        "account/sign_in.html",
        status,
        next=safe_next(target),
        problem=problem,
        is_setup_open=is_setup_open(request),
        external_label=settings.oidc_label if settings.oidc_issuer else "",
    )
