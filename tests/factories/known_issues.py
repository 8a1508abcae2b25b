"""Known issues to start from, and a clinic that has the same."""

from collections.abc import Sequence
from datetime import timedelta

from portal import clock
from portal.accounts.attempts import Limit
from portal.audit.actor import clinic
from portal.known_issues import followers, notices
from portal.known_issues.followers import Receipt
from portal.known_issues.models import KnownIssue
from portal.known_issues.notices import Details
from portal.tickets.tools import Tools
from tests.factories.cast import actor

LIMIT = Limit("report-address", most=100, minutes=60)
PHONE = "13900000017"


def details(queues: Sequence[str] = ("general",), **changes: object) -> Details:
    """An outage that everybody of the queue sees."""
    told = {
        "title": "高血压随访表保存时提示参数错误",
        "queues": tuple(queues),
        "cause": "上午的升级有一处错误，正在修改",
        "recovers_at": clock.now() + timedelta(hours=3),
        "workaround": "先记在纸上，恢复后补录",
        "keywords": ("高血压随访", "参数错误"),
    }
    return Details(**(told | changes))


def add_issue(tools: Tools, **changes: object) -> KnownIssue:
    """One kept by the lead."""
    with tools.database.transaction() as session:
        return notices.add(session, actor(tools, "leo"), details(**changes))


def settle_issue(tools: Tools, issue: KnownIssue, words: str = "已修复，请刷新后重试") -> KnownIssue:
    """Over."""
    with tools.database.transaction() as session:
        return notices.settle(session, actor(tools, "leo"), issue.id, issue.version, words)


def follow(tools: Tools, issue: KnownIssue, submission: str = "s" * 32, **changes: str) -> Receipt:
    """我也遇到, from a clinic."""
    given = {"institution": "高唐县杨屯乡张四屯卫生室", "contact_phone": PHONE, "contact_name": "样例甲"} | changes
    values = {name: [value] for name, value in given.items()}
    return followers.follow(tools, clinic("127.0.0.1"), issue.id, values, limit=LIMIT, submission=submission)
