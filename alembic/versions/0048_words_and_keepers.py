"""Phrases and word hints with what leads find there at first; keepers, 重点 and contacts of institutions."""

import uuid

import sqlalchemy as sa

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

# place, title, text; those of a holiday are off until a lead gives them their days.
_PHRASES = (
    ("reply", "已收到", "已收到，正在为您处理。"),
    ("reply", "先安抚", "{称呼}，给您的工作带来不便，非常抱歉。我们先核实情况，有结果就告诉您，请您放心。"),
    ("reply", "登录核对", "我们需要登录系统核对，{期限} 前回复您。"),
    ("reply", "重新登录", "请退出系统后重新登录，再看问题是否还在。"),
    ("reply", "一起查找", "我们一起来看看问题出在哪里。"),
    ("reply", "还有别的吗", "{机构}您好，{编号} 已处理。请问还有其他需要我们帮助的吗？"),
    (
        "acceptance",
        "登录核对类",
        "处理步骤：先登录系统重现问题，再核对数据，最后把结果告诉您\n所需时间：{期限} 前答复\n"
        "预期结果：核对清楚原因，能修好的当场修好",
    ),
    (
        "acceptance",
        "数据修复类",
        "处理步骤：先备份数据，再由工程师修复，修好后请您核对一次\n所需时间：{期限} 前答复\n"
        "预期结果：数据恢复完整，可以正常填写和查询",
    ),
    ("question", "操作步骤", "操作步骤不清楚，请写明第一步点了哪里、第二步点了哪里、到哪一步出的问题。"),
    ("question", "整屏截图", "截图没有显示整个屏幕，请按 PrtSc 截下整个屏幕。"),
    ("question", "登录不上", "用这组账号和密码登录不上，请核对后再填一次。"),
    ("question", "手机还是电脑", "请问您用的是电脑端还是手机端？"),
    ("question", "错误提示", "请把屏幕上的错误提示原文照抄一遍，标点也请照抄。"),
    ("question", "什么时候开始", "请问从什么时候开始出现这个问题？在那之前能正常使用吗？"),
    ("question", "多少人受影响", "请问只有您这一台电脑这样，还是全机构都这样？"),
    ("call", "开场", "您好，{单位名称}，请问有什么可以帮您？"),
    ("call", "报工号", "我的工号是 {工号}。"),
    ("call", "请稍等", "请您稍等 1-2 分钟，我帮您查一下。"),
    ("call", "久等了", "让您久等了，谢谢您的等待。"),
    ("call", "复述确认", "我复述一遍您的问题，您听听对不对。"),
    ("call", "结束", "请问还有其他问题吗？感谢您的来电，再见。"),
)
_HOLIDAYS = (
    ("元旦、春节开场", "新年好！"),
    ("五一开场", "劳动节快乐！"),
    ("中秋开场", "中秋节快乐！"),
    ("国庆开场", "国庆节快乐！"),
)
_OPENING = "{单位名称}，请问有什么可以帮您？"

_FORBIDDEN = (
    ("不行", "换成能做什么，例如：我们可以这样为您处理", ("行不行",)),
    ("不知道", "换成：我帮您核实后告诉您", ("知道不知道",)),
    ("不可以", "换成可以怎么做，例如：您可以这样操作", ("可不可以",)),
    ("但是", "先认可，再直接说怎么办，不用转折", ()),
    ("其实您自己没操作好", "换成：我们一起来看看问题出在哪里", ()),
    ("我晕", "请换成礼貌的说法", ()),
    ("天啊", "请换成礼貌的说法", ()),
    ("怎么这样", "请换成礼貌的说法", ()),
    ("真是的", "请换成礼貌的说法", ()),
    ("这不是我的错", "换成：我来看看怎么帮您解决", ()),
    ("不归我管", "换成：我帮您联系负责的同事", ()),
    ("没办法", "换成：我们再想想别的办法", ("有没有办法",)),
    ("您没说清楚", "换成：我可能没有听明白，请您再说一遍", ()),
    ("您弄错了", "换成：我们一起核对一遍", ()),
    ("您必须", "换成：请您……，这样就可以……", ()),
    ("跟我没关系", "换成：我帮您找到能处理的同事", ()),
    ("我忙不过来", "换成：请您稍等，我处理完手上这件就来", ()),
    ("以前没出过", "换成：我们来查查这次为什么会这样", ()),
)
_RESPECT = (("你", "请用“您”", ("你们", "迷你")),)
_FILLERS = ("啊", "嗯", "那")
_PLAIN = (
    ("系统缓存", "机构不一定懂，可以说：电脑（手机）里的临时数据太多"),
    ("清缓存", "可以说：把浏览器里存的临时数据删掉，并写明怎么点"),
    ("后台", "可以说：我们的系统里"),
    ("服务器", "可以说：我们这边的系统"),
    ("数据库", "可以说：存放资料的地方"),
    ("接口", "可以说：两个系统之间的连接"),
    ("端口", "机构不一定懂，请说明要点哪里、填什么"),
    ("前端", "可以说：您看到的页面"),
    ("bug", "可以说：系统的一处错误"),
    ("报错代码", "可以说：屏幕上的错误提示"),
    ("刷库", "可以说：修正资料"),
    ("回滚", "可以说：恢复到之前的样子"),
    ("权限不足", "可以说：您的账号还不能用这个功能，并写明找谁开通"),
)
_WITH_MINUTES = tuple(f"稍等{gap}{n}" for gap in ("", " ") for n in range(1, 10))
_WAITING = (
    ("稍等", "请说明大概要等多久，例如：请您稍等 1-2 分钟", _WITH_MINUTES),
    ("等一下", "请说明大概要等多久，例如：请您等 5 分钟", ()),
    ("等一会", "请说明大概要等多久，例如：请您等 10 分钟", ()),
    ("过几天", "请写明哪一天", ()),
    ("尽快", "请写明什么时候前", ()),
)  # fmt: skip


def _id(text: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, text)


def _phrase(place: str, title: str, text: str, position: int, *, is_active: bool) -> dict[str, object]:
    return {
        "id": _id(f"phrase {place} {title}"), "place": place, "title": title, "text": text, "position": position,
        "is_active": is_active,
    }  # fmt: skip


def _hint(kind: str, pattern: str, advice: str, exceptions: tuple[str, ...], *, is_whole: bool) -> dict[str, object]:
    return {
        "id": _id(f"hint {pattern}"), "kind": kind, "pattern": pattern, "advice": advice,
        "exceptions": list(exceptions), "is_whole": is_whole, "is_active": True,
    }  # fmt: skip


def upgrade() -> None:
    _add_words()
    op.add_column("institutions", sa.Column("keeper_id", sa.Uuid(), nullable=True))
    op.create_index("ix_institutions_keeper_id", "institutions", ["keeper_id"])
    op.add_column("institutions", sa.Column("is_key", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "institution_contacts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("institution_id", sa.Uuid(), sa.ForeignKey("institutions.id"), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("may_be_called", sa.Boolean(), nullable=False),
        sa.Column("preferred_time", sa.String(40), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_institution_contacts_institution_id", "institution_contacts", ["institution_id"])


def _add_words() -> None:
    phrases = op.create_table(
        "phrases",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("title", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place", sa.String(12), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    )
    op.create_index("ix_phrases_place_position", "phrases", ["place", "position"])
    rows = [_phrase(*said, at, is_active=True) for at, said in enumerate(_PHRASES, 1)]
    rows += [
        _phrase("call", title, greeting + _OPENING, at, is_active=False)
        for at, (title, greeting) in enumerate(_HOLIDAYS, len(rows) + 1)
    ]
    op.bulk_insert(phrases, rows)
    hints = op.create_table(
        "word_hints",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("pattern", sa.String(40), nullable=False, unique=True),
        sa.Column("advice", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("exceptions", sa.JSON(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    )
    words = [_hint("forbidden", *word, is_whole=False) for word in _FORBIDDEN]
    words += [_hint("respect", *word, is_whole=False) for word in _RESPECT]
    words += [_hint("forbidden", word, "书面答复里不用语气词", (), is_whole=True) for word in _FILLERS]
    words += [_hint("plain", word, advice, (), is_whole=False) for word, advice in _PLAIN]
    words += [_hint("waiting", *word, is_whole=False) for word in _WAITING]
    op.bulk_insert(hints, words)


def downgrade() -> None:
    op.drop_table("institution_contacts")
    op.drop_column("institutions", "is_key")
    op.drop_index("ix_institutions_keeper_id", "institutions")
    op.drop_column("institutions", "keeper_id")
    op.drop_table("word_hints")
    op.drop_index("ix_phrases_place_position", "phrases")
    op.drop_table("phrases")
