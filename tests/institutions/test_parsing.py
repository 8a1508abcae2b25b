"""Institution names as clinics write them (REQUIREMENTS A2, A3, T8; UX 0.4; SECURITY A-4)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.institutions.divisions import divisions, simplified
from portal.institutions.parsing import Institution, institution_fault, missing_level, parse_institution

GOOD = """
高唐县杨屯乡张四屯卫生室
山东省聊城市高唐县杨屯乡张四屯卫生室
聊城市高唐县梁村镇前街村
高唐县梁村镇卫生院
高唐县人和街道办事处北关社区卫生服务站
高唐县鱼邱湖街道社区卫生服务中心
高唐县人民医院
高唐县妇幼保健院
高唐县疾控中心
高唐县杨屯乡卫生院
高唐县杨屯乡张四屯
东昌府区沙镇镇八里庄村卫生室
聊城市东昌府区古楼街道红旗社区居委会
济宁市金乡县鸡黍镇张庄村
枣庄市台儿庄区邳庄镇李庄村卫生室
河南省新乡市新乡县七里营镇刘庄村
南阳市镇平县石佛寺镇卫生院
临汾市乡宁县昌宁镇东街社区
长治市屯留区麟绛街道卫生服务站
宁夏回族自治区吴忠市红寺堡区太阳山镇卫生院
甘肃省临夏回族自治州东乡族自治县锁南镇伊哈池村
贵州省安顺市镇宁布依族苗族自治县城关镇卫生院
内蒙古自治区锡林郭勒盟东乌珠穆沁旗满都呼宝拉格镇卫生院
内蒙古阿拉善左旗巴彦浩特镇土尔扈特社区
呼伦贝尔市莫力达瓦达斡尔族自治旗尼尔基镇中心卫生院
科尔沁右翼前旗乌兰毛都苏木勿布林嘎查卫生室
神农架林区松柏镇卫生院
六枝特区岩脚镇太和村
上海市浦东新区张江镇社区卫生服务中心
北京市密云区古北口镇司马台村卫生室
重庆市城口县高观镇卫生院
中山市小榄镇永宁社区卫生服务站
东莞市石排镇医院
新疆维吾尔自治区伊犁哈萨克自治州伊宁县喀什镇村卫生室
石河子市北泉镇团结社区
广西壮族自治区百色市德保县燕峒乡那布屯
湖北省恩施土家族苗族自治州巴东县溪丘湾乡卫生院
乌鲁木齐市达坂城区东沟乡卫生院
阳泉市矿区赛鱼街道卫生服务站
高唐县经济开发区卫生院
高唐县汇鑫街道超市旁张医生诊所
高唐县城关门诊部
高 唐 县　杨屯乡\u200b张四屯卫生室
XX县XX镇XX村
云南省大理白族自治州云龙县民建乡卫生院
武汉市江夏区民族乡前进村
四川省甘孜藏族自治州石渠县长沙贡马乡卫生院
高唐县固河镇前李家洼
上街区峡窝镇观沟村卫生室
郑州市上街区峡窝镇观沟村卫生室
合肥新站高新技术产业开发区三十头社区卫生服务站
合肥市新站高新技术产业开发区三十头社区卫生服务站
大柴旦行政委员会柴旦镇卫生院
乌拉盖管理区管委会巴音胡硕镇卫生院
山西转型综合改革示范区唐槐社区卫生服务站
某地循环经济开发区向阳村卫生室
宿州市杨庄站前产业示范区李庄村卫生室
保定白沟新城白沟镇王庄村
聊城高唐县杨屯乡张四屯卫生室
山东聊城高唐县杨屯乡张四屯卫生室
山東省聊城市高唐縣楊屯鄉張四屯衛生室
⾼唐县杨屯乡张四屯卫⽣室
高唐县\u202e杨屯乡\u202c张四屯卫生室
山东省-聊城市-高唐县-杨屯乡-张四屯卫生室
""".strip().splitlines()

BAD = {
    "": "required",
    "   ": "required",
    "\u3000\u3000": "required",
    "\u200b\ufeff": "required",
    "\r\n\t": "required",
    "高唐县": "too_short",
    "高唐县杨屯乡": "too_short",
    "高唐县姜店镇": "too_short",
    "聊城市东昌府区柳园街道办事处": "too_short",
    "聊城市": "too_short",
    "张四屯": "too_short",
    "卫生室": "too_short",
    "山东省聊城市高唐县": "too_short",
    "山东省": "too_short",
    "杨屯乡张四屯卫生室": "too_short",
    "红旗村卫生室": "too_short",
    "幸福社区卫生服务站": "too_short",
    "阳光小区门诊部": "too_short",
    "县医院": "too_short",
    "幸福超市诊所": "too_short",
    "高唐县村": "too_short",
    "河南省新乡市新乡县": "too_short",
    "济宁市金乡县": "too_short",
    "枣庄市台儿庄区": "too_short",
    "东乡族自治县": "too_short",
    "聊城市东昌府区": "too_short",
    "高唐县城": "too_short",
    "内蒙古自治区锡林郭勒盟": "too_short",
    "公卫系统": "too_short",
    "高唐县杨屯乡" + "张四屯" * 40: "too_long",
    "县" * 100_000: "too_long",
}


def test_it_tries_enough_names():
    assert len(set(GOOD)) >= 40
    assert len(BAD) >= 20


@pytest.mark.parametrize("name", GOOD)
def test_it_accepts_a_county_with_something_below_it(name):
    assert institution_fault(name) is None


@pytest.mark.parametrize(("name", "code"), BAD.items(), ids=[name[:12] or "empty" for name in BAD])
def test_it_refuses_what_names_no_place_to_go_to(name, code):
    assert institution_fault(name) == code


def test_a_name_of_exactly_one_hundred_characters_is_not_too_long():
    name = "高唐县杨屯乡" + "长" * 91 + "卫生室"
    assert (len(name), institution_fault(name)) == (100, None)
    assert institution_fault(name + "点") == "too_long"


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("高唐县杨屯乡张四屯卫生室", ("高唐县", "杨屯乡", "张四屯卫生室")),
        ("山东省聊城市高唐县梁村镇 前街村", ("高唐县", "梁村镇", "前街村")),
        ("东昌府区沙镇镇八里庄村", ("东昌府区", "沙镇镇", "八里庄村")),
        ("新乡市新乡县七里营镇刘庄村", ("新乡县", "七里营镇", "刘庄村")),
        ("高唐县人和街道办事处北关社区", ("高唐县", "人和街道办事处", "北关社区")),
        ("东乡族自治县锁南镇伊哈池村", ("东乡族自治县", "锁南镇", "伊哈池村")),
        ("内蒙古自治区锡林郭勒盟东乌珠穆沁旗满都呼宝拉格镇", ("东乌珠穆沁旗", "满都呼宝拉格镇", "")),
        ("高唐县人民医院", ("高唐县", "", "人民医院")),
        ("张四屯卫生室", ("", "", "张四屯卫生室")),
        ("", ("", "", "")),
        ("聊城高唐县杨屯乡张四屯", ("高唐县", "杨屯乡", "张四屯")),
        ("高唐縣楊屯鄉張四屯衛生室", ("高唐縣", "楊屯鄉", "張四屯衛生室")),
        ("晋城市城区北街街道卫生服务站", ("城区", "北街街道", "卫生服务站")),
        ("高唐县城区卫生院", ("高唐县", "", "城区卫生院")),
        ("吉林省吉林市船营区大绥河镇卫生院", ("船营区", "大绥河镇", "卫生院")),
    ],
)
def test_it_reads_the_levels_of_a_name(name, levels):
    assert parse_institution(name) == Institution(*levels)


@settings(deadline=None)
@given(st.text(alphabet="高唐县市区旗镇乡村屯社自治州盟省卫生室院 a", max_size=60))
def test_reading_a_name_loses_no_level(name):
    read = parse_institution(name)
    assert (read.county + read.town + read.village) in "".join(name.split())
    if institution_fault(name) is None:
        assert read.county and (read.town or read.village)


def test_every_real_county_is_read_as_it_is_called():
    known = divisions()
    assert len(known.counties) == 2942 and len(known.above) == 367
    for county in known.counties:
        name = f"{county}河湾镇东头村卫生室"
        assert institution_fault(name) is None, name
        assert parse_institution(name).county == county
        assert simplified(county) == county


@pytest.mark.parametrize("above", ["山东省", "山东", "内蒙古自治区", "济南市", "山东省济南市", "中国新疆维吾尔自治区"])
def test_levels_above_do_not_hide_a_real_county(above):
    for county in divisions().counties:
        assert parse_institution(f"{above}{county}河湾镇东头村卫生室").county == county


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("张四屯卫生室", "county and town"),
        ("公卫系统", "county and town"),
        ("杨屯乡卫生院", "county"),
        ("杨屯乡张四屯卫生室", "county"),
        ("高唐县", "below county"),
        ("聊城市", "below county"),
        ("高唐县村", "below county"),
        ("高唐县杨屯乡", "below town"),
        ("高唐县杨屯乡卫生院", ""),
        ("高唐县杨屯乡张四屯", ""),
    ],
)
def test_it_names_the_level_that_is_missing(name, missing):
    assert missing_level(name) == missing
