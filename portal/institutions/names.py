"""Names made comparable and findable: the key by which two writings are one name, pinyin, initials, levels."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from portal.institutions.models import Level
from portal.institutions.parsing import parse_institution

LONGEST_QUERY = 60
_TOWN_HOUSE = re.compile(r"(?:卫生院|卫生服务中心|卫生院分院)$")
_VILLAGE_WORD = re.compile(r"[村屯庄寨堡居委会]|社区")
# Readings that the library has differently, as the places themselves say them.
_LOCAL_READINGS = {
    "单县": ("shàn", "xiàn"), "乐陵": ("lào", "líng"), "蔚县": ("yù", "xiàn"), "六安": ("lù", "ān"),
    "六合": ("lù", "hé"), "长丰": ("cháng", "fēng"), "乐亭": ("lào", "tíng"),
}  # fmt: skip


@dataclass(frozen=True)
class Spelling:
    """What is kept beside a name so that it is found: full pinyin, initials, and all of it in `search_text`."""

    pinyin: str
    initials: str
    search_text: str


def folded(text: str) -> str:
    """Half-width, lower case, letters and digits only: blanks and punctuation tell no two names apart."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def name_key(name: str) -> str:
    """The name without what stands above the county: 山东省聊城市高唐县… and 高唐县… are one institution."""
    written = folded(name)
    read = parse_institution(written)
    return (read.county + read.town + read.village) or written


def query_words(query: str) -> list[str]:
    """What was typed as words that must all be found: 汉字 and letters apart, as 高唐zst is typed."""
    text = unicodedata.normalize("NFKC", query[:LONGEST_QUERY]).casefold()
    words: list[str] = []
    for part in text.split():
        kept = folded(part)
        runs = re.findall(r"[a-z][a-z0-9]*|[^a-z]+", kept)
        words += [name_key(kept)] if len(runs) == 1 else runs
    return [word for word in words if word][:6]


def level_of(town: str, village: str) -> Level:
    """The level that the parts of a name say: 梁村镇卫生院 belongs to the town, 高唐县人民医院 to the county."""
    if not town:
        return Level.VILLAGE if _VILLAGE_WORD.search(village) else Level.COUNTY
    if not village or (_TOWN_HOUSE.search(village) and not _VILLAGE_WORD.search(village)):
        return Level.TOWN
    return Level.VILLAGE


def spelling(county: str, town: str, village: str, aliases: Sequence[str]) -> Spelling:
    """Pinyin, initials and search text of an institution.

    The search text holds one line for every place where somebody may begin: the county, the town, the village and
    each alias, in 汉字, in pinyin and in initials.
    """
    parts = [folded(part) for part in (county, town, village)]
    sounds = [_syllables(part) for part in parts]
    beginnings = [n for n in range(3) if parts[n]] or [0]
    lines: list[str] = []
    for alias in (folded(alias) for alias in aliases):
        syllables = _syllables(alias)
        lines += [alias, "".join(syllables), _initials(syllables)]
    for n in beginnings:
        below = [syllable for part in sounds[n:] for syllable in part]
        lines += ["".join(parts[n:]), "".join(below), _initials(below)]
    everything = [syllable for part in sounds for syllable in part]
    unique = list(dict.fromkeys(line for line in lines if line))
    return Spelling("".join(everything)[:700], _initials(everything)[:200], "\n" + "\n".join(unique))


def _initials(syllables: Sequence[str]) -> str:
    return "".join(syllable[0] for syllable in syllables)


@lru_cache(maxsize=4096)  # a table names few counties and towns, each of them many times
def _syllables(text: str) -> tuple[str, ...]:
    # What is no 汉字 stays as it is, each letter a beginning of its own. ü comes as v, which is how it is typed.
    return tuple(syllable for syllable in _reader().lazy_pinyin(text, errors=list) if syllable)


@cache
def _reader() -> Any:
    """The pinyin tables take some 55 MB and are needed only where a name is kept, so they are loaded then."""
    import pypinyin  # noqa: PLC0415

    pypinyin.load_phrases_dict({name: [[sound] for sound in sounds] for name, sounds in _LOCAL_READINGS.items()})
    return pypinyin
