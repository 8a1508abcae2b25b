"""Every page there is, in one table: who opens it and how. A new page needs a row (test_every_page asks for it)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select, update

from portal import clock, demo
from portal.accounts.models import User
from portal.acts.table import ASK, ASK_DRAFT, CLAIM, OFFER, PROMISE, RESOLVE, TRANSFER
from portal.audit.actor import SYSTEM, clinic
from portal.collaboration.models import Collaboration
from portal.disclosure import reveals
from portal.follow_up.call_backs import assignment, records
from portal.follow_up.call_backs.records import Said
from portal.follow_up.campaigns import making
from portal.follow_up.campaigns.making import Wanted
from portal.follow_up.campaigns.selecting import Selection
from portal.follow_up.models import Dissatisfaction, Survey
from portal.follow_up.surveys import Signer
from portal.institutions.models import DirectoryEntry, DirectoryImport
from portal.knowledge.articles.models import Article
from portal.knowledge.models import Phrase, WordHint
from portal.kpi.books import freezing
from portal.kpi.figures import periods
from portal.kpi.score import quality
from portal.kpi.score.months import Month as ScoreMonth
from portal.sampling.models import Sample
from portal.tickets.models import Ticket
from portal.tracking import confirmation
from tests.acts.desk import Desk
from tests.factories.acts import perform
from tests.factories.browsers import PlainBrowser
from tests.factories.call_backs import call_back, call_back_now, resolved_ticket
from tests.factories.cast import actor, add_cast, add_partners
from tests.factories.clinic import Clinic, code_of, number_of
from tests.factories.closing import closed_ticket, ticket_named
from tests.factories.contacts import add_contact
from tests.factories.desk_filing import desk_fields, open_form, pictures, send, without_secrets
from tests.factories.directories import csv_of
from tests.factories.escalations import add_escalation
from tests.factories.known_issues import add_issue, follow
from tests.factories.moments import last_week
from tests.factories.pictures import photo_of_screen, whole_screen
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report, general_fields
from tests.factories.scores import month_of_work
from tests.factories.ticket_pages import say_why

Path = str | Callable[["World"], str]


@dataclass(frozen=True)
class Shown:
    """One page in one state. `who` names a browser of the world; `act` is done on the page before it is looked at."""

    name: str
    who: str
    path: Path
    act: Callable[["Page", "World"], None] | None = None

    def open(self, world: "World", page: Page) -> None:
        """Go there."""
        page.goto(self.path if isinstance(self.path, str) else self.path(world))
        if self.act:
            self.act(page, world)


@dataclass
class World:
    """A demo portal with somebody in every state: browsers by name, and the numbers and ids that addresses need."""

    url: str
    portal: Portal
    browsers: dict[str, PlainBrowser] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def context(self, browser: Browser, who: str, **options: object) -> BrowserContext:
        """A new context with the cookies of one of the world's browsers."""
        made = browser.new_context(base_url=self.url, locale="zh-CN", **options)
        made.set_default_timeout(15_000)
        jar = self.browsers[who].cookies.jar
        made.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": self.url} for cookie in jar])
        return made


def _add_reports(world: World) -> None:
    """Last week's, frozen; this month runs."""
    today = clock.china_today()
    week = last_week()
    freezing.freeze(world.portal.runtime.database, SYSTEM, week, freezing.ALL)
    world.facts |= {"week": week.name, "month": periods.month_of(today).name, "day": today.isoformat()}


def make_world(url: str, portal: Portal) -> World:
    """Fill the demo, and bring browsers into every state that a page can be seen in."""
    demo.fill(portal.runtime)
    with portal.runtime.database.transaction() as session:  # no two people may be shown by one name
        session.execute(update(User).values(display_name=User.display_name + "（演示）"))
    add_cast(portal.runtime)
    world = World(url, portal)
    world.browsers = {name: portal.signed_in(name) for name in ("alice", "bob", "leo", "ada", "agnes")}
    world.browsers["nobody"] = portal.browser()
    _add_collaboration(world)
    _add_reports(world)
    _add_drafts(world)
    _add_tickets(world)
    _add_waiting(world)
    _add_desk(world)
    add_escalation(portal, world.facts["own"], world.facts["free"])
    _add_ratings(world)
    _add_known_issue(world)
    _find_articles(world)
    _add_notice(world)
    _add_desk_filing(world)
    _add_calls(world)
    _add_scores(world)
    return world


def _add_scores(world: World) -> None:
    """Sheets of the last month, and a reply that a lead has marked."""
    runtime = world.portal.runtime
    closed_ticket(runtime)
    world.facts["month"] = month_of_work(runtime).name
    alice, leo = actor(runtime, "alice"), actor(runtime, "leo")
    with runtime.database.transaction() as session:
        sample = quality.draw(session, leo, ScoreMonth.of(clock.now()), alice.name, 5)
        quality.mark(session, leo, sample.id, 1, dict.fromkeys(quality.ASPECTS, "4"), "称呼得体")
        world.facts["sample"] = str(sample.id)


def _add_collaboration(world: World) -> None:
    """The demo has asked a department already; petra is one of its people."""
    add_partners(world.portal.runtime)
    world.browsers["petra"] = world.portal.signed_in("petra")
    with world.portal.runtime.database.read() as session:
        world.facts["collaboration"] = session.scalars(select(Collaboration.number).limit(1)).one()


def _add_calls(world: World) -> None:
    """Call-backs of the agent's, and a campaign that nobody can be reached in."""
    runtime, today = world.portal.runtime, clock.china_today()
    world.facts["call_back"] = str(call_back(runtime, resolved_ticket(runtime, submission_key="c" * 32)).id)
    done = call_back(runtime, resolved_ticket(runtime, submission_key="d" * 32))
    said = Said(True, "unsatisfied", aspect="等得太久", wish="先说一声", solved="no")
    agnes = actor(runtime, "agnes")
    if done.owner_id != agnes.user_id:
        assignment.assign(runtime, actor(runtime, "leo"), done.id, done.version, "agnes")
    records.write(runtime, agnes, done.id, call_back_now(runtime, done.id).version, said)
    world.facts["call_back_done"] = str(done.id)
    wanted = Wanted("秋季回访", Selection(), 2, today, today, ["agnes"], ["系统够快吗"])
    world.facts["campaign"] = str(making.make(runtime, actor(runtime, "leo"), wanted).id)


def _add_ratings(world: World) -> None:
    """The demo's clinics have rated; one survey is still open."""
    with world.portal.runtime.database.read() as session:
        world.facts["analysis"] = str(session.scalars(select(Dissatisfaction.id).limit(1)).one())
        survey = session.scalars(select(Survey).where(Survey.answered_at.is_(None)).limit(1)).one()
        world.facts["survey"] = Signer.of(world.portal.runtime.vault).token(survey)


def _add_drafts(world: World) -> None:
    begun = Clinic(world.portal, symptom="error", operation_steps="1. 打开随访表\n2. 点保存")
    begun.fill_situation()
    begun.add_pictures(whole_screen(), photo_of_screen(), action="upload")
    world.browsers["begun"], world.facts["begun"] = begun.browser, begun.draft
    filled = Clinic(world.portal, kind="his")
    filled.fill()
    world.browsers["filled"], world.facts["filled"] = filled.browser, filled.draft
    filed = Clinic(world.portal)
    page = filed.file()
    world.browsers["filed"], world.facts["filed"] = filed.browser, filed.draft
    world.facts["number"], world.facts["code"] = number_of(page), code_of(page)


def _add_tickets(world: World) -> None:
    portal, alice = world.portal, actor(world.portal.runtime, "alice")
    asked = file_report(portal.runtime, symptom="form_lost", form_name="高血压随访表")
    solved = file_report(
        portal.runtime, description="批量居民都这样，随访日期保存后变成昨天，账号 demo01 密码 Abc#12345"
    )
    moving = file_report(portal.runtime, scope="batch", resident_count="300")
    let_off = file_report(portal.runtime, channel="qq", id_number=None, login_account=None, login_password=None)
    closed = file_report(portal.runtime)
    for receipt in (asked, solved):
        with portal.runtime.database.transaction() as session:
            perform(session, portal.runtime, alice, CLAIM, receipt.number, 1)
    with portal.runtime.database.transaction() as session:
        fields = ["operation_steps", "screenshots", "login_password"]
        perform(
            session,
            portal.runtime,
            alice,
            ASK,
            asked.number,
            2,
            fields=fields,
            message="密码登录不上，请核对后再填一次",
        )
    with portal.runtime.database.transaction() as session:
        perform(
            session,
            portal.runtime,
            alice,
            RESOLVE,
            solved.number,
            2,
            text="已修复保存时的日期换算。请刷新页面后重新保存一次",
        )
    with portal.runtime.database.transaction() as session:
        leo = actor(portal.runtime, "leo")
        moved = perform(session, portal.runtime, leo, TRANSFER, moving.number, 1, queue="his", text="结算的问题")
        world.facts["moved"] = moved.number
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, alice, CLAIM, closed.number, 1)
        perform(session, portal.runtime, alice, RESOLVE, closed.number, 2, text="已恢复")
    confirmation.confirm(
        portal.runtime, clinic(), ticket_named(portal.runtime, closed.number).id, is_solved=True, comment=""
    )
    opened = {"asked": asked, "solved": solved, "moving": moving, "let_off": let_off, "closed": closed}
    for name, receipt in opened.items():
        world.facts[name] = f"{receipt.number} {receipt.query_code}"
    with portal.runtime.database.read() as session:
        free = session.scalars(select(Ticket.number).where(Ticket.queue == "general", Ticket.state == "submitted"))
        world.facts |= {"free": free.first() or "", "own": asked.number, "done": solved.number}
        world.facts["person"] = str(session.scalars(select(User.id).where(User.username == "alice")).one())


def _add_waiting(world: World) -> None:
    """A ticket with an open promise, a reply that waits for a lead, and an offer that waits for bob."""
    receipt = file_report(world.portal.runtime)
    desk = Desk(world.portal.runtime, receipt.number)
    desk.act(CLAIM)
    due_at = (clock.now() + timedelta(hours=5)).isoformat()
    desk.act(PROMISE, kind="promise", due_at=due_at, text="告诉您核对的结果")
    desk.act(ASK_DRAFT, text="今晚更换网关后请您再试一次")
    desk.act(OFFER, assignee="bob", text="只差晚上核对一次")
    world.facts |= {"waiting": receipt.number, "waiting_opens": f"{receipt.number} {receipt.query_code}"}


def _add_desk(world: World) -> None:
    leo = world.browsers["leo"]
    reveals.reveal_field(
        world.portal.runtime, actor(world.portal.runtime, "alice"), world.facts["own"], "id_number", "核对数据"
    )
    today = clock.china_today().isoformat()
    say_why(world.browsers["alice"], world.facts["own"])
    answer = post(leo, "/review", "/review/values", value=general_fields()["id_number"])
    world.facts["value"] = answer.headers["location"]
    post(leo, "/review/samples", "/review/samples", **{"from": today, "to": today}, size="3", seed="abc")
    table = csv_of(
        ["高唐县", "新样镇", "样板村卫生室", "", "", "", ""],
        ["", "", "", "", "", "", ""],
        ["", "", "x", "", "", "", ""],
    )
    post(leo, "/institutions/import", "/institutions/import", files={"table": ("名录.csv", table, "text/csv")})
    with world.portal.runtime.database.read() as session:
        for name, model in (("institution", DirectoryEntry), ("import", DirectoryImport), ("sample", Sample)):
            world.facts[name] = str(session.scalars(select(model.id).limit(1)).first() or "")
        world.facts["phrase"] = str(session.scalars(select(Phrase.id).where(Phrase.place == "reply").limit(1)).one())
        world.facts["word"] = str(session.scalars(select(WordHint.id).where(WordHint.pattern == "你")).one())
        entry = session.get_one(DirectoryEntry, UUID(world.facts["institution"]))
    world.facts["contact"] = str(add_contact(world.portal.runtime, entry).id)


def _add_known_issue(world: World) -> None:
    issue = add_issue(world.portal.runtime)
    follower = follow(world.portal.runtime, issue)
    world.facts |= {"issue": str(issue.id), "follower": follower.number}
    with world.portal.runtime.database.read() as session:
        world.facts["other"] = str(session.scalars(select(DirectoryEntry.id).limit(2)).all()[1])


def _find_articles(world: World) -> None:
    """The demo has some in every state."""
    with world.portal.runtime.database.read() as session:
        for name, status in (("article", "in_review"), ("public_article", "published")):
            world.facts[name] = session.scalars(select(Article.number).where(Article.status == status).limit(1)).one()


def _add_notice(world: World) -> None:
    text = "2027-02-08,0,春节\n2027-02-20,1,春节"
    address = post(world.browsers["leo"], "/admin/time", "/admin/time/imports", year="2027", text=text).headers[
        "location"
    ]
    world.facts["notice"] = address


def _add_desk_filing(world: World) -> None:
    agnes, number = world.browsers["agnes"], world.facts["own"]
    begun, token = open_form(agnes)
    small = pictures(whole_screen(), whole_screen(900, 500))
    send(agnes, begun, token, small, **desk_fields("phone", description="短", is_incomplete="1"))
    filed, token = open_form(agnes)
    send(agnes, filed, token, pictures(whole_screen()), **without_secrets("qq"))
    link = post(agnes, f"/tickets/{number}", f"/tickets/{number}/supplement-link").text
    token = link.split("/supplement/")[1].split("<")[0].strip()
    world.facts |= {"desk_begun": begun, "desk_filed": filed, "link": token}


def draft(name: str, page: str) -> Path:
    """A page of one of the drafts."""
    return lambda world: f"/report/drafts/{world.facts[name]}/{page}"


def fact(template: str) -> Path:
    """An address with the world's facts in it."""
    return lambda world: re.sub(r"\{(\w+)\}", lambda found: world.facts[found[1]], template)


def press(name: str) -> Callable[..., None]:
    """Press a button of the main part, and wait for the page that comes."""

    def act(page: Page, world: World | None = None) -> None:
        with page.expect_navigation():
            page.locator("main").get_by_role("button", name=name, exact=True).first.click()

    return act


def refused(page: Page, world: World | None = None) -> None:
    """Send the form as it stands."""
    with page.expect_navigation():
        page.locator(".actions .button--primary").first.click()


def tracked(name: str, then: Callable[..., None] | None = None) -> Callable[[Page, World], None]:
    """Ask for one of the tickets by its number and code, as a clinic does."""

    def act(page: Page, world: World) -> None:
        page.locator("[name=number]").fill(world.facts[name])
        press("查询")(page)
        if then:
            then(page)

    return act


def unfolded(page: Page, world: World | None = None) -> None:
    """Open every fold."""
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")


def sheet(page: Page, world: World) -> None:
    """The answer as a sheet to sign."""
    page.get_by_label("查询的事由").fill("患者投诉，核查谁看过")
    page.get_by_role("button", name="打印签字单").click()


def outdated(page: Page, world: World | None = None) -> None:
    """Press a button of a page that was opened before others changed the ticket."""
    unfolded(page)
    for name in ("version", "seen"):
        page.locator(f"form[action$='/urgency'] [name={name}]").evaluate("(part) => { part.value = '1'; }")
    page.locator("form[action$='/urgency'] [name=reason]").fill("全院停诊，请先处理")
    with page.expect_navigation():
        page.locator("form[action$='/urgency'] button").first.click()


CLINIC = [
    Shown("home", "nobody", "/"),
    Shown("situation", "nobody", "/report/general"),
    Shown("situation-his", "nobody", "/report/his"),
    Shown("situation-refused", "nobody", "/report/general", refused),
    Shown("situation-again", "begun", "/report/general", unfolded),
    Shown("pasted", "begun", "/report/general/paste?found=institution&rest=1"),
    Shown("screenshots", "begun", draft("begun", "screenshots")),
    Shown("screenshots-refused", "begun", draft("begun", "screenshots"), refused),
    Shown("identity", "begun", draft("begun", "identity")),
    Shown("identity-refused", "begun", draft("begun", "identity"), refused),
    Shown("check-refused", "begun", draft("begun", "check"), refused),
    Shown("identity-kept", "filled", draft("filled", "identity")),
    Shown("check", "filled", draft("filled", "check")),
    Shown("receipt", "filed", draft("filed", "receipt")),
    Shown("phone-link", "nobody", "/report/phone/not-a-token"),
    Shown("phone-gone", "nobody", "/report/phone"),
    Shown("track", "nobody", "/track"),
    Shown("track-refused", "nobody", "/track", press("查询")),
    Shown("track-asked", "nobody", "/track", tracked("asked")),
    Shown("track-asked-refused", "nobody", "/track", tracked("asked", press("提交补充内容"))),
    Shown("track-solved", "nobody", "/track", tracked("solved")),
    Shown("track-moved", "nobody", "/track", tracked("moving")),
    Shown("track-let-off", "nobody", "/track", tracked("let_off")),
    Shown("track-promised", "nobody", "/track", tracked("waiting_opens")),
    Shown("track-closed", "nobody", "/track", tracked("closed", unfolded)),
    Shown("absent", "nobody", "/nothing-here"),
    Shown("draft-gone", "nobody", draft("filled", "check")),
    Shown("print-general", "nobody", "/print/general"),
    Shown("styleguide", "nobody", "/styleguide"),
    Shown("the-same-here", "nobody", fact("/report/known-issues/{issue}")),
]
STAFF = [
    Shown("sign-in", "nobody", "/sign-in"),
    Shown("sign-in-refused", "nobody", "/sign-in", press("登录")),
    Shown("setup", "nobody", "/setup"),
    Shown("account", "alice", "/account", unfolded),
    Shown("new-password", "alice", "/account/new-password"),
    Shown("second-factor", "alice", "/account/second-factor"),
    Shown("questions", "alice", "/account/questions"),
    Shown("notices", "leo", "/account/notices"),
    Shown("notifications", "ada", "/admin/notifications"),
    Shown("queue", "alice", "/queues/general"),
    Shown("queue-held", "leo", "/queues/general?assignee=none", unfolded),
    Shown("reassigned", "leo", "/queues/general?assignee=none", press("请对方接手")),
    Shown("queue-all", "leo", "/queues/general?state=all", unfolded),
    Shown("queue-empty", "alice", "/queues/general?q=没有这样的字", unfolded),
    Shown("ticket", "alice", fact("/tickets/{own}")),
    Shown("ticket-open", "alice", fact("/tickets/{own}"), unfolded),
    Shown("ticket-free", "alice", fact("/tickets/{free}"), unfolded),
    Shown("ticket-lead", "leo", fact("/tickets/{own}"), unfolded),
    Shown("ticket-agent", "agnes", fact("/tickets/{own}"), unfolded),
    Shown("ticket-outdated", "leo", fact("/tickets/{own}"), outdated),
    Shown("ticket-waiting", "alice", fact("/tickets/{waiting}"), unfolded),
    Shown("ticket-offered", "bob", fact("/tickets/{waiting}"), unfolded),
    Shown("ticket-draft", "leo", fact("/tickets/{waiting}"), unfolded),
    Shown("today-offered", "bob", "/desk/today"),
    Shown("picture", "alice", fact("/tickets/{own}/pictures/1"), unfolded),
    Shown("picture-reason", "alice", fact("/tickets/{free}/pictures/1")),
    Shown("break-glass", "alice", fact("/tickets/{free}/break-glass")),
    Shown("foreign-ticket", "alice", "/tickets/RC2020010001"),
    Shown("review", "leo", "/review"),
    Shown("review-person", "leo", "/review/people/alice"),
    Shown("records", "leo", "/review/tickets"),
    Shown("value-box", "leo", "/review/values"),
    Shown("value", "leo", fact("{value}")),
    Shown("value-sheet", "leo", fact("{value}"), sheet),
    Shown("ticket-moved", "leo", fact("/tickets/{moved}"), unfolded),
    Shown("record-moved", "leo", fact("/review/tickets/{moved}"), unfolded),
    Shown("record", "leo", fact("/review/tickets/{own}"), unfolded),
    Shown("samples", "leo", "/review/samples"),
    Shown("sample", "leo", fact("/review/samples/{sample}"), unfolded),
    Shown("approvals", "leo", "/review/approvals"),
    Shown("insights", "leo", "/insights"),
    Shown("weekly", "leo", fact("/insights/weekly/{week}"), unfolded),
    Shown("monthly", "leo", fact("/insights/monthly/{month}")),
    Shown("figure-tickets", "leo", fact("/insights/tickets?figure=open&from={day}&to={day}")),
    Shown("review-pack", "leo", "/insights/review-pack"),
    Shown("review-pack-refused", "leo", "/insights/review-pack", press("下载")),
    Shown("tables", "leo", "/insights/tables"),
    Shown("institutions", "leo", "/institutions", unfolded),
    Shown("new-institution", "leo", "/institutions/new"),
    Shown("institution", "leo", fact("/institutions/{institution}"), unfolded),
    Shown("institution-import", "leo", "/institutions/import"),
    Shown("institution-preview", "leo", fact("/institutions/imports/{import}")),
    Shown("previous-systems", "leo", "/previous-systems"),
    Shown("keepers", "leo", "/institutions/keepers"),
    Shown("institution-of-a-keeper", "agnes", fact("/institutions/{institution}"), unfolded),
    Shown("new-institution-contact", "leo", fact("/institutions/{institution}/contacts/new")),
    Shown("institution-contact", "leo", fact("/institutions/{institution}/contacts/{contact}"), unfolded),
    Shown("phrases", "leo", "/phrases"),
    Shown("phrase", "leo", fact("/phrases/{phrase}")),
    Shown("phrases-of-agents", "agnes", "/phrases"),
    Shown("words", "leo", "/phrases/words"),
    Shown("word", "leo", fact("/phrases/words/{word}")),
    Shown("modules", "leo", "/modules"),
    Shown("root_causes", "leo", "/root-causes"),
    Shown("dissatisfactions", "leo", "/dissatisfactions?state="),
    Shown("dissatisfaction", "leo", fact("/dissatisfactions/{analysis}"), unfolded),
    Shown("stages", "leo", "/dissatisfactions/stages"),
    Shown("scores", "leo", "/scores"),
    Shown("score", "leo", fact("/scores/{month}/alice"), unfolded),
    Shown("score-cases", "leo", fact("/scores/{month}/alice?metric=resolution")),
    Shown("score-correction", "leo", fact("/scores/{month}/alice/correction")),
    Shown("score-policy", "leo", "/scores/policy", unfolded),
    Shown("quality", "leo", "/scores/quality"),
    Shown("quality-sample", "leo", fact("/scores/quality/{sample}")),
    Shown("own-score", "alice", "/account/score"),
    Shown("own-quality", "alice", "/account/quality"),
    Shown("articles", "leo", "/knowledge"),
    Shown("new-article", "alice", "/knowledge/new"),
    Shown("article", "leo", fact("/knowledge/{article}"), unfolded),
    Shown("help", "nobody", "/help"),
    Shown("help-article", "nobody", fact("/help/{public_article}")),
    Shown("known-issues", "leo", "/known-issues"),
    Shown("new-known-issue", "leo", "/known-issues/new"),
    Shown("known-issue", "leo", fact("/known-issues/{issue}"), unfolded),
    Shown("contact", "alice", fact("/known-issues/contacts/{follower}")),
    Shown("institutions-merge", "leo", fact("/institutions/merge?pick={institution}&pick={other}")),
    Shown("today", "alice", "/desk/today"),
    Shown("today-of-nobody", "agnes", "/desk/today"),
    Shown("desk-filing", "agnes", "/desk/reports/new"),
    Shown("desk-filing-begun", "agnes", fact("{desk_begun}")),
    Shown("desk-filed", "agnes", fact("{desk_filed}/receipt")),
    Shown("desk-supplement", "agnes", fact("/tickets/{own}/supplement")),
    Shown("supplement", "nobody", fact("/supplement/{link}")),
    Shown("survey", "nobody", fact("/survey/{survey}")),
    Shown("survey-refused", "nobody", fact("/survey/{survey}"), press("提交评价")),
    Shown("survey-done", "nobody", "/survey/done"),
    Shown("survey-over", "nobody", "/survey/not-a-token"),
    Shown("supplement-done", "nobody", "/supplement/done"),
    Shown("blank-sheet", "nobody", "/print/general"),
    Shown("blank-sheet-his", "nobody", "/print/his"),
    Shown("collaborations", "petra", "/collaborations"),
    Shown("collaboration", "petra", fact("/collaborations/{collaboration}"), unfolded),
    Shown("collaboration-lead", "leo", fact("/collaborations/{collaboration}"), unfolded),
    Shown("call-backs", "agnes", "/call-backs"),
    Shown("call-backs-lead", "leo", "/call-backs?owner=&state="),
    Shown("call-back", "leo", fact("/call-backs/{call_back}"), unfolded),
    Shown("call-back-done", "agnes", fact("/call-backs/{call_back_done}")),
    Shown("new-call-back", "agnes", "/call-backs/new"),
    Shown("campaigns", "leo", "/campaigns"),
    Shown("new-campaign", "leo", "/campaigns/new"),
    Shown("new-campaign-refused", "leo", "/campaigns/new", press("发起")),
    Shown("campaign", "leo", fact("/campaigns/{campaign}")),
    Shown("departments", "ada", "/admin/departments"),
    Shown("people", "ada", "/admin"),
    Shown("new-person", "ada", "/admin/people/new"),
    Shown("person", "ada", fact("/admin/people/{person}"), unfolded),
    Shown("handover", "leo", "/desk/handover"),
    Shown("availability", "alice", "/account/availability"),
    Shown("colleague", "leo", fact("/desk/people/{person}")),
    Shown("person-availability", "ada", fact("/admin/people/{person}/availability")),
    Shown("board", "leo", "/desk/board"),
    Shown("day-end", "leo", "/desk/day-end"),
    Shown("day-end-waiting", "leo", "/desk/day-end?show=waiting"),
    Shown("reply-rates", "leo", "/insights/replies"),
    Shown("policy", "leo", "/admin/time/policy"),
    Shown("policy-refused", "leo", "/admin/time/policy", press("保存为新的一版")),
    Shown("rota", "leo", "/admin/time/rota"),
    Shown("rota-refused", "ada", "/admin/time/rota", press("排上")),
    Shown("alerted", "leo", fact("/tickets/{own}")),
    Shown("system", "ada", "/admin/system"),
    Shown("time", "leo", "/admin/time"),
    Shown("time-recalculation", "ada", "/admin/time/recalculation"),
    Shown("time-import", "leo", fact("{notice}")),
    Shown("complaints", "leo", "/complaints"),
    Shown("complaint-new", "agnes", "/complaints/new"),
    Shown("complaint-refused", "agnes", "/complaints/new", press("登记投诉")),
    Shown("forbidden", "agnes", "/admin"),
    Shown("styleguide-staff", "leo", "/styleguide/staff"),
]

# Addresses that give no page of their own, with the reason.
NO_PAGES = {
    "/healthz": "for machines",
    "/readyz": "for machines",
    "/metrics": "for machines",
    "/favicon.ico": "a picture",
    "/sign-in/code": "only between the two steps of a sign-in: tests/accounts",
    "/sign-in/oidc/return": "a redirect",
    "/track/{number}/{act}": "a redirect",
    "/call-backs/numbers/{number}": "a redirect",
    "/track/{number}/complaint/{act}": "a redirect",
    "/track/{number}/complaint": "looked at on its way: test_complaints_journey",
    "/complaints/{number}": "for those with a part in the case: test_complaints_journey",
    "/complaints/{number}/reveals": "as the case itself",
    "/insights/weekly/{week}/pdf": "a file",
    "/insights/monthly/{month}/pdf": "a file",
    "/insights/complaints": "for 客服经理: test_complaints_journey",
    "/report/drafts/{draft_id}/pictures/{picture_id}": "a picture",
    "/desk/reports/drafts/{draft_id}/pictures/{picture_id}": "a picture",
    "/tickets/{number}/supplement-link": "a redirect",
    "/report/drafts/{draft_id}/pictures/{picture_id}/thumbnail": "a picture",
    "/report/drafts/{draft_id}/hand-over": "data for the script",
    "/institutions/suggestions": "data for the script",
    "/account/news": "data for the script",
    "/institutions/template": "a file",
    "/tickets/{number}/screenshots/{screenshot_id}": "a picture",
    "/tickets/{number}/previews/{screenshot_id}": "a picture",
    "/review/tickets/{number}/previews/{screenshot_id}": "a picture",
}
