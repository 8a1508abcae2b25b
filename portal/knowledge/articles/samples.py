"""Articles for the demo, in every state, written and reviewed through the same services as real ones."""

from portal.audit.actor import Actor
from portal.knowledge.articles import steps, writing
from portal.knowledge.articles.models import Article
from portal.knowledge.articles.states import APPROVE, RETURN, SUBMIT, Step
from portal.knowledge.articles.steps import Given
from portal.knowledge.articles.texts import ArticleText
from portal.runtime import Runtime

_PUBLIC = (
    ArticleText(
        title="随访表保存时提示参数错误",
        problem="填好随访表点保存，弹出“参数错误”，刷新后内容没有了",
        steps="一、退出系统，重新登录\n二、按 Ctrl+Shift+Delete 清除浏览器缓存\n三、重新打开随访表，从上往下填写后保存",
        cautions="保存前先抄下已经填写的内容；一天内重复出现，请提交问题",
        queue="general",
        is_public=True,
    ),
    ArticleText(
        title="打印处方时右边缺一列",
        problem="打印处方，纸张右边缺一列或者整体偏移",
        steps="一、在打印窗口把纸张改为 A5\n二、页边距改为 5 毫米\n三、先打一张空白页试一试",
        cautions="换打印机以后要重新设置一次",
        queue="his",
        is_public=True,
    ),
)
_INTERNAL = ArticleText(
    title="签约数据对不上时怎样核对",
    problem="机构说签约人数比昨天少",
    steps="一、核对上级平台的更新时间\n二、更新完成前不要补录\n三、更新后仍不一致，派发给信息科",
    cautions="给机构的回复里不要写平台的内部名称",
    queue="general",
)
_UNCLEAR = ArticleText(
    title="新增居民时提示已存在", problem="新增居民，提示身份信息已存在", steps="一、先查询\n二、再合并", cautions="无",
    queue="general", is_public=True,
)  # fmt: skip


def add(runtime: Runtime, author: Actor, lead: Actor) -> None:
    """Two public ones, an internal one in review, a returned one; `author` belongs to both queues."""
    for text in _PUBLIC:
        _walk(runtime, text, (SUBMIT, author, Given()), (APPROVE, lead, Given()))
    _walk(runtime, _INTERNAL, (SUBMIT, author, Given()))
    _walk(runtime, _UNCLEAR, (SUBMIT, author, Given()), (RETURN, lead, Given(note="请写清楚在哪个页面查询和合并")))


def _walk(runtime: Runtime, text: ArticleText, *taken: tuple[Step, Actor, Given]) -> None:
    author = taken[0][1]
    number, version = runtime.database.run(lambda session: _made(writing.make(session, author, text)))
    for step, actor, given in taken:
        version = steps.take(runtime, actor, step, number, version, given).version


def _made(article: Article) -> tuple[str, int]:
    return article.number, article.version
