"""Parses an institution name as people write it: a county level followed by something, no stricter than that.

The source's own example 高唐县杨屯乡张四屯卫生室 has neither 镇 nor 村, so no fixed three-level pattern works
(REQUIREMENTS A2, A3; UX 0.4).
"""

import re
import unicodedata
from dataclasses import dataclass

LONGEST_NAME = 100

_ABOVE_COUNTY = re.compile(r"中华人民共和国|中国|[^县区市旗镇乡村]{2,16}?(?:自治区|特别行政区|省|自治州|地区|盟)")
# Not county levels: 社区 and 小区 end in 区, 超市 ends in 市, and 红旗村 begins with 红旗.
_COUNTY_ENDING = r"(?:县|(?<![社小病校辖片街景])区|(?<!超)市|(?<![红战锦])旗)"
_COUNTY = re.compile(
    r".{1,20}?自治[县旗]"
    rf"|.{{1,3}}?{_COUNTY_ENDING}"  # 台儿庄区, 金乡县, 镇平县: short names may contain a town or village word
    rf"|[^镇乡村屯庄社街院室所站]{{4,12}}?{_COUNTY_ENDING}"
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
    village or clinic: 「写到村或卫生室」 (REQUIREMENTS A2, A3, T8).
    """
    written = _compact(name)
    if not written:
        return "required"
    if len(written) > LONGEST_NAME:
        return "too_long"
    county, below = _split_county(written)
    if not county or len(below) < 2 or not _LOWER_LEVEL.search(below):
        return "too_short"
    town = _TOWN.match(below)
    return "too_short" if town and town.end() == len(below) else None


def parse_institution(name: str) -> Institution:
    """The levels as far as they are recognised; never raises."""
    county, below = _split_county(_compact(name)[:LONGEST_NAME])
    town = _TOWN.match(below)
    if not town:
        return Institution(county=county, town="", village=below)
    return Institution(county=county, town=town[0], village=below[town.end() :])


def _split_county(written: str) -> tuple[str, str]:
    """The lowest county-level part at the beginning, and the rest."""
    at = 0
    while above := _ABOVE_COUNTY.match(written, at):
        at = above.end()
    county = ""
    while part := _COUNTY.match(written, at):
        county, at = part[0], part.end()
    return county, written[at:]


def _compact(name: str) -> str:
    return "".join(char for char in name if unicodedata.category(char)[0] not in "ZC")
