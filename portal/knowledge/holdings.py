"""Data held about known issues, and the clinics that reported 我也遇到."""

from portal.holdings import Expiry, Held, Keep
from portal.knowledge import followers
from portal.knowledge.models import Follower, KnownIssue, Phrase, SettledBatch, WordHint

HOLDINGS = (
    Held(
        KnownIssue,
        what="已知问题",
        about="工作人员姓名",
        keep=Keep.LASTING,
        plain=("title", "system", "county", "cause", "workaround", "keywords", "settling", "created_by", "changed_by"),
        codes=("number", "queues", "ticket_number"),
    ),
    Held(
        Follower,
        what="「我也遇到」：机构；联系方式在密封值里",
        about="机构",
        keep=Keep.LASTING,
        plain=("institution",),
        codes=("number", "query_code_hash", "submission_hash"),
        expiry=Expiry(followers.has_old_contact, followers.destroy_old_contacts),
    ),
    Held(SettledBatch, what="已恢复的已知问题：回访建到哪一家", about="—", keep=Keep.LASTING),
    Held(Phrase, what="常用语", about="—", keep=Keep.LASTING, plain=("title", "text"), codes=("place",)),
    Held(
        WordHint,
        what="用词提示",
        about="—",
        keep=Keep.LASTING,
        plain=("pattern", "advice", "exceptions"),
        codes=("kind",),
    ),
)
