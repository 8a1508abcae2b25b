"""A short way to carry an act out in a session of the test."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.acts import performing
from portal.acts.act import Act
from portal.acts.resolution import RESOLVE
from portal.audit.actor import Actor
from portal.runtime import Runtime
from portal.tickets.models import Ticket

CAUSE = {"root_cause": "product_fault"}


def with_cause(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of an act, by its name or its path; every result names a cause."""
    return {**CAUSE, **given} if name in (RESOLVE.name, RESOLVE.path) else dict(given)


def perform(
    session: Session,
    runtime: Runtime,
    person: Actor,
    act: Act,
    number: str,
    version: int,
    *,
    seal_found: bool = False,
    **given: Any,
) -> Ticket:
    """The ticket after the act."""
    given = with_cause(act.name, given)
    return performing.perform(session, runtime, person, act, number, version, given, seal_found=seal_found).ticket
