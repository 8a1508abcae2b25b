"""What is unusual in the life of a demo's ticket, and how often: each goes on from a claimed ticket."""

from collections.abc import Callable, Generator
from datetime import timedelta
from typing import TYPE_CHECKING

from portal import clock
from portal.acts.table import (
    ACCEPT_OFFER,
    ASK,
    ASK_VOID,
    CALL,
    CLASSIFY,
    CLOSE,
    DECIDE_VOID,
    LINK,
    MERGE,
    OFFER,
    POSTPONE,
    PROMISE,
    REPLY,
)
from portal.collaboration.dispatching import DISPATCH_TO
from portal.demo import finding, troubles
from portal.demo.people import AGENTS, DEPARTMENT, LEADS
from portal.demo.stage import Office
from portal.escalation import demanding
from portal.escalation.reporting import DECIDE_ESCALATION, ESCALATE
from portal.kinds.names import TicketKind

if TYPE_CHECKING:
    from portal.demo.lives import Lives
Turn = Generator["timedelta | Office", None, bool]  # whether it ends the life
Unusual = Callable[["Lives", TicketKind, str, str], Turn]


def _supplemented(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    lives.stage.do(owner, ASK, number, fields=["operation_steps"], message="请写明每一步点了哪里，方便重现")
    yield Office(lives.spread(3, most=20))
    if lives.chance.random() < 0.25:
        return True  # the clinic never answers, and the worker closes it
    finding.supply(lives.stage, number)
    return False


def _voided(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    lives.stage.do(
        owner, ASK_VOID, number, kind=lives.chance.choice(("invalid", "test")), text="与本系统无关，已电话说明"
    )
    yield Office(lives.spread(1, most=4))
    is_approved = lives.chance.random() < 0.8
    note = "" if is_approved else "请先问清楚是哪一个页面"
    lives.stage.do(LEADS[0], DECIDE_VOID, number, approved=str(is_approved).lower(), note=note)
    return is_approved


def _merged(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    yield Office(0.2)
    other = finding.another_in_work(lives.stage, kind.value, number)
    if other is not None:
        lives.stage.do(owner, MERGE, number, into=other)
    return other is not None


def _linked(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    yield Office(0.3)
    other = finding.another_in_work(lives.stage, kind.value, number)
    if other is not None:
        lives.stage.do(owner, LINK, number, kind="related", number=other)
    return False


def _together(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    asked = {"department": DEPARTMENT, "kind": "help", "ask": "请核对接口昨晚的日志，看保存时有没有超时"}
    lives.stage.do(owner, DISPATCH_TO, number, **asked)
    yield from lives.department(owner, number, text="接口网关昨晚重启过一次，已恢复，日志附在工单系统")
    return False


def _promised(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    due = lives.stage.in_office(clock.now(), lives.chance.choice((3, 6, 9)))
    lives.stage.do(owner, PROMISE, number, kind="promise", text="告诉您核对的结果", due_at=due.isoformat())
    yield Office(lives.spread(4, most=12))
    lives.stage.do(owner, REPLY, number, text="核对过了，是接口的问题，正在修复")
    return False


def _postponed(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    yield Office(lives.spread(6, most=14))
    until = lives.stage.in_office(clock.now(), 18)
    lives.stage.do(owner, POSTPONE, number, expected_at=until.isoformat(), reason="上级平台在更新，完成后才能核对数据")
    yield Office(lives.spread(12, most=25))
    return False


def _neglected(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    yield Office(lives.spread(20, most=40))
    return False


def _handed(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    other = lives.engineer(kind, but=owner)
    lives.stage.do(owner, OFFER, number, assignee=other, text="日志已经看过，请接着核对报表")
    yield Office(lives.spread(0.4, most=2))
    offer = finding.open_offer(lives.stage, number)
    if offer is not None:
        lives.stage.do(other, ACCEPT_OFFER, number, offer=str(offer))
    return False


def _reported(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    lives.stage.do(owner, ESCALATE, number, reason="要改上级平台的数据，超出我的权限")
    yield Office(lives.spread(1.5, most=6))
    text = "我来联系上级平台，你先告诉机构大概的时间"
    lives.stage.do(LEADS[0], DECIDE_ESCALATION, number, decision="alternative", text=text)
    return False


def _demanded(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    yield Office(lives.spread(4, most=12))
    ticket = lives.stage.ticket(number)
    demanding.demand(lives.stage.runtime, lives.stage.clinic, ticket.id, "月底要上报，等了一天没有进展，请主管看一下")
    yield Office(lives.spread(1, most=4))
    text = "我看过了，已安排今天处理，处理好马上告诉您"
    lives.stage.do(LEADS[1], DECIDE_ESCALATION, number, decision="uphold", text=text)
    return False


def _called(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    yield Office(lives.spread(1, most=5))
    lives.stage.do(lives.chance.choice(AGENTS), CALL, number, channel="phone", text="机构来电问进展，希望今天能用")
    noted = {"summary": lives.stage.ticket(number).excerpt[:60], "first_opinion": "先核对接口日志"}
    lives.stage.do(owner, CLASSIFY, number, needs_soothing="true", **noted)
    return False


def _closed(lives: "Lives", kind: TicketKind, owner: str, number: str) -> Turn:
    """Solved, and its clinic said so on the phone."""
    yield Office(lives.spread(2, most=9))
    lives.resolve(owner, number, lives.chance.choice(troubles.of(kind)))
    yield Office(lives.spread(5, most=10))
    if finding.awaits_confirmation(lives.stage, number):
        lives.stage.do(owner, CLOSE, number, way="phone", text="打电话问过，机构说已经好了")
    return True


UNUSUAL: dict[str, tuple[int, Unusual]] = {
    "supplemented": (4, _supplemented),
    "voided": (1, _voided),
    "merged": (1, _merged),
    "linked": (1, _linked),
    "together": (3, _together),
    "promised": (3, _promised),
    "postponed": (2, _postponed),
    "neglected": (3, _neglected),
    "handed": (2, _handed),
    "reported": (1, _reported),
    "demanded": (1, _demanded),
    "called": (2, _called),
    "closed": (2, _closed),
}
