"""开始使用前: each step until it is done, then nothing."""

from portal.accounts import users
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.institutions import directory
from portal.institutions.directory import InstitutionDetails
from portal.pages.admin import first_steps
from portal.upkeep import backup
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def test_a_new_portal_says_what_it_still_needs_and_less_with_each_step(empty_settings) -> None:
    portal = Portal(create_app(empty_settings), empty_settings)

    def left() -> int:
        steps, in_all = first_steps.open_steps(portal.runtime)
        assert in_all == len(first_steps.STEPS)
        return len(steps)

    def person(name: str, role: str, *queues: str) -> None:
        with portal.runtime.database.transaction() as session:
            users.add_user(session, SYSTEM, username=name, password=f"invented-{name}-phrase", role=role, queues=queues)

    seen = [left()]
    for step in (
        lambda: person("anna", "engineer", "general"),
        lambda: person("hans", "engineer", "his"),
        lambda: person("lena", "lead", "general", "his"),
        lambda: portal.change_settings(support_phone="0635-0000000"),
        lambda: _enter(portal),
        lambda: file_report(portal.runtime),
        lambda: backup.make(portal.runtime, empty_settings.data_dir, empty_settings.data_dir / "x.backup", SYSTEM),
    ):
        step()
        seen.append(left())

    assert seen == [7, 6, 5, 4, 3, 2, 1, 0]
    portal.close()


def _enter(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        directory.add(session, SYSTEM, InstitutionDetails("高唐县", "", "人民医院", "", (), "", None))


def test_the_page_of_people_shows_the_open_steps_only(portal: Portal) -> None:
    page = portal.signed_in("ada").get("/admin").text

    assert "开始使用前" in page and "提交一条测试问题" in page
    assert "新增一位主管" not in page
    file_report(portal.runtime)
    assert "提交一条测试问题" not in portal.signed_in("ada").get("/admin").text
