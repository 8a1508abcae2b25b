"""Access to the complainant's name and phone: for the handler of the case and 客服经理 only (DESK 5.4)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.complaints import access
from portal.complaints.access import Viewed
from portal.complaints.names import NAME, PHONE
from portal.disclosure.disclose import ForeignTry, Revealed, ValueAccess, absence, disclose, known_key
from portal.disclosure.reasons import kept_reason
from portal.errors import ForbiddenError
from portal.runtime import Runtime
from portal.vault.models import SealedValue

FIELDS = (NAME, PHONE)


def masks(session: Session, viewed: Viewed) -> list[SealedValue]:
    """The parts of the contact, still sealed."""
    rows = select(SealedValue).where(SealedValue.owner_id == viewed.complaint.id, SealedValue.field.in_(FIELDS))
    return sorted(session.scalars(rows), key=lambda row: FIELDS.index(row.field))


def reveal(
    runtime: Runtime, actor: Actor, number: str, field: str, reason: str, *, is_confirmed: bool = True
) -> Revealed:
    """One part, under the policy of every reveal (SECURITY D-4 to D-6): reason, quota, trail.

    Raises:
        InvalidError: no reason. NotFoundError: no such case or part. DestroyedError: it was destroyed.
        ConfirmationNeededError, TooManyRequestsError: see `disclose`.
    """
    reason = kept_reason(reason)

    def judge(session: Session) -> ValueAccess:
        viewed = access.find(session, actor, number)
        row = next((value for value in masks(session, viewed) if value.field == field), None)
        refusal = absence(row) if viewed.is_manager or viewed.is_handler else _REFUSED
        return ValueAccess(
            number=viewed.complaint.number, name=known_key(row), row=row, reason=reason, refusal=refusal,
            granted=(Tag.COMPLAINT_REVEALED,), refused=Tag.COMPLAINT_REVEAL_REFUSED,
            particulars={"part": viewed.parts[0].value},
        )  # fmt: skip

    return disclose(runtime, actor, judge, foreign=_no_foreign, is_confirmed=is_confirmed)


def _no_foreign(_: Session) -> ForeignTry | None:
    """A stranger's attempt is not recorded under the number: the answer is that of an absent case."""
    return None


_REFUSED = ForbiddenError("只有处理人和客服经理可以查看投诉人的姓名和电话")
