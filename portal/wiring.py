"""What the rooms are joined by: the hooks of a ticket's life. Read this to see who takes part in what."""

from portal.retention import destruction
from portal.tickets.hooks import Hooks, Moment

HOOKS = Hooks(
    objectors=(),
    listeners=((Moment.ENDED, destruction.on_end),),
)
