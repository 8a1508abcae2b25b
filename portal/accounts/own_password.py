"""Changing one's own password, with the old one as proof."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from portal.accounts import limiter, sessions, users
from portal.accounts.models import User
from portal.accounts.passwords import OWASP, is_password, password_fault
from portal.accounts.principal import Principal
from portal.accounts.sign_in_limits import OWN_PASSWORD_LIMIT, clear, counted
from portal.audit.actor import Actor
from portal.db import Database
from portal.errors import Fault, InvalidError

WRONG_OLD_PASSWORD = "原密码不对。连续输错 5 次后需要等 15 分钟再试"  # noqa: S105


def change(
    database: Database,
    principal: Principal,
    old: str,
    new: str,
    actor: Actor,
    policy: str = OWASP,
    *,
    also: Sequence[Fault] = (),
) -> str:
    """Change one's own password. All sessions end; returns the cookie value of a new one for this browser.

    Args:
        also: faults of the form, told together with those found here.

    Raises:
        InvalidError: every fault: the old password is wrong (five attempts in 15 minutes), the new one is too weak.
    """  # fmt: skip
    limited = [(OWN_PASSWORD_LIMIT, f"{principal.user_id}|{actor.session_id}")]
    weak = password_fault(new, principal.username, policy)
    faults = [Fault("password", "invalid", weak)] if weak else []
    with limiter.guess(database, limited) as until:
        with database.read() as session:
            user = session.get_one(User, principal.user_id)
        if until is not None or not is_password(user.password_hash, old):
            with database.transaction() as session:
                counted(session, limited)
            raise InvalidError([Fault("old_password", "invalid", WRONG_OLD_PASSWORD), *also, *faults])
    if also or faults:
        raise InvalidError([*also, *faults])

    def changed(session: Session) -> str:
        clear(session, limited)
        users.set_password(session, actor, principal.user_id, new, policy)
        return sessions.new_cookie(session, principal.user_id, origin=actor)

    return database.run(changed)
