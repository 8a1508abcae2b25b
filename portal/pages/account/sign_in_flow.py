"""Where a sign-in leads: the form to begin with, the code that may be missing, own pages only."""

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts import sessions, users
from portal.accounts.guard import duty_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.pages.account.cookies import PENDING_COOKIE, entered
from portal.runtime import runtime_of
from portal.web import context
from portal.web.templating import render

# No //, no backslash, no @ and no colon: nothing that a browser could read as another host (SECURITY E-13).
_OWN_PATH = re.compile(r"/(?:[A-Za-z0-9._~%?=&+-]+(?:/[A-Za-z0-9._~%?=&+-]+)*/?)?")
_LONGEST_PATH = 200
# Where work begins for those who have no ticket to work.
_STARTS = {Permission.MANAGE_USERS: "/admin", Permission.REVIEW: "/review", Permission.VIEW_SYSTEM: "/admin/system"}


def safe_next(target: str) -> str:
    """The target when it is a path of this portal, else nothing (SECURITY E-13)."""
    is_own = len(target) <= _LONGEST_PATH and _OWN_PATH.fullmatch(target) is not None
    return target if is_own and target != "/" and not target.startswith("/sign-") else ""


def start_page(principal: Principal) -> str:
    """Where work begins for each role."""
    for permission, page in _STARTS.items():
        if principal.can(permission):
            return page
    return f"/queues/{principal.queues[0]}" if principal.queues else "/account"


def next_page(request: Request, principal: Principal, wanted: str = "") -> str:
    """What has to be done first, else the page that was asked for, else the start."""
    return duty_of(request, principal) or safe_next(wanted) or start_page(principal)


def arrived(request: Request, cookie: str, principal: Principal | None, wanted: str) -> Response:
    """On with a new session, or to the code where `principal` is not proven yet."""
    if principal is not None:
        return entered(request, cookie, next_page(request, principal, wanted))
    target = safe_next(wanted)
    query = urlencode({"next": target}) if target else ""
    response = RedirectResponse(f"/sign-in/code?{query}" if query else "/sign-in/code", 303)
    context.set_cookie(request, response, PENDING_COOKIE, cookie, max_age=sessions.PENDING_MINUTES * 60)
    return response


def sign_in_form(request: Request, target: str, status: int = 200, *, trouble: str = "") -> Response:
    """The sign-in page. `trouble`: password | not_done | closed | unavailable, worded by the template."""
    with runtime_of(request).database.read() as session:
        is_setup_open = users.is_setup_open(session)
    settings = runtime_of(request).settings
    return render(
        request,
        "account/sign_in.html",
        status,
        next=safe_next(target),
        trouble=trouble,
        is_setup_open=is_setup_open,
        external_label=settings.oidc_label if settings.oidc_issuer else "",
    )
