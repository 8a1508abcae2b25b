"""Passing a call-back on: by its owner or a lead, never to whoever gave the result (DESK 4.3)."""

import uuid

from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import Fault, ForbiddenError, InvalidError
from portal.follow_up.call_backs import owners, rows, trails
from portal.follow_up.call_backs.making import wanted_of
from portal.follow_up.call_backs.models import CallBack
from portal.notify import notices
from portal.runtime import Runtime

OWN_RESULT = "处理结果是这位同事提交的，请另一位同事回访"
_CANNOT = "这位同事现在不能接这条回访：不在这个队列、已停用或不在岗"


def assign(runtime: Runtime, actor: Actor, call_back_id: uuid.UUID, version: int, assignee: str) -> CallBack:
    """Give it to the person with this username.

    Raises:
        InvalidError: nobody of this name, or not somebody who may call. See `rows.opened`.
    """

    def given(session: Session) -> CallBack:
        row = rows.opened(session, actor, call_back_id, version, is_owners=False)
        if row.owner_id not in (None, actor.user_id) and not rows.sees_all(actor):
            raise ForbiddenError("只有负责回访的人或主管可以转给同事")
        person = _person(session, row, assignee.strip())
        if person.id != row.owner_id:
            give(session, row, person.id)
            particulars: trail.Particulars = {"call_back": row.number, "to": person.username}
            trails.record(session, row, Tag.CALL_BACK_ASSIGNED, actor, particulars)
        return row

    return runtime.database.run(given)


def give(session: Session, row: CallBack, owner_id: uuid.UUID | None) -> None:
    """Another owner, who is told in the next round; the earlier one need not see it any more."""
    notices.see_all_about(session, row.number)
    row.owner_id, row.told_at, row.version = owner_id, None, row.version + 1


def choices(session: Session, row: CallBack) -> list[User]:
    """To whom it may be passed on."""
    return [person for person in owners.possible(session, wanted_of(row)) if person.id != row.owner_id]


def _person(session: Session, row: CallBack, username: str) -> User:
    if not username:
        raise InvalidError([Fault("assignee", "required", "请选择转给谁")])
    found = {person.username.casefold(): person for person in owners.possible(session, wanted_of(row))}
    person = found.get(username.casefold())
    if person is None:
        is_resolver = _is_resolver(session, row, username)
        code, message = ("same_person", OWN_RESULT) if is_resolver else ("invalid", _CANNOT)
        raise InvalidError([Fault("assignee", code, message)])
    return person


def _is_resolver(session: Session, row: CallBack, username: str) -> bool:
    resolver = session.get(User, row.resolver_id) if row.resolver_id else None
    return resolver is not None and resolver.username.casefold() == username.casefold()
