"""Articles, brought into any state by the steps themselves."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.knowledge.articles import rows, steps, writing
from portal.knowledge.articles.models import Article, ArticleUse
from portal.knowledge.articles.states import APPROVE, RETIRE, RETURN, SUBMIT, ArticleState, Step
from portal.knowledge.articles.steps import Given
from portal.knowledge.articles.texts import ArticleText
from portal.notify.models import StaffNotice
from portal.runtime import Runtime
from tests.factories.cast import actor

TEXT = ArticleText(
    title="高血压随访表保存时提示参数错误",
    problem="保存高血压随访表时弹出“参数错误”，表单没有存上",
    steps="一、退出后重新登录\n二、清除浏览器缓存\n三、重新打开随访表再保存",
    cautions="保存前先抄下已经填写的内容",
    queue="general",
    is_public=True,
)


@dataclass
class Shelf:
    """One article; its row is read anew each time."""

    runtime: Runtime
    number: str = ""

    def make(self, who: str = "alice", text: ArticleText = TEXT) -> str:
        with self.runtime.database.transaction() as session:
            self.number = writing.make(session, actor(self.runtime, who), text).number
        return self.number

    @property
    def row(self) -> Article:
        with self.runtime.database.read() as session:
            found = rows.by_number(session, self.number)
        assert found is not None
        return found

    def take(self, step: Step, who: str, version: int | None = None, **given: Any) -> Article:
        version = self.row.version if version is None else version
        return steps.take(self.runtime, actor(self.runtime, who), step, self.number, version, Given(**given))

    def bring_to(self, state: ArticleState, *, text: ArticleText = TEXT) -> str:
        """A new one by an engineer of its queue, which leo decides; its number."""
        author = "hanna" if text.queue == "his" else "alice"
        self.make(author, text)
        if state is ArticleState.DRAFT:
            return self.number
        if state is ArticleState.RETIRED:
            self.take(RETIRE, author)
            return self.number
        self.take(SUBMIT, author)
        if state is ArticleState.RETURNED:
            self.take(RETURN, "leo", note="请写清楚第二步")
        if state is ArticleState.PUBLISHED:
            self.take(APPROVE, "leo")
        return self.number

    def publish(self, text: ArticleText = TEXT) -> str:
        return self.bring_to(ArticleState.PUBLISHED, text=text)

    def trail(self) -> list[AuditEvent]:
        with self.runtime.database.read() as session:
            query = select(AuditEvent).where(AuditEvent.ticket_number == self.number)
            return list(session.scalars(query.order_by(AuditEvent.seq)))

    def told(self, who: str) -> list[str]:
        """The events of this article that somebody is told of."""
        with self.runtime.database.read() as session:
            mine = select(StaffNotice.event).where(StaffNotice.number == self.number)
            return list(session.scalars(mine.where(StaffNotice.user_id == actor(self.runtime, who).user_id)))

    def uses(self) -> list[ArticleUse]:
        with self.runtime.database.read() as session:
            return list(session.scalars(select(ArticleUse).where(ArticleUse.article_id == self.row.id)))
