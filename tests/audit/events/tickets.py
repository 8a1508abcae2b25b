"""Reports, and what is done to tickets."""

from datetime import timedelta

from sqlalchemy import select

from portal import clock
from portal.acts import promises_due
from portal.acts.models import AssignmentOffer
from portal.audit.tags import Tag
from portal.supplements import reminders
from portal.tickets.models import Ticket
from tests.api.calls import V1, act, filed, post_report
from tests.audit.events.scene import TYPED_NUMBER, TYPED_SECRET, Scene, Told, Where, event
from tests.factories.consultations import as_taken
from tests.factories.desk_filing import desk_fields, open_form, pictures, send
from tests.factories.people import id_number
from tests.factories.pictures import draw_screen, encode
from tests.factories.portals import csrf_of
from tests.factories.ticket_pages import say_why, ticket_of


@event(Tag.REPORT_CREATED, "clinic", Where.NOBODY, ticket=True)
def _(scene: Scene) -> Told:
    answer = post_report(scene.portal.browser())
    scene.subject = answer.json()["number"]
    return {"channel": "yxt"}


@event(Tag.REPORT_REFUSED, "clinic", Where.NOBODY, fails=True)
def _(scene: Scene) -> Told:
    assert post_report(scene.portal.browser(), id_number="372526", description=None).status_code == 422
    return {"faults": ["description:required", "id_number:id_length"]}


@event(Tag.REPORT_REFUSED, "agnes", fails=True)
def _(scene: Scene) -> Told:
    with scene.before():
        address, token = open_form(scene.page("agnes"))
    fields = desk_fields("phone", description=None)
    assert send(scene.page("agnes"), address, token, **fields).status_code == 422
    return {"faults": ["description:required"]}


def ask(scene: Scene, *fields: str) -> None:
    scene.act("information-request", fields=list(fields), message="请补充")


@event(Tag.TICKET_INFORMATION_REQUESTED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    ask(scene, "operation_steps", "form_name")
    return {"fields": ["operation_steps", "form_name"]}


@event(Tag.REPORT_SUPPLEMENTED, "clinic", Where.NOBODY, ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        ask(scene, "operation_steps")
    body = scene.opens | {"operation_steps": "打开后点保存"}
    answer = scene.portal.browser().post(f"{V1}/track/supplement", data=body, files=[("x", ("x.txt", b"x"))])
    assert answer.status_code == 200, answer.text
    return {"fields": ["operation_steps"]}


@event(Tag.TICKET_REMINDED, "system", Where.COMMAND, ticket=True)
def _(scene: Scene) -> None:
    with scene.before():
        ask(scene, "operation_steps")
    with scene.later(days=5):
        assert reminders.run(scene.runtime) == (1, 0)


@event(
    Tag.TICKET_CLOSED, "system", Where.COMMAND, ticket=True, rows=(Tag.CREDENTIALS_DESTROYED, Tag.TICKET_CLOSED)
)  # fmt: skip
def _(scene: Scene) -> Told:
    with scene.before():
        ask(scene, "operation_steps")
        with scene.later(days=5):
            reminders.run(scene.runtime)
    with scene.later(days=15):
        assert reminders.run(scene.runtime) == (0, 1)
    return {"is_unanswered": True}


def linked(scene: Scene) -> str:
    """A ticket for whose secrets alice has asked, and a one-time link to them."""
    with scene.before():
        ask(scene, "id_number", "login_password")
    page = f"/tickets/{scene.number}"
    shown = scene.post("agnes", page, f"{page}/supplement-link", expected=200).text
    return "/supplement/" + shown.split("/supplement/")[1].split("<")[0].split('"')[0].strip()


@event(Tag.SUPPLEMENT_LINK_MADE, "agnes", ticket=True)
def _(scene: Scene) -> Told:
    linked(scene)
    return {"fields": ["id_number", "login_password"]}


@event(
    Tag.SUPPLEMENT_LINK_USED, "clinic", Where.NOBODY, ticket=True,
    rows=(Tag.REPORT_SUPPLEMENTED, Tag.SUPPLEMENT_LINK_USED),
)  # fmt: skip
def _(scene: Scene) -> None:
    with scene.before():
        path, browser = linked(scene), scene.portal.browser()
        token = csrf_of(browser.get(path).text)
    secrets = {"id_number": id_number(5), "login_password": TYPED_SECRET}
    answer = browser.post(path, data={"csrf": token, **secrets})
    assert answer.status_code == 303, answer.text


@event(
    Tag.PICTURE_OVERRIDDEN, "agnes", ticket=True, reason="旧上网本，屏幕就这么大",
    rows=(Tag.REPORT_CREATED, Tag.PICTURE_OVERRIDDEN),
)  # fmt: skip
def _(scene: Scene) -> Told:
    desk, small = scene.page("agnes"), pictures(encode(draw_screen(900, 500)))
    with scene.before():
        address, token = open_form(desk)
        page = send(desk, address, token, small, **desk_fields("qq")).text
    field = page.split('name="keep-')[1].split('"')[0]
    answer = send(desk, address, token, **{f"keep-{field}": "旧上网本，屏幕就这么大"}, action="file")
    assert answer.status_code == 303, answer.text
    with scene.database.read() as session:
        scene.subject = session.scalars(select(Ticket.number)).one()
    return {"finding": "small", "width": 900, "height": 500}


@event(Tag.TICKET_VIEWED, "alice", ticket=True)
def _(scene: Scene) -> None:
    number = scene.number
    scene.api("alice").get(f"{V1}/tickets/{number}")


@event(Tag.TICKET_CLAIMED, "alice", ticket=True)
def _(scene: Scene) -> None:
    with scene.before():
        scene.act("release")
    scene.act("assignment")


@event(Tag.TICKET_RELEASED, "alice", ticket=True)
def _(scene: Scene) -> None:
    scene.act("release")


@event(Tag.TICKET_REPLIED, "alice", ticket=True)
def _(scene: Scene) -> None:
    scene.act("replies", text=f"您好，密码：{TYPED_SECRET}", seal_found=True)


@event(Tag.TICKET_NOTED, "alice", ticket=True)
def _(scene: Scene) -> None:
    scene.act("notes", text=f"号码 {TYPED_NUMBER}", seal_found=True)


@event(Tag.TICKET_RESOLVED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("resolution", text="已修复，请重试", root_cause="misuse")
    return {"root_cause": "misuse"}


@event(Tag.CALL_RECORDED, "agnes", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("calls", "agnes", channel="phone", text=f"机构又来电，号码 {TYPED_NUMBER}", seal_found=True)
    return {"call_record": f"LD{clock.in_china(clock.now()):%Y%m%d}001", "channel": "phone"}


@event(Tag.TICKET_CLASSIFIED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("classification", summary=f"保存失败，号码 {TYPED_NUMBER}", needs_soothing=True, seal_found=True)
    return {"classified": ["summary"]}


@event(Tag.SOLVED_AT_DESK, "alice", ticket=True, rows=(Tag.CREDENTIALS_DESTROYED, Tag.SOLVED_AT_DESK))
def _(scene: Scene) -> None:
    with scene.before():
        as_taken(scene.runtime, scene.number, "agnes")
    scene.act("desk-answer", text="在随访表右上角导出", outcome="told")


@event(Tag.TICKET_CLOSED, "alice", ticket=True, rows=(Tag.CREDENTIALS_DESTROYED, Tag.TICKET_CLOSED))
def _(scene: Scene) -> Told:
    scene.resolved()
    scene.act("closure", way="phone", text="电话确认")
    return {"way": "phone"}


@event(
    Tag.TICKET_CLOSED, "clinic", Where.NOBODY, ticket=True, rows=(Tag.CREDENTIALS_DESTROYED, Tag.TICKET_CLOSED)
)  # fmt: skip
def _(scene: Scene) -> None:
    scene.resolved()
    body = {**scene.opens, "solved": True}
    answer = scene.portal.browser().post(f"{V1}/track/confirmation", json=body)
    assert answer.status_code == 200, answer.text


@event(Tag.TICKET_ARCHIVED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        scene.act("void", kind="test", text="重复提交")
        scene.act("void/decision", "leo", approved=True)
    scene.act("archive")
    return {"archive_number": f"GD-RC-{clock.in_china(clock.now()):%Y%m%d}-001"}


@event(Tag.TICKET_REOPENED, "alice", ticket=True)
def _(scene: Scene) -> None:
    scene.resolved()
    scene.act("reopening", text="又出现了")


@event(Tag.TICKET_TRANSFERRED, "alice", ticket=True, rows=(Tag.TICKET_TRANSFERRED, Tag.TICKET_TRANSFERRED))
def _(scene: Scene) -> list[Told]:
    scene.act("transfer", queue="his", text="是 HIS 的问题")
    scene.renamed = ticket_of(scene.portal, scene.number).number
    return [{"from_number": scene.number, "to_number": scene.renamed}] * 2


@event(Tag.TICKET_ASSIGNED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("transfer", "leo", assignee="bob", order=True, reason="张工请假")
    return {"to": "bob"}


def offered(scene: Scene) -> str:
    with scene.before():
        scene.act("offers", assignee="bob", text="只差回访")
    with scene.runtime.database.read() as session:
        return str(session.scalars(select(AssignmentOffer.id)).one())


@event(Tag.OFFER_MADE, "alice", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("offers", assignee="bob", text="只差回访")
    return {"to": "bob"}


@event(Tag.OFFER_ACCEPTED, "bob", ticket=True)
def _(scene: Scene) -> Told:
    scene.act(f"offers/{offered(scene)}/acceptance", "bob")
    return {"giver": "张工"}


@event(Tag.OFFER_DECLINED, "bob", ticket=True)
def _(scene: Scene) -> Told:
    scene.act(f"offers/{offered(scene)}/refusal", "bob", text="这周在值班")
    return {"giver": "张工"}


@event(Tag.OFFER_WITHDRAWN, "alice", ticket=True)
def _(scene: Scene) -> Told:
    scene.act(f"offers/{offered(scene)}/withdrawal")
    return {"receiver": "李工"}


@event(Tag.TICKET_MERGED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        other = filed(scene.portal)["number"]
    scene.act("merge", into=other)
    return {"into": other}


@event(Tag.TICKET_UNMERGED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        other = filed(scene.portal)["number"]
        scene.act("merge", into=other)
    scene.act("separation", text="填错了编号")
    return {"former_target": other}


@event(Tag.VOID_ASKED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("void", kind="test", text="重复提交")
    return {"reason_kind": "test"}


@event(Tag.VOID_DENIED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        scene.act("void", kind="test", text="重复提交")
    scene.act("void/decision", "leo", approved=False, note="不是重复的")
    return {"asker": "张工"}


@event(Tag.TICKET_VOIDED, "leo", ticket=True, rows=(Tag.CREDENTIALS_DESTROYED, Tag.TICKET_VOIDED))
def _(scene: Scene) -> Told:
    with scene.before():
        scene.act("void", kind="test", text="重复提交")
    scene.act("void/decision", "leo", approved=True)
    return {"asker": "张工"}


def asked_draft(scene: Scene) -> str:
    """The id of a reply that waits for a lead."""
    scene.act("reply-drafts", text="请更换读卡器后重试")
    ticket = scene.api("alice").get(f"{V1}/tickets/{scene.number}").json()
    return f"reply-drafts/{ticket['reply_draft']['id']}"


@event(Tag.DRAFT_ASKED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("reply-drafts", text="请更换读卡器后重试")
    return {}


@event(Tag.DRAFT_APPROVED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        draft = asked_draft(scene)
    scene.act(f"{draft}/decision", "leo", approved=True, note="")
    return {"author": "张工"}


@event(Tag.DRAFT_RETURNED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        draft = asked_draft(scene)
    scene.act(f"{draft}/decision", "leo", approved=False, note="先说原因")
    return {"author": "张工"}


@event(Tag.TICKETS_LINKED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        other = filed(scene.portal)["number"]
    scene.act("links", number=other, kind="related")
    return {"other": other, "link": "related"}


@event(Tag.TICKETS_UNLINKED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        other = filed(scene.portal)["number"]
        scene.act("links", number=other, kind="related")
    scene.act("links/removal", number=other)
    return {"other": other}


@event(Tag.CODE_REISSUED, "agnes", ticket=True, reason="机构丢了查询码")
def _(scene: Scene) -> Told:
    scene.act("query-code", "agnes", identity_method="callback", reason="机构丢了查询码")
    return {"identity_method": "callback"}


@event(Tag.REMINDER_SET, "alice", ticket=True)
def _(scene: Scene) -> Told:
    at = clock.in_china(clock.now() + timedelta(days=1))
    scene.act("reminders", at=at.isoformat(), text="再问一次")
    return {"remind_at": at.isoformat(timespec="minutes")}


@event(Tag.PROMISE_MADE, "alice", ticket=True)
def _(scene: Scene) -> Told:
    at = clock.in_china(clock.now() + timedelta(days=1))
    scene.act("promises", kind="promise", due_at=at.isoformat(), text="告诉您核对的结果")
    return {"promised_at": at.isoformat(timespec="minutes")}


@event(Tag.TICKET_POSTPONED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    at = clock.in_china(clock.now() + timedelta(days=5))
    scene.act("postponement", expected_at=at.isoformat(), reason="等上级的补丁")
    return {"promised_at": at.isoformat(timespec="minutes")}


@event(Tag.PROMISE_MISSED, "system", Where.COMMAND, ticket=True)
def _(scene: Scene) -> Told:
    at = clock.in_china(clock.now() + timedelta(hours=1))
    with scene.before():
        scene.act("promises", kind="promise", due_at=at.isoformat(), text="告诉您核对的结果")
    with scene.later(hours=2):
        assert promises_due.run(scene.runtime) == (0, 1)
    return {"promised_at": at.isoformat(timespec="minutes")}


@event(Tag.URGENCY_CHANGED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("urgency", urgency="urgent", reason="多家机构都这样")
    return {"former_urgency": "normal", "urgency": "urgent"}


@event(Tag.POLICY_MADE, "leo", reason="节后加班")
def _(scene: Scene) -> Told:
    client = scene.api("leo")
    [first] = client.get("/api/v1/policies").json()["items"]
    answer = client.post("/api/v1/policies", json={**first, "valid_from": "", "note": "节后加班"})
    assert answer.is_success, answer.text
    return {"policy_version": 2}


@event(Tag.ORIGIN_CHANGED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("origin", "leo", origin="internal")
    return {"former_origin": "external", "origin": "internal"}


@event(Tag.COORDINATION_CHANGED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("coordination", "leo", coordination="cross_province", reason="要请省里核对")
    return {"former_coordination": "general", "coordination": "cross_province"}


@event(Tag.TEXT_SEALED, "alice", ticket=True, field="description.1")
def _(scene: Scene) -> Told:
    scene.act("sealings", passage="没有存上", kind="other")
    return {"text_kind": "other", "places": 1, "signs": 4}


@event(Tag.TEXT_RESTORED, "leo", ticket=True, field="description.1")
def _(scene: Scene) -> Told:
    with scene.before():
        scene.act("sealings", passage="没有存上", kind="other")
    answer = act(scene.api("leo"), scene.number, "unsealings", version=scene.version, key="description.1")
    assert answer.is_success, answer.text
    return {"places": 1, "signs": 4}


def box(scene: Scene) -> Told:
    number, picture, page = scene.number, scene.picture(), f"/tickets/{scene.number}"
    area = {"left": 1, "top": 2, "width": 9, "height": 8}
    scene.post("alice", "/queues/general", f"{page}/screenshots/{picture}/covers", **area)
    assert number == ticket_of(scene.portal, number).number
    return {"picture": picture, **area}


@event(Tag.PICTURE_COVERED, "alice", ticket=True, field="screenshots.0")
def _(scene: Scene) -> Told:
    return box(scene)


@event(Tag.PICTURE_UNCOVERED, "alice", ticket=True, field="screenshots.0")
def _(scene: Scene) -> Told:
    with scene.before():
        told = box(scene)
        say_why(scene.page("alice"), scene.number)
        page = scene.page("alice").get(f"/tickets/{scene.number}/pictures/1").text
    cover = page.split("/covers/")[1].split("/removal")[0]
    scene.post("alice", "/queues/general", f"/tickets/{scene.number}/covers/{cover}/removal")
    return told
