"""Parses an institution name as people write it: a county level followed by something, no stricter than that.

The source's own example 高唐县杨屯乡张四屯卫生室 has neither 镇 nor 村, so no fixed three-level pattern works
(REQUIREMENTS A2, A3; UX 0.4). The real names of counties decide; a pattern reads what is on no list.
"""

import re
import unicodedata
from dataclasses import dataclass

from portal.institutions.divisions import divisions, name_at, simplified
from portal.sensitive_text.folding import folded

LONGEST_NAME = 100

_ABOVE_COUNTY = re.compile(r"中华人民共和国|中国|[^县区市旗镇乡村]{2,16}?(?:自治区|特别行政区|省|自治州|地区|盟)")
_COUNTY_LIKE = ("开发区", "示范区", "管委会", "管理委员会", "行政委员会")  # with a rank of their own, on few lists
# Not county levels: 社区 and 小区 end in 区, 超市 ends in 市, and 红旗村 begins with 红旗.
_COUNTY_ENDING = r"(?:县|(?<![社小病校辖片街景])区|(?<!超)市|(?<![红战锦])旗)"
_COUNTY = re.compile(
    r".{1,20}?自治[县旗]"
    rf"|.{{1,3}}?{_COUNTY_ENDING}"  # 台儿庄区, 金乡县, 镇平县: short names may contain a town or village word
    rf"|[^镇乡村屯庄社街院室所站]{{4,12}}?{_COUNTY_ENDING}"
    rf"|[^镇乡村]{{2,16}}?(?:{'|'.join(_COUNTY_LIKE)})"
)
_TOWN = re.compile(r".{1,12}?(?:街道办事处|街道|办事处|民族乡|苏木|镇(?!镇)|乡(?![镇乡]))")
_LOWER_LEVEL = re.compile(
    r"[镇乡村屯庄寨堡营铺店沟湾岗坡洼塘埠集甸坊巷街路队组连团]"
    r"|街道|办事处|苏木|社区|居委会|居民委员会|嘎查|小区|管委会|管理区"
    r"|农场|林场|牧场|渔场|分场"
    r"|卫生[室院站所点]|医务[室所]|医院|诊所|门诊|保健[院站所]|防治[院站所]|疾控|疾病预防|医疗点|卫健|卫生健康"
    r"|服务中心|服务站|急救|血站|体检中心|医共体|药房"
)


@dataclass(frozen=True)
class Institution:
    """The three levels of a name, "" for a missing one; `village` is the village or clinic."""

    county: str
    town: str
    village: str


def institution_fault(name: str) -> str | None:
    """`required` (blank, also by U+3000 or zero-width), `too_long` (over 100), `too_short`, or None.

    `too_short`: no county level (县 区 市 旗, also autonomous), nothing below it, or a bare town without
    village or clinic: `missing_level` says which (REQUIREMENTS A2, A3, T8).
    """
    written = _compact(name)
    if not written:
        return "required"
    if len(written) > LONGEST_NAME:
        return "too_long"
    return "too_short" if missing_level(name) else None


def missing_level(name: str) -> str:
    """The levels that the name leaves out: `county`, `county and town`, `below county`, `below town`; "" if none."""
    written = simplified("".join(char for char in _compact(name)[:LONGEST_NAME] if char.isalnum()))
    county, below = _split_county(written)
    town = _TOWN.match(below)
    if not county:
        return "county" if town and _LOWER_LEVEL.search(below[town.end() :]) else "county and town"
    if len(below) < 2 or not _LOWER_LEVEL.search(below):
        return "below county"
    return "below town" if town and town.end() == len(below) else ""


def is_county(name: str) -> bool:
    """Whether the whole name is a county level: a real one, or one that ends as they do."""
    written = simplified(_compact(name))
    endings = ("县", "区", "市", "旗", *_COUNTY_LIKE)
    return written in divisions().counties or written.endswith(endings)


def parse_institution(name: str) -> Institution:
    """The levels as far as they are recognised, in the characters that were typed; never raises."""
    written = _compact(name)[:LONGEST_NAME]
    county, below = _split_county(simplified(written))
    at = len(written) - len(below)
    town = _TOWN.match(below)
    end = at + (town.end() if town else 0)
    return Institution(county=written[at - len(county) : at], town=written[at:end], village=written[end:])


def _split_county(written: str) -> tuple[str, str]:
    """The lowest county-level part at the beginning, and the rest."""
    known = divisions()
    at, county = 0, ""
    while True:
        if real := name_at(known.counties, written, at):
            return real, written[at + len(real) :]
        if above := name_at(known.above, written, at):
            county, at = above if above in known.prefectures else "", at + len(above)
            continue
        if short := _short_above(written, at):
            county, at = "", at + len(short)
            continue
        if pattern := _ABOVE_COUNTY.match(written, at):
            county, at = "", pattern.end()
            continue
        part = _COUNTY.match(written, at)
        if not part:
            return county, written[at:]
        county, at = part[0], part.end()


def _short_above(written: str, at: int) -> str:
    """聊城 in 聊城高唐县: only in front of a level that has its real name."""
    known = divisions()
    short = name_at(known.short, written, at)
    end = at + len(short)
    if not short:
        return ""
    is_followed = any(name_at(names, written, end) for names in (known.counties, known.prefectures))
    return short if is_followed or _short_above(written, end) else ""


def _compact(name: str) -> str:
    return "".join(char for char in folded(name).text if unicodedata.category(char)[0] not in "ZC")
