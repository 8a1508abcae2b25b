"""The one way to what is sealed: no reason, no right, no room or no committed row, no value."""

from dataclasses import dataclass, replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.disclosure.disclose import Access, ValueAccess, disclose
from portal.errors import ConfirmationNeededError, ForbiddenError, InvalidError, NotFoundError, TooManyRequestsError
from portal.knowledge import contacts
from portal.runtime import Runtime
from tests.factories.cast import actor
from tests.factories.portals import Portal


@dataclass(frozen=True, kw_only=True)
class Probe(Access[int]):
    """Shows how many rows the trail has by the time it is opened, as anybody else would see it."""

    def opened(self, runtime: Runtime, session: Session) -> int:
        with runtime.database.read() as other:
            return looks(other)


def looks(session: Session) -> int:
    return session.scalar(select(func.count()).where(AuditEvent.ticket_number == "RC1")) or 0


def probe(refusal: ForbiddenError | None = None, name: str = "x") -> Probe:
    return Probe(
        number="RC1", name=name, refusal=refusal, granted=(Tag.FIELD_REVEALED,), refused=Tag.REVEAL_REFUSED, reason="y"
    )


def shown(
    runtime: Runtime, refusal: ForbiddenError | None = None, *, is_confirmed: bool = True, name: str = "x"
) -> int:
    alice = actor(runtime, "alice")
    return disclose(runtime, alice, lambda _: probe(refusal, name), foreign=lambda _: None, is_confirmed=is_confirmed)


def test_it_opens_once_the_row_is_committed(portal: Portal) -> None:
    assert [shown(portal.runtime), shown(portal.runtime)] == [1, 2]


def test_a_refusal_is_recorded_and_opens_nothing(portal: Portal) -> None:
    with pytest.raises(ForbiddenError):
        shown(portal.runtime, ForbiddenError("x"))
    with portal.runtime.database.read() as session:
        rows = session.scalars(
            select(AuditEvent).where(AuditEvent.ticket_number == "RC1").order_by(AuditEvent.seq)
        ).all()
    assert [(row.tag, row.is_success) for row in rows] == [("field:reveal-refused", False)]


def test_who_has_to_confirm_first_is_neither_counted_nor_recorded(portal: Portal) -> None:
    limited = replace(portal.runtime, settings=replace(portal.settings, reveals_per_hour=1))
    with pytest.raises(ConfirmationNeededError):
        shown(limited, is_confirmed=False)
    assert shown(limited) == 1
    with pytest.raises(TooManyRequestsError):
        shown(limited, name="another")


def test_no_value_is_granted_without_a_reason() -> None:
    look = {"number": "RC1", "name": "x", "row": None, "granted": (), "refused": Tag.REVEAL_REFUSED, "reason": ""}
    with pytest.raises(ValueError, match="reason"):
        ValueAccess(refusal=None, **look)
    assert ValueAccess(refusal=NotFoundError("x"), **look).reason == ""


@pytest.mark.parametrize("reason", ["", " \u3000\u200b", "a\x00b"])
def test_a_reason_has_to_be_readable(portal: Portal, reason: str) -> None:
    with pytest.raises(InvalidError):
        contacts.reveal(portal.runtime, actor(portal.runtime, "alice"), "RC1", "phone", reason, is_confirmed=True)
