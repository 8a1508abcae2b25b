"""The phone of an open call-back, for whoever has it: 坐席 have no other reveal (DESK 4.3)."""

import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

from portal.accounts.roles import GRANTS, Permission, Role
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.disclosure.disclose import ForeignTry, Revealed, ValueAccess, absence, disclose, known_key
from portal.disclosure.reasons import kept_reason
from portal.errors import Fault, ForbiddenError, InvalidError, PortalError
from portal.follow_up.call_backs import phones, rows, trails
from portal.follow_up.call_backs.models import CallBack
from portal.progress.hooks import ObjectionError
from portal.progress.lifecycle import ON_HOLD
from portal.runtime import Runtime

OTHER = "其他"
REASONS = ("按任务回访", "按约好的时间联系", OTHER)
ENDED = "回访已结束，不能再查看电话"
_ONLY_OWNER = "由负责这条回访的人查看电话"
_ONLY_PHONE = "回访只能查看联系电话"


def chosen_reason(listed: str, words: str) -> str:
    """The reason of a form that offers the list; raises InvalidError."""
    words = words.strip()
    if listed not in REASONS:
        raise InvalidError([Fault("reason", "required", "请选择查看原因")])
    if listed == OTHER and not words:
        raise InvalidError([Fault("reason_text", "required", "选择“其他”时，请写明查看原因")])
    return f"{listed}：{words}" if words else listed


def reveal(
    runtime: Runtime, actor: Actor, call_back_id: uuid.UUID, field: str, reason: str, *, is_confirmed: bool
) -> Revealed:
    """The phone, for its owner while the call-back is open, under the policy of every reveal (SECURITY D-4 to D-6).

    Raises:
        InvalidError: no reason. NotFoundError: not theirs to see, no phone, or another field (recorded).
        ForbiddenError: not the owner, or over (recorded). ObjectionError: 暂缓 (recorded).
        ConfirmationNeededError, TooManyRequestsError: see `disclose`.
    """
    reason = kept_reason(reason)

    def judge(session: Session) -> ValueAccess:
        row = rows.locked(session, actor, call_back_id)
        value = phones.find(session, row) if field == phones.FIELD else None
        refusal = _refusal(session, actor, row, field) or absence(value)
        return ValueAccess(
            number=trails.number_of(row), name=known_key(value), row=value, reason=reason, refusal=refusal,
            granted=(Tag.FIELD_REVEALED,), refused=Tag.REVEAL_REFUSED, particulars={"call_back": row.number},
        )  # fmt: skip

    return disclose(runtime, actor, judge, foreign=_foreign(actor, call_back_id), is_confirmed=is_confirmed)


def _refusal(session: Session, actor: Actor, row: CallBack, field: str) -> PortalError | None:
    if row.owner_id != actor.user_id or Permission.REVEAL_CALL_BACK not in GRANTS[Role(actor.role)]:
        return ForbiddenError(_ONLY_OWNER)
    if not row.is_open:
        return ForbiddenError(ENDED)
    if rows.is_held(session, row):
        return ObjectionError([ON_HOLD])
    return None if field == phones.FIELD else ForbiddenError(_ONLY_PHONE)


def _foreign(actor: Actor, call_back_id: uuid.UUID) -> Callable[[Session], ForeignTry | None]:
    """Whether this is a call-back that the person may not see."""

    def tried(session: Session) -> ForeignTry | None:
        row = session.get(CallBack, call_back_id)
        if row is None or rows.may_see(session, actor, row):
            return None
        return ForeignTry(Tag.REVEAL_REFUSED, trails.number_of(row), particulars={"call_back": row.number})

    return tried
