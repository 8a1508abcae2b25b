"""What is stored of destructions: what and when, never content."""

from portal.holdings import Held, Keep
from portal.retention.models import Tombstone

HOLDINGS = (
    Held(
        Tombstone,
        what="已销毁的东西和时间，不含内容",
        about="—",
        keep=Keep.LASTING,
        codes=("what", "data_key_ids"),
    ),
)
