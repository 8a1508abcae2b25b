"""What nobody types into an address: a 4xx, never a 500, at every parameter of every route, on both databases.

Parameters of one name are read by the same rule, so the first ones get every value, and the others an eighth each, in
turn: hundreds of routes cost seconds, and every value still meets every name.
"""

import re
import uuid
from collections import Counter
from urllib.parse import quote

import pytest

from portal.accounts.guard import Requires
from portal.accounts.roles import GRANTS, Role
from tests.factories.cast import ADMINISTRATORS, CAST, add_administrators
from tests.factories.portals import csrf_of
from tests.factories.reports import file_report
from tests.factories.routes import routes_of

ABSURD = (
    "9" * 23, "-1", str(2**31), str(2**63), "1.5", "1e99", "0x1", "%00", "a%00b", "%ED%A0%80", "%F0%9F%92%A9", "１２",
    "'", "%25", "..%2f", "a" * 3000, "NaN", "null", "%0d%0ax", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
# What a database can answer otherwise than the other: tried on both, all the rest on one.
OF_DATABASES = ("9" * 23, str(2**31), str(2**63), "%00", "a%00b", "%ED%A0%80", "a" * 3000)
EVERY_VALUE_FOR = 2  # parameters of one name
ROLES = {name: Role(role) for name, (role, *_) in (CAST | ADMINISTRATORS).items()}


def _caller(portal, route, callers):
    """A client that may open the route."""
    needed = [call.permission for call in route.guards if isinstance(call, Requires)]
    name = next((name for name, role in ROLES.items() if set(needed) <= GRANTS[role]), None) if needed else "alice"
    key = (name, route.is_api)
    if key not in callers:
        callers[key] = portal.api(name) if route.is_api else portal.signed_in(name)
    return callers[key]


def _body(client, route):
    """A body that gets past the checks before the address is judged."""
    if route.is_api:
        return {"json": {"version": 1}}
    if not hasattr(client, "form_token"):
        client.form_token = csrf_of(client.get("/account").text)
    return {"data": {"csrf": client.form_token}}


def _path(route, number, changed="", value=""):
    known = {"number": number, "queue": "general", "username": "alice", "position": "1", "kind": "general"}
    path = route.path.replace(":path}", "}")
    for field in route.parameters:
        given = value if field.name == changed else known.get(field.name, str(uuid.UUID(int=7)))
        path = path.replace(f"{{{field.name}}}", given)
    return path


class _Turns:
    """Which of the values a parameter gets."""

    def __init__(self, values):
        self.values, self.met = values, Counter()

    def values_for(self, name):
        self.met[name] += 1
        turn = self.met[name] - EVERY_VALUE_FOR
        return self.values if turn <= 0 else self.values[turn % 8 :: 8]


@pytest.mark.both_databases
def test_absurd_values_in_addresses(portal):
    add_administrators(portal.runtime)
    number, callers, wrong = file_report(portal.runtime).number, {}, []
    absurd = _Turns(ABSURD if portal.runtime.database.is_sqlite else OF_DATABASES)
    for route in routes_of(portal.app):
        client, method = _caller(portal, route, callers), sorted(route.methods)[0]
        given = _body(client, route) if method == "POST" else {}
        queries = [field.alias for field in route.dependant.query_params]
        addresses = [
            _path(route, number, field.name, value)
            for field in route.parameters
            for value in absurd.values_for(field.name)
        ]
        addresses += [
            f"{_path(route, number)}?{quote(name)}={value}" for name in queries for value in absurd.values_for(name)
        ]
        for address in addresses:
            answer = client.request(method, address, **given)
            if answer.status_code >= 500:
                wrong.append(f"{answer.status_code} {method} {address[:120]}")
    assert wrong == []


def test_whole_numbers_of_addresses_are_bounded(portal):
    """Declared on the route, not left to what a database says."""
    unbounded = [
        f"{route} {field.name}"
        for route in routes_of(portal.app)
        for field in [*route.parameters, *route.dependant.query_params]
        if re.search(r"\bint\b", str(field.field_info.annotation))
        and not any(hasattr(limit, "le") or hasattr(limit, "lt") for limit in field.field_info.metadata)
    ]
    assert unbounded == []
