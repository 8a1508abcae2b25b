"""A form writes back what its person changed, never what somebody else saved meanwhile: 409 with both sides."""

import pytest
from sqlalchemy import select

from portal.accounts.models import User
from portal.institutions import directory, previous_systems
from portal.institutions.models import DirectoryEntry, PreviousSystem
from tests.factories.portals import Portal, csrf_of, post

INSTITUTION = {"county": "高唐县", "town": "杨屯乡", "village": "张四屯卫生室"}


def version_of(page: str, action: str) -> str:
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    return form.partition('name="version" value="')[2].partition('"')[0]


def person_page(portal: Portal, name: str) -> str:
    with portal.runtime.database.read() as session:
        return f"/admin/people/{session.scalars(select(User.id).where(User.username == name)).one()}"


def test_a_queue_that_was_taken_away_does_not_come_back(portal: Portal) -> None:
    ada, page = portal.signed_in("ada"), person_page(portal, "bob")
    old = ada.get(page).text
    both = {"role": "engineer", "queues": ["general", "his"], "display_name": "李工"}
    assert post(ada, page, page, **both | {"queues": ["his"]}).status_code == 303

    answer = ada.post(
        page, data={"csrf": csrf_of(old), "version": version_of(old, page), **both, "display_name": "李工程"}
    )

    assert answer.status_code == 409
    assert "别人保存过这一条" in answer.text
    for side in ("别人保存的", "您填写的", "日常、HIS", 'value="李工程"'):
        assert side in answer.text, side
    with portal.runtime.database.read() as session:
        bob = session.scalars(select(User).where(User.username == "bob")).one()
        assert (bob.queues, bob.display_name) == (["his"], "李工")
    again = ada.post(page, data={
        "csrf": csrf_of(answer.text), "version": version_of(answer.text, page), "role": "engineer",
        "queues": ["his"], "display_name": "李工程",
    })  # fmt: skip
    assert again.status_code == 303


def test_a_form_without_its_version_changes_nothing(portal: Portal) -> None:
    ada, page = portal.signed_in("ada"), person_page(portal, "bob")
    answer = ada.post(page, data={"csrf": csrf_of(ada.get(page).text), "role": "lead", "display_name": "李主管"})
    assert answer.status_code == 409


def test_an_institution(portal: Portal) -> None:
    leo = portal.signed_in("leo")
    assert post(leo, "/institutions/new", "/institutions", **INSTITUTION).status_code == 303
    with portal.runtime.database.read() as session:
        entry = session.scalars(select(DirectoryEntry)).one()
    page = f"/institutions/{entry.id}"
    old = leo.get(page).text
    assert post(leo, page, page, **INSTITUTION, keeper="赵坐席").status_code == 303
    answer = leo.post(
        page, data={"csrf": csrf_of(old), "version": version_of(old, page), **INSTITUTION, "aliases": "四屯卫生室"}
    )
    assert answer.status_code == 409
    assert "赵坐席" in answer.text
    assert "四屯卫生室" in answer.text
    with portal.runtime.database.read() as session:
        kept = directory.find(session, entry.id)
        assert (kept.keeper, kept.aliases) == ("赵坐席", [])


def test_a_previous_system(portal: Portal) -> None:
    leo, page = portal.signed_in("leo"), "/previous-systems"
    with portal.runtime.database.read() as session:
        row = next(row for row in session.scalars(select(PreviousSystem)) if row.name != previous_systems.FIRST_USE)
    path = f"{page}/{row.id}/name"
    old = leo.get(page).text
    assert post(leo, page, path, name="甲系统").status_code == 303
    answer = leo.post(path, data={"csrf": csrf_of(old), "version": version_of(old, path), "name": "乙系统"})
    assert answer.status_code == 409
    assert "现在保存的：甲系统" in answer.text
    assert 'value="乙系统"' in answer.text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_editing_form_carries_a_version(portal: Portal) -> None:
    """A form that shows stored values and has no version would be found here."""
    leo, ada = portal.signed_in("leo"), portal.signed_in("ada")
    post(leo, "/institutions/new", "/institutions", **INSTITUTION)
    issue = {"title": "血压录入报错", "description": "新增随访后报参数错误，正在处理", "queues": ["general"]}
    post(leo, "/known-issues/new", "/known-issues", **issue)
    with portal.runtime.database.read() as session:
        entry = session.scalars(select(DirectoryEntry)).one()
    pages = [
        (ada, person_page(portal, "bob"), person_page(portal, "bob")),
        (leo, f"/institutions/{entry.id}", f"/institutions/{entry.id}"),
        (ada, "/admin/notifications", "/admin/notifications"),
        (ada, "/admin/notifications", "/admin/notifications/quiet"),
    ]
    for browser, page, action in pages:
        assert version_of(browser.get(page).text, action).isdigit(), page
