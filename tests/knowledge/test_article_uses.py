"""引用: what counts as a use, and when; what articles are suggested, and to whom never; nothing secret gets in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.acts.reply_drafts import ASK_DRAFT, DECIDE_DRAFT, SEND_DRAFT
from portal.acts.table import CLAIM, NOTE, REPLY, RESOLVE
from portal.errors import InvalidError
from portal.knowledge.articles import finding, from_ticket, suggesting, uses, viewing
from portal.knowledge.articles.models import Article, ArticleUse, ArticleVersion, ArticleWord
from portal.knowledge.articles.states import APPROVE, RETIRE, SUBMIT
from portal.knowledge.articles.states import ArticleState as S
from portal.knowledge.articles.texts import faults_of, without_secrets
from portal.retention import destruction
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.articles import TEXT, Shelf
from tests.factories.cast import actor
from tests.factories.people import id_number
from tests.factories.reports import file_report

sqlite_only = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
DESCRIPTION = "打开高血压随访表，填好后点保存，弹出参数错误"
FOREIGN = replace(TEXT, title="住院结算单打不出来", problem="结算单空白", steps="换一台打印机再打一次", queue="his")


@pytest.fixture
def desk(portal):
    made = Desk(portal.runtime, file_report(portal.runtime, description=DESCRIPTION).number)
    made.act(CLAIM)
    return made


def last_public(desk):
    return [line.text for line in desk.entries() if line.is_public][-1]


def test_a_use_is_what_stands_in_a_sent_public_text_once_a_ticket(portal, desk):
    """On both databases: the steps are sought by the database."""
    shelf = Shelf(portal.runtime)
    shelf.publish()
    other = Shelf(portal.runtime)
    other.publish(replace(TEXT, title="打印偏移", steps="一、把纸张改为 A5 100%_再打印", is_public=False))
    desk.act(NOTE, text=f"看 {shelf.number}")
    desk.act(REPLY, text="我们正在核对")
    assert shelf.uses() == []  # a note is no word to the clinic
    desk.act(REPLY, text=f"请这样做：\n{TEXT.steps}\n再告诉我们")
    (use,) = shelf.uses()
    assert (use.version, use.by_id) == (1, actor(portal.runtime, "alice").user_id)
    desk.act(REPLY, text=f"见 /help/{shelf.number}")
    desk.act(RESOLVE, text="已处理：一、把纸张改为 A5 100%_再打印", root_cause="misuse")
    assert len(shelf.uses()) == len(other.uses()) == 1


@sqlite_only
class TestCiting:
    def test_a_tick_adds_what_does_not_stand_there(self, portal, desk):
        public, internal = Shelf(portal.runtime), Shelf(portal.runtime)
        public.publish()
        internal.publish(replace(TEXT, title="内部办法", steps="由主管在后台同步字典", is_public=False))
        desk.act(REPLY, text="请试一下", articles=[public.number, internal.number.lower()])
        text = last_public(desk)
        assert text == f"请试一下\n参考：{TEXT.title}（/help/{public.number}）\n（知识条目 {internal.number}）"
        assert "同步字典" not in text
        assert len(public.uses()) == len(internal.uses()) == 1
        desk.act(RESOLVE, text=f"好了\n{TEXT.steps}", articles=[public.number], root_cause="misuse")
        assert last_public(desk).count("参考") == 0  # it stands there already

    def test_only_published_articles_of_the_queue(self, portal, desk):
        shelf = Shelf(portal.runtime)
        foreign, drafted, retired = shelf.publish(FOREIGN), shelf.bring_to(S.DRAFT), shelf.bring_to(S.RETIRED)
        for number in (foreign, drafted, retired, "ZS2026119999"):
            with pytest.raises(InvalidError) as refused:
                desk.act(REPLY, text="请试一下", articles=[number], keeps=["x"])
            assert {fault.field for fault in refused.value.faults} == {"articles", "keeps"}
        desk.act(REPLY, text=f"{foreign} {drafted} {TEXT.steps}")
        with portal.runtime.database.read() as session:
            assert session.scalars(select(ArticleUse)).all() == []

    def test_a_reply_that_a_lead_approved_counts_when_it_is_sent(self, portal, desk):
        shelf = Shelf(portal.runtime)
        shelf.publish()
        desk.act(ASK_DRAFT, text=f"请看 {shelf.number}")
        draft = newest_draft(portal)
        desk.act(DECIDE_DRAFT, "leo", draft=draft, approved=True, note="")
        assert shelf.uses() == []
        desk.act(SEND_DRAFT, draft=draft)
        assert len(shelf.uses()) == 1

    def test_the_version_of_the_day_is_what_was_used(self, portal, desk):
        shelf = Shelf(portal.runtime)
        shelf.publish()
        shelf.take(SUBMIT, "bob", text=replace(TEXT, steps="一、请先同步字典\n二、再保存一次"))
        desk.act(REPLY, text=TEXT.steps)  # the change is not published yet
        assert shelf.uses()[0].version == 1


def newest_draft(portal):
    from portal.acts.models import ReplyDraft

    with portal.runtime.database.read() as session:
        return str(session.scalars(select(ReplyDraft.id).order_by(ReplyDraft.asked_at.desc())).first())


@sqlite_only
def test_unused_for_90_days_and_age(portal, desk):
    shelf = Shelf(portal.runtime)
    shelf.publish()
    old = clock.now() - timedelta(days=95)
    with portal.runtime.database.transaction() as session:
        session.execute(update(Article).values(approved_at=old, published_at=old))
    line = read_line(portal, shelf)
    assert (line.is_unused, line.age, line.uses) == (True, 95, 0)
    desk.act(REPLY, text=TEXT.steps)
    assert (read_line(portal, shelf).is_unused, read_line(portal, shelf).uses) == (False, 1)


def read_line(portal, shelf):
    with portal.runtime.database.read() as session:
        return viewing.lines_of(session, [shelf.row])[0]


class TestFinding:
    def test_search_in_chinese_and_what_is_suggested(self, portal):
        """On both databases: words of the index, then the real substring."""
        shelf = Shelf(portal.runtime)
        first = shelf.publish()
        second = shelf.publish(
            replace(TEXT, title="登录报 ORA-12541 监听错误", problem="点登录后报错", steps="重启监听服务后再登录")
        )
        internal = shelf.publish(replace(TEXT, title="高血压随访表后台补录", is_public=False))
        foreign = shelf.publish(FOREIGN)
        with portal.runtime.database.read() as session:
            public = finding.for_clinics("general")

            def search(query, *where):
                return [one.article.number for one in finding.search(session, query, *(where or public))]

            def suggested(text, *where):
                return [one.article.number for one in finding.suggest(session, text, *(where or public))]

            assert search("随访表 参数错误") == [first]
            assert search("ora-125") == [second]
            assert search("ＯＲＡ") == [second]  # folded as it is written
            assert search("随访访表") == search("没有这个词") == []
            assert set(search("", *finding.for_clinics())) == {first, second, foreign}
            assert search(first) == [first]
            assert suggested(DESCRIPTION) == [first]
            assert suggested("登录不了，ORA-12541") == [second]
            assert suggested("系统打开有问题怎么办，谢谢老师") == suggested("") == suggested("。！？") == []
            staff = (finding.published(), finding.of_queue("general"))
            assert set(suggested(DESCRIPTION, *staff)) == {first, internal}

    @sqlite_only
    def test_nothing_but_the_published_text_is_ever_found(self, portal, desk):
        shelf = Shelf(portal.runtime)
        shelf.publish()
        shelf.take(SUBMIT, "bob", text=replace(TEXT, title="同步字典后再保存随访表", is_public=False))
        with portal.runtime.database.read() as session:
            assert finding.search(session, "同步字典", finding.published()) == []
            assert finding.public_one(session, shelf.number).text.title == TEXT.title
        shelf.take(APPROVE, "leo")
        with portal.runtime.database.read() as session:
            assert finding.public_one(session, shelf.number) is None
            assert [one.text.title for one in suggesting.for_ticket(session, desk.ticket)] == ["同步字典后再保存随访表"]
        shelf.take(RETIRE, "leo")
        with portal.runtime.database.read() as session:
            assert suggesting.for_ticket(session, desk.ticket) == []
            assert session.scalars(select(ArticleWord)).all() == []


MOBILE = "13900000017"
HIDDEN = (
    f"请拨打{MOBILE}", "电话 139 0000 0017", "１３９００００００１７", "139-0000-0017", "手机一三九零零零零零零一七",
    f"微信同号 {MOBILE}", f"+86 {MOBILE}", "1 3 9 0 0 0 0 0 0 1 7", "①③⑨⓪⓪⓪⓪⓪⓪①⑦", "139.0000.0017", "139/0000/0017",
    "(139)00000017", "壹叁玖零零零零零零壹柒", "幺三九〇〇〇〇〇〇幺七", "139x0000x0017", "139，0000，0017",
    "手机号是139\n00000017", f"身份证号{id_number(17)}", f"证件：{id_number(17)[:6]} {id_number(17)[6:]}",
    f"居民 {id_number(17)}", "账号 weisheng01 密码 Kw7-Mond-42",
    "密码是 Kw7Mond42", "login: admin / password: Kw7-Mond-42",
)  # fmt: skip


@pytest.mark.parametrize("text", HIDDEN)
def test_no_number_of_a_person_account_or_password_in_any_wording(text):
    for part in ("title", "problem", "steps", "cautions", "system", "module"):
        faults = faults_of(replace(TEXT, **{part: text}), is_complete=True)
        assert [(fault.field, fault.code) for fault in faults] == [(part, "sensitive_text")]
    assert faults_of(replace(TEXT, problem=without_secrets(f"保存时报错\n{text}")), is_complete=True) == []


@pytest.mark.parametrize(
    "text",
    [
        "热线 0531-88881234", "客服 400-800-1234", "拨打 12345", "1、打开系统\n2、点保存\n3、再试 13 次",
        "2026-11-27 12:00:00 到 2026-11-28", "错误码 ORA-12541，端口 1521", "1 3 5 7 9 11 13 号窗口",
        "请用自己的账号登录，忘记密码时找管理员",
    ],
)  # fmt: skip
def test_numbers_of_a_service_and_of_steps_pass(text):
    assert faults_of(replace(TEXT, steps=text), is_complete=True) == []


@sqlite_only
def test_words_of_a_ticket_go_with_it_until_they_are_approved(portal):
    """A canary: nowhere in the database after the report is destroyed, unless a reviewer published it."""
    runtime, canary = portal.runtime, "桂花树下的第三台电脑"
    desks = [Desk(runtime, file_report(runtime, description=f"{canary}保存随访表报错").number) for _ in range(2)]
    numbers = []
    for desk in desks:
        desk.act(CLAIM)
        with runtime.database.transaction() as session:
            numbers.append(from_ticket.make(session, actor(runtime, "alice"), desk.number).number)
    drafted, published = (Shelf(runtime, number) for number in numbers)
    assert canary in versions(runtime, drafted)[0].problem
    for shelf in (drafted, published):
        text = replace(TEXT, problem=f"{canary}上保存报错")
        shelf.take(SUBMIT, "alice", text=text)
    with pytest.raises(InvalidError) as unlooked:
        published.take(APPROVE, "leo")
    assert [fault.field for fault in unlooked.value.faults] == ["names_checked"]
    published.take(APPROVE, "leo", has_looked=True)
    for desk in desks:
        with runtime.database.transaction() as session:
            destruction.destroy_report(session, session.get_one(Ticket, desk.ticket.id))
    assert {one.problem for one in versions(runtime, drafted)} == {""}
    assert [canary in one.problem for one in versions(runtime, published)] == [True, False]


def versions(runtime, shelf):
    with runtime.database.read() as session:
        mine = select(ArticleVersion).where(ArticleVersion.article_id == shelf.row.id)
        return session.scalars(mine.order_by(ArticleVersion.version.desc())).all()


def test_no_version_is_rewritten(portal):
    """On both databases, by whatever statement."""
    shelf = Shelf(portal.runtime)
    shelf.publish()
    for change in (
        update(ArticleVersion).values(steps="别的"),
        update(ArticleVersion).values(title="别的"),
        ArticleVersion.__table__.delete(),
    ):
        with pytest.raises(Exception, match="insert-only"), portal.runtime.database.transaction() as session:
            session.execute(change)


@sqlite_only
def test_uses_of_a_ticket_are_shown_with_it(portal, desk):
    shelf = Shelf(portal.runtime)
    shelf.publish()
    desk.act(REPLY, text=TEXT.steps)
    with portal.runtime.database.read() as session:
        assert [one.number for one in uses.of_ticket(session, desk.ticket)] == [shelf.number]
