"""Where a member of staff begins: after sign-in, and from the logo of every staff page."""

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission

# Start pages by the first permission that somebody has; who has none of these begins in the queue.
_STARTS = {
    Permission.MANAGE_USERS: "/admin",
    Permission.DECIDE: "/desk/board",
    Permission.REVIEW: "/review",
    Permission.VIEW_SYSTEM: "/admin/system",
}


def start_page(principal: Principal) -> str:
    """By permissions and queues."""
    for permission, page in _STARTS.items():
        if principal.can(permission):
            return page
    if principal.queues:
        return f"/queues/{principal.queues[0]}"
    return "/collaborations" if principal.can(Permission.COLLABORATE) else "/account"
