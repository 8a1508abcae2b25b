"""Linking an account of the OpenID provider to a person: by administrators only, one for one, recorded, undone."""

import shutil
import sqlite3

import pytest
from sqlalchemy import select

from portal.accounts.models import ExternalIdentity, User
from portal.audit.models import AuditEvent
from tests.accounts.factors import is_signed_in, settle
from tests.factories.linking import link
from tests.factories.openid import HostileProvider, come_back, depart
from tests.factories.portals import Portal, csrf_of, post
from tests.factories.servers import Site

ISSUER = "https://accounts.example.cn"


def page_of(portal: Portal, name: str) -> str:
    with portal.runtime.database.read() as session:
        return f"/admin/people/{session.scalars(select(User.id).where(User.username == name)).one()}"


def links(portal: Portal) -> list[tuple[str, str]]:
    with portal.runtime.database.read() as session:
        return [(row.issuer, row.subject) for row in session.scalars(select(ExternalIdentity))]


def rows(portal: Portal, tag: str) -> list[AuditEvent]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.tag == tag).order_by(AuditEvent.seq)))


@pytest.fixture
def linkable(portal: Portal) -> Portal:
    """A portal with a provider that nobody asks."""
    settle(portal, oidc_issuer=ISSUER)
    return portal


def test_an_administrator_links_and_unlinks_on_the_persons_page(linkable: Portal):
    ada, page = linkable.signed_in("ada"), page_of(linkable, "alice")
    assert "单位统一账号登录一次，页面会显示这个编号" in ada.get(page).text
    answer = post(ada, page, f"{page}/external/link", subject="  staff-7f3a\n")
    assert answer.status_code == 303
    assert "外部账号已绑定" in ada.get(answer.headers["location"]).text
    assert links(linkable) == [(ISSUER, "staff-7f3a")]
    shown = ada.get(page).text
    assert "staff-7f3a" in shown
    assert ISSUER in shown
    with linkable.runtime.database.read() as session:
        identity = session.scalars(select(ExternalIdentity.id)).one()
    answer = post(ada, page, f"{page}/external/unlink", identity=str(identity))
    assert answer.status_code == 303
    assert "外部账号已解除" in ada.get(answer.headers["location"]).text
    assert links(linkable) == []
    for tag in ("user:external-link", "user:external-unlink"):
        (row,) = rows(linkable, tag)
        assert row.actor_name == "ada"
        assert row.particulars["username"] == "alice"


def test_the_trail_knows_an_account_again_without_naming_it(linkable: Portal):
    ada, page, other = linkable.signed_in("ada"), page_of(linkable, "alice"), page_of(linkable, "bob")
    post(ada, page, f"{page}/external/link", subject="staff-7f3a")
    post(ada, page, f"{page}/external/unlink")
    post(ada, other, f"{other}/external/link", subject="staff-7f3a")
    told = [row.particulars for tag in ("link", "unlink") for row in rows(linkable, f"user:external-{tag}")]
    marks = [particulars["account"] for particulars in told]
    assert len(marks) == 3
    assert len(set(marks)) == 1
    assert "7f3a" not in marks[0]


def test_one_account_belongs_to_one_person_and_one_person_to_one_account(linkable: Portal):
    ada, page, other = linkable.signed_in("ada"), page_of(linkable, "alice"), page_of(linkable, "bob")
    post(ada, page, f"{page}/external/link", subject="staff-1")
    answer = post(ada, page, f"{page}/external/link", subject="staff-2")
    assert answer.status_code == 409
    assert "已经绑定外部账号，请先解除" in answer.text
    answer = post(ada, other, f"{other}/external/link", subject="staff-1")
    assert answer.status_code == 409
    assert "已经绑定给另一位人员" in answer.text
    assert links(linkable) == [(ISSUER, "staff-1")]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("subject", ["", "   ", "张工", "a\nb", "a\x00b", "s" * 256])
def test_what_is_no_subject_links_nothing(linkable: Portal, subject: str):
    ada, page = linkable.signed_in("ada"), page_of(linkable, "alice")
    answer = post(ada, page, f"{page}/external/link", subject=subject)
    assert answer.status_code == 422
    assert "请粘贴登录时显示的账号编号" in answer.text
    assert links(linkable) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["alice", "agnes", "leo"])
def test_others_cannot_link_or_unlink(linkable: Portal, name: str):
    link(linkable, "bob", "staff-2")
    browser = linkable.signed_in(name)
    token = csrf_of(browser.get("/account").text)
    for person, act in (("alice", "link"), ("bob", "unlink")):
        data = {"csrf": token, "subject": "mine"}
        answer = browser.post(f"{page_of(linkable, person)}/external/{act}", data=data)
        assert answer.status_code == 403
    assert links(linkable) == [(ISSUER, "staff-2")]


def test_nobody_unlinks_through_another_persons_page(linkable: Portal):
    link(linkable, "bob", "staff-2")
    with linkable.runtime.database.read() as session:
        identity = session.scalars(select(ExternalIdentity.id)).one()
    ada, page = linkable.signed_in("ada"), page_of(linkable, "alice")
    assert post(ada, page, f"{page}/external/unlink", identity=str(identity)).status_code == 404
    assert links(linkable) == [(ISSUER, "staff-2")]


def test_unlinking_ends_the_persons_sessions_and_shuts_the_way(deceived: Portal, hostile: HostileProvider):
    link(deceived, "alice", "staff-1")
    browser = deceived.browser()
    assert come_back(browser, hostile, depart(browser)).status_code == 303
    ada, page = deceived.signed_in("ada"), page_of(deceived, "alice")
    post(ada, page, f"{page}/external/unlink")
    assert not is_signed_in(browser)
    assert come_back(browser, hostile, depart(browser)).status_code == 403


def test_a_link_belongs_to_its_issuer(deceived: Portal, hostile: HostileProvider):
    """Another provider may give the same number to somebody else."""
    settle(deceived, oidc_issuer=ISSUER)
    link(deceived, "alice", "staff-1")
    settle(deceived, oidc_issuer=hostile.issuer)
    browser = deceived.browser()
    assert come_back(browser, hostile, depart(browser)).status_code == 403


def test_without_a_provider_a_link_can_only_be_taken_away(linkable: Portal):
    link(linkable, "alice", "staff-1")
    settle(linkable, oidc_issuer="")
    ada, page, other = linkable.signed_in("ada"), page_of(linkable, "alice"), page_of(linkable, "bob")
    assert "/external/unlink" in ada.get(page).text
    assert "/external/" not in ada.get(other).text
    assert post(ada, other, f"{other}/external/link", subject="staff-2").status_code == 404
    assert post(ada, page, f"{page}/external/unlink").status_code == 303
    assert links(linkable) == []


def test_the_commands_link_and_unlink(tmp_path, sqlite_template):
    shutil.copytree(sqlite_template, tmp_path / "var")
    settings = {
        "PORTAL_OIDC_ISSUER": ISSUER,
        "PORTAL_OIDC_CLIENT_ID": "portal",
        "PORTAL_OIDC_CLIENT_SECRET": "invented-client-phrase",
        "PORTAL_BASE_URL": "https://portal.example.cn",
    }
    site = Site(tmp_path)

    def kept() -> list:
        with sqlite3.connect(tmp_path / "var" / "portal.db") as connection:
            return connection.execute("SELECT issuer, subject FROM external_identities").fetchall()

    done = site.run("users", "link", "ALICE", "--subject", "staff-1", **settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert kept() == [(ISSUER, "staff-1")]
    again = site.run("users", "link", "bob", "--subject", "staff-1", **settings)
    assert (again.returncode, again.stderr) == (1, "这个外部账号已经绑定给另一位人员，请先解除 (refused, status 409)\n")
    assert site.run("users", "unlink", "alice").returncode == 0
    assert kept() == []
    assert site.run("users", "unlink", "alice").returncode == 1
    without = site.run("users", "link", "alice", "--subject", "staff-1")
    assert (without.returncode, without.stderr) == (1, "没有设置 PORTAL_OIDC_ISSUER (PORTAL_OIDC_ISSUER is not set)\n")
