"""What is stored of samples of the trail. Their texts hold no secret."""

from portal.holdings import Held, Keep
from portal.sampling.models import Sample, SampledRow

HOLDINGS = (
    Held(
        Sample,
        what="抽查：种子、时段",
        about="主管姓名",
        keep=Keep.LASTING,
        plain=("drawer_name",),
        codes=("seed", "queues"),
    ),
    Held(
        SampledRow,
        what="抽查的结论和答复",
        about="工作人员",
        keep=Keep.LASTING,
        plain=("note", "marked_by", "answer"),
        codes=("ticket_number", "mark"),
    ),
)
