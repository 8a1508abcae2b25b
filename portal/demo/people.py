"""The demo's people, departments and institutions."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import departments, users
from portal.accounts.models import User
from portal.accounts.principal import principal_of
from portal.audit.actor import SYSTEM
from portal.institutions import directory
from portal.institutions.directory import InstitutionDetails
from portal.institutions.models import DirectoryEntry
from portal.keepers import assignment, contacts
from portal.runtime import Runtime

STAFF = (
    ("zhanggong", "engineer", ("general",), "张工"),
    ("ligong", "engineer", ("general", "his"), "李工"),
    ("wanggong", "engineer", ("his",), "王工"),
    ("chengong", "engineer", ("general", "his"), "陈工"),
    ("liugong", "engineer", ("general", "his"), "刘工"),
    ("magong", "engineer", ("general", "his"), "马工"),
    ("zuoxi", "agent", (), "赵坐席"),
    ("qianzuoxi", "agent", (), "钱坐席"),
    ("zhuguan", "lead", (), "孙主管"),
    ("jingli", "lead", (), "韩经理"),
    ("xinxi", "partner", (), "信息科小周"),
    ("guanli", "admin", (), "周管理员"),
    ("xitong", "system_admin", (), "吴系统管理员"),
    ("anquan", "security_admin", (), "郑安全管理员"),
    ("shenji", "audit_admin", (), "冯审计管理员"),
)
_DUTIES = {"zhuguan": ("manager",), "jingli": ("manager", "legal")}
DEPARTMENT = "信息科"
ENGINEERS = [(name, queues) for name, role, queues, _ in STAFF if role == "engineer"]
AGENTS = [name for name, role, *_ in STAFF if role == "agent"]
LEADS = [name for name, role, *_ in STAFF if role == "lead"]
PARTNER = next(name for name, role, *_ in STAFF if role == "partner")

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


def institution_names() -> list[str]:
    return ["".join(parts) for *parts, _ in _INSTITUTIONS]


def are_there(runtime: Runtime) -> bool:
    with runtime.database.read() as session:
        return session.scalar(select(User.id).limit(1)) is not None


def add(runtime: Runtime, passwords: Mapping[str, str]) -> None:
    """Everybody and every institution, in a new installation."""
    with runtime.database.transaction() as session:
        departments.add(session, SYSTEM, DEPARTMENT)
        departments.add(session, SYSTEM, "医保办")  # without accounts
        for place, (name, role, queues, shown) in enumerate(STAFF):
            users.add_user(
                session,
                SYSTEM,
                username=name,
                password=passwords[name],
                role=role,
                queues=queues,
                display_name=shown,
                staff_number=str(1041 + place),
                department=DEPARTMENT,
                duties=_DUTIES.get(name, ()),
            )
        _fill_directory(session)
    _fill_contacts(runtime)


def _fill_directory(session: Session) -> None:
    """Before the tickets, so that they find their institution; every third entry is still unverified."""
    for number, (county, town, village, aliases) in enumerate(_INSTITUTIONS):
        verified_on = clock.china_today() - timedelta(days=20 * number) if number % 3 else None
        keeper = ("孙主管", "赵坐席")[number % 2]
        directory.add(session, SYSTEM, InstitutionDetails(county, town, village, "", aliases, keeper, verified_on))


def _fill_contacts(runtime: Runtime) -> None:
    """Most institutions have somebody to reach, some a keeper; the others are left for the lead to give away."""

    def fill(session: Session) -> None:
        lead, *staff = (users.user_named(session, name) for name in ("zhuguan", "zhanggong", "zuoxi"))
        actor = principal_of(lead).actor("127.0.0.1", "demo")
        entries = session.scalars(select(DirectoryEntry).order_by(DirectoryEntry.created_at)).all()
        assignment.assign(session, actor, {entry.id: staff[n % 2].id for n, entry in enumerate(entries[:4])})
        for number, entry in enumerate(entries[:-2]):
            name, phone = f"样例{'甲乙丙丁戊己庚辛'[number % 8]}", f"199000001{number:02d}"
            details = contacts.ContactDetails(name, phone, "公卫专干", number != 1, "上午")
            contacts.add(session, runtime, actor, entry.id, details)

    runtime.database.run(fill)
