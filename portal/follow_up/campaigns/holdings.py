"""What is stored of campaigns: words of a lead, and who calls."""

from portal.follow_up.campaigns.models import Campaign
from portal.holdings import Held, Keep

HOLDINGS = (
    Held(
        Campaign,
        what="回访活动：标题、选取条件、问题、由谁回访",
        about="工作人员的编号和姓名",
        keep=Keep.LASTING,
        plain=("title", "selection", "questions", "made_by_name"),
        codes=("seed", "callers", "status"),
    ),
)
