"""Imports a table into the directory in two steps: a plan to review, then one transaction (UX 7.3)."""

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import Database, insert_rows, new_id
from portal.errors import ConflictError, NotFoundError
from portal.institutions import directory
from portal.institutions.directory import InstitutionDetails, details_of, faults_of, tidy, without_id_numbers
from portal.institutions.models import DirectoryEntry, DirectoryImport, InstitutionName, Level
from portal.institutions.names import Spelling, name_key
from portal.institutions.spreadsheet import LONGEST_CELL, MOST_ROWS, Line, TableError, read_table
from portal.sensitive_text.folding import nfkc

PREVIEW_MINUTES = 60
TEMPLATE = (
    ("县区", "乡镇", "机构名称", "别名", "级别", "维护人", "核实日期"),
    ("高唐县", "杨屯乡", "张四屯卫生室", "张四屯村卫生室、四屯卫生室", "村级", "王维护", "2026-07-22"),
    ("高唐县", "杨屯乡", "卫生院", "杨屯卫生院", "乡镇级", "王维护", ""),
)
_COLUMNS = {
    "county": "县 县区 区县 县级 县市区 县市 区 旗县 所属县 所属县区 县名 县区名称 county",
    "town": "乡镇 镇 乡 乡镇街道 镇街 街道 乡镇级 所属乡镇 乡镇名称 town",
    "village": "村 村级 村居 社区 行政村 村名 村名称 village",
    "name": "机构 机构名称 机构全称 名称 全称 单位 单位名称 卫生室 卫生室名称 村机构 村或机构 name institution",
    "aliases": "别名 简称 曾用名 又名 别称 aliases alias",
    "level": "级别 层级 机构级别 level",
    "keeper": "维护人 责任人 责任专员 专员 维护人员 keeper",
    "verified_on": "核实日期 最近核实 最后核实 核实时间 最近核实日期 核实 verified verifiedon",
}
_COLUMN_OF = {word: column for column, words in _COLUMNS.items() for word in words.split()}
_LEVEL_OF = {
    word: level.value
    for level, words in {Level.COUNTY: "县 区 县区 市 旗 county", Level.TOWN: "乡镇 镇 乡 街道 town",
                         Level.VILLAGE: "村 社区 村居 village"}.items()
    for word in words.split()
}  # fmt: skip
_LOOKS_FOR_HEADER_IN = 5
_ID_MASK = "*" * 11


class LineVerdict(StrEnum):
    """What an import does with a line."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class PlannedLine:
    """One line of the file with its verdict, and the reasons or changes in Chinese."""

    number: int
    name: str
    verdict: LineVerdict
    notes: tuple[str, ...] = ()
    details: InstitutionDetails | None = field(default=None, compare=False)
    entry: DirectoryEntry | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Plan:
    """Every line of a file, compared with the current directory."""

    lines: Sequence[PlannedLine]

    @property
    def counts(self) -> dict[str, int]:
        """Number of lines by verdict."""
        found = Counter(line.verdict.value for line in self.lines)
        return {verdict.value: found[verdict.value] for verdict in LineVerdict}

    @property
    def digest(self) -> str:
        """Changes whenever the preview would look different."""
        preview = [(line.number, line.name, line.verdict.value, line.notes) for line in self.lines]
        return hashlib.sha256(json.dumps(preview).encode()).hexdigest()[:32]

    def of(self, verdict: str) -> list[PlannedLine]:
        return [line for line in self.lines if line.verdict.value == verdict]


Row = tuple[int, dict[str, str]]


def rows_of(content: bytes) -> list[Row]:
    """The rows of a file as (line number, cells by column).

    Raises:
        TableError: not a table, or no header with an institution column.
    """
    lines = read_table(content)
    at, columns = _header(lines)
    rows = [(line.number, _row(columns, line)) for line in lines[at + 1 :]]
    filled = [row for row in rows if row[1]]
    if not filled:
        raise TableError("表头下面没有内容，请填好后再选")
    if len(filled) > MOST_ROWS:
        raise TableError(f"一次最多导入 {MOST_ROWS} 行，请分成几个文件")
    return filled


@dataclass(frozen=True)
class ParsedLine:
    """A parsed line, or the reasons why it is invalid; not yet compared with the directory."""

    number: int
    name: str
    details: InstitutionDetails
    has_level: bool
    reasons: tuple[str, ...]


def read_lines(rows: Sequence[Row]) -> list[ParsedLine]:
    return [_read_line(number, cells) for number, cells in rows]


def plan_of(session: Session, lines: Sequence[ParsedLine]) -> Plan:
    """What importing these lines would do now. Writes nothing."""
    names = session.execute(select(InstitutionName.key, InstitutionName.institution_id))
    owners = {name.key: name.institution_id for name in names}
    entries = {entry.id: entry for entry in session.scalars(select(DirectoryEntry))}
    planner = _Planner(owners, entries)
    return Plan([planner.planned(line) for line in lines])


def stage(session: Session, actor: Actor, file_name: str, rows: Sequence[Row]) -> DirectoryImport:
    """Store the rows for an hour, until the user confirms them."""
    forget_old(session)
    staged = DirectoryImport(
        id=new_id(),
        file_name=without_id_numbers(tidy(file_name))[:120],
        made_by=actor.name,
        rows=[list(row) for row in rows],
        created_at=clock.now(),
        applied_at=None,
        result={},
    )
    insert_rows(session, staged)
    return staged


def forget_old(session: Session) -> None:
    """Delete imports staged more than an hour ago, confirmed or not."""
    session.execute(delete(DirectoryImport).where(is_over(clock.now())))


def is_over(now: datetime) -> ColumnElement[bool]:
    """Condition: staged more than an hour ago."""
    return DirectoryImport.created_at < now - timedelta(minutes=PREVIEW_MINUTES)


def staged_import(session: Session, actor: Actor, import_id: uuid.UUID, *, lock: bool = False) -> DirectoryImport:
    """The actor's own staged import; raises NotFoundError if it expired or belongs to another user."""
    staged = session.get(DirectoryImport, import_id, with_for_update=lock)
    life = timedelta(minutes=PREVIEW_MINUTES)
    is_expired = staged is not None and not clock.is_before(staged.created_at + life, life)
    if staged is None or staged.made_by != actor.name or is_expired:
        raise NotFoundError("这次预览已过期，请重新选择文件")
    return staged


def staged_lines(staged: DirectoryImport) -> list[ParsedLine]:
    return read_lines([(int(number), cells) for number, cells in staged.rows])


def confirm(database: Database, actor: Actor, import_id: uuid.UUID, digest: str) -> dict[str, int]:
    """Write a staged import in one transaction. Confirming again returns the same result and writes nothing.

    Raises:
        NotFoundError: the preview has expired.
        ConflictError: the directory has changed since the preview with this `digest`.
    """
    # Parsing and spelling take seconds for a large table, so they are done before the transaction locks anything.
    with database.read() as session:
        staged = staged_import(session, actor, import_id)
        lines = staged_lines(staged)
        spellings = _spellings(plan_of(session, lines))
    with database.transaction() as session:
        staged = staged_import(session, actor, import_id, lock=True)
        if staged.applied_at is None:
            plan = plan_of(session, lines)
            if plan.digest != digest:
                raise ConflictError("预览之后名录有了变动，下面是新的预览，请核对后再确认")
            staged.result = write(session, actor, plan, spellings, staged.file_name)
            staged.applied_at, staged.rows = clock.now(), []
        return dict(staged.result)


def import_now(database: Database, actor: Actor, file_name: str, rows: Sequence[Row], *, is_dry_run: bool) -> Plan:
    """Plan and write at once, for the command line; a dry run only plans."""
    lines = read_lines(rows)
    with database.read() as session:
        plan = plan_of(session, lines)
    if not is_dry_run:
        spellings = _spellings(plan)
        with database.transaction() as session:
            plan = plan_of(session, lines)
            write(session, actor, plan, spellings, without_id_numbers(tidy(file_name)))
    return plan


def write(
    session: Session, actor: Actor, plan: Plan, spellings: Mapping[str, Spelling], file_name: str
) -> dict[str, int]:
    """Write the new and changed lines. `spellings` were computed before the lock was taken."""
    added: list[DirectoryEntry] = []
    names: list[InstitutionName] = []
    for line in plan.lines:
        if line.details is None:
            continue
        spelling = spellings.get(_spelling_key(line.details)) or directory.spelling_of(line.details)
        if line.verdict is LineVerdict.NEW:
            entry = directory.new_entry(line.details, spelling)
            added.append(entry)
            names += directory.names_of(entry.id, line.details.keys)
        elif line.verdict is LineVerdict.CHANGED and line.entry is not None:
            directory.apply(session, line.entry, line.details, spelling)
    if added:
        insert_rows(session, *added, *names)
    counts = plan.counts
    if added or counts[LineVerdict.CHANGED.value]:
        lines = {f"lines_{verdict}": number for verdict, number in counts.items()}
        trail.record(session, Tag.INSTITUTIONS_IMPORTED, actor, particulars={"file_name": file_name, **lines})
    return counts


class _Planner:
    """Judges line by line; a name used in an earlier line counts as taken in later ones."""

    def __init__(self, owners: Mapping[str, uuid.UUID], entries: Mapping[uuid.UUID, DirectoryEntry]) -> None:
        self.owners, self.entries = owners, entries
        self.line_of_key: dict[str, int] = {}
        self.line_of_entry: dict[uuid.UUID, int] = {}

    def planned(self, line: ParsedLine) -> PlannedLine:
        number, name, read = line.number, line.name, line.details
        if line.reasons:
            return PlannedLine(number, name, LineVerdict.REFUSED, line.reasons)
        owner = self.owners.get(read.keys[0])
        entry = self.entries[owner] if owner else None
        details = _joined(entry, read, line.has_level) if entry else read
        reasons = self._clashes(details, entry)
        if reasons:
            return PlannedLine(number, name, LineVerdict.REFUSED, tuple(reasons))
        self._reserve(number, details, entry)
        if entry is None:
            return PlannedLine(number, name, LineVerdict.NEW, (), details)
        notes = directory.changes(entry, details)
        verdict = LineVerdict.CHANGED if notes else LineVerdict.UNCHANGED
        if entry.name != read.name:
            notes = [f"名录里是“{entry.name}”", *notes]
        return PlannedLine(number, name, verdict, tuple(notes), details, entry)

    def _clashes(self, details: InstitutionDetails, entry: DirectoryEntry | None) -> list[str]:
        before = self.line_of_entry.get(entry.id) if entry else self.line_of_key.get(details.keys[0])
        if before:
            return [f"和第 {before} 行是同一个机构"]
        own_id = entry.id if entry else None
        too_many = len(details.aliases) > directory.MOST_ALIASES
        reasons = [f"加上名录里已有的，别名超过 {directory.MOST_ALIASES} 个"] if too_many else []
        for alias in details.aliases:
            key = name_key(alias)
            owner = self.owners.get(key)
            if owner is not None and owner != own_id:
                reasons.append(f"别名“{alias}”已是“{self.entries[owner].name}”的名称")
            elif key in self.line_of_key:
                reasons.append(f"别名“{alias}”和第 {self.line_of_key[key]} 行重名")
        return reasons

    def _reserve(self, number: int, details: InstitutionDetails, entry: DirectoryEntry | None) -> None:
        self.line_of_key |= dict.fromkeys(details.keys, number)
        if entry:
            self.line_of_entry[entry.id] = number


def _joined(entry: DirectoryEntry, read: InstitutionDetails, has_level: bool) -> InstitutionDetails:
    """The entry after the import: a blank cell changes nothing, aliases are added to the existing ones."""
    return details_of(
        county=entry.county,
        town=entry.town,
        village=entry.village,
        level=read.level_value if has_level else entry.level,
        aliases=(*entry.aliases, *read.aliases),
        keeper=read.keeper or entry.keeper,
        verified_on=read.verified_on or entry.verified_on,
    )


def _read_line(number: int, cells: Mapping[str, str]) -> ParsedLine:
    details, reasons = _details(cells)
    reasons = reasons or [fault.message for fault in faults_of(details)]
    name = details.name or "".join(cells.get(part, "") for part in ("county", "town", "village", "name"))
    return ParsedLine(number, name[:100], details, bool(cells.get("level")), tuple(reasons))


def _details(cells: Mapping[str, str]) -> tuple[InstitutionDetails, list[str]]:
    reasons = [f"有一格超过 {LONGEST_CELL} 个字"] if any(len(cell) > LONGEST_CELL for cell in cells.values()) else []
    if any(_ID_MASK in cell for cell in cells.values()):
        reasons.append("有一格里像是身份证号，名录里不能写，请删去")
    name, village = cells.get("name", ""), cells.get("village", "")
    is_whole = bool(village) and (name.startswith(village) or village in name)
    level_word = re.sub(r"级|机构", "", cells.get("level", "").casefold())
    verified_on = None
    if cells.get("verified_on"):
        verified_on = _date(cells["verified_on"])
        if verified_on is None:
            reasons.append("核实日期看不懂，请写成 2026-07-22")
    if level_word and level_word not in _LEVEL_OF:
        reasons.append("级别请填县级、乡镇级或村级")
    details = details_of(
        county=cells.get("county", ""),
        town=cells.get("town", ""),
        village=name if is_whole else village + name,
        level=_LEVEL_OF.get(level_word, ""),
        aliases=re.split(r"[、，,;；|\n/]+", cells.get("aliases", "")),
        keeper=cells.get("keeper", ""),
        verified_on=verified_on,
    )
    return details, reasons


def _date(text: str) -> date | None:
    found = re.match(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})|(\d{4})(\d{2})(\d{2})$", text)
    try:
        if found:
            year, month, day = (int(part) for part in found.groups() if part)
            return date(year, month, day)
        if re.fullmatch(r"[34567]\d{4}", text):  # Excel's day number, from a cell without a date format
            return date(1899, 12, 30) + timedelta(days=int(text))
    except ValueError:
        pass
    return None


def _header(lines: Sequence[Line]) -> tuple[int, list[str]]:
    """Index and columns of the header; a title or note may come before it."""
    for at, line in enumerate(lines[:_LOOKS_FOR_HEADER_IN]):
        columns = [_column(cell) for cell in line.cells]
        known = [column for column in columns if column]
        if {"name", "village"} & set(known) or {"county", "town"} <= set(known):
            duplicates = [column for column, times in Counter(known).items() if times > 1]
            if duplicates:
                raise TableError("表头里有两列意思相同，请只留一列。可以下载模板对照")
            return at, columns
    raise TableError("没有找到表头。第一行请写：县区、乡镇、机构名称、别名、级别、维护人、核实日期，可以下载模板")


def _column(cell: str) -> str:
    """The column for a header cell, or "": also accepts 县/县区 and 乡镇（街道）."""
    text = re.sub(r"\([^()]*+\)", "", nfkc(cell).casefold())
    words = ["".join(char for char in part if char.isalpha()) for part in (text, *text.split("/"))]
    return next((_COLUMN_OF[word] for word in words if word in _COLUMN_OF), "")


def _row(columns: Sequence[str], line: Line) -> dict[str, str]:
    # One character past the limit shows that a cell is too long. Staged rows are not sealed: ID numbers are masked.
    return {
        column: without_id_numbers(cell[: LONGEST_CELL + 1])
        for column, cell in zip(columns, line.cells, strict=False)
        if column and cell
    }


def _spellings(plan: Plan) -> dict[str, Spelling]:
    verdicts: list[Any] = [LineVerdict.NEW, LineVerdict.CHANGED]
    details_list = [line.details for line in plan.lines if line.details and line.verdict in verdicts]
    return {_spelling_key(details): directory.spelling_of(details) for details in details_list}


def _spelling_key(details: InstitutionDetails) -> str:
    return "\n".join((details.county, details.town, details.village, *details.aliases))
