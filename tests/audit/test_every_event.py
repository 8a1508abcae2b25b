"""Every event of SECURITY D-8 leaves exactly its row: who, where, what, the result, no secret (D-7, D-9)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.accounts import users
from portal.accounts.models import StaffSession, User
from portal.acts.table import CLOSE
from portal.audit import export, trail
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.screenshots.models import PictureRedaction, Screenshot
from portal.upkeep import rotation
from portal.worker import sweep_uploads
from tests.api.calls import V1, act, claimed, filed, post_report
from tests.factories.acts import perform
from tests.factories.cast import actor, password_of
from tests.factories.people import id_number
from tests.factories.portals import Portal, csrf_of, post
from tests.factories.reports import general_fields, his_fields

CASES: dict[Tag, Callable[["Scene"], object]] = {}
TYPED_SECRET = "Invented#Typed99"
# Recorded and tested where they are done: what they need is made there.
ELSEWHERE = {
    Tag.REVEAL_ALARM: "tests/tickets", Tag.CONFIRMED: "tests/triage", Tag.CONFIRMATION_REFUSED: "tests/triage",
    Tag.BREAK_GLASS_ASKED: "tests/tickets", Tag.BREAK_GLASS_APPROVED: "tests/tickets",
    Tag.BREAK_GLASS_DENIED: "tests/tickets", Tag.BREAK_GLASS_USED: "tests/tickets",
    Tag.BREAK_GLASS_REFUSED: "tests/tickets", Tag.SAMPLE_DRAWN: "tests/review", Tag.SAMPLE_TICKED_OFF: "tests/review",
    Tag.SAMPLE_QUESTIONED: "tests/review", Tag.SAMPLE_ANSWERED: "tests/review",
    Tag.SECOND_FACTOR_ADDED: "tests/accounts", Tag.SECOND_FACTOR_REMOVED: "tests/accounts",
    Tag.SECOND_FACTOR_RESET: "tests/accounts", Tag.RECOVERY_CODE_USED: "tests/accounts",
    Tag.EXTERNAL_LINKED: "tests/accounts", Tag.EXTERNAL_UNLINKED: "tests/accounts",
    Tag.PICTURES_DESTROYED: "tests/tickets", Tag.REPORT_DESTROYED: "tests/tickets", Tag.HOLD_SET: "tests/tickets",
    Tag.HOLD_RELEASED: "tests/tickets", Tag.RETENTION_RUN: "tests/tickets", Tag.TRAIL_PURGED: "tests/audit",
    Tag.DESTRUCTIONS_REAPPLIED: "tests/tickets", Tag.BACKUP_MADE: "tests/backup", Tag.BACKUP_RESTORED: "tests/backup",
    Tag.INSTITUTION_ADDED: "tests/institutions", Tag.INSTITUTION_CHANGED: "tests/institutions",
    Tag.INSTITUTION_VERIFIED: "tests/institutions", Tag.INSTITUTION_DISABLED: "tests/institutions",
    Tag.INSTITUTION_ENABLED: "tests/institutions", Tag.INSTITUTIONS_MERGED: "tests/institutions",
    Tag.INSTITUTIONS_IMPORTED: "tests/institutions", Tag.PREVIOUS_SYSTEM_ADDED: "tests/institutions",
    Tag.PREVIOUS_SYSTEM_CHANGED: "tests/institutions",
    Tag.KNOWN_ISSUE_ADDED: "tests/known_issues", Tag.KNOWN_ISSUE_CHANGED: "tests/known_issues",
    Tag.KNOWN_ISSUE_SETTLED: "tests/known_issues", Tag.KNOWN_ISSUE_FOLLOWED: "tests/known_issues",
    Tag.CONTACTS_DESTROYED: "tests/known_issues", Tag.TICKET_REMINDED: "tests/tickets",
    Tag.SECURE_LINK_MADE: "tests/desk", Tag.SECURE_LINK_USED: "tests/desk", Tag.PICTURE_OVERRIDDEN: "tests/desk",
}  # fmt: skip
# Rows that come along: the act is two events, or the try is recorded before it fails.
FURTHER = {
    Tag.TICKET_CLOSED: [Tag.CREDENTIALS_DESTROYED], Tag.TICKET_VOIDED: [Tag.CREDENTIALS_DESTROYED],
    Tag.TICKET_MERGED: [Tag.CREDENTIALS_DESTROYED], Tag.CREDENTIALS_DESTROYED: [Tag.TICKET_CLOSED],
    Tag.SEAL_BROKEN: [Tag.FIELD_REVEALED], Tag.PASSWORD_CHANGED: [Tag.TOKEN_REVOKED],
}  # fmt: skip


class Scene:
    """A portal with one claimed general ticket, and what happened since `begin`."""

    def __init__(self, portal: Portal) -> None:
        self.portal, self.runtime = portal, portal.runtime
        self.filed = filed(portal)
        self.number = self.filed["number"]
        self.alice, self.bob, self.hanna, self.leo = map(portal.api, ("alice", "bob", "hanna", "leo"))
        self.alice_page, self.ada = portal.signed_in("alice"), portal.signed_in("ada")
        self.version = claimed(self.alice, self.number)
        self._start = 0

    def begin(self) -> None:
        with self.runtime.database.read() as session:
            self._start = session.scalar(select(AuditEvent.seq).order_by(AuditEvent.seq.desc()).limit(1))

    def rows(self) -> list[AuditEvent]:
        with self.runtime.database.read() as session:
            query = select(AuditEvent).where(AuditEvent.seq > self._start).order_by(AuditEvent.seq)
            return list(session.scalars(query))

    def act(self, name: str, **body: object) -> None:
        answer = act(self.alice, self.number, name, version=self.version, **body)
        assert answer.status_code == 200, answer.text
        self.version = answer.json()["version"]

    def person(self, name: str) -> User:
        with self.runtime.database.read() as session:
            return session.scalars(select(User).where(User.username == name)).one()

    def sign_in(self, password: str, times: int = 1) -> None:
        browser = self.portal.browser()
        for _ in range(times):
            data = {"csrf": csrf_of(browser.get("/sign-in").text), "username": "bob", "password": password}
            browser.post("/sign-in", data=data)

    def picture(self) -> str:
        with self.runtime.database.read() as session:
            return str(session.scalars(select(Screenshot.id)).first())

    def cover(self) -> str:
        page = f"/tickets/{self.number}"
        box = {"left": "0", "top": "0", "width": "9", "height": "9"}
        answer = post(self.alice_page, "/queues/general", f"{page}/screenshots/{self.picture()}/covers", **box)
        assert answer.status_code == 303
        with self.runtime.database.read() as session:
            return str(session.scalars(select(PictureRedaction.id)).one())

    def change(self, name: str, **fields: str) -> None:
        page = f"/admin/people/{self.person(name).id}"
        assert post(self.ada, page, page, **fields).status_code == 303


def event(tag: Tag) -> Callable[[Callable[[Scene], object]], Callable[[Scene], object]]:
    """The function performs the event; what it needs before stands in front of its `scene.begin()`."""

    def register(perform: Callable[[Scene], object]) -> Callable[[Scene], object]:
        CASES[tag] = perform
        return perform

    return register


@event(Tag.SIGN_IN)
def _(scene: Scene) -> None:
    scene.sign_in(password_of("bob"))


@event(Tag.SIGN_IN_REFUSED)
def _(scene: Scene) -> None:
    scene.sign_in(TYPED_SECRET)


@event(Tag.SIGN_IN_LOCKED)
def _(scene: Scene) -> None:
    scene.sign_in(TYPED_SECRET, times=5)
    scene.begin()
    scene.sign_in(password_of("bob"))


@event(Tag.SIGN_OUT)
def _(scene: Scene) -> None:
    post(scene.alice_page, "/queues/general", "/sign-out")


@event(Tag.SESSION_EXPIRED)
def _(scene: Scene) -> None:
    with scene.runtime.database.transaction() as session:
        for row in session.scalars(select(StaffSession).where(StaffSession.user_id == scene.person("alice").id)):
            row.seen_at = row.created_at = clock.now() - timedelta(days=2)
    scene.alice_page.get("/queues/general")


@event(Tag.USER_ADDED)
def _(scene: Scene) -> None:
    fields = {"username": "nina", "display_name": "钱工", "role": "engineer", "queues": "general"}
    secret = {"password": TYPED_SECRET + "-nina", "password_again": TYPED_SECRET + "-nina"}
    post(scene.ada, "/admin/people/new", "/admin/people", **fields, **secret)


@event(Tag.USER_CHANGED)
def _(scene: Scene) -> None:
    scene.change("bob", role="lead", display_name="李工", queues="general")


@event(Tag.USER_DISABLED)
def _(scene: Scene) -> None:
    page = f"/admin/people/{scene.person('bob').id}"
    post(scene.ada, page, f"{page}/disable")


@event(Tag.USER_ENABLED)
def _(scene: Scene) -> None:
    CASES[Tag.USER_DISABLED](scene)
    scene.begin()
    page = f"/admin/people/{scene.person('bob').id}"
    post(scene.ada, page, f"{page}/enable")


@event(Tag.PASSWORD_CHANGED)
def _(scene: Scene) -> None:
    page = f"/admin/people/{scene.person('bob').id}"
    post(scene.ada, page, f"{page}/password", password=TYPED_SECRET + "-b", password_again=TYPED_SECRET + "-b")


@event(Tag.TOKEN_ADDED)
def _(scene: Scene) -> None:
    with scene.runtime.database.transaction() as session:
        users.add_token(session, actor(scene.runtime, "ada"), name="desk", username="bob")


@event(Tag.TOKEN_REVOKED)
def _(scene: Scene) -> None:
    CASES[Tag.TOKEN_ADDED](scene)
    page = f"/admin/people/{scene.person('bob').id}"
    shown = scene.ada.get(page).text
    scene.begin()
    hidden = dict(re.findall(r'name="(token[^"]*)" value="([^"]+)"', shown))
    post(scene.ada, page, f"{page}/tokens/revoke", **hidden)


@event(Tag.REPORT_CREATED)
def _(scene: Scene) -> None:
    assert post_report(scene.portal.browser()).status_code == 201


@event(Tag.REPORT_REFUSED)
def _(scene: Scene) -> None:
    assert post_report(scene.portal.browser(), id_number="372526").status_code == 422


@event(Tag.REPORT_SUPPLEMENTED)
def _(scene: Scene) -> None:
    scene.act("information-request", fields=["operation_steps"], message="请补充")
    scene.begin()
    body = scene.filed | {"operation_steps": "打开后点保存"}
    answer = scene.portal.browser().post(f"{V1}/track/supplement", data=body, files=[("x", ("x.txt", b"x"))])
    assert answer.status_code == 200, answer.text


@event(Tag.TICKET_VIEWED)
def _(scene: Scene) -> None:
    scene.alice.get(f"{V1}/tickets/{scene.number}")


@event(Tag.TICKET_CLAIMED)
def _(scene: Scene) -> None:
    scene.act("release")
    scene.begin()
    scene.act("assignment")


@event(Tag.TICKET_RELEASED)
def _(scene: Scene) -> None:
    scene.act("release")


@event(Tag.TICKET_REPLIED)
def _(scene: Scene) -> None:
    scene.act("replies", text=f"您好，密码：{TYPED_SECRET}", seal_found=True)


@event(Tag.TICKET_NOTED)
def _(scene: Scene) -> None:
    scene.act("notes", text=f"号码 {id_number(66)}", seal_found=True)


@event(Tag.TICKET_INFORMATION_REQUESTED)
def _(scene: Scene) -> None:
    scene.act("information-request", fields=["operation_steps"], message="请补充")


@event(Tag.TICKET_RESOLVED)
def _(scene: Scene) -> None:
    scene.act("resolution", text="已修复，请重试")


@event(Tag.TICKET_CLOSED)
def _(scene: Scene) -> None:
    scene.act("resolution", text="已修复，请重试")
    scene.begin()
    scene.act("closure", text="电话确认")


@event(Tag.TICKET_REOPENED)
def _(scene: Scene) -> None:
    scene.act("resolution", text="已修复，请重试")
    scene.begin()
    scene.act("reopening", text="又出现了")


@event(Tag.TICKET_TRANSFERRED)
def _(scene: Scene) -> None:
    scene.act("transfer", assignee="bob")


@event(Tag.TICKET_MERGED)
def _(scene: Scene) -> None:
    other = filed(scene.portal)["number"]
    scene.begin()
    scene.act("merge", into=other)


@event(Tag.TICKET_VOIDED)
def _(scene: Scene) -> None:
    scene.act("void", text="重复提交")


@event(Tag.REMINDER_SET)
def _(scene: Scene) -> None:
    at = (clock.now() + timedelta(days=1)).isoformat()
    answer = act(scene.alice, scene.number, "reminders", version=scene.version, at=at, text="再问一次")
    assert answer.status_code == 201


@event(Tag.URGENCY_CHANGED)
def _(scene: Scene) -> None:
    scene.act("urgency", urgency="urgent", reason="多家机构都这样")


@event(Tag.TEXT_SEALED)
def _(scene: Scene) -> None:
    scene.act("sealings", passage="参数错误", kind="other")


@event(Tag.FIELD_REVEALED)
def _(scene: Scene) -> None:
    answer = act(scene.alice, scene.number, "reveals", field="login_password", reason=f"核对 {id_number(66)}")
    assert answer.json()["value"] == general_fields()["login_password"]


@event(Tag.REVEAL_REFUSED)
def _(scene: Scene) -> None:
    answer = act(scene.bob, scene.number, "reveals", field="login_password", reason="看看")
    assert answer.status_code == 403


@event(Tag.PICTURE_OPENED)
def _(scene: Scene) -> None:
    assert scene.alice.get(f"{V1}/tickets/{scene.number}/screenshots/{scene.picture()}").status_code == 200


@event(Tag.PICTURE_COVERED)
def _(scene: Scene) -> None:
    scene.cover()


@event(Tag.PICTURE_UNCOVERED)
def _(scene: Scene) -> None:
    cover_id = scene.cover()
    scene.begin()
    number = scene.number
    answer = post(scene.alice_page, "/queues/general", f"/tickets/{number}/covers/{cover_id}/removal")
    assert answer.status_code == 303


@event(Tag.PICTURE_REFUSED)
def _(scene: Scene) -> None:
    answer = scene.hanna.get(f"{V1}/tickets/{scene.number}/screenshots/{scene.picture()}")
    assert answer.status_code == 404


@event(Tag.CREDENTIALS_DESTROYED)
def _(scene: Scene) -> None:
    scene.act("resolution", text="已修复，请重试")
    scene.begin()
    with scene.runtime.database.transaction() as session:
        perform(
            session, scene.runtime, actor(scene.runtime, "alice"), CLOSE, scene.number, scene.version, text="电话确认"
        )


@event(Tag.KEY_ROTATED)
def _(scene: Scene) -> None:
    rotation.rotate(scene.runtime, SYSTEM)


@event(Tag.KEY_RETIRED)
def _(scene: Scene) -> None:
    old = scene.runtime.vault.keyring.active_key_id
    rotation.rotate(scene.runtime, SYSTEM)
    scene.begin()
    rotation.retire(scene.runtime, old, SYSTEM)


@event(Tag.SEAL_BROKEN)
def _(scene: Scene) -> None:
    with scene.runtime.database.transaction() as session:
        session.execute(text("UPDATE sealed_values SET field = 'contact_phone' WHERE field = 'login_password'"))
    act(scene.alice, scene.number, "reveals", field="contact_phone", reason="核对数据")


@event(Tag.ACCESS_DENIED)
def _(scene: Scene) -> None:
    assert scene.alice_page.get("/admin").status_code == 403


@event(Tag.AUDIT_VIEWED)
def _(scene: Scene) -> None:
    assert scene.leo.get(f"{V1}/audit", params={"ticket": scene.number}).status_code == 200


@event(Tag.AUDIT_VERIFIED)
def _(scene: Scene) -> None:
    leo = scene.portal.signed_in("leo")
    scene.begin()
    post(leo, "/account", "/review/verification")


@event(Tag.AUDIT_EXPORTED)
def _(scene: Scene) -> None:
    export.export(scene.runtime.database, scene.runtime.checkpoints.signer, SYSTEM, export.Range(), lambda line: None)


@event(Tag.UPLOADS_SWEPT)
def _(scene: Scene) -> None:
    scene.runtime.blobs.put("0" * 32, b"nobody's")
    sweep_uploads(scene.runtime, grace=timedelta(0))


@pytest.fixture
def scene(portal: Portal) -> Scene:
    made = Scene(portal)
    made.begin()
    return made


def test_every_tag_has_its_event():
    assert set(CASES) | set(ELSEWHERE) == set(Tag)
    assert set(CASES).isdisjoint(ELSEWHERE)


@pytest.mark.parametrize("tag", CASES, ids=str)
def test_an_event_leaves_exactly_its_row(scene: Scene, tag: Tag):
    CASES[tag](scene)
    rows = scene.rows()

    assert [row.tag for row in rows if row.tag != tag] == FURTHER.get(tag, [])
    found = [row for row in rows if row.tag == tag]
    assert len(found) == (2 if tag is Tag.KEY_ROTATED else 1)  # a rotation begins, and ends
    row = found[0]
    assert clock.now() - timedelta(minutes=1) < row.at <= clock.now()
    assert row.at.utcoffset() == timedelta(0)
    assert row.actor_name
    assert row.actor_role
    assert row.is_success == (tag not in FAILURES)
    if tag in BY_NOBODY:
        assert row.actor_name in ("system", "clinic", "bob", "alice", "ada")
    else:
        assert row.actor_id is not None
        assert row.session_id
    if tag not in BY_COMMAND:
        assert row.address == "127.0.0.1"
        assert row.request_id
    about_a_ticket = tag.split(":")[0] in ("ticket", "field", "picture", "seal", "text") or tag in (
        Tag.REPORT_CREATED, Tag.REPORT_SUPPLEMENTED,
    )  # fmt: skip
    assert bool(row.ticket_number) == about_a_ticket
    if tag in (Tag.FIELD_REVEALED, Tag.REVEAL_REFUSED):
        assert (row.field, bool(row.reason)) == ("login_password", True)
    everything = " ".join(str(value) for row in rows for value in vars(row).values())
    for secret in secrets():
        assert secret not in everything


FAILURES = {
    Tag.SIGN_IN_REFUSED, Tag.SIGN_IN_LOCKED, Tag.REPORT_REFUSED, Tag.REVEAL_REFUSED, Tag.PICTURE_REFUSED,
    Tag.SEAL_BROKEN, Tag.ACCESS_DENIED,
}  # fmt: skip
BY_COMMAND = {
    Tag.TOKEN_ADDED, Tag.KEY_ROTATED, Tag.KEY_RETIRED, Tag.AUDIT_EXPORTED, Tag.UPLOADS_SWEPT,
    Tag.CREDENTIALS_DESTROYED,
}  # fmt: skip
BY_NOBODY = BY_COMMAND | {
    Tag.SIGN_IN_REFUSED, Tag.SIGN_IN_LOCKED, Tag.REPORT_CREATED, Tag.REPORT_REFUSED, Tag.REPORT_SUPPLEMENTED,
}  # fmt: skip


def secrets() -> list[str]:
    """Everything secret that the events above type."""
    fields = {**general_fields(), **his_fields()}
    named = [fields[name] for name in fields if name.startswith(("login_", "id_", "patient_", "inpatient_"))]
    return [*named, general_fields()["login_password"], TYPED_SECRET, id_number(66), password_of("bob")]


def test_a_name_that_nobody_has_is_not_kept(portal: Portal):
    """People type their password into the box for the name."""
    browser = portal.browser()
    data = {"csrf": csrf_of(browser.get("/sign-in").text), "username": TYPED_SECRET, "password": "x"}
    browser.post("/sign-in", data=data)

    with portal.runtime.database.read() as session:
        rows = session.execute(select(AuditEvent.__table__)).all()
        assert rows[-1].tag == Tag.SIGN_IN_REFUSED
        assert TYPED_SECRET not in str(rows)
        assert trail.verify(session).first_break is None
