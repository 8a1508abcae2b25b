"""Known issues to start from, and a clinic that has the same."""

from collections.abc import Sequence
from datetime import timedelta

from portal import clock
from portal.accounts.limiter import RateLimit
from portal.audit.actor import clinic
from portal.knowledge import followers, known_issues
from portal.knowledge.followers import FollowerReceipt
from portal.knowledge.known_issues import KnownIssueDetails
from portal.knowledge.models import KnownIssue
from portal.runtime import Runtime
from tests.factories.cast import actor

LIMIT = RateLimit("report-address", most=100, minutes=60)
PHONE = "13900000017"


def details(queues: Sequence[str] = ("general",), **changes: object) -> KnownIssueDetails:
    """An outage that everybody of the queue sees."""
    told = {
        "title": "高血压随访表保存时提示参数错误",
        "queues": tuple(queues),
        "cause": "上午的升级有一处错误，正在修改",
        "recovers_at": clock.now() + timedelta(hours=3),
        "workaround": "先记在纸上，恢复后补录",
        "keywords": ("高血压随访", "参数错误"),
    }
    return KnownIssueDetails(**(told | changes))


def add_issue(runtime: Runtime, **changes: object) -> KnownIssue:
    """One kept by the lead."""
    with runtime.database.transaction() as session:
        return known_issues.add(session, actor(runtime, "leo"), details(**changes))


def settle_issue(runtime: Runtime, issue: KnownIssue, words: str = "已修复，请刷新后重试") -> KnownIssue:
    """Over."""
    with runtime.database.transaction() as session:
        return known_issues.settle(session, actor(runtime, "leo"), issue.id, issue.version, words)


def follow(runtime: Runtime, issue: KnownIssue, submission: str = "s" * 32, **changes: str) -> FollowerReceipt:
    """我也遇到, from a clinic."""
    given = {"institution": "高唐县杨屯乡张四屯卫生室", "contact_phone": PHONE, "contact_name": "样例甲"} | changes
    values = {name: [value] for name, value in given.items()}
    return followers.follow(runtime, clinic("127.0.0.1"), issue.id, values, limit=LIMIT, submission=submission)
