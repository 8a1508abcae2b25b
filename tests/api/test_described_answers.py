"""The description says what is really sent: every model against real answers, key by key."""

from typing import Any

import pytest
from pydantic import BaseModel

from portal.api import models, routes, trail_models
from portal.api.description import document
from portal.api.vocabularies import FAULT_CODES, VOCABULARIES
from tests.api.calls import V1, act, claimed, filed, post_report
from tests.architecture import house

_ON_PAGES_ONLY = {"wrong", "conflict", "taken"}
DOCUMENT = document(routes.router.routes)


def strict(model: type[BaseModel], answer: Any) -> None:
    """The answer is as described, and no key of it, however deep, is missing in the description."""
    _same(model.model_validate(answer), answer)


def _same(parsed: Any, answer: Any) -> None:
    if isinstance(parsed, BaseModel):
        assert set(answer) <= set(type(parsed).model_fields), type(parsed)
        for name in answer:
            _same(getattr(parsed, name), answer[name])
    elif isinstance(parsed, list):
        for one, other in zip(parsed, answer, strict=True):
            _same(one, other)


def test_tickets_lists_and_the_trail(portal):
    alice, opened = portal.api("alice"), filed(portal)
    claimed(alice, opened["number"])
    strict(models.TicketPage, alice.get(f"{V1}/tickets?queue=general").json())
    ticket = alice.get(f"{V1}/tickets/{opened['number']}").json()
    strict(models.Ticket, ticket)
    strict(models.TrackedTicket, portal.browser().post(f"{V1}/track", json=opened).json())
    strict(trail_models.TrailPage, portal.api("leo").get(f"{V1}/audit").json())
    conflict = act(alice, opened["number"], "release", version=1)
    assert conflict.status_code == 409
    strict(models.TicketConflict, conflict.json())
    revealed = act(alice, opened["number"], "reveals", field="id_number", reason="核对身份")
    strict(models.RevealedValue, revealed.json())
    searched = portal.api("leo").post(f"{V1}/audit/search", json={"id_number": revealed.json()["value"]})
    strict(trail_models.TrailSearch, searched.json())


def test_receipts_and_problems(portal):
    receipt = post_report(portal.browser(), colour="red")
    strict(models.Receipt, receipt.json())
    assert receipt.json()["ignored"] == ["colour"]
    strict(models.InvalidProblem, post_report(portal.browser(), description="短").json())
    strict(models.Problem, portal.browser().get(f"{V1}/tickets?queue=general").json())


def test_every_answer_has_a_schema_under_its_status():
    bare = [
        f"{method} {path} {status}"
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        for content in answer.get("content", {}).values() or [{}]
        if not content.get("schema")
    ]
    assert bare == []
    assert "HTTPValidationError" not in str(DOCUMENT)


def test_names_are_words_and_every_call_says_who_may():
    operations = [one for operations in DOCUMENT["paths"].values() for one in operations.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and "api_v1" not in name for name in [*names, *DOCUMENT["components"]["schemas"]])
    assert {operation["operationId"] for operation in operations if not operation["security"]} == {
        "track_ticket", "confirm_solution", "supplement_ticket", "demand_lead", "rate_handling", "file_complaint",
        "track_complaint", "confirm_complaint", "review_complaint", "choose_proposal", "offer_names",
    }  # fmt: skip
    assert all("401" in operation["responses"] for operation in operations)


def test_vocabularies_are_named_once_and_used():
    described = DOCUMENT["components"]["schemas"]
    assert {name: described[name]["enum"] for name in VOCABULARIES} == {n: list(w) for n, w in VOCABULARIES.items()}
    assert "x-vocabulary" not in str(DOCUMENT)


def test_every_code_of_a_fault_is_described():
    """Codes that stand in the source beside a sentence for people."""
    used = {
        node.args[1].value
        for path, text in house.files().items()
        if house.is_portal(path)
        for node in house.nodes(text, house.ast.Call)
        if getattr(node.func, "id", "") == "Fault" and len(node.args) == 3 and hasattr(node.args[1], "value")
        and isinstance(node.args[1].value, str)
    }  # fmt: skip
    assert used - set(FAULT_CODES) - _ON_PAGES_ONLY == set()


@pytest.mark.parametrize(
    ("form", "field", "most"), [("ReportForm", "description", 10_000), ("ReportForm", "institution", 100)]
)
def test_limits_are_described(form, field, most):
    assert DOCUMENT["components"]["schemas"][form]["properties"][field]["maxLength"] == most
