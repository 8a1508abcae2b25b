"""Complaints about tickets of the cast, brought into any state by the acts themselves."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from portal.accounts import users
from portal.accounts.models import User
from portal.audit.actor import SYSTEM, clinic
from portal.complaints import filing
from portal.complaints.filing import Complained, ComplaintReceipt
from portal.complaints.models import Complaint
from portal.runtime import Runtime
from tests.factories.cast import actor, password_of

CONTENT = "工程师张工三次挂断电话，说话很不耐烦，拖了两天也没有处理"
WISH = "请换一位工程师，并说明为什么拖了两天"
NAME, PHONE = "王测三", "19900001234"
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
