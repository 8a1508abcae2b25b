"""Sample people and tickets in every state, filed and worked on through the same services as real ones."""

import json
import secrets
import struct
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import departments, users
from portal.accounts.models import User
from portal.accounts.principal import principal_of
from portal.acts import performing
from portal.acts.act import Act
from portal.acts.table import ASK, ASK_DRAFT, CLAIM, MERGE, OFFER, PROMISE, RELEASE, REPLY, RESOLVE, URGENCY
from portal.acts.voiding import ASK_VOID, DECIDE_VOID
from portal.audit.actor import SYSTEM, Actor, clinic
from portal.collaboration.dispatching import DISPATCH_TO
from portal.complaints import samples as complaint_samples
from portal.disclosure import reveals
from portal.follow_up import call_samples, ratings
from portal.follow_up.campaigns import making as campaigns
from portal.follow_up.campaigns.selecting import Selection
from portal.institutions import directory
from portal.institutions.directory import InstitutionDetails
from portal.institutions.models import DirectoryEntry
from portal.keepers import assignment, contacts
from portal.kinds.fields import CheckContext
from portal.kinds.names import Channel, TicketKind
from portal.kinds.table import KINDS
from portal.kinds.validation import checked_report, picture_of
from portal.knowledge import known_issues
from portal.knowledge.articles import samples as article_samples
from portal.reports import filing
from portal.reports import samples as report_samples
from portal.reports.filing import NewPicture
from portal.reports.receipts import Receipt
from portal.runtime import Runtime
from portal.screenshots.inspection import Inspection, InspectionLimits, inspect
from portal.sensitive_text.id_numbers import check_character
from portal.tickets import queries
from portal.tickets.models import Ticket
from portal.tracking import confirmation
from portal.watch import clock_doubt

STAFF = (
    ("zhanggong", "engineer", ("general",), "张工"),
    ("ligong", "engineer", ("general", "his"), "李工"),
    ("wanggong", "engineer", ("his",), "王工"),
    ("zuoxi", "agent", (), "赵坐席"),
    ("zhuguan", "lead", (), "孙主管"),
    ("jingli", "lead", (), "韩经理"),
    ("xinxi", "partner", (), "信息科小周"),
    ("guanli", "admin", (), "周管理员"),
    ("xitong", "system_admin", (), "吴系统管理员"),
    ("anquan", "security_admin", (), "郑安全管理员"),
    ("shenji", "audit_admin", (), "冯审计管理员"),
)
_DUTIES = {"zhuguan": ("manager",), "jingli": ("manager", "legal")}
_DEPARTMENT = "信息科"
_GENERAL = (
    ("高唐县杨屯乡张四屯卫生室", "打开高血压随访表填好后点保存，提示参数错误，刷新后内容没有了", "error"),
    ("高唐县梁村镇北街村卫生室", "新建居民档案时婚姻状况一栏点不开，批量居民都这样", "form_blank"),
    ("高唐县清平镇卫生院", "老年人体检表从列表里不见了，昨天还能看到", "form_lost"),
    ("高唐县三十里铺镇李庄村卫生室", "糖尿病随访日期改成今天后保存，列表里还是旧的日期", "other"),
    ("高唐县固河镇王营村卫生室", "打印健康教育记录时预览是空白的，换了浏览器也一样", "other"),
    ("高唐县姜店镇卫生院", "儿童预防接种记录查询一直转圈，等了十分钟没有结果", "other"),
    ("高唐县尹集镇前刘村卫生室", "家医签约续签时提示已签约，但列表里找不到这位居民", "other"),
    ("高唐县赵寨子镇东史村卫生室", "重复提交了一次随访，请工程师看一下能否合并", "other"),
)
_HIS = (
    ("高唐县清平镇卫生院", "住院病人出院结算点确认，提示费用明细不一致，不能结算", "error"),
    ("高唐县姜店镇卫生院", "门诊开处方后药房看不到，库存也没有扣减", "other"),
    ("高唐县梁村镇卫生院", "医保结算返回超时，点了两次后重复扣费一次", "other"),
    ("", "护士站执行医嘱时页面空白，其他电脑正常", "other"),
    ("高唐县固河镇卫生院", "病案首页保存后主要诊断变成空白，再次录入还是一样", "form_blank"),
)

# How many hours ago each report was filed: the first reply is due within two days at most, so the first is overdue.
_AGES = (76.0, 52.0, 28.0, 26.0, 25.0, 7.0, 5.0, 2.5)
_BEGAN = timedelta(days=4)


# county, town, village or clinic, aliases; the names below the towns are invented
_INSTITUTIONS = (
    ("高唐县", "", "人民医院", ()),
    ("高唐县", "", "妇幼保健院", ()),
    ("高唐县", "杨屯乡", "卫生院", ("杨屯卫生院",)),
    ("高唐县", "杨屯乡", "张四屯卫生室", ("张四屯村卫生室",)),
    ("高唐县", "梁村镇", "卫生院", ()),
    ("高唐县", "梁村镇", "北街村卫生室", ("北街卫生室",)),
    ("高唐县", "清平镇", "卫生院", ("清平中心卫生院",)),
    ("高唐县", "三十里铺镇", "李庄村卫生室", ()),
    ("高唐县", "固河镇", "卫生院", ()),
    ("高唐县", "固河镇", "王营村卫生室", ()),
    ("高唐县", "姜店镇", "卫生院", ()),
    ("高唐县", "尹集镇", "前刘村卫生室", ()),
    ("高唐县", "赵寨子镇", "东史村卫生室", ()),
    ("高唐县", "赵寨子镇", "东史村卫生所", ()),
    ("清河样例县", "柳林镇", "前样村卫生室", ()),
    ("清河样例县", "柳林镇", "后样村卫生室", ()),
)


@dataclass(frozen=True)
class WaysIn:
    """How to look around: the staff's passwords, and a ticket with its query code. All of it is invented."""

    passwords: dict[str, str]
    number: str
    query_code: str


def fill(runtime: Runtime) -> WaysIn | None:
    """Add the demo's staff and tickets of the last days; None if there are people already."""
    clock_doubt.beat(runtime.database)  # else the past that follows would be taken for the newest trusted moment
    with clock.in_the_past(_BEGAN), runtime.database.transaction() as session:
        if session.scalar(select(User.id).limit(1)):
            return None
        departments.add(session, SYSTEM, _DEPARTMENT)
        departments.add(session, SYSTEM, "医保办")  # without accounts
        passwords = {name: secrets.token_urlsafe(9) for name, *_ in STAFF}
        for name, role, queues, shown in STAFF:
            users.add_user(
                session,
                SYSTEM,
                username=name,
                password=passwords[name],
                role=role,
                queues=queues,
                display_name=shown,
                department=_DEPARTMENT,
                duties=_DUTIES.get(name, ()),
            )
        _fill_directory(session)
    _fill_contacts(runtime)
    shown_receipt = _Story(runtime).tell()
    made = WaysIn(passwords, shown_receipt.number, shown_receipt.query_code)
    _file(runtime).write_text(json.dumps(asdict(made)), encoding="utf-8")
    _file(runtime).chmod(0o600)
    return made


def ways_in(runtime: Runtime) -> WaysIn | None:
    """What the first start made, for every later one; None where the demo is older or there is none."""
    try:
        return WaysIn(**json.loads(_file(runtime).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _file(runtime: Runtime) -> Path:
    return runtime.settings.data_dir / "demo.json"


def _fill_directory(session: Session) -> None:
    """Before the tickets, so that they find their institution; every third entry is still unverified."""
    for number, (county, town, village, aliases) in enumerate(_INSTITUTIONS):
        verified_on = clock.china_today() - timedelta(days=20 * number) if number % 3 else None
        keeper = ("孙主管", "赵坐席")[number % 2]
        directory.add(session, SYSTEM, InstitutionDetails(county, town, village, "", aliases, keeper, verified_on))


def _fill_contacts(runtime: Runtime) -> None:
    """Some institutions have a keeper and somebody to reach; the others are left for the lead to give away."""

    def fill(session: Session) -> None:
        lead, *staff = (users.user_named(session, name) for name in ("zhuguan", "zhanggong", "zuoxi"))
        actor = principal_of(lead).actor("127.0.0.1", "demo")
        entries = session.scalars(select(DirectoryEntry).order_by(DirectoryEntry.created_at).limit(4)).all()
        assignment.assign(session, actor, {entry.id: staff[n % 2].id for n, entry in enumerate(entries)})
        for number, entry in enumerate(entries[:3]):
            details = contacts.ContactDetails(
                f"样例{'甲乙丙'[number]}", f"1990000010{number}", "公卫专干", number != 1, "上午"
            )
            contacts.add(session, runtime, actor, entry.id, details)

    with clock.in_the_past(_BEGAN):
        runtime.database.run(fill)


class _Story:
    """Files the reports and moves them into every state."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.steps: list[tuple[float, Callable[[], object]]] = []
        self.receipts: dict[tuple[TicketKind, int], Receipt] = {}
        self.picture = inspect(sample_screen(), hint=None, limits=InspectionLimits.of(runtime.settings))
        with runtime.database.read() as session:
            self.actors = {
                user.username: principal_of(user).actor("127.0.0.1", "demo") for user in users.all_users(session)
            }

    def tell(self) -> Receipt:
        """Everything in the order of time, the oldest first; returns a receipt whose ticket has an answer."""
        for kind, rows, engineer in ((TicketKind.GENERAL, _GENERAL, "zhanggong"), (TicketKind.HIS, _HIS, "wanggong")):
            for number, row in enumerate(rows):
                self._at(_AGES[number], partial(self._filed, kind, number, row))
            self._walk(kind, self.actors[engineer])
        self._at(1, partial(self._warn, self.actors["zhuguan"]))
        self._at(4.5, partial(report_samples.add_calls, self.runtime, self.actors["zuoxi"]))
        self._at(0.8, partial(self._call, self.actors["zhuguan"]))
        people = (self.actors["zuoxi"], self.actors["zhuguan"], self.actors["jingli"])
        self._at(0.8, partial(complaint_samples.add, self.runtime, *people))
        self._at(0.9, partial(article_samples.add, self.runtime, self.actors["ligong"], self.actors["zhuguan"]))
        calls = (self.actors["zuoxi"], self.actors["zhanggong"])
        self._at(0.6, lambda: call_samples.add(self.runtime, *calls, self.receipts[TicketKind.GENERAL, 1].number))
        for ago, step in sorted(self.steps, key=lambda each: -each[0]):
            with clock.in_the_past(timedelta(hours=ago)):
                step()
        return self.receipts[TicketKind.GENERAL, 1]

    def _at(self, hours_ago: float, step: Callable[[], object]) -> None:
        self.steps.append((hours_ago, step))

    def _filed(self, kind: TicketKind, number: int, row: tuple[str, str, str]) -> None:
        self.receipts[kind, number] = self._file(kind, number, row)

    def _warn(self, lead: Actor) -> None:
        known = known_issues.KnownIssueDetails(
            title="家医签约续签时提示已签约",
            queues=(TicketKind.GENERAL.value,),
            cause="上级平台正在更新签约数据，更新完成前会提示重复，已签的不会丢失",
            recovers_at=clock.now() + timedelta(hours=20),
            workaround="先不要重复点提交，恢复后再续签",
            keywords=("签约", "续签"),
        )
        with self.runtime.database.transaction() as session:
            known_issues.add(session, lead, known)

    def _file(self, kind: TicketKind, number: int, row: tuple[str, str, str]) -> Receipt:
        institution, description, symptom = row
        channel = Channel.QQ if number == 3 else Channel.YXT
        values = {
            "institution": [institution],
            "description": [description],
            "symptom": [symptom],
            "previous_system": ["浪潮系统"],
            "operation_steps": ["1. 登录系统\n2. 打开上面说的页面\n3. 点保存后出现提示"],
            "form_name": ["随访表"],
            "blank_items": ["随访日期"],
            "scope": ["batch" if "批量" in description else "single"],
            **{name: [invented_id_number(number)] for name in ("id_number", "patient_id_number")},
            "inpatient_number": [f"ZY2026{number:04d}"],
            "login_account": [f"yanshi{number:02d}"],
            "login_password": [secrets.token_urlsafe(6)],
            "contact_name": ["演示"],
            "contact_phone": [f"1990000{number:04d}"],
        }
        slots = ["screenshots", "error_detail_screenshots"] if symptom == "error" else ["screenshots"]
        inspection: Inspection = replace(self.picture)
        draft = checked_report(
            KINDS[kind],
            channel,
            values,
            [picture_of(slot, inspection, True) for slot in slots],
            CheckContext.of(self.runtime.settings),
        )
        actor = self.actors["zuoxi"] if channel is Channel.QQ else clinic("127.0.0.1", "demo")
        return filing.file_report(
            self.runtime,
            draft,
            actor,
            submission_key=secrets.token_hex(16),
            new_pictures=[NewPicture(slot, inspection, True) for slot in slots],
        )

    def _walk(self, kind: TicketKind, engineer: Actor) -> None:
        """The first ticket stays unclaimed and becomes overdue; the others are worked, looked at, solved."""

        def do(ago: float, act: Act, at: int, **given: Any) -> None:
            self._at(ago, lambda: self._do(engineer, act, self.receipts[kind, at].number, **given))

        do(40, URGENCY, 0, urgency="urgent", reason="全院不能结算")
        for at in range(1, len(_GENERAL if kind is TicketKind.GENERAL else _HIS)):
            do(_AGES[at] - 0.4, CLAIM, at)
        secret = "id_number" if kind is TicketKind.GENERAL else "patient_id_number"
        for at, field, reason in (
            (1, secret, "在系统里查找这条记录"),
            (1, "login_account", "登录核对问题"),
            (3, secret, "查找记录"),
        ):
            self._at(_AGES[at] - 0.6, partial(self._look, engineer, kind, at, field, reason))
        do(_AGES[1] - 1, REPLY, 1, text="已收到，正在为您排查，今天内回复您")
        asked = {"department": _DEPARTMENT, "kind": "help", "ask": "请核对随访接口昨晚的日志，看保存时有没有超时"}
        do(_AGES[1] - 2, DISPATCH_TO, 1, **asked)
        soon = {"kind": "promise", "text": "告诉您核对的结果", "due_at": (clock.now() + timedelta(hours=5)).isoformat()}
        do(_AGES[1] - 3, PROMISE, 1, **soon)
        do(_AGES[2] - 1, ASK, 2, fields=["operation_steps"], message="请写明每一步点了哪里")
        solved = "已修复保存时的校验问题。请刷新页面后重新保存一次，如仍有提示请告诉我们"
        for at in (3, 4):
            cause = "product_fault" if at == 3 else "misuse"
            do(_AGES[at] - 2, RESOLVE, at, text=solved, root_cause=cause, improvement="在保存前提示哪一项不符")
        self._at(_AGES[4] - 3, partial(self._confirm, kind))
        self._at(_AGES[4] - 3.1, partial(self._rate, kind))
        if kind is TicketKind.GENERAL:
            do(0.4, ASK_DRAFT, 1, text="接口日志已核对，今晚更换网关后请您再试一次")
            do(0.3, OFFER, 2, assignee="ligong", text="机构补充步骤后核对随访表即可")
            do(3, ASK_VOID, 6, kind="invalid", text="与本系统无关，已电话说明")
            lead = self.actors["zhuguan"]
            self._at(2.8, lambda: self._do(lead, DECIDE_VOID, self.receipts[kind, 6].number, approved="true"))
            self._at(
                2, lambda: self._do(engineer, MERGE, self.receipts[kind, 7].number, into=self.receipts[kind, 1].number)
            )
            do(1.5, RELEASE, 5)

    def _call(self, lead: Actor) -> None:
        """A campaign that goes on; the unhappy rating has made a call-back by itself."""
        today = clock.china_today()
        days = (today, today + timedelta(days=6))
        wanted = campaigns.Wanted("年底回访", Selection(), 3, *days, ["zuoxi"], ["新系统用着顺手吗"])
        campaigns.make(self.runtime, lead, wanted)

    def _look(self, person: Actor, kind: TicketKind, at: int, field: str, reason: str) -> None:
        reveals.reveal_field(self.runtime, person, self.receipts[kind, at].number, field, reason)

    def _confirm(self, kind: TicketKind) -> None:
        ticket = self._ticket(self.receipts[kind, 4].number)
        confirmation.confirm(self.runtime, clinic("127.0.0.1", "demo"), ticket.id, is_solved=True, comment="好了，谢谢")

    def _rate(self, kind: TicketKind) -> None:
        words = ("5", "", "") if kind is TicketKind.GENERAL else ("2", "slow", "来回等了大半天，才有人看")
        ticket = self._ticket(self.receipts[kind, 4].number)
        answer = ratings.read_score(*words)
        ratings.give(self.runtime, clinic("127.0.0.1", "demo"), ticket.id, None, answer, ratings.Way.PAGE)

    def _do(self, person: Actor, act: Act, number: str, **given: Any) -> None:
        performing.carry_out(self.runtime, person, act, number, self._ticket(number).version, given)

    def _ticket(self, number: str) -> Ticket:
        with self.runtime.database.read() as session:
            ticket = queries.by_number(session, number)
        assert ticket is not None  # noqa: S101
        return ticket


def invented_id_number(serial: int) -> str:
    """A number with a valid check digit and an obviously invented birth date."""
    born = date(1950, 1, 1) + timedelta(days=serial * 400)
    first_17 = f"371526{born:%Y%m%d}{serial % 1000:03d}"
    return first_17 + check_character(first_17)


def sample_screen(width: int = 1366, height: int = 768) -> bytes:
    """A drawn desktop as PNG: title bar, menu, table with text-like strokes, taskbar."""
    rows = [_row(width, height, y) for y in range(height)]
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _row(width: int, height: int, y: int) -> bytes:
    if y < 34 or y >= height - 40:
        return _strokes(width, background=70, ink=235, is_text=y % 34 in range(10, 22), start=16, end=420)
    if y < 70:
        return _strokes(width, background=235, ink=60, is_text=46 <= y < 58, start=40, end=900)
    is_text = (y - 70) % 30 in range(9, 21)
    menu = _strokes(220, background=222, ink=50, is_text=is_text, start=20, end=160)
    table = _strokes(width - 220, background=250, ink=30, is_text=is_text, start=24, end=width - 320)
    return menu + (bytes([232]) * (width - 220) if (y - 70) % 30 == 0 else table)


def _strokes(width: int, *, background: int, ink: int, is_text: bool, start: int, end: int) -> bytes:
    row = bytearray([background]) * width
    if is_text:
        for x in range(start, min(end, width - 8)):
            if x % 14 in (1, 2, 5, 8, 9) and (x // 70) % 3:
                row[x] = ink
    return bytes(row)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
