"""The directory of institutions, the list of previous systems, and known issues."""

import re
from datetime import timedelta

from sqlalchemy import select

from portal import clock
from portal.acts.triage_models import RootCause
from portal.audit.tags import Tag
from portal.institutions.models import Module, PreviousSystem
from portal.keepers.models import InstitutionContact
from portal.knowledge.models import Phrase, WordHint
from portal.retention import schedule
from portal.retention.schedule import Schedule
from tests.audit.events.scene import Scene, Told, Where, event, hidden
from tests.factories.cast import actor
from tests.factories.contacts import add_contact
from tests.factories.directories import add_entry, csv_of
from tests.factories.known_issues import PHONE, add_issue, follow, settle_issue
from tests.factories.portals import csrf_of

NAME = "高唐县杨屯乡张四屯卫生室"
PLACE = {"county": "高唐县", "town": "杨屯乡", "village": "张四屯卫生室"}


def entry_page(scene: Scene, **more: object) -> str:
    with scene.before():
        return f"/institutions/{add_entry(scene.runtime, **more).id}"


@event(Tag.INSTITUTION_ADDED, "leo")
def _(scene: Scene) -> Told:
    scene.post("leo", "/institutions/new", "/institutions", **PLACE)
    return {"institution": NAME}


@event(Tag.INSTITUTION_CHANGED, "leo")
def _(scene: Scene) -> Told:
    page = entry_page(scene, keeper="旧人")
    scene.post("leo", page, page, **PLACE, version="1", level="village", keeper="新人", aliases="张四屯")
    return {"institution": NAME, "changes": ["别名：空 → 张四屯", "维护人：旧人 → 新人"]}


@event(Tag.INSTITUTION_VERIFIED, "leo")
def _(scene: Scene) -> Told:
    page = entry_page(scene)
    scene.post("leo", page, f"{page}/verify")
    return {"institution": NAME}


@event(Tag.INSTITUTION_DISABLED, "leo")
def _(scene: Scene) -> Told:
    page = entry_page(scene)
    scene.post("leo", page, f"{page}/disable")
    return {"institution": NAME}


@event(Tag.INSTITUTION_ENABLED, "leo")
def _(scene: Scene) -> Told:
    page = entry_page(scene)
    with scene.before():
        scene.post("leo", page, f"{page}/disable")
    scene.post("leo", page, f"{page}/enable")
    return {"institution": NAME}


@event(Tag.INSTITUTIONS_MERGED, "leo")
def _(scene: Scene) -> Told:
    with scene.before():
        kept, other = add_entry(scene.runtime), add_entry(scene.runtime, village="张屯卫生室")
    picked = [str(kept.id), str(other.id)]
    scene.post("leo", "/institutions", "/institutions/merge", pick=picked, kept=str(kept.id))
    return {"institution": "高唐县杨屯乡张屯卫生室", "merged_into": NAME}


@event(Tag.INSTITUTIONS_IMPORTED, "leo")
def _(scene: Scene) -> Told:
    entry_page(scene, keeper="旧人")
    table = csv_of(
        ("高唐县", "杨屯乡", "张四屯卫生室", "", "", "新人", ""), ("高唐县", "", "人民医院", "", "", "", ""),
        ("张庄", "", "x", "", "", "", ""),
    )  # fmt: skip
    with scene.before():
        taken = scene.post("leo", "/institutions/import", "/institutions/import", files={"table": ("名录.csv", table)})
        address = taken.headers["location"]
        digest = hidden(scene.page("leo").get(address).text, "digest")
    scene.post("leo", address, address, digest=digest)
    return {"file_name": "名录.csv", "lines_new": 1, "lines_changed": 1, "lines_unchanged": 0, "lines_refused": 1}


@event(Tag.KEEPER_ASSIGNED, "leo")
def _(scene: Scene) -> Told:
    with scene.before():
        entry = add_entry(scene.runtime)
    alice = str(actor(scene.runtime, "alice").user_id)
    page = "/institutions/keepers"
    scene.post("leo", page, page, institution=[str(entry.id)], keeper=[alice])
    return {"keeper": "张工", "institutions": [NAME], "institution_count": 1}


def contact_page(scene: Scene) -> tuple[str, str]:
    with scene.before():
        entry = add_entry(scene.runtime)
        contact = add_contact(scene.runtime, entry)
    return f"/institutions/{entry.id}/contacts/{contact.id}", str(contact.id)


@event(Tag.CONTACT_ADDED, "leo")
def _(scene: Scene) -> Told:
    page = entry_page(scene)
    scene.post("leo", f"{page}/contacts/new", f"{page}/contacts", name="样例甲", phone=PHONE)
    with scene.runtime.database.read() as session:
        return {"institution": NAME, "contact": str(session.scalars(select(InstitutionContact.id)).one())}


@event(Tag.CONTACT_CHANGED, "leo")
def _(scene: Scene) -> Told:
    page, contact = contact_page(scene)
    scene.post("leo", page, page, version="1", role="负责人")
    return {"institution": NAME, "contact": contact}


@event(Tag.CONTACT_VERIFIED, "leo")
def _(scene: Scene) -> Told:
    page, contact = contact_page(scene)
    scene.post("leo", page, f"{page}/verify")
    return {"institution": NAME, "contact": contact}


@event(Tag.CONTACT_ENDED, "leo")
def _(scene: Scene) -> Told:
    page, contact = contact_page(scene)
    scene.post("leo", page, f"{page}/end")
    return {"institution": NAME, "contact": contact}


def systems(scene: Scene) -> list[PreviousSystem]:
    with scene.runtime.database.read() as session:
        return list(session.scalars(select(PreviousSystem).order_by(PreviousSystem.position)))


@event(Tag.PREVIOUS_SYSTEM_ADDED, "leo")
def _(scene: Scene) -> Told:
    scene.post("leo", "/previous-systems", "/previous-systems", name="新系统")
    return {"previous_system": "新系统"}


@event(Tag.PREVIOUS_SYSTEM_CHANGED, "leo")
def _(scene: Scene) -> Told:
    row = systems(scene)[0]
    scene.post("leo", "/previous-systems", f"/previous-systems/{row.id}/name", name="改过的系统", version="1")
    return {"previous_system": row.name, "new_name": "改过的系统"}


@event(Tag.PREVIOUS_SYSTEM_CHANGED, "leo")
def _(scene: Scene) -> Told:
    row = systems(scene)[1]
    scene.post("leo", "/previous-systems", f"/previous-systems/{row.id}/rise")
    return {"previous_system": row.name, "position": 1}


@event(Tag.PREVIOUS_SYSTEM_CHANGED, "leo")
def _(scene: Scene) -> Told:
    row = systems(scene)[0]
    scene.post("leo", "/previous-systems", f"/previous-systems/{row.id}/disable")
    return {"previous_system": row.name, "is_offered": False}


def first(scene: Scene, model: type) -> str:
    with scene.runtime.database.read() as session:
        return str(session.scalars(select(model.id).order_by(model.id)).first())


@event(Tag.PHRASE_ADDED, "leo")
def _(scene: Scene) -> Told:
    scene.post("leo", "/phrases", "/phrases", place="reply", title="新的", text="好的")
    return {"phrase": "新的"}


@event(Tag.PHRASE_CHANGED, "leo")
def _(scene: Scene) -> Told:
    page = f"/phrases/{first(scene, Phrase)}"
    scene.post("leo", page, page, version="1", place="reply", title="改过的", text="好的")
    return {"phrase": "改过的"}


@event(Tag.WORD_HINT_ADDED, "leo")
def _(scene: Scene) -> Told:
    scene.post("leo", "/phrases/words", "/phrases/words", pattern="新词", advice="旧词", kind="plain")
    return {"word": "新词"}


@event(Tag.WORD_HINT_CHANGED, "leo")
def _(scene: Scene) -> Told:
    page = f"/phrases/words/{first(scene, WordHint)}"
    scene.post("leo", page, page, version="1", pattern="改过的词", advice="旧词", kind="plain")
    return {"word": "改过的词"}


def modules_of(scene: Scene) -> list[Module]:
    with scene.runtime.database.read() as session:
        return list(session.scalars(select(Module).where(Module.queue == "his").order_by(Module.position)))


@event(Tag.MODULE_ADDED, "leo")
def _(scene: Scene) -> Told:
    scene.post("leo", "/modules", "/modules", queue="his", name="检验")
    return {"module": "检验", "queue": "his"}


@event(Tag.MODULE_CHANGED, "leo")
def _(scene: Scene) -> Told:
    row = modules_of(scene)[1]
    scene.post("leo", "/modules", f"/modules/{row.id}/rise")
    return {"module": row.name, "queue": "his", "position": 1}


@event(Tag.ROOT_CAUSE_ADDED, "leo")
def _(scene: Scene) -> Told:
    scene.post("leo", "/root-causes", "/root-causes", name="网络中断")
    return {"root_cause": "网络中断"}


@event(Tag.ROOT_CAUSE_CHANGED, "leo")
def _(scene: Scene) -> Told:
    with scene.before():
        scene.post("leo", "/root-causes", "/root-causes", name="网络中断")
    with scene.database.read() as session:
        row = session.scalars(select(RootCause)).one()
    scene.post("leo", "/root-causes", f"/root-causes/{row.id}/disable")
    return {"root_cause": "网络中断", "is_offered": False}


TITLE = "高血压随访表保存时提示参数错误"


def words(**more: object) -> dict[str, object]:
    recovers_at = f"{clock.in_china(clock.now() + timedelta(hours=3)):%Y-%m-%dT%H:%M}"
    told = {"title": TITLE, "queues": "general", "cause": "升级有一处错误", "recovers_at": recovers_at}
    return told | {"workaround": "先记在纸上", "keywords": "高血压随访"} | more


@event(Tag.KNOWN_ISSUE_ADDED, "leo")
def _(scene: Scene) -> Told:
    answer = scene.post("leo", "/known-issues/new", "/known-issues", **words())
    shown = scene.page("leo").get(answer.headers["location"]).text
    return {"known_issue": re.search(r"\bZ[A-Z]\d+|\b[A-Z]{2,3}\d{6,}", shown)[0], "title": TITLE}


@event(Tag.KNOWN_ISSUE_CHANGED, "leo")
def _(scene: Scene) -> Told:
    with scene.before():
        issue = add_issue(scene.runtime)
    page = f"/known-issues/{issue.id}"
    kept = {"cause": issue.cause, "workaround": issue.workaround, "keywords": "，".join(issue.keywords)}
    kept["recovers_at"] = f"{clock.in_china(issue.recovers_at):%Y-%m-%dT%H:%M}"
    changed = kept | {"title": "随访表保存失败", "queues": ["general", "his"]}
    scene.post("leo", page, page, version=str(issue.version), **words(**changed))
    return {
        "known_issue": issue.number, "title": "随访表保存失败",
        "changes": [f"标题：{issue.title} → 随访表保存失败", "适用的队列：日常 → 日常、HIS"],
    }  # fmt: skip


@event(Tag.KNOWN_ISSUE_SETTLED, "leo", reason="已修复，请刷新后重试")
def _(scene: Scene) -> Told:
    with scene.before():
        issue = add_issue(scene.runtime)
    page = f"/known-issues/{issue.id}"
    scene.post("leo", page, f"{page}/settlement", version=str(issue.version), settling="已修复，请刷新后重试")
    return {"known_issue": issue.number, "title": issue.title}


@event(Tag.KNOWN_ISSUE_FOLLOWED, "clinic", Where.NOBODY)
def _(scene: Scene) -> Told:
    with scene.before():
        issue, browser = add_issue(scene.runtime), scene.portal.browser()
        page = browser.get(f"/report/known-issues/{issue.id}").text
    fields = {"institution": NAME, "contact_phone": PHONE, "contact_name": "样例甲"}
    keys = {"csrf": csrf_of(page), "submission": hidden(page, "submission")}
    answer = browser.post(f"/report/known-issues/{issue.id}", data={**keys, **fields})
    assert answer.status_code == 200, answer.text
    number = re.search(r"\bGZ\d+|\b[A-Z]{2,3}\d{8,}", answer.text)[0]
    return {"follower": number, "known_issue": issue.number}


@event(Tag.CONTACTS_DESTROYED, "system", Where.COMMAND)
def _(scene: Scene) -> Told:
    with scene.before():
        issue = add_issue(scene.runtime)
        follow(scene.runtime, issue)
        settle_issue(scene.runtime, issue)
    with scene.later(days=31):
        schedule.run(scene.runtime, Schedule.of(scene.settings), is_quiet=True)
    return {"contacts": 1}
