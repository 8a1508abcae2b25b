"""Data held by the metrics: counts, and filing sessions."""

from portal.holdings import Held, Keep
from portal.metrics.models import DailyCount, FilingCourse

HOLDINGS = (
    Held(DailyCount, what="每日计数", about="—", keep=Keep.LASTING, codes=("name", "key")),
    Held(
        FilingCourse,
        what="一次填报的经过：设备类别和次数",
        about="—",
        keep=Keep.LASTING,
        codes=("device", "refusals"),
    ),
)
