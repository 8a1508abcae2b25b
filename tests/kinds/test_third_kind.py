"""A third kind is one word and one entry: filed, listed, claimed, tracked, counted, resolved; nothing else changes."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest

from tests.factories.cast import password_of
from tests.factories.clinic import Clinic, code_of, number_of
from tests.factories.desk_filing import desk_fields, open_form, pictures, send
from tests.factories.pictures import whole_screen
from tests.factories.portals import post
from tests.factories.reports import general_fields
from tests.factories.servers import Site
from tests.factories.ticket_pages import act, done

pytestmark = pytest.mark.xdist_group("third-kind")  # one portal for all
ROOT = Path(__file__).parent.parent.parent
WORD = '    HIS = "his"\n'
ENTRY = """LAB = replace(
    GENERAL,
    name=TicketKind.LAB,
    label="检验",
    audience="检验科",
    examples="报告、条码、仪器",
    mark=Mark.HEXAGON,
    drawing="bottle",
    prefix="JY",
)
"""


class Portal:
    """The portal of a developer who added 检验, as a process; each `browser()` has cookies of its own."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.clients: list[httpx2.Client] = []

    def browser(self, _address: str = "") -> httpx2.Client:
        self.clients.append(httpx2.Client(base_url=self.site.url, trust_env=False, timeout=30))
        return self.clients[-1]

    def signed_in(self, name: str, password: str = "") -> httpx2.Client:
        browser = self.browser()
        answer = post(browser, "/sign-in", "/sign-in", username=name, password=password or password_of(name))
        assert answer.status_code == 303, answer.text
        return browser

    def add_by_command(self, name: str, role: str, *options: str) -> None:
        added = self.site.run(
            "users", "add", name, "--role", role, *options, "--password-stdin", stdin=password_of(name)
        )
        assert (added.returncode, added.stderr) == (0, "")

    def add_by_page(self, name: str, role: str, *queues: str) -> None:
        """The person replaces the given password, as the portal demands."""
        given, own = f"given-to-{name}-at-first", password_of(name)
        typed = {"username": name, "role": role, "queues": queues, "password": given, "password_again": given}
        assert post(self.signed_in("ada"), "/admin/people/new", "/admin/people", **typed).status_code == 303
        change = {"old_password": given, "password": own, "password_again": own}
        browser = self.signed_in(name, given)
        assert post(browser, "/account/new-password", "/account/password", **change).status_code == 303


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    copy, home = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("home")
    shutil.copytree(ROOT / "portal", copy / "portal")
    for name in ("templates", "static", "alembic", "pyproject.toml"):
        (copy / name).symlink_to(ROOT / name)
    _change(copy / "portal/kinds/names.py", WORD, WORD + '    LAB = "lab"\n')
    _change(copy / "portal/kinds/table.py", "KINDS: dict", ENTRY + "KINDS: dict")
    _change(copy / "portal/kinds/table.py", "(GENERAL, HIS)", "(GENERAL, HIS, LAB)")
    made = Portal(Site(home, PYTHONPATH=str(copy)))
    made.add_by_command("ada", "admin")
    made.add_by_command("lina", "engineer", "--queue", "lab")
    with made.site.serving():
        made.add_by_page("leo", "lead")
        made.add_by_page("agnes", "agent")
        made.add_by_page("alice", "engineer", "general", "lab")
        yield made
        for client in made.clients:
            client.close()


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def filed(portal: Portal, kind: str = "lab") -> SimpleNamespace:
    """A report filed page by page; its number, its query code and the pages that the clinic saw."""
    clinic = Clinic(portal, kind)  # type: ignore[arg-type]
    receipt = clinic.file()
    return SimpleNamespace(number=number_of(receipt), code=code_of(receipt), shown=clinic.shown)


def opened(browser: httpx2.Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.text


def test_the_home_page_offers_it(portal):
    page = opened(portal.browser(), "/")

    assert re.findall(r'class="window mark-(\w+)" href="/report/(\w+)"', page) == [
        ("dot", "general"), ("square", "his"), ("hexagon", "lab"),
    ]  # fmt: skip
    assert "检验问题" in page and "检验科：报告、条码、仪器" in page and "提报检验问题" in page
    assert 'class="ink-hexagon"' in page and "M24 30h24" in page


def test_a_clinic_files_it_page_by_page_and_reads_its_own_words(portal):
    report = filed(portal)

    assert re.fullmatch(r"JY20\d{4}\d{4}", report.number)
    assert all("日常" not in page and "HIS" not in page for page in report.shown)
    assert any("检验问题" in page for page in report.shown)


def test_it_is_filed_and_listed_over_the_api(portal):
    sent = {**general_fields(), "kind": "lab"}
    answer = portal.browser().post(
        "/api/v1/reports", data=sent, files=[("screenshots", ("a.png", whole_screen(), "image/png"))]
    )
    made = portal.site.run("tokens", "add", "desk", "--user", "lina")
    token = made.stdout.split()[-1]
    api = portal.browser()
    api.headers["authorization"] = f"Bearer {token}"
    listed = opened(api, "/api/v1/tickets?queue=lab")

    assert (answer.status_code, answer.json()["queue"], answer.json()["number"][:2]) == (201, "lab", "JY")
    assert answer.json()["number"] in listed
    assert "lab（检验）" in portal.browser().post("/api/v1/reports", data={"kind": "x"}).text
    assert '"lab"' in opened(portal.browser(), "/api/v1/openapi.json")


def test_its_queue_has_a_tab_a_badge_and_a_count(portal):
    report = filed(portal)
    lina = portal.signed_in("lina")
    page = opened(lina, "/queues/lab")
    tabs = re.findall(r'<a class="tab tab--(\w+)" href="/queues/(\w+)"', page)
    count = re.search(r'data-count="to_do.lab"><span data-count-number>(\d+)<', page)

    assert report.number in page and "检验队列" in page and 'class="staff mark-hexagon"' in page
    assert tabs == [("hexagon", "lab")]
    assert count is not None and int(count[1]) >= 1
    assert 'class="badge badge--hexagon"' in opened(lina, f"/tickets/{report.number}")
    assert lina.get("/queues/general").status_code == 404


def test_people_are_given_its_queue(portal):
    ada = portal.signed_in("ada")
    people = opened(ada, "/admin")
    form = opened(ada, "/admin/people/new")

    queues = {
        name: re.findall(r"badge--(\w+)", row)
        for row in people.split("<tr")
        for name in ("ada", "lina", "leo", "agnes", "alice")
        if f"{name}<" in row
    }
    everything = ["dot", "square", "hexagon"]
    assert queues == {
        "ada": [], "lina": ["hexagon"], "leo": everything, "agnes": everything, "alice": ["dot", "hexagon"],
    }  # fmt: skip
    assert re.findall(r'name="queues" value="(\w+)"', form) == ["general", "his", "lab"]
    assert "检验" in opened(portal.signed_in("lina"), "/account")


def test_an_engineer_claims_replies_and_resolves_and_the_clinic_tracks_it(portal):
    report, lina, clinic = filed(portal), portal.signed_in("lina"), portal.browser()
    done(lina, report.number, "assignment")
    done(lina, report.number, "replies", text="我们在核对条码")
    done(lina, report.number, "resolution", text="已恢复打印，请再试一次")
    answer = post(clinic, "/track", "/track", number=report.number, query_code=report.code)
    page = answer.text

    assert "检验" in page and 'class="mark-hexagon"' in page and "我们在核对条码" in page
    assert "日常" not in page and "HIS" not in page
    confirmed = post(clinic, f"/track/{report.number}", f"/track/{report.number}/confirmation", solved="true")
    assert confirmed.status_code == 303
    assert "已关闭" in opened(lina, f"/tickets/{report.number}")


def test_metrics_and_figures_count_it(portal):
    filed(portal)
    metrics = opened(portal.browser(), "/metrics")
    leo = portal.signed_in("leo")

    (submitted,) = re.findall(r'portal_tickets\{queue="lab",state="submitted"\} (\d+)', metrics)
    assert int(submitted) >= 1
    assert "检验 待补充" in opened(leo, "/review")
    assert opened(leo, "/insights")


def test_the_review_and_the_desk_offer_it(portal):
    report, leo, agnes = filed(portal), portal.signed_in("leo"), portal.signed_in("agnes")
    records = opened(leo, "/review/tickets?queue=lab")
    trail = leo.get(f"/review?ticket={report.number}")
    address, token = open_form(agnes)  # type: ignore[arg-type]
    answer = send(agnes, address, token, pictures(whole_screen()), **desk_fields("phone", kind="lab"))  # type: ignore[arg-type]

    assert report.number in records and 'href="/review/tickets?queue=lab" aria-current' in records
    assert trail.status_code == 200 and "编号应像" not in trail.text
    assert 'value="lab"' in opened(agnes, "/desk/reports/new")
    assert answer.status_code == 303
    assert "JY" in opened(agnes, answer.headers["location"])


def test_tickets_move_into_it_and_out_of_it(portal):
    report, alice = filed(portal, "general"), portal.signed_in("alice")
    done(alice, report.number, "assignment")
    assert "转为检验问题" in opened(alice, f"/tickets/{report.number}")
    there = act(alice, report.number, "transfer", queue="lab", text="是检验的问题").headers["location"]
    number = re.search(r"JY\d{10}", opened(alice, there))[0]
    assert number in opened(alice, f"/tickets/{report.number}")  # the former number still finds it
    done(alice, number, "assignment")
    back = act(alice, number, "transfer", queue="general", text="还是日常").headers["location"]
    assert re.search(r"RC\d{10}", opened(alice, back))


def test_a_known_issue_and_a_pasted_chat_message_may_be_of_it(portal):
    leo, clinic = portal.signed_in("leo"), portal.browser()
    assert "检验（检验科）" in opened(leo, "/known-issues/new")
    text = "1. 机构名称：高唐县杨屯乡张四屯卫生室\n2. 问题详细描述：打印检验报告时条码变成空白，重启也一样"
    pasted = post(clinic, "/report/lab", "/report/lab/paste", text=text)
    assert pasted.status_code in (200, 303), pasted.text
