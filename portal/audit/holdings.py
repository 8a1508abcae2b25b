"""The trail's tables. Their texts never change; rows are purged from the old end."""

from portal.audit.models import AuditBase, AuditEvent, AuditHead
from portal.holdings import Held, Keep

HOLDINGS = (
    Held(
        AuditEvent,
        what="审计记录，不含敏感值",
        about="工作人员姓名、地址",
        keep=Keep.TRAIL,
        plain=("actor_name", "address", "reason"),
        codes=(
            "tag", "actor_role", "session_id", "request_id", "ticket_number", "field", "detail", "particulars",
            "value_index", "previous_hash", "row_hash", "hash_name",
        ),
    ),
    Held(AuditHead, what="审计链的末端", about="—", keep=Keep.LASTING, codes=("row_hash", "hash_name")),
    Held(
        AuditBase,
        what="审计链清理后的起点，带签名",
        about="—",
        keep=Keep.LASTING,
        codes=("row_hash", "key", "signature"),
    ),
)  # fmt: skip
