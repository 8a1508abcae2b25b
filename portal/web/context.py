"""What a request carries: the portal's parts, the client's address, cookies and ids."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from portal import addresses
from portal.settings import Settings
from portal.web.notices import Notices, unlisted_proxy
from portal.web.receiving import BodiesInFlight

VISITOR_COOKIE = "portal_visitor"
_MONTH_SECONDS = 30 * 24 * 3600
_FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-proto", "x-forwarded-host", "via")


@dataclass(frozen=True)
class WebParts:
    """What pages need.

    Attributes:
        sign_form_token: the keyed hash, in hex, of what a form is tied to.
        text_fields: labels of the form fields whose texts an error page returns; never a secret's.
        staff_header: what the header of staff pages counts for a request's person.
        recognise: notes who is signed in at an address that no page has.
    """

    settings: Settings
    templates: Environment
    sign_form_token: Callable[[str], str]
    text_fields: Mapping[str, str]
    notices: Notices
    bodies: BodiesInFlight
    staff_header: Callable[[Request], Any]
    recognise: Callable[[Request], None]


def parts_of(request: HTTPConnection) -> WebParts:
    """The parts of the app that serves this request."""
    parts: WebParts = request.app.state.web
    return parts


def client_address(request: HTTPConnection) -> str:
    """The client's address; X-Forwarded-For counts only behind a listed proxy (SECURITY E-12).

    Its fields are one list, read from the end: each proxy adds the address that it was called from.
    """
    parts = parts_of(request)
    trusted = parts.settings.trusted_proxies
    caller = request.client.host if request.client else ""
    address = addresses.parsed(caller)
    if is_forwarded(request) and not addresses.is_in(address, trusted):
        parts.notices.say(f"proxy {caller}", unlisted_proxy(caller))
    hops = [hop for hop in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if hop.strip()]
    while hops and addresses.is_in(address, trusted):
        hop = addresses.parsed(hops.pop())
        if hop is None:
            break
        address = hop
    return str(address) if address else caller


def is_forwarded(request: HTTPConnection) -> bool:
    """Whether anything stands between this client and the portal, listed or not."""
    return any(name in request.headers for name in _FORWARDING)


def is_loopback(request: HTTPConnection) -> bool:
    """Whether the client is this very machine, without a proxy."""
    address = addresses.parsed(request.client.host) if request.client else None
    return address is not None and address.is_loopback and not is_forwarded(request)


def shows_inner_pages(request: HTTPConnection) -> bool:
    """Style guides and API description in development; at home for this machine alone, whatever stands before it."""
    settings = parts_of(request).settings
    return settings.is_development and (not settings.is_at_home or is_loopback(request))


def shows_description(request: HTTPConnection) -> bool:
    """The API's description: as the inner pages, unless its own setting says otherwise; that opens nothing else."""
    settings = parts_of(request).settings
    return settings.openapi == "on" or (settings.is_openapi_open and shows_inner_pages(request))


def request_id(request: HTTPConnection) -> str:
    """The id on error pages and in log lines."""
    return request.scope.get("state", {}).get("request_id", "")


def base_url(request: HTTPConnection) -> str:
    """The portal's address in links: the setting, else the one that this browser has opened.

    The Host header is chosen by the caller, so links made from it are shown only to that caller.
    """
    return parts_of(request).settings.base_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"


def visitor(request: Request) -> str:
    """A random id for this browser, so that forms can be tied to it before sign-in."""
    state = request.state
    if not hasattr(state, "visitor"):
        cookie = request.cookies.get(cookie_name(request, VISITOR_COOKIE), "")
        state.is_new_visitor = not (len(cookie) == 43 and cookie.isascii())
        state.visitor = secrets.token_urlsafe(32) if state.is_new_visitor else cookie
    return state.visitor


def remember_visitor(request: Request, response: Response) -> None:
    """Send the visitor cookie if this request made a new one."""
    if getattr(request.state, "is_new_visitor", False):
        set_cookie(request, response, VISITOR_COOKIE, request.state.visitor, max_age=_MONTH_SECONDS)


def cookie_name(request: Request, name: str) -> str:
    """Behind TLS the name binds the cookie to this host (SECURITY E-2)."""
    return f"__Host-{name}" if parts_of(request).settings.is_https else name


def set_cookie(request: Request, response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """An HttpOnly cookie for the whole site; Secure if the portal is served over TLS."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=parts_of(request).settings.is_https,
    )


def delete_cookie(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(
        cookie_name(request, name), httponly=True, samesite="lax", secure=parts_of(request).settings.is_https
    )
