"""A ticket with a collaboration, brought into any state by the steps themselves."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from portal.acts.table import CLAIM
from portal.collaboration import steps
from portal.collaboration.dispatching import DISPATCH_TO
from portal.collaboration.models import Collaboration, CollaborationEntry
from portal.collaboration.states import ANSWER, FILE, JUDGE, START, VERIFY, WITHDRAW, Step
from portal.collaboration.states import CollaborationState as C
from portal.collaboration.steps import Given
from portal.notify.models import StaffNotice
from portal.runtime import Runtime
from tests.acts.desk import Desk
from tests.factories.cast import DEPARTMENT, actor, add_department, add_partners

ASK = "请核对处方接口昨晚的日志，看有没有超时"
ANSWER_TEXT = "接口网关昨晚二十三点重启过一次，重启以后连接池没有恢复，现在已经改好并观察了两个小时"
ASKED = {"kind": "help", "ask": ASK, "is_urgent": False, "show_institution": False}


@dataclass
class Case:
    """One collaboration of one ticket; rows are read anew each time."""

    runtime: Runtime
    department: str = DEPARTMENT
    has_accounts: bool = True
    desk: Desk = field(init=False)
    number: str = ""

    def __post_init__(self) -> None:
        (add_partners if self.has_accounts else add_department)(self.runtime, self.department)
        self.desk = Desk(self.runtime)
        self.desk.act(CLAIM)

    def dispatch(self, who: str = "alice", **given: Any) -> str:
        """A further collaboration, which the next steps are of."""
        done = self.desk.act(DISPATCH_TO, who, **{**ASKED, "department": self.department, **given})
        self.number = done.answer["collaboration"]
        return self.number

    @property
    def row(self) -> Collaboration:
        with self.runtime.database.read() as session:
            return session.scalars(select(Collaboration).where(Collaboration.number == self.number)).one()

    def take(self, step: Step, who: str, version: int | None = None, **given: Any) -> Collaboration:
        version = self.row.version if version is None else version
        return steps.take(self.runtime, actor(self.runtime, who), step, self.number, version, Given(**given))

    def bring_to(self, state: C, *, text: str = ANSWER_TEXT, **given: Any) -> None:
        """Walk a new collaboration there."""
        self.dispatch(**given)
        outcome = "adopted" if given.get("kind") == "suggestion" else ""
        if state is C.WITHDRAWN:
            self.take(WITHDRAW, "alice", text="不需要了")
        if state in (C.DISPATCHED, C.WITHDRAWN):
            return
        self.take(START, "petra")
        if state is C.IN_WORK:
            return
        self.take(ANSWER, "petra", text=text, outcome=outcome)
        if state is C.ANSWERED:
            return
        self.take(VERIFY, "alice")
        if state is C.VERIFYING:
            return
        is_passed = state is not C.RETURNED
        self.take(JUDGE, "alice", passed=is_passed, text="" if is_passed else "和现象对不上，请再看")
        if state is C.FILED:
            self.take(FILE, "petra", text="网关重启后连接池没有恢复，已改")
            self.take(FILE, "alice", text="按反馈核对过，机构可以开方")

    def entries(self) -> list[CollaborationEntry]:
        with self.runtime.database.read() as session:
            query = select(CollaborationEntry).where(CollaborationEntry.collaboration_id == self.row.id)
            return list(session.scalars(query.order_by(CollaborationEntry.at)))

    def told(self, who: str) -> list[str]:
        """The events of this collaboration that somebody is told of."""
        with self.runtime.database.read() as session:
            mine = select(StaffNotice.event).where(StaffNotice.number == self.number)
            rows = mine.where(StaffNotice.user_id == actor(self.runtime, who).user_id)
            return list(session.scalars(rows.order_by(StaffNotice.created_at)))
