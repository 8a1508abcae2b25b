"""Members of staff, their tokens and their accounts elsewhere."""

import re
from datetime import timedelta

from portal import clock
from portal.audit.tags import Tag
from tests.api.calls import V1
from tests.audit.events.scene import TYPED_SECRET, Scene, Told, Where, event
from tests.factories.portals import post

SUBJECT = "staff-7f3a"
ISSUER = "https://id.example"


def on_page(scene: Scene, name: str, button: str = "", **fields: str) -> None:
    person = scene.person(name)
    page, seen = f"/admin/people/{person.id}", {} if button else {"version": str(person.version)}
    scene.post("ada", page, f"{page}{button}", **seen, **fields)


@event(Tag.USER_ADDED, "ada")
def _(scene: Scene) -> Told:
    fields = {"username": "nina", "display_name": "钱工", "role": "engineer", "queues": "general"}
    secret = {"password": TYPED_SECRET + "-nina", "password_again": TYPED_SECRET + "-nina"}
    scene.post("ada", "/admin/people/new", "/admin/people", **fields, **secret)
    return {"username": "nina", "display_name": "钱工", "role": "engineer", "queues": ["general"]}


@event(Tag.USER_CHANGED, "ada")
def _(scene: Scene) -> Told:
    on_page(scene, "bob", role="lead", display_name="李工", queues="general")
    return {
        "username": "bob", "display_name": "李工", "role": "lead", "queues": ["general"],
        "former_role": "engineer", "former_queues": ["general"],
    }  # fmt: skip


@event(Tag.USER_CHANGED, "ada")
def _(scene: Scene) -> Told:
    on_page(scene, "bob", role="engineer", display_name="李工程师", queues="general")
    return {
        "username": "bob", "display_name": "李工程师", "former_name": "李工", "role": "engineer", "queues": ["general"],
        "former_role": "engineer", "former_queues": ["general"],
    }  # fmt: skip


@event(Tag.USER_DISABLED, "ada")
def _(scene: Scene) -> Told:
    on_page(scene, "bob", "/disable")
    return {"username": "bob"}


@event(Tag.USER_ENABLED, "ada")
def _(scene: Scene) -> Told:
    with scene.before():
        on_page(scene, "bob", "/disable")
    on_page(scene, "bob", "/enable")
    return {"username": "bob"}


@event(Tag.PASSWORD_CHANGED, "ada", rows=(Tag.PASSWORD_CHANGED, Tag.TOKEN_REVOKED))
def _(scene: Scene) -> Told:
    scene.api("bob")
    on_page(scene, "bob", "/password", password=TYPED_SECRET + "-b", password_again=TYPED_SECRET + "-b")
    return {"username": "bob"}


@event(Tag.TOKEN_ADDED, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    scene.command("tokens", "add", "desk", "--user", "bob", "--scope", "read", "--days", "30")
    return {"token": "desk", "username": "bob", "scopes": ["read"], "days": 30}


@event(Tag.TOKEN_ADDED, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    scene.command("tokens", "add", "desk", "--user", "bob")
    return {"token": "desk", "username": "bob", "scopes": ["all"], "days": 365}


@event(Tag.TOKEN_REVOKED, "ada")
def _(scene: Scene) -> Told:
    scene.api("bob")
    page = f"/admin/people/{scene.person('bob').id}"
    hidden = dict(re.findall(r'name="(token[^"]*)" value="([^"]+)"', scene.page("ada").get(page).text))
    on_page(scene, "bob", "/tokens/revoke", **hidden)
    return {"token": "test", "username": "bob"}


def account(scene: Scene) -> Told:
    mark = scene.runtime.vault.keyed_hash("external account", f"{ISSUER}|{SUBJECT}")[:12]
    return {"username": "bob", "account": mark}


@event(Tag.EXTERNAL_LINKED, "ada")
def _(scene: Scene) -> Told:
    scene.portal.change_settings(oidc_issuer=ISSUER)
    on_page(scene, "bob", "/external/link", subject=SUBJECT)
    return account(scene)


@event(Tag.EXTERNAL_UNLINKED, "ada")
def _(scene: Scene) -> Told:
    scene.portal.change_settings(oidc_issuer=ISSUER)
    with scene.before():
        on_page(scene, "bob", "/external/link", subject=SUBJECT)
    on_page(scene, "bob", "/external/unlink")
    return account(scene)


@event(Tag.TRACK_REFUSED, "clinic", Where.NOBODY, fails=True, ticket=True)
def _(scene: Scene) -> None:
    body = {"number": scene.number.lower(), "query_code": "AAAA-BBBB-CCCC"}
    assert scene.portal.browser().post(f"{V1}/track", json=body).status_code == 404
    nobodys = body | {"number": "RC2020010001"}
    assert scene.portal.browser().post(f"{V1}/track", json=nobodys).status_code == 404


@event(Tag.ACCESS_DENIED, "alice", fails=True)
def _(scene: Scene) -> Told:
    assert scene.page("alice").get("/admin").status_code == 403
    return {"permission": "users:manage"}


@event(Tag.ACCESS_DENIED, "bob", fails=True, ticket=True)
def _(scene: Scene) -> Told:
    number = scene.number
    page = f"/tickets/{number}"
    with scene.before():
        picture = scene.picture()
        scene.page("bob").get(page)
    box = {"left": "0", "top": "0", "width": "9", "height": "9"}
    answer = post(scene.page("bob"), "/account", f"{page}/screenshots/{picture}/covers", **box)
    assert answer.status_code == 403
    return {"act": "cover"}


@event(Tag.ABSENCE_SET, "alice")
def _(scene: Scene) -> Told:
    until = clock.in_china(clock.now() + timedelta(days=2)).replace(second=0, microsecond=0, tzinfo=None)
    begins = until - timedelta(days=1)
    scene.post(
        "alice", "/account/availability", "/account/availability", what="away",
        away_from=begins.isoformat(timespec="minutes"), away_until=until.isoformat(timespec="minutes"),
    )  # fmt: skip
    said = [moment.replace(tzinfo=clock.CHINA).isoformat(timespec="minutes") for moment in (begins, until)]
    return {"username": "alice", "away_from": said[0], "away_until": said[1]}


@event(Tag.SKILLS_SET, "leo")
def _(scene: Scene) -> Told:
    page = f"/desk/people/{scene.person('alice').id}"
    scene.post("leo", page, page, what="skills", kinds="general")
    return {"username": "alice", "kinds": ["general"]}
