"""Complaints about tickets of the cast, brought into any state by the acts themselves."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal import clock
from portal.accounts import users
from portal.accounts.models import User
from portal.audit.actor import SYSTEM, clinic
from portal.complaints import filing, inquiries, performing
from portal.complaints.acts import BY_NAME
from portal.complaints.filing import Complained, ComplaintReceipt
from portal.complaints.handling import OWN_DEPARTMENT
from portal.complaints.models import Complaint, ComplaintInquiry
from portal.complaints.names import ComplaintState as S
from portal.runtime import Runtime
from tests.factories.cast import DEPARTMENT, actor, password_of

CONTENT = "工程师张工三次挂断电话，说话很不耐烦，拖了两天也没有处理"
WISH = "请换一位工程师，并说明为什么拖了两天"
NAME, PHONE = "王测三", "19900001234"
Step = tuple[S, str, str, dict[str, Any]]
REPORT = {"cause": "人手不够", "solution": "换人并致歉", "improvement": "高峰加派坐席"}
# Canary words of the texts above: none of them may be found in clear.
CANARIES = ("挂断电话", "换一位工程师", "王测三", PHONE)
# Not in every test: two 客服经理, and a lawyer who is an engineer of the other queue.
MANAGERS = {"mona": ("lead", "manager", "何经理"), "max": ("lead", "manager", "马经理")}
LEGAL = {"lena": ("agent", "legal", "法务小吕")}


def add_people(runtime: Runtime, people: dict[str, tuple[str, str, str]]) -> None:
    with runtime.database.transaction() as session:
        for name, (role, duty, shown) in people.items():
            users.add_user(
                session, SYSTEM, username=name, password=password_of(name), role=role, queues=(), display_name=shown,
                duties=(duty,),
            )  # fmt: skip


def complained(**given: Any) -> Complained:
    return Complained(**{"content": CONTENT, "wish": WISH, "name": NAME, "phone": PHONE, **given})


@dataclass
class Case:
    """One complaint; rows are read anew each time."""

    runtime: Runtime
    number: str = ""
    code: str = field(default="", repr=False)

    @classmethod
    def by_clinic(cls, runtime: Runtime, ticket_id: Any, **given: Any) -> "Case":
        receipt = filing.file_by_clinic(runtime, clinic("127.0.0.9"), ticket_id, complained(**given), "a" * 32)
        return cls(runtime, receipt.number, receipt.query_code)

    @classmethod
    def for_caller(cls, runtime: Runtime, who: str, ticket: str = "", **given: Any) -> "Case":
        receipt: ComplaintReceipt = filing.file_for_caller(
            runtime, actor(runtime, who), ticket, complained(channel="phone", **given), f"by-{who}-{ticket}-{given}"
        )
        return cls(runtime, receipt.number, receipt.query_code)

    @property
    def row(self) -> Complaint:
        with self.runtime.database.read() as session:
            return session.scalars(select(Complaint).where(Complaint.number == self.number)).one()

    def user(self, name: str) -> User:
        with self.runtime.database.read() as session:
            return session.scalars(select(User).where(User.username == name)).one()

    def act(self, name: str, who: str, version: int | None = None, **given: Any) -> Complaint:
        version = self.row.version if version is None else version
        return performing.carry_out(self.runtime, actor(self.runtime, who), BY_NAME[name], self.number, version, given)

    def bring_to(self, state: S, *, owner: str = "mona", other: str = "max") -> "Case":
        """Walk a case that is registered there: `mona` owns it, `max` chooses and follows up."""
        steps = self.steps(owner, other, is_upheld=state is not S.NOT_UPHELD)
        done = [place for place, step in enumerate(steps, 1) if step[0] is self.row.state_enum]
        for reached, name, who, given in steps[done[0] if done else 0 :]:
            if self.row.state_enum is state:
                break
            self.act(name, who, **given)
            assert self.row.state_enum is reached, (name, self.row.status)
        return self

    def steps(self, owner: str = "mona", other: str = "max", *, is_upheld: bool = True) -> list[Step]:
        """The way to the archive: the state that is reached, the act, by whom, and what it is given."""
        if not is_upheld:
            judged = {
                "verdict": "not_upheld",
                "grounds": "录音里没有挂断",
                "reply": "我们核对了录音，没有发现挂断，请您谅解",
            }
            return [(S.JUDGING, "handler", owner, {}), (S.NOT_UPHELD, "judgement", owner, judged)]
        day = f"{clock.in_china(clock.now() + timedelta(days=1)):%Y-%m-%d}"
        judged = {
            "verdict": "upheld", "grounds": "通话录音证实了", "department": OWN_DEPARTMENT, "kind": "attitude",
            "investigate_due_at": day, "summary": "服务态度问题",
        }  # fmt: skip
        return [
            (S.JUDGING, "handler", owner, {}),
            (S.UPHELD, "judgement", owner, judged),
            (S.INVESTIGATING, "investigation", owner, {"cause": "值班人手不够，电话没有接完", "cause_class": "words"}),
            (S.PROPOSALS, "proposals", owner, {"proposals": ["换人处理并致歉", "由主管当面说明"]}),
            (S.CARRYING_OUT, "choice", other, {"proposal": "1", "note": "同意换人处理"}),
            (S.ANSWERED, "answer", owner, {"text": "已换人处理，向您致歉"}),
            (S.FOLLOWED_UP, "follow-up", other, {"reached": True, "level": "satisfied", "text": "满意"}),
            (
                S.FOLLOWED_UP,
                "report",
                owner,
                {"cause": "人手不够", "solution": "换人并致歉", "improvement": "高峰加派坐席"},
            ),
            (S.ARCHIVED, "archive", other, {}),
        ]

    def asking_department(self, department: str = DEPARTMENT, owner: str = "mona") -> "Case":
        """Upheld, and the department is asked; without any name."""
        self.bring_to(S.JUDGING, owner=owner)
        judged = next(step[3] for step in self.steps(owner) if step[1] == "judgement")
        self.act("judgement", owner, **{**judged, "department": department})
        self.act("investigation", owner, ask="请核对上周三接口日志里有没有超时")
        return self

    @property
    def inquiry(self) -> ComplaintInquiry:
        with self.runtime.database.read() as session:
            rows = select(ComplaintInquiry).where(ComplaintInquiry.complaint_id == self.row.id)
            return session.scalars(rows.order_by(ComplaintInquiry.created_at.desc())).first()

    def answer_inquiry(self, who: str, text: str = "接口日志里有三次超时，原因是网关重启") -> str:
        """Its number."""
        row = self.inquiry
        inquiries.answer(self.runtime, actor(self.runtime, who), row.number, row.version, text)
        return row.number
