"""What is stored of surveys, ratings and their analysis."""

from portal.follow_up.models import Dissatisfaction, ImprovementStage, Rating, Survey
from portal.holdings import Held, Keep, TicketText

RATING_TEXT, ANALYSIS_TEXT = "rating_comment", "analysis"

HOLDINGS = (
    Held(
        Survey,
        what="满意度调查，链接只存散列",
        about="工作人员的编号",
        keep=Keep.REPORT,
        ticket="ticket_id",
        codes=("token_hash",),
        is_removed=True,
    ),
    Held(
        Rating,
        what="机构的评价：分数、原因、说明，说明里的敏感信息已遮住",
        about="机构；办理人和记录人的编号",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("comment", {RATING_TEXT: "评价说明"}),),
        codes=("scale", "label", "reason", "way"),
        order="rated_at",
    ),
    Held(
        Dissatisfaction,
        what="不满意问题分析，文字已遮住",
        about="改进责任人",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(
            TicketText("digest", {ANALYSIS_TEXT: "不满意分析"}),
            TicketText("measure", {ANALYSIS_TEXT: "不满意分析"}),
        ),
        plain=("changed_by",),
        codes=("reason", "status"),
        order="on_day",
    ),
    Held(ImprovementStage, what="责任环节的名单", about="—", keep=Keep.LASTING, plain=("name",)),
)
