"""The clinic's own withdrawal of its consent to text messages, from its tracking page."""

import uuid
from dataclasses import replace

from sqlalchemy.orm import Session

from portal.acts import text_messages
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.progress import lifecycle
from portal.runtime import Runtime
from portal.tickets import lookup

_WITHDRAWN = replace(text_messages.MOVE, is_remark=True)


def withdraw(runtime: Runtime, actor: Actor, ticket_id: uuid.UUID) -> None:
    """No further message, from this moment on; a second press changes nothing."""

    def withdrawn(session: Session) -> None:
        ticket = lookup.locked(session, ticket_id)
        if ticket.sms_notice is None:
            return
        ticket.sms_notice = None
        lifecycle.apply(session, ticket, _WITHDRAWN, actor, text=text_messages.WORDS)
        trail.record(session, Tag.TEXTS_STOPPED, actor, ticket_number=ticket.number)

    runtime.database.run(withdrawn)
