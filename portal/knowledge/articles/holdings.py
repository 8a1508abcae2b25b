"""What is stored of articles. A version from a ticket holds words of its clinic until it is approved."""

from portal.holdings import Held, Keep, TicketText
from portal.knowledge.articles.models import Article, ArticleRule, ArticleUse, ArticleVersion, ArticleWord

HOLDINGS = (
    Held(
        ArticleVersion,
        what="知识条目的各个版本；从工单生成、还没有发布的，文字随提报销毁",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(
            TicketText("problem", {"article": "知识条目"}, is_copy=True),
            TicketText("steps", {"article": "知识条目"}, is_copy=True),
            TicketText("cautions", {"article": "知识条目"}, is_copy=True),
        ),
        plain=("title", "system", "module", "by_name"),
        codes=("queue",),
        order="at",
    ),
    Held(
        Article,
        what="知识条目：状态、作者和审核人",
        about="工作人员姓名",
        keep=Keep.LASTING,
        plain=("title", "system", "module", "author_name", "approver_name", "changed_by", "note"),
        codes=("number", "status", "queue"),
    ),
    Held(
        ArticleUse,
        what="哪个工单引用了哪个知识条目",
        about="工作人员的编号",
        keep=Keep.LASTING,
    ),
    Held(
        ArticleWord,
        what="已发布知识条目的检索词，没有机构写的文字",
        about="—",
        keep=Keep.LASTING,
        plain=("word",),
    ),
    Held(
        ArticleRule,
        what="主管能不能审核自己写的知识条目",
        about="工作人员姓名",
        keep=Keep.LASTING,
        plain=("by_name",),
    ),
)
