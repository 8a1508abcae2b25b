"""The permissions of each role: one table, read by the guard, the pages and the tests."""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """Staff roles (CONTRACT 2)."""

    AGENT = "agent"
    ENGINEER = "engineer"
    LEAD = "lead"
    PARTNER = "partner"
    ADMIN = "admin"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


class Duty(StrEnum):
    """A tick on a person, beside the role (DESK 0.4)."""

    MANAGER = "manager"
    LEGAL = "legal"


DUTY_LABELS: dict[Duty, str] = {Duty.MANAGER: "客服经理", Duty.LEGAL: "法务联系人"}


class Permission(StrEnum):
    """Each route declares one of these, or that it is public."""

    VIEW_QUEUE = "queue:view"
    FILE_FOR_OTHERS = "report:file"
    WORK_TICKET = "ticket:work"
    SPEAK = "ticket:speak"
    WRITE_NOTE = "ticket:note"
    SOLVE_AT_DESK = "ticket:desk-answer"
    TRANSFER_TICKET = "ticket:transfer"
    REVEAL_FIELD = "field:reveal"
    OPEN_PICTURE = "picture:open"
    ASK_BREAK_GLASS = "break-glass:ask"
    APPROVE_BREAK_GLASS = "break-glass:approve"
    RESTORE_TEXT = "text:restore"
    DECIDE = "ticket:decide"
    APPROVE = "draft:approve"
    DISPATCH = "ticket:dispatch"
    KEEP_ROTA = "rota:keep"
    KEEP_TIME = "time:keep"
    READ_CALENDAR = "calendar:read"
    REVIEW = "review:view"
    REVIEW_ALL = "review:all"
    VIEW_COLLABORATIONS = "collaboration:view"
    COLLABORATE = "collaboration:work"
    ASK_DEPARTMENT = "collaboration:ask"
    KEEP_DIRECTORY = "directory:keep"
    VIEW_INSTITUTIONS = "institutions:view"
    KEEP_CONTACTS = "contacts:keep"
    REVEAL_CONTACT = "contact:reveal"
    ASSIGN_KEEPERS = "keepers:assign"
    KEEP_NOTICES = "notices:keep"
    WRITE_ARTICLE = "article:write"
    KEEP_WORDS = "words:keep"
    MANAGE_USERS = "users:manage"
    VIEW_SYSTEM = "system:view"
    KEEP_NOTIFICATIONS = "notifications:keep"
    READ_OWN_NOTICES = "own-notices:read"
    REGISTER_COMPLAINT = "complaint:register"
    READ_COMPLAINTS = "complaint:read"
    KEEP_COMPLAINTS = "complaint:keep"
    REVEAL_COMPLAINT = "complaint:reveal"
    VIEW_ANALYSES = "dissatisfaction:view"
    ANALYSE = "dissatisfaction:analyse"
    VIEW_CALL_BACKS = "call-back:view"
    CALL_BACK = "call-back:work"
    REVEAL_CALL_BACK = "call-back:reveal"
    VIEW_CAMPAIGNS = "campaign:view"
    KEEP_CAMPAIGNS = "campaign:keep"
    VIEW_BOOKS = "book:view"
    KEEP_BOOKS = "book:keep"
    TAKE_TABLES = "table:take"
    VIEW_SCORES = "score:view"
    KEEP_SCORES = "score:keep"
    READ_OWN_SCORE = "own-score:read"
    ANSWER_OWN_SCORE = "own-score:answer"


PERMISSION_LABELS: dict[Permission, str] = {
    Permission.VIEW_QUEUE: "查看队列",
    Permission.FILE_FOR_OTHERS: "代客提报",
    Permission.WORK_TICKET: "处理工单",
    Permission.SPEAK: "答复机构",
    Permission.WRITE_NOTE: "写内部备注",
    Permission.SOLVE_AT_DESK: "当场解答",
    Permission.TRANSFER_TICKET: "转派工单",
    Permission.REVEAL_FIELD: "查看敏感信息",
    Permission.OPEN_PICTURE: "打开附图",
    Permission.ASK_BREAK_GLASS: "申请应急查看",
    Permission.APPROVE_BREAK_GLASS: "批准应急查看",
    Permission.RESTORE_TEXT: "恢复隐藏的文字",
    Permission.DISPATCH: "指派工单",
    Permission.DECIDE: "决定作废申请和上报",
    Permission.APPROVE: "审核回复和知识条目",
    Permission.KEEP_ROTA: "排值班表",
    Permission.KEEP_TIME: "维护日历和时限",
    Permission.READ_CALENDAR: "查看工作日历",
    Permission.REVIEW: "审计",
    Permission.REVIEW_ALL: "审计全部队列",
    Permission.VIEW_COLLABORATIONS: "查看部门协作",
    Permission.COLLABORATE: "处理部门协作",
    Permission.ASK_DEPARTMENT: "派发给协作部门",
    Permission.KEEP_DIRECTORY: "维护机构名录",
    Permission.VIEW_INSTITUTIONS: "查看机构名录",
    Permission.KEEP_CONTACTS: "维护机构联系人",
    Permission.REVEAL_CONTACT: "查看机构联系人的电话",
    Permission.ASSIGN_KEEPERS: "分配维护人",
    Permission.KEEP_NOTICES: "维护已知问题",
    Permission.WRITE_ARTICLE: "写知识条目",
    Permission.KEEP_WORDS: "维护常用语和用词提示",
    Permission.MANAGE_USERS: "管理人员",
    Permission.VIEW_SYSTEM: "查看系统状态",
    Permission.KEEP_NOTIFICATIONS: "管理通知",
    Permission.READ_OWN_NOTICES: "查看自己的通知",
    Permission.REGISTER_COMPLAINT: "登记投诉",
    Permission.READ_COMPLAINTS: "查看投诉",
    Permission.KEEP_COMPLAINTS: "处理投诉",
    Permission.REVEAL_COMPLAINT: "查看投诉人",
    Permission.VIEW_ANALYSES: "查看不满意分析",
    Permission.ANALYSE: "填写不满意分析",
    Permission.VIEW_CALL_BACKS: "查看回访任务",
    Permission.CALL_BACK: "回访并记录",
    Permission.REVEAL_CALL_BACK: "查看回访的电话",
    Permission.VIEW_CAMPAIGNS: "查看回访活动",
    Permission.KEEP_CAMPAIGNS: "发起回访活动",
    Permission.VIEW_BOOKS: "查看周报和月报",
    Permission.KEEP_BOOKS: "写周报和月报的说明、重做、下载复盘包",
    Permission.TAKE_TABLES: "导出台账",
    Permission.VIEW_SCORES: "查看考核表",
    Permission.KEEP_SCORES: "答复和公布考核表",
    Permission.READ_OWN_SCORE: "查看自己的考核表",
    Permission.ANSWER_OWN_SCORE: "对自己的考核表提出异议",
}

ROLE_LABELS: dict[Role, str] = {
    Role.AGENT: "坐席",
    Role.ENGINEER: "工程师",
    Role.LEAD: "主管",
    Role.PARTNER: "协作部门",
    Role.ADMIN: "管理员",
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDIT_ADMIN: "审计管理员",
}

# What the user page says about each role.
ROLE_DUTIES: dict[Role, str] = {
    Role.AGENT: "登记电话、QQ、邮件来的问题，不能查看敏感信息",
    Role.ENGINEER: "处理队列里的问题，领取后可以查看敏感信息",
    Role.LEAD: "审计所负责队列的记录，可以转派",
    Role.PARTNER: "只看派给本部门的协作并反馈，看不到工单、附图和联系方式",
    Role.ADMIN: "管理人员和系统，看不到任何问题，适合小单位",
    Role.SYSTEM_ADMIN: "只看系统状态和设置，不能管理人员",
    Role.SECURITY_ADMIN: "只管理人员、角色、两步验证和令牌",
    Role.AUDIT_ADMIN: "只看全部队列的审计记录并校验，看不到任何问题",
}

# Everybody who may have a call-back; its phone is for whoever has it, while it is open (DESK 4.3).
_CALLING = frozenset({Permission.VIEW_CALL_BACKS, Permission.CALL_BACK, Permission.REVEAL_CALL_BACK})
# Which cases a person sees depends on their part in each (`complaints.access`): without one these grants open nothing.
_CASES = frozenset({Permission.READ_COMPLAINTS, Permission.KEEP_COMPLAINTS})
# Whoever takes a call registers what it complains of, and may become the handler of that case.
_COMPLAINTS = _CASES | {Permission.REGISTER_COMPLAINT, Permission.REVEAL_COMPLAINT}
# Whoever talks to institutions; contacts of one are written by its keeper, and shown by the rule of DESK 3.6.
_OF_INSTITUTIONS = frozenset({Permission.VIEW_INSTITUTIONS, Permission.KEEP_CONTACTS})
# A lead audits reveals and an admin manages people: beside the phone of a call-back that they have, neither can reveal
# anything (REQUIREMENTS D3, D7).
_OWN: dict[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset(
        {
            Permission.VIEW_QUEUE,
            Permission.FILE_FOR_OTHERS,
            Permission.WRITE_NOTE,
            Permission.SOLVE_AT_DESK,
            Permission.READ_CALENDAR,
            Permission.WRITE_ARTICLE,
        }
    )
    | _OF_INSTITUTIONS
    | _CALLING
    | _COMPLAINTS
    | {Permission.REVEAL_CONTACT},
    Role.ENGINEER: frozenset(
        {
            Permission.VIEW_QUEUE,
            Permission.FILE_FOR_OTHERS,
            Permission.WORK_TICKET,
            Permission.SPEAK,
            Permission.WRITE_NOTE,
            Permission.SOLVE_AT_DESK,
            Permission.TRANSFER_TICKET,
            Permission.REVEAL_FIELD,
            Permission.OPEN_PICTURE,
            Permission.ASK_BREAK_GLASS,
            Permission.VIEW_COLLABORATIONS,
            Permission.COLLABORATE,
            Permission.ASK_DEPARTMENT,
            Permission.READ_CALENDAR,
            Permission.WRITE_ARTICLE,
        }
    )
    | _OF_INSTITUTIONS
    | _CALLING
    | {Permission.REVEAL_CONTACT},
    Role.LEAD: frozenset(
        {
            Permission.VIEW_QUEUE,
            Permission.FILE_FOR_OTHERS,
            Permission.SPEAK,
            Permission.WRITE_NOTE,
            Permission.SOLVE_AT_DESK,
            Permission.TRANSFER_TICKET,
            Permission.REVIEW,
            Permission.ASK_BREAK_GLASS,
            Permission.APPROVE_BREAK_GLASS,
            Permission.RESTORE_TEXT,
            Permission.DECIDE,
            Permission.APPROVE,
            Permission.VIEW_COLLABORATIONS,
            Permission.COLLABORATE,
            Permission.ASK_DEPARTMENT,
            Permission.DISPATCH,
            Permission.KEEP_ROTA,
            Permission.KEEP_TIME,
            Permission.READ_CALENDAR,
            Permission.KEEP_DIRECTORY,
            Permission.KEEP_NOTICES,
            Permission.VIEW_CAMPAIGNS,
            Permission.VIEW_ANALYSES,
            Permission.ANALYSE,
            Permission.KEEP_CAMPAIGNS,
            Permission.VIEW_BOOKS,
            Permission.KEEP_BOOKS,
            Permission.TAKE_TABLES,
            Permission.WRITE_ARTICLE,
            Permission.KEEP_WORDS,
            Permission.ASSIGN_KEEPERS,
            Permission.VIEW_SCORES,
            Permission.KEEP_SCORES,
        }
    )
    | _OF_INSTITUTIONS
    | _CALLING
    | _COMPLAINTS,
    # People of another department, perhaps of another firm: the collaborations of that department and nothing else.
    Role.PARTNER: frozenset({Permission.VIEW_COLLABORATIONS, Permission.COLLABORATE}),
    Role.ADMIN: frozenset(
        {
            Permission.MANAGE_USERS,
            Permission.VIEW_SYSTEM,
            Permission.KEEP_NOTIFICATIONS,
            Permission.VIEW_INSTITUTIONS,
            Permission.KEEP_DIRECTORY,
            Permission.KEEP_ROTA,
            Permission.KEEP_TIME,
            Permission.READ_CALENDAR,
        }
    )
    | _CASES,  # names a person for a case that nobody is left to deal with; learns its number only (DESK 5.4)
    # Three separate administrators (GB/T 22239 8.1.4): having no queues, none of them can open a ticket.
    Role.SYSTEM_ADMIN: frozenset({Permission.VIEW_SYSTEM, Permission.KEEP_NOTIFICATIONS}),
    Role.SECURITY_ADMIN: frozenset({Permission.MANAGE_USERS}) | _CASES,
    Role.AUDIT_ADMIN: frozenset({Permission.REVIEW, Permission.REVIEW_ALL}),
}
# Whoever has an account is told of what concerns them. Whoever was an engineer has sheets of that time, whatever they
# are now.
_EVERYBODYS = {Permission.READ_OWN_NOTICES, Permission.READ_OWN_SCORE, Permission.ANSWER_OWN_SCORE}
GRANTS: dict[Role, frozenset[Permission]] = {role: granted | _EVERYBODYS for role, granted in _OWN.items()}
# What a duty adds to any role: 法务联系人 may be an engineer or one of another department (DESK 0.4), and has
# the tables of 涉法 cases (DESK 5.5). A 客服经理 is a lead, who has tables by the role.
OF_DUTIES: dict[Duty, frozenset[Permission]] = {Duty.MANAGER: _CASES, Duty.LEGAL: _CASES | {Permission.TAKE_TABLES}}
# Whoever lacks these finds nothing there, as whoever has no part in a case (DESK 5.4).
HIDDEN = _CASES

# Their labels stand on pages for clinics and colleagues, so nobody is called by them.
NAMES_OF_NOBODY = frozenset({Role.AGENT, Role.ENGINEER, Role.LEAD, Role.PARTNER, Role.ADMIN})

# Who gets a call-back that no keeper has, the first of them of whom anybody is there (DESK 4.3).
CALLING_FIRST = (Role.AGENT, Role.LEAD)

# Members of every queue unless queues are named.
IN_EVERY_QUEUE = frozenset({Role.LEAD, Role.AGENT})

# What a token may be limited to (`tokens add --scope`). A permission missing here needs an unlimited token.
SCOPES: dict[str, frozenset[Permission]] = {
    "read": frozenset(
        {
            Permission.VIEW_QUEUE,
            Permission.VIEW_COLLABORATIONS,
            Permission.READ_OWN_NOTICES,
            Permission.KEEP_NOTIFICATIONS,
            Permission.READ_CALENDAR,
            Permission.VIEW_CALL_BACKS,
            Permission.VIEW_CAMPAIGNS,
            Permission.READ_COMPLAINTS,
            Permission.VIEW_ANALYSES,
            Permission.VIEW_BOOKS,
            Permission.TAKE_TABLES,
            Permission.VIEW_SCORES,
            Permission.READ_OWN_SCORE,
        }
    ),
    "file": frozenset({Permission.FILE_FOR_OTHERS, Permission.REGISTER_COMPLAINT}),
    "work": frozenset(
        {
            Permission.WORK_TICKET,
            Permission.SPEAK,
            Permission.WRITE_NOTE,
            Permission.SOLVE_AT_DESK,
            Permission.WRITE_ARTICLE,
            Permission.TRANSFER_TICKET,
            Permission.RESTORE_TEXT,
            Permission.DECIDE,
            Permission.APPROVE,
            Permission.COLLABORATE,
            Permission.ASK_DEPARTMENT,
            Permission.DISPATCH,
            Permission.KEEP_ROTA,
            Permission.KEEP_TIME,
            Permission.CALL_BACK,
            Permission.KEEP_CAMPAIGNS,
            Permission.KEEP_COMPLAINTS,
            Permission.ANALYSE,
            Permission.KEEP_BOOKS,
            Permission.KEEP_SCORES,
            Permission.ANSWER_OWN_SCORE,
        }
    ),
    "reveal": frozenset(
        {
            Permission.REVEAL_FIELD,
            Permission.OPEN_PICTURE,
            Permission.REVEAL_CONTACT,
            Permission.REVEAL_CALL_BACK,
            Permission.REVEAL_COMPLAINT,
        }
    ),
    "audit": frozenset({Permission.REVIEW, Permission.REVIEW_ALL}),
}


def granted_to(role: Role, duties: Iterable[str]) -> frozenset[Permission]:
    """Of a role and the duties beside it."""
    return GRANTS[role].union(*(OF_DUTIES.get(Duty(duty), frozenset()) for duty in duties))


def roles_with(permission: Permission) -> list[Role]:
    return [role for role, granted in GRANTS.items() if permission in granted]
