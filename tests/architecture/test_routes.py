"""Every route says who may open it, and what it takes (SECURITY F-1, E-11; ARCHITECTURE 7.8)."""

import inspect
import re
import uuid
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, File, Form, UploadFile
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from portal.accounts.guard import Requires, RequiresToken, anonymous, public
from portal.accounts.roles import Permission
from portal.app import create_app
from portal.web.body import PostedForm
from portal.web.csrf import FormCheck, posted_form, posted_upload
from portal.web.links import OneTimeToken
from tests.factories.routes import Route, routes_of

READING = {"GET", "HEAD", "OPTIONS"}


@pytest.fixture(scope="module")
def app(sqlite_template, tmp_path_factory) -> FastAPI:
    from tests.conftest import settings_in

    return create_app(settings_in(tmp_path_factory.mktemp("routes")))


def who_is_missing(route: Route) -> Iterator[str]:
    """A route without a guard is open to anyone; one with two lets nobody know which counts."""
    if len(route.guards) != 1:
        yield f"{route} has {len(route.guards)} guards"
    for call in route.guards:
        if isinstance(call, Requires) and isinstance(call, RequiresToken) != route.is_api:
            yield f"{route}: pages know cookies, the API knows tokens"


def what_is_unprotected(route: Route) -> Iterator[str]:
    """A page that takes a form without the cross-site check can be posted to from any other site."""
    if not route.is_api and route.methods - READING and not any(isinstance(call, FormCheck) for call in route.calls):
        yield f"{route} does not check where it was posted from"


def what_changes_by_reading(route: Route) -> Iterator[str]:
    """Browsers prefetch, mail scanners follow links: a GET must change nothing, so it takes no form."""
    if route.methods & READING and (route.takes_a_form or route.methods - READING):
        yield f"{route} takes a form"


def what_is_misspelt(route: Route) -> Iterator[str]:
    """One way to write addresses: kebab-case, no trailing slash; parameters in snake_case."""
    segments = route.path.split("/")[1:]
    is_plain = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.(json|ico))?|\{[a-z][a-z0-9_]*\}(\.(csv|xlsx))?")
    if route.path != "/" and not all(is_plain.fullmatch(segment) for segment in segments):
        yield f"{route} is not kebab-case"


def what_is_untyped(route: Route) -> Iterator[str]:
    """An id that is no UUID is an absent page before any query sees it."""
    typed = {field.name for field in route.parameters if field.field_info.annotation is uuid.UUID}
    for name in re.findall(r"\{(\w+)\}", route.path):
        if (name == "id" or name.endswith("_id")) and name not in typed:
            yield f"{route}: {name} is not typed"


def what_a_log_holds(route: Route) -> Iterator[str]:
    """A token in an address that is not declared as one stands in the access log (SECURITY D-15)."""
    parameter = inspect.signature(route.endpoint).parameters.get("token")
    if "{token}" in route.path and (parameter is None or parameter.annotation != OneTimeToken):
        yield f"{route}: token is no OneTimeToken"


def what_blocks(route: Route) -> Iterator[str]:
    """Database and ciphers are synchronous: in an `async def` they would hold up every other request."""
    if inspect.iscoroutinefunction(route.endpoint):
        yield f"{route} is async"


CHECKS = (
    who_is_missing,
    what_is_unprotected,
    what_changes_by_reading,
    what_is_misspelt,
    what_is_untyped,
    what_a_log_holds,
    what_blocks,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_route_passes(app, check):
    assert [fault for route in routes_of(app) for fault in check(route)] == []


def test_the_walk_sees_every_page_and_call_of_the_contract(app):
    seen = {(method, route.path) for route in routes_of(app) for method in route.methods}

    assert {
        ("GET", "/"), ("GET", "/report/{kind}"), ("GET", "/track"), ("GET", "/sign-in"), ("POST", "/sign-out"),
        ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"), ("POST", "/api/v1/reports"),
        ("POST", "/api/v1/track"), ("GET", "/api/v1/tickets"), ("GET", "/api/v1/audit"),
    } <= seen  # fmt: skip
    assert len(seen) > 40


def test_only_static_files_stand_outside_the_walk(app):
    mounted = [route.path for route in app.routes if isinstance(route, Mount)]
    others = [route for route in iter_route_contexts(app.routes) if not hasattr(route, "dependant")]

    assert mounted == ["/static"]
    assert [route.path for route in others if route.path != "/static"] == []


def test_no_permission_is_without_a_route(app):
    asked = {call.permission for route in routes_of(app) for call in route.guards if isinstance(call, Requires)}

    # Filing for somebody else is asked for inside POST /reports: the same door serves clinics without a token.
    # How far a review reaches is asked for inside the room that knows the queues of tickets.
    assert asked | {Permission.FILE_FOR_OTHERS, Permission.REVIEW_ALL} == set(Permission)


def toy(*, path: str = "/good", method: str = "POST", guards=(public,), endpoint=None) -> Route:
    """A route of a toy router, included under another one as the API's are."""

    def fine(form: Annotated[PostedForm, Depends(posted_form)]) -> None: ...

    inner, outer, app = APIRouter(), APIRouter(), FastAPI(openapi_url=None)
    inner.add_api_route(path, endpoint or fine, methods=[method], dependencies=[Depends(call) for call in guards])
    outer.include_router(inner)
    app.include_router(outer)
    (route,) = routes_of(app)
    return route


def plain() -> None: ...


def with_upload(form: Annotated[PostedForm, Depends(posted_upload)]) -> None: ...


def with_field(name: Annotated[str, Form()]) -> None: ...


def with_file(file: Annotated[UploadFile, File()]) -> None: ...


def with_text_id(ticket_id: str) -> None: ...


def with_id(ticket_id: uuid.UUID) -> None: ...


def with_text_token(token: str) -> None: ...


def with_token(token: OneTimeToken) -> None: ...


async def waiting() -> None: ...


STAFF = Requires(Permission.VIEW_QUEUE)
TOKEN = RequiresToken(Permission.VIEW_QUEUE)


@pytest.mark.parametrize(
    ("check", "route"),
    [
        (who_is_missing, {"guards": ()}),
        (who_is_missing, {"guards": (public, anonymous)}),
        (who_is_missing, {"guards": (public, STAFF)}),
        (who_is_missing, {"guards": (TOKEN,)}),
        (who_is_missing, {"guards": (STAFF,), "path": "/api/v1/x"}),
        (what_is_unprotected, {"endpoint": plain}),
        (what_is_unprotected, {"endpoint": plain, "method": "DELETE"}),
        (what_is_unprotected, {"endpoint": with_field}),
        (what_changes_by_reading, {"method": "GET"}),
        (what_changes_by_reading, {"method": "GET", "endpoint": with_upload}),
        (what_changes_by_reading, {"method": "GET", "endpoint": with_field}),
        (what_changes_by_reading, {"method": "GET", "endpoint": with_file}),
        (what_is_misspelt, {"path": "/signIn"}),
        (what_is_misspelt, {"path": "/sign_in"}),
        (what_is_misspelt, {"path": "/sign-in/"}),
        (what_is_untyped, {"path": "/x/{ticket_id}", "endpoint": with_text_id}),
        (what_a_log_holds, {"path": "/x/{token}", "endpoint": with_text_token}),
        (what_blocks, {"endpoint": waiting}),
    ],
)
def test_the_check_turns_red(check, route):
    assert list(check(toy(**route)))


@pytest.mark.parametrize(
    "route",
    [
        {},
        {"guards": (STAFF,)},
        {"endpoint": with_upload},
        {"guards": (TOKEN,), "path": "/api/v1/x-y", "endpoint": plain},
        {"guards": (anonymous,), "path": "/api/v1/openapi.json", "method": "GET", "endpoint": plain},
        {"method": "GET", "path": "/x/{ticket_id}", "endpoint": with_id},
        {"method": "GET", "path": "/x/{token}", "endpoint": with_token},
    ],
)
def test_the_checks_stay_green(route):
    assert [fault for check in CHECKS for fault in check(toy(**route))] == []
