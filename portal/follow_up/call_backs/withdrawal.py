"""A lead withdraws a call-back, with the reason."""

import uuid

from sqlalchemy.orm import Session

from portal.acts.inputs import Text
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ForbiddenError, InvalidError
from portal.follow_up.call_backs import ending, rows, texts, trails
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import EndCause
from portal.runtime import Runtime

WHY = Text(name="text", word="撤回的原因", missing="请写明为什么不用回访", most=200)


def withdraw(
    runtime: Runtime, actor: Actor, call_back_id: uuid.UUID, version: int, text: str, *, seal_found: bool = False
) -> CallBack:
    """Nobody calls any more.

    Raises:
        InvalidError: no reason, or one that seems to hold a secret. ForbiddenError: no lead. See `rows.opened`.
    """

    def withdrawn(session: Session) -> CallBack:
        row = rows.opened(session, actor, call_back_id, version, is_owners=False)
        if not rows.sees_all(actor):
            raise ForbiddenError("只有主管可以撤回回访")
        if fault := WHY.fault(text):
            raise InvalidError([fault])
        (note,) = texts.kept(session, runtime, row, [(WHY, text, "call_back_end_note")], seal_found=seal_found)
        ending.withdraw(session, row, EndCause.BY_HAND, actor=actor, note=note)
        particulars: trail.Particulars = {"call_back": row.number}
        trails.record(session, row, Tag.CALL_BACK_WITHDRAWN, actor, particulars)
        return row

    return runtime.database.run(withdrawn)
