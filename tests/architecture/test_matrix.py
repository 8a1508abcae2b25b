"""Every route of the app's own list × every role × own, other and no object (SECURITY F-1, F-2, F-5)."""

import uuid

import pytest

from portal.accounts.guard import Requires, RequiresToken
from portal.accounts.roles import GRANTS, HIDDEN, Role
from portal.acts.table import CLAIM
from tests.architecture.expected_rights import expected
from tests.factories.acts import perform
from tests.factories.browsers import PlainBrowser
from tests.factories.cast import ADMINISTRATORS, CAST, PARTNERS, actor, add_administrators, add_partners
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.factories.routes import Route, routes_of

EVERYBODY = CAST | ADMINISTRATORS | PARTNERS
ROLES = {name: Role(role) for name, (role, _, _) in EVERYBODY.items()}
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def addresses(route: Route, number: str) -> str:
    """The route's path for a ticket; other parameters name things that do not exist."""
    values = {"number": number, "queue": "general", "username": "alice", "position": "1", "kind": "general"}
    path = route.path
    for field in route.parameters:
        path = path.replace(f"{{{field.name}}}", values.get(field.name, str(uuid.UUID(int=7))))
    return path


def may(name: str, route: Route) -> bool:
    """As decided by hand."""
    roles = expected(sorted(route.methods)[0], route.path)
    assert roles is not None, f"{route}: nobody has decided who may open it (expected_rights.py)"
    return ROLES[name].value in roles


def is_csrf(route: Route) -> bool:
    """The walk sends no form token, so that a page that takes a form refuses it for that."""
    return route.takes_a_form


def ask(client: PlainBrowser, route: Route, path: str) -> int:
    """Send the request a stranger to the page would send: no form token, no body."""
    method = sorted(route.methods)[0]
    return client.request(method, path, json={} if route.is_api and method == "POST" else None).status_code


def guarded(portal: Portal) -> list[tuple[Route, Requires]]:
    routes = routes_of(portal.app)
    return [(route, call) for route in routes for call in route.guards if isinstance(call, Requires)]


@pytest.fixture(autouse=True)
def everybody(portal: Portal) -> None:
    add_administrators(portal.runtime)
    add_partners(portal.runtime)


def test_every_role_is_walked() -> None:
    assert set(ROLES.values()) == set(Role)


def client_of(portal: Portal, name: str | None, is_api: bool) -> PlainBrowser:
    if is_api:
        return portal.api(name)
    return portal.signed_in(name) if name else portal.browser()


def test_every_guard_grants_what_was_decided(portal: Portal) -> None:
    for route, guard in guarded(portal):
        granted = {role.value for role, permissions in GRANTS.items() if guard.permission in permissions}
        assert granted == expected(sorted(route.methods)[0], route.path), route


def test_no_route_that_was_decided_is_open_to_the_public(portal: Portal) -> None:
    known = {route for route, _ in guarded(portal)}
    for route in routes_of(portal.app):
        if expected(sorted(route.methods)[0], route.path) and route.path != "/institutions/suggestions":
            assert any(str(route) == str(other) for other in known), route


def test_nobody_gets_past_a_guard_without_signing_in(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    for route, guard in guarded(portal):
        status = ask(client_of(portal, None, route.is_api), route, addresses(route, number))
        assert status == (401 if isinstance(guard, RequiresToken) else 303), route


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_role_cannot_open_what_it_was_not_granted(portal: Portal, name: str) -> None:
    number = file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, actor(portal.runtime, "alice"), CLAIM, number, 1)
    clients = {is_api: client_of(portal, name, is_api) for is_api in (True, False)}
    for route, guard in guarded(portal):
        status = ask(clients[route.is_api], route, addresses(route, number))
        if not may(name, route):
            # For a partner nothing else exists (DESK 2.6), and for strangers no complaint (DESK 5.4).
            refused = 404 if ROLES[name] is Role.PARTNER or guard.permission in HIDDEN else 403
            assert status == refused, (name, route)
        else:
            assert status != 403 or is_csrf(route), (name, route)
            assert status < 500, (name, route)


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_foreign_ticket_looks_like_an_absent_one(portal: Portal, name: str) -> None:
    own_queues = EVERYBODY[name][1] or (("general", "his") if ROLES[name] in (Role.LEAD, Role.AGENT) else ())
    foreign = file_report(portal.runtime, kind="his" if "his" not in own_queues else "general").number
    if ROLES[name] is not Role.ADMIN and set(own_queues) == {"general", "his"}:
        pytest.skip("nothing is foreign to somebody of both queues")
    for is_api in (True, False):
        client = client_of(portal, name, is_api)
        for route, _ in guarded(portal):
            if "{number}" not in route.path or route.is_api is not is_api or "GET" not in route.methods:
                continue
            if not may(name, route):
                continue
            for method in ("GET", "HEAD"):
                there = client.request(method, addresses(route, foreign))
                nowhere = client.request(method, addresses(route, "RC2020010001"))
                assert there.status_code == nowhere.status_code, (name, method, route)
                assert there.status_code in (404, 405), (name, method, route)
                assert len(there.content) == len(nowhere.content), (name, method, route)
