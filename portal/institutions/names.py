"""Comparable and searchable forms of names: a key for equal spellings, pinyin, initials, levels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from portal.institutions.divisions import simplified
from portal.institutions.models import Level
from portal.institutions.parsing import parse_institution
from portal.sensitive_text.folding import folded, nfkc

LONGEST_QUERY = 60
_TOWN_HOUSE = re.compile(r"(?:卫生院|卫生服务中心|卫生院分院)$")
_VILLAGE_WORD = re.compile(r"[村屯庄寨堡居委会]|社区")
# Local pronunciations that the library gets wrong.
_LOCAL_READINGS = {
    "单县": ("shàn", "xiàn"), "乐陵": ("lào", "líng"), "蔚县": ("yù", "xiàn"), "六安": ("lù", "ān"),
    "六合": ("lù", "hé"), "长丰": ("cháng", "fēng"), "乐亭": ("lào", "tíng"),
}  # fmt: skip


@dataclass(frozen=True)
class Spelling:
    """The searchable forms of a name: full pinyin, initials, and all of it in `search_text`."""

    pinyin: str
    initials: str
    search_text: str


def plain(text: str) -> str:
    """Half-width, lower case, simplified, letters and digits only: blanks, punctuation and script do not matter."""
    return "".join(char for char in _spelled(text) if char.isalnum())


def _spelled(text: str) -> str:
    return simplified(nfkc(folded(text).text).casefold())


def name_key(name: str) -> str:
    """The name without the levels above the county: 山东省聊城市高唐县… and 高唐县… are one institution."""
    plain_name = plain(name)
    read = parse_institution(plain_name)
    return (read.county + read.town + read.village) or plain_name


def query_words(query: str) -> list[str]:
    """The words of a search, all of which must match; splits 汉字 from letters, as in 高唐zst."""
    text = _spelled(query[:LONGEST_QUERY])
    words: list[str] = []
    for part in text.split():
        word = plain(part)
        runs = re.findall(r"[a-z][a-z0-9]*|[^a-z]+", word)
        words += [name_key(word)] if len(runs) == 1 else runs
    return [word for word in words if word][:6]


def level_of(town: str, village: str) -> Level:
    """Derives the level: 梁村镇卫生院 belongs to the town, 高唐县人民医院 to the county."""
    town, village = simplified(town), simplified(village)
    if not town:
        return Level.VILLAGE if _VILLAGE_WORD.search(village) else Level.COUNTY
    if not village or (_TOWN_HOUSE.search(village) and not _VILLAGE_WORD.search(village)):
        return Level.TOWN
    return Level.VILLAGE


def spelling(county: str, town: str, village: str, aliases: Sequence[str]) -> Spelling:
    """Pinyin, initials and search text of an institution.

    The search text has one line for every place where a search may start: the county, the town, the village and each
    alias, in 汉字, in pinyin and in initials.
    """
    parts = [plain(part) for part in (county, town, village)]
    sounds = [_syllables(part) for part in parts]
    starts = [n for n in range(3) if parts[n]] or [0]
    lines: list[str] = []
    for alias in (plain(alias) for alias in aliases):
        syllables = _syllables(alias)
        lines += [alias, "".join(syllables), _initials(syllables)]
    for n in starts:
        below = [syllable for part in sounds[n:] for syllable in part]
        lines += ["".join(parts[n:]), "".join(below), _initials(below)]
    all_syllables = [syllable for part in sounds for syllable in part]
    unique = list(dict.fromkeys(line for line in lines if line))
    return Spelling("".join(all_syllables)[:700], _initials(all_syllables)[:200], "\n" + "\n".join(unique))


def _initials(syllables: Sequence[str]) -> str:
    return "".join(syllable[0] for syllable in syllables)


@lru_cache(maxsize=4096)  # an import repeats the same few counties and towns
def _syllables(text: str) -> tuple[str, ...]:
    # Other characters stay, each as its own syllable. ü becomes v, as it is typed.
    return tuple(syllable for syllable in _reader().lazy_pinyin(text, errors=list) if syllable)


@cache
def _reader() -> Any:
    """Loaded on first use: the pinyin tables take about 55 MB and are needed only to save a name."""
    import pypinyin  # noqa: PLC0415

    pypinyin.load_phrases_dict({name: [[sound] for sound in sounds] for name, sounds in _LOCAL_READINGS.items()})
    return pypinyin
