"""Where a clinic answers what a text message asks: worked out at the moment of sending, because the address may be a
secret, and stored nowhere (DESK N.4).
"""

from collections.abc import Callable

from portal.notify.channel import Outgoing
from portal.progress import hooks
from portal.runtime import Runtime
from portal.tickets import lookup


def finder(runtime: Runtime) -> Callable[[Outgoing], str | None]:
    """The whole address of a message's page; "" if it asks nothing any more; None: the message's own link."""

    def find(outgoing: Outgoing) -> str | None:
        with runtime.database.read() as session:
            ticket = lookup.by_number(session, outgoing.message.number)
            path = hooks.page_of(session, ticket, outgoing.message.event) if ticket is not None else None
        if not path:
            return path
        return f"{runtime.settings.base_url}{path}" if runtime.settings.base_url else None

    return find
