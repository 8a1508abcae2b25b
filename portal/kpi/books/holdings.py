"""What is stored of reports: figures without persons, and what leads wrote to them."""

from portal.holdings import Held, Keep
from portal.kpi.books.models import PeriodReport

HOLDINGS = (
    Held(
        PeriodReport,
        what="周报和月报：冻结的数字、主管的说明、重做的原因",
        about="工作人员的编号和姓名（谁做的、谁写的说明）",
        keep=Keep.LASTING,
        plain=("figures", "reason", "made_by", "note", "noted_by"),
        codes=("grain", "period", "queue"),
    ),
)
