"""A pasted message as lines: every kind of line end, list numbers of every style, tables as one label a line. Pure.

Two things people do to a list are undone here, so that the reader of labels sees a list: a word processor or a table
program puts values beside or below their heads, and a chat program adds marks that nobody sees.
"""

import re
from collections.abc import Iterator, Sequence

from portal.pasting import labels
from portal.sensitive_text.folding import folded

_PLACEHOLDER = re.compile(r"[\[【](?:图片|照片|截图|动画表情|表情|视频|语音|文件)[\]】]")
_NUMBERS = {
    **{0x2474 + n: f"({n + 1})" for n in range(20)},  # ⑴
    **{0x2488 + n: f"{n + 1}." for n in range(20)},  # ⒈
    **{first + n: f"{n + 1}、" for first in (0x24F5, 0x2776, 0x2780, 0x278A) for n in range(10)},  # ⓵ ❶ ➀ ➊
    **{0x3220 + n: f"({sign})" for n, sign in enumerate("一二三四五六七八九十")},  # ㈠
}
_OF_RULES, _DRAWN = frozenset("|:+-=_ \t"), frozenset("-=_+")  # the line below the heads of a table
_TAB, _BAR = re.compile(r"\t"), re.compile(r"[|｜│┃┆┇┊┋¦]")
_SEPARATORS = (_TAB, _BAR, re.compile(r"[ \u3000\u00a0]{2,}"), re.compile(r"[,，;；]"))
_FRAMED = _SEPARATORS[1:3]  # such rows may have separators outside, which part nothing
_ORDINAL = re.compile(r"[(]?[0-9一二三四五六七八九十①-⑳]{1,2}[)、.]?|序号|编号|项目|内容|填写内容")
_FEWEST_HEADS = 2
_FEWEST_HEADS_APART = 3  # where blanks or commas, which sentences have too, are all that separates
_MOST_LINES_OF_A_CELL = 40
_MOST_BLANK_LINES, _MOST_HEADS = 4, 24
_LONGEST_HEAD = 100  # signs


def cleaned(text: str) -> str:
    """The text without marks that nobody sees and without placeholders like [图片], each line ended by a line feed."""
    form = folded(text.translate(_NUMBERS))
    typed = form.typed
    seen = (sign if sign == "\n" else typed[form.place(at)] for at, sign in enumerate(form.text))
    return _PLACEHOLDER.sub("", "".join(seen))


def laid_out(text: str) -> str:
    """The cleaned text with each table as lines of head and value; what is no table stays as it is."""
    lines = list(_whole_cells(cleaned(text).split("\n")))
    ends = _ends_of_heads(lines)
    out: list[str] = []
    at = 0
    while at < len(lines):
        used, written = _table(lines, at) or _stacked(lines, ends, at)
        out += written if used else [lines[at]]
        at += used or 1
    return "\n".join(out)


def has_bare_heads(text: str) -> bool:
    """Whether the heads of a table stand in a line of the laid out text: its values were not found."""
    lines = text.split("\n")
    return any(_are_heads(_cells(line, one), _FEWEST_HEADS_APART) for line in lines for one in _SEPARATORS)


def _whole_cells(lines: Sequence[str]) -> Iterator[str]:
    """A cell with several lines, quoted as table programs copy it, on one line."""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if "\t" in line or line.startswith('"'):
            end = at
            joined = line
            while joined.count('"') % 2 and end < min(len(lines), at + _MOST_LINES_OF_A_CELL):
                joined += " " + lines[end]
                end += 1
            if joined.count('"') % 2 == 0 and "\t" in joined:
                line, at = joined, end
        yield line


def _table(lines: Sequence[str], at: int) -> tuple[int, list[str]] | None:
    """How many lines from `at` are a table, and what they say as lines of head and value."""
    for separator in _SEPARATORS:
        cells = _cells(lines[at], separator)
        if len(cells) < _FEWEST_HEADS:
            continue
        has_empty_cells = separator in (_TAB, _BAR)
        if _are_heads(cells, _FEWEST_HEADS if has_empty_cells else _FEWEST_HEADS_APART):
            return _lying(lines, at, cells, separator)
        if has_empty_cells and (row := _upright(cells)):
            return 1, row
        if all(_ORDINAL.fullmatch(cell) for cell in cells):
            return 1, []
    return None


def _cells(line: str, separator: re.Pattern[str]) -> list[str]:
    if not separator.search(line):
        return [line]
    cells = [_unquoted(cell) for cell in separator.split(line)]
    return _framed(cells) if separator in _FRAMED else cells


def _framed(cells: list[str]) -> list[str]:
    """Without the empty cells outside the outer bars."""
    first = 1 if cells and not cells[0] else 0
    last = len(cells) - 1 if len(cells) > first and not cells[-1] else len(cells)
    return cells[first:last]


def _is_rule(line: str) -> bool:
    signs = frozenset(folded(line).text)
    return signs <= _OF_RULES and bool(signs & _DRAWN)


def _unquoted(cell: str) -> str:
    cell = cell.strip()
    return cell[1:-1].replace('""', '"').strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _are_heads(cells: Sequence[str], fewest: int) -> bool:
    heads = [cell for cell in cells if cell and not _ORDINAL.fullmatch(cell)]
    return len(heads) >= fewest and all(len(cell) <= _LONGEST_HEAD and labels.is_head(cell) for cell in heads)


def _lying(lines: Sequence[str], at: int, heads: Sequence[str], separator: re.Pattern[str]) -> tuple[int, list[str]]:
    """A row of heads over a row of values. Rows of another width are doubtful: no value is put below a head."""
    end = at + 1
    while end < min(len(lines), at + _MOST_BLANK_LINES) and (not lines[end].strip() or _is_rule(lines[end])):
        end += 1
    values = _cells(lines[end], separator) if end < len(lines) else []
    if not values or len(values) > len(heads) or _are_heads(values, _FEWEST_HEADS):
        return 0, []
    if len(values) < len(heads) and (separator is not _TAB or len(values) < _FEWEST_HEADS):
        return 0, []
    pairs = ((head, value) for head, value in zip(heads, values, strict=False) if head and value)
    return end + 1 - at, [f"{head}：{value}" for head, value in pairs if not _ORDINAL.fullmatch(head)]


def _upright(cells: Sequence[str]) -> list[str]:
    """A row of head and value, or of several such pairs, also behind an ordinal."""
    filled = [cell for cell in cells if cell]
    if len(filled) > 1 and _ORDINAL.fullmatch(filled[0]) and labels.is_head(filled[1]):
        filled = filled[1:]
    if not filled or not labels.is_head(filled[0]):
        return []
    pairs = [(filled[n], filled[n + 1]) for n in range(0, len(filled) - 1, 2)]
    is_paired = len(filled) % 2 == 0 and all(labels.is_head(head) and not labels.is_head(v) for head, v in pairs)
    return [f"{head}：{value}" for head, value in pairs] if is_paired else []


def _ends_of_heads(lines: Sequence[str]) -> list[int]:
    """For each line, where the heads end that stand below one another from there, blank lines between them included."""
    ends = [len(lines)] * len(lines)
    end = len(lines)
    for at in range(len(lines) - 1, -1, -1):
        is_head = len(lines[at]) <= _LONGEST_HEAD and labels.is_head(lines[at])
        if not is_head and lines[at].strip():
            end = at
        ends[at] = end if is_head else at
    return ends


def _stacked(lines: Sequence[str], ends: Sequence[int], at: int) -> tuple[int, list[str]]:
    """A table of which each cell became a line: all heads, then as many values."""
    end = ends[at]
    if end - at > _MOST_HEADS:
        return 0, []
    heads = list(filter(None, map(str.strip, lines[at:end])))
    values: list[str] = []
    while end < len(lines) and lines[end].strip() and len(values) < len(heads):
        values.append(lines[end].strip())
        end += 1
    are_even = len(heads) == len(values) and (end == len(lines) or not lines[end].strip())
    if len(heads) < _FEWEST_HEADS_APART or not are_even:
        return 0, []
    return end - at, [f"{head}：{value}" for head, value in zip(heads, values, strict=True)]
