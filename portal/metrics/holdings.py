"""Data held by the metrics: counts, and filing sessions."""

from portal.holdings import Held, Keep
from portal.metrics.models import DailyCount, FilingCourse, FilingRefusal

HOLDINGS = (
    Held(DailyCount, what="每日计数", about="—", keep=Keep.LASTING, codes=("name", "key")),
    Held(
        FilingCourse,
        what="一次填报的经过：设备类别和次数",
        about="—",
        keep=Keep.LASTING,
        codes=("device", "refusals"),
    ),
    Held(
        FilingRefusal,
        what="填报时表单哪天因为什么没有收下：栏目和原因的代号",
        about="—",
        keep=Keep.LASTING,
        codes=("reason",),
    ),
)
