"""Sign-in cookies, and the actor of a request before sign-in."""

import uuid

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts import known_browsers
from portal.accounts.devices import device_of
from portal.accounts.known_browsers import Browser
from portal.audit.actor import Actor
from portal.runtime import runtime_of
from portal.web import context, csrf

# Proves a right password until the code is entered; it gives access to the code page only.
PENDING_COOKIE = "portal_pending"
# Ties an authorization flow to this browser. Lax, not Strict: the provider redirects back from another site.
TRIP_COOKIE = "portal_trip"


def pending_cookie(request: Request) -> str:
    """The value of a sign-in that still needs its code, or ""."""
    return request.cookies.get(context.cookie_name(request, PENDING_COOKIE), "")


def trip_cookie(request: Request) -> str:
    """The secret of this browser's authorization flow, or ""."""
    return request.cookies.get(context.cookie_name(request, TRIP_COOKIE), "")


def browser_of(request: Request) -> Browser:
    """The browser of a sign-in, with the mark that it got when somebody signed in before."""
    cookie = request.cookies.get(context.cookie_name(request, known_browsers.COOKIE), "")
    return Browser(context.client_address(request), cookie, runtime_of(request).vault)


def remember_browser(request: Request, response: Response, user_id: uuid.UUID) -> None:
    """After a sign-in: strangers who guess at this person's name elsewhere do not lock this browser."""
    browser = browser_of(request)
    value = known_browsers.remembering(runtime_of(request).vault, browser.cookie, user_id)
    context.set_cookie(request, response, known_browsers.COOKIE, value, max_age=known_browsers.DAYS * 86400)


def redirect_with_session(request: Request, cookie: str, target: str, user_id: uuid.UUID | None = None) -> Response:
    """`user_id` of who has just signed in."""
    response = RedirectResponse(target, 303)
    keep_session(request, response, cookie)
    if user_id is not None:
        remember_browser(request, response, user_id)
    return response


def keep_session(request: Request, response: Response, cookie: str) -> None:
    """Set the new session's cookie and end a pending sign-in."""
    context.set_cookie(request, response, csrf.SESSION_COOKIE, cookie)
    if pending_cookie(request):
        context.delete_cookie(request, response, PENDING_COOKIE)


def adopt_session(request: Request, cookie: str) -> None:
    """For a page rendered in the response that changes the session: its form tokens must match the new session."""
    request.cookies[context.cookie_name(request, csrf.SESSION_COOKIE)] = cookie


def visitor_actor(request: Request) -> Actor:
    """The actor of a sign-in that has not succeeded."""
    return Actor(
        "visitor",
        "visitor",
        address=context.client_address(request),
        request_id=context.request_id(request),
        device=device_of(request.headers.get("user-agent", "")),
    )
