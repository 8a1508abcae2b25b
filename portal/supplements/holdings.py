"""What is stored of supplement links."""

from portal.holdings import Held, Keep
from portal.supplements.models import SupplementLink

HOLDINGS = (
    Held(
        SupplementLink,
        what="一次性补充链接，只存散列",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        plain=("made_by",),
        codes=("token_hash", "binding"),
        is_removed=True,
    ),
)
