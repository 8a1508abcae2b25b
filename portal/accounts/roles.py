"""What each role may do: one table, read by the guard, the pages and the tests."""

from enum import StrEnum


class Role(StrEnum):
    """Staff roles (CONTRACT `users add --role`)."""

    AGENT = "agent"
    ENGINEER = "engineer"
    LEAD = "lead"
    ADMIN = "admin"


class Permission(StrEnum):
    """A route declares one of these, or that it is public."""

    VIEW_QUEUE = "queue:view"
    FILE_FOR_OTHERS = "report:file"
    WORK_TICKET = "ticket:work"
    WRITE_NOTE = "ticket:note"
    TRANSFER_TICKET = "ticket:transfer"
    REVEAL_FIELD = "field:reveal"
    OPEN_PICTURE = "picture:open"
    REVIEW = "review:view"
    MANAGE_USERS = "users:manage"


ROLE_LABELS: dict[Role, str] = {
    Role.AGENT: "坐席",
    Role.ENGINEER: "工程师",
    Role.LEAD: "主管",
    Role.ADMIN: "管理员",
}

# A lead audits who looked and an admin manages people: neither can look (REQUIREMENTS D3, D7).
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset({Permission.VIEW_QUEUE, Permission.FILE_FOR_OTHERS, Permission.WRITE_NOTE}),
    Role.ENGINEER: frozenset(
        {
            Permission.VIEW_QUEUE,
            Permission.FILE_FOR_OTHERS,
            Permission.WORK_TICKET,
            Permission.WRITE_NOTE,
            Permission.TRANSFER_TICKET,
            Permission.REVEAL_FIELD,
            Permission.OPEN_PICTURE,
        }
    ),
    Role.LEAD: frozenset({Permission.VIEW_QUEUE, Permission.WRITE_NOTE, Permission.TRANSFER_TICKET, Permission.REVIEW}),
    Role.ADMIN: frozenset({Permission.MANAGE_USERS}),
}
