"""What the form offers while somebody types, over the API: to clinics too, and only names (REQUIREMENTS A2, A6)."""

import pytest

from portal.audit.actor import SYSTEM
from portal.institutions import modules, previous_systems
from tests.api.calls import V1
from tests.factories.directories import add_entry
from tests.factories.portals import Portal

NAMES = f"{V1}/names"


@pytest.fixture
def known(portal: Portal) -> Portal:
    add_entry(portal.runtime)
    add_entry(portal.runtime, town="人和街道", village="社区卫生服务中心")
    with portal.runtime.database.transaction() as session:
        modules.of_queue("his").add(session, SYSTEM, "门诊收费")
        modules.of_queue("general").add(session, SYSTEM, "家庭医生签约")
        previous_systems.LIST.add(session, SYSTEM, "卫宁系统")
    return portal


def test_whoever_may_file_is_offered_what_the_form_offers(known: Portal) -> None:
    browser = known.browser()

    def offered(**asked: str) -> list[str]:
        answer = browser.get(NAMES, params=asked)
        assert answer.status_code == 200 and list(answer.json()) == ["names"], answer.text
        return answer.json()["names"]

    assert offered(field="institution", q="张四屯") == ["高唐县杨屯乡张四屯卫生室"]
    assert offered(field="institution", q="zst") == ["高唐县杨屯乡张四屯卫生室"]
    assert offered(field="institution", q="") == offered(field="institution", q="没有这样的地方") == []
    assert "门诊收费" in offered(field="module", kind="his") and "门诊收费" not in offered(field="module")
    assert "家庭医生签约" in offered(field="module")
    assert {"浪潮系统", "卫宁系统"} <= {*offered(field="previous_system")}
    page = browser.get("/institutions/suggestions", params={"q": "高唐县"}).json()["names"]
    assert offered(field="institution", q="高唐县") == page and len(page) == 2


@pytest.mark.parametrize(
    "asked", [{}, {"field": "keeper"}, {"field": "module", "kind": "lab"}, {"field": "institution", "q": "a" * 301}]
)
def test_a_wrong_question_is_refused_with_a_sentence(portal: Portal, asked: dict[str, str]) -> None:
    assert portal.browser().get(NAMES, params=asked).status_code == 422
