"""A short way to carry an act out in a session of the test."""

from typing import Any

from sqlalchemy.orm import Session

from portal.acts import performing
from portal.acts.act import Act
from portal.audit.actor import Actor
from portal.runtime import Runtime
from portal.tickets.models import Ticket


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
    return performing.perform(session, runtime, person, act, number, version, given, seal_found=seal_found).ticket
