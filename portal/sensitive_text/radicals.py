"""The ordinary character for each radical that copied text holds instead: PDF files print 页 as ⻚.

Kangxi radicals have a compatibility form in Unicode; of the supplement (U+2E80 to U+2EF3) only two have one.
"""

import unicodedata

_KANGXI = range(0x2F00, 0x2FD6)
# From U+2E80 on; a blank where no character stands. Where two shapes share a meaning, the one that words are made of.
_SUPPLEMENT = (
    " 厂乛乚乙亻冂几刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄㣺扌攵 旡日月歺母民氵氺灬爫爫丬牛犭王疋目示礻竹糹纟罓罒㓁冗罒羊"
    "羊羋耂肀聿月臼艹艹艹虎衤覀西见角角讠贝足车辶辶辶阝钅長镸长门阜阝雨青韦页风飞食飠飠饣首马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟"
)

_TODAY = {0x2F3E: "户", 0x2FAD: "青"}  # Unicode names the older 戶 and 靑

RADICALS = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in _KANGXI},
    **{0x2E80 + offset: char for offset, char in enumerate(_SUPPLEMENT) if char != " "},
    **_TODAY,
}
