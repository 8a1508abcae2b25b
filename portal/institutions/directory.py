"""Keeps the directory: add, change, verify, switch off, merge; each with its row in the trail (REQUIREMENTS L1)."""

import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import insert_rows, new_id
from portal.errors import ConflictError, Fault, InvalidError, NotFoundError, StaleRowError
from portal.institutions.models import LEVEL_LABELS, DirectoryEntry, InstitutionName, Level
from portal.institutions.names import Spelling, level_of, name_key, plain, spelling
from portal.institutions.parsing import LONGEST_NAME, is_county, parse_institution
from portal.sensitive_text.finder import Span, SpanKind, find_spans, mask_text
from portal.sensitive_text.id_numbers import OLD_LENGTH
from portal.sensitive_text.lines import one_line
from portal.vault.masks import MASKS

MOST_ALIASES = 10
_LONGEST_PART, _LONGEST_KEEPER = 40, 60


@dataclass(frozen=True)
class InstitutionDetails:
    """The fields of an institution. With an empty `level`, the level is derived from the name."""

    county: str
    town: str = ""
    village: str = ""
    level: str = ""
    aliases: tuple[str, ...] = ()
    keeper: str = ""
    verified_on: date | None = None
    is_key: bool | None = None  # 重点; None changes nothing

    @property
    def name(self) -> str:
        """The full name: 高唐县杨屯乡张四屯卫生室."""
        return self.county + self.town + self.village

    @property
    def level_value(self) -> str:
        """The level, else the one derived from the name."""
        return self.level or level_of(self.town, self.village).value

    @cached_property
    def keys(self) -> list[str]:
        """`name_key` of the name and of each alias, the name's first."""
        return list(dict.fromkeys(key for key in (name_key(self.name), *map(name_key, self.aliases)) if key))


def tidy(text: str) -> str:
    """One line of ordinary characters, without control characters and outer blanks."""
    cleaned = "".join(" " if unicodedata.category(char)[0] in "ZC" else char for char in one_line(text))
    return " ".join(cleaned.split())


def details_of(
    *, county: str, town: str, village: str, level: str = "", aliases: Iterable[str] = (), keeper: str = "",
    verified_on: date | None = None, is_key: bool | None = None,
) -> InstitutionDetails:  # fmt: skip
    """Normalises the fields: splits a full name in the last part into levels and removes repeated levels."""
    county, town, village = (tidy(part).replace(" ", "") for part in (county, town, village))
    if not county:
        read = parse_institution(town + village)
        county, town, village = read.county, read.town, read.village
    village = village.removeprefix(county)
    if town:
        village = village.removeprefix(town)
    else:
        below = parse_institution(county + village)
        town, village = (below.town, below.village) if below.town else (town, village)
    own_key = name_key(county + town + village)
    tidied = [tidy(alias) for alias in aliases]
    by_key = {name_key(alias): alias for alias in reversed(tidied) if name_key(alias) not in ("", own_key)}
    known = tuple(reversed(by_key.values()))
    return InstitutionDetails(county, town, village, level, known, tidy(keeper), verified_on, is_key)


def id_numbers_in(text: str) -> list[Span]:
    """Spans of ID numbers in a text of the directory, which is not sealed and is read by many."""
    return [span for span in find_spans(text) if span.kind is SpanKind.ID_NUMBER] if len(text) >= OLD_LENGTH else []


def without_id_numbers(text: str) -> str:
    """The text with ID numbers masked."""
    return mask_text(text, id_numbers_in(text), lambda span: MASKS["id_number"](span.value))


def faults_of(details: InstitutionDetails) -> list[Fault]:
    """Faults of the fields alone; does not compare them with the directory."""
    faults = []
    if not details.county:
        faults.append(Fault("county", "required", "请填写县级名称，例如：高唐县"))
    elif not is_county(details.county):
        faults.append(Fault("county", "invalid", "县级名称请以县、区、市或旗结尾，例如：高唐县"))
    for field, text, most in (
        ("county", details.county, _LONGEST_PART),
        ("town", details.town, _LONGEST_PART),
        ("village", details.name, LONGEST_NAME),
        ("keeper", details.keeper, _LONGEST_KEEPER),
        *(("aliases", alias, LONGEST_NAME) for alias in details.aliases),
    ):
        if len(text) > most and field not in {fault.field for fault in faults}:
            label = {"village": "机构全称", "aliases": "每个别名", "keeper": "维护人"}.get(field, "这一级名称")
            faults.append(Fault(field, "too_long", f"{label}最多 {most} 个字，请缩短"))
        elif id_numbers_in(text):
            faults.append(Fault(field, "invalid", "这里像是有身份证号，名录里不能写，请删去"))
    if details.level and details.level not in list(Level):
        faults.append(Fault("level", "invalid", "级别请填县级、乡镇级或村级"))
    if len(details.aliases) > MOST_ALIASES:
        faults.append(Fault("aliases", "invalid", f"别名最多 {MOST_ALIASES} 个"))
    if details.verified_on and not date(2000, 1, 1) <= details.verified_on <= clock.china_today():
        faults.append(Fault("verified_on", "invalid", "核实日期不能晚于今天，也不能早于 2000 年"))
    return faults


def find(session: Session, entry_id: uuid.UUID, *, lock: bool = False) -> DirectoryEntry:
    """Raises NotFoundError."""
    entry = session.get(DirectoryEntry, entry_id, with_for_update=lock)
    if entry is None:
        raise NotFoundError("没有找到这个机构")
    return entry


def matched(session: Session, name: str) -> uuid.UUID | None:
    """The institution with exactly this name or alias; None is no error, as names are free text (REQUIREMENTS A3)."""
    # Names that were stored before the real counties were known keep the levels above in their key.
    keys = dict.fromkeys(key for key in (name_key(name), plain(name)) if key)
    stored = select(InstitutionName.key, InstitutionName.institution_id).where(InstitutionName.key.in_(keys))
    owners = {row.key: row.institution_id for row in session.execute(stored)}
    return next((owners[key] for key in keys if key in owners), None)


def add(session: Session, actor: Actor, details: InstitutionDetails) -> DirectoryEntry:
    """Raises InvalidError for invalid fields and for a name that is taken."""
    _check(session, details, None)
    entry = new_entry(details, spelling_of(details))
    insert_rows(session, entry, *names_of(entry.id, details.keys))
    trail.record(session, Tag.INSTITUTION_ADDED, actor, particulars={"institution": entry.name})
    return entry


def change(
    session: Session, actor: Actor, entry_id: uuid.UUID, details: InstitutionDetails, version: int
) -> DirectoryEntry:
    """The trail records each changed field with its old and new value.

    Raises:
        InvalidError: as for `add`. StaleRowError: saved by somebody else since `version`.
        ConflictError: it was merged into another.
    """
    entry = _unmerged(session, entry_id)
    if entry.version != version:
        raise StaleRowError
    _check(session, details, entry.id)
    name, changed_fields = entry.name, changes(entry, details)
    if changed_fields:
        apply(session, entry, details, spelling_of(details))
        particulars: Particulars = {"institution": name, "changes": changed_fields}
        trail.record(session, Tag.INSTITUTION_CHANGED, actor, particulars=particulars)
    return entry


def verify(session: Session, actor: Actor, entry_id: uuid.UUID) -> DirectoryEntry:
    """核实: the entry was confirmed as correct today (REQUIREMENTS L1)."""
    entry = _unmerged(session, entry_id)
    entry.verified_on, entry.changed_at = clock.china_today(), clock.now()
    entry.version += 1
    trail.record(session, Tag.INSTITUTION_VERIFIED, actor, particulars={"institution": entry.name})
    return entry


def set_active(session: Session, actor: Actor, entry_id: uuid.UUID, is_active: bool) -> DirectoryEntry:
    """Whether the form offers the institution. Its earlier reports keep it."""
    entry = _unmerged(session, entry_id)
    if entry.is_active != is_active:
        entry.is_active, entry.changed_at = is_active, clock.now()
        tag = Tag.INSTITUTION_ENABLED if is_active else Tag.INSTITUTION_DISABLED
        trail.record(session, tag, actor, particulars={"institution": entry.name})
    return entry


def merge(session: Session, actor: Actor, kept_id: uuid.UUID, other_id: uuid.UUID) -> DirectoryEntry:
    """Merge two entries of one institution: all names of the other one then lead to the kept one.

    The caller moves its tickets (`tickets.institution_links.merge`).

    Raises:
        ConflictError: both are the same, or one was already merged.
    """
    if kept_id == other_id:
        raise ConflictError("请选择另一个机构，不能和自己合并")
    # Locked in one order, so that two opposite merges do not deadlock.
    entries = {entry_id: _unmerged(session, entry_id) for entry_id in sorted((kept_id, other_id))}
    kept, other = entries[kept_id], entries[other_id]
    aliases = (*kept.aliases, other.name, *other.aliases)
    details = details_of(
        county=kept.county, town=kept.town, village=kept.village, level=kept.level, aliases=aliases,
        keeper=kept.keeper, verified_on=kept.verified_on, is_key=kept.is_key or other.is_key,
    )  # fmt: skip
    session.execute(delete(InstitutionName).where(InstitutionName.institution_id == other.id))
    other.is_active, other.merged_into, other.changed_at = False, kept.id, clock.now()
    session.execute(update(DirectoryEntry).where(DirectoryEntry.merged_into == other.id).values(merged_into=kept.id))
    apply(session, kept, details, spelling_of(details))
    trail.record(
        session, Tag.INSTITUTIONS_MERGED, actor, particulars={"institution": other.name, "merged_into": kept.name}
    )
    return kept


def changes(entry: DirectoryEntry, details: InstitutionDetails) -> list[str]:
    """Changed fields as 维护人：旧 → 新."""
    pairs = (
        ("名称", entry.name, details.name),
        ("乡镇", entry.town, details.town),
        ("级别", entry.level_label, LEVEL_LABELS[Level(details.level_value)]),
        ("别名", "、".join(entry.aliases), "、".join(details.aliases)),
        ("维护人", entry.keeper, details.keeper),
        ("核实日期", str(entry.verified_on or ""), str(details.verified_on or "")),
        ("重点", _yes(entry.is_key), _yes(entry.is_key if details.is_key is None else details.is_key)),
    )
    return [f"{label}：{before or '空'} → {after or '空'}" for label, before, after in pairs if before != after]


def new_entry(details: InstitutionDetails, search_forms: Spelling) -> DirectoryEntry:
    """A row that is not yet added to the session."""
    now = clock.now()
    entry = DirectoryEntry(id=new_id(), is_active=True, created_at=now)
    _fill(entry, details, search_forms)
    return entry


def _yes(is_so: bool) -> str:
    return "是" if is_so else "否"


def apply(session: Session, entry: DirectoryEntry, details: InstitutionDetails, search_forms: Spelling) -> None:
    """Overwrite a stored row and its names; checks nothing."""
    _fill(entry, details, search_forms)
    session.execute(delete(InstitutionName).where(InstitutionName.institution_id == entry.id))
    session.flush()
    insert_rows(session, *names_of(entry.id, details.keys))


def names_of(entry_id: uuid.UUID, keys: Sequence[str]) -> list[InstitutionName]:
    return [InstitutionName(key=key, institution_id=entry_id) for key in keys]


def spelling_of(details: InstitutionDetails) -> Spelling:
    return spelling(details.county, details.town, details.village, details.aliases)


def _fill(entry: DirectoryEntry, details: InstitutionDetails, search_forms: Spelling) -> None:
    entry.county, entry.town, entry.village = details.county, details.town, details.village
    entry.name, entry.level, entry.aliases = details.name, details.level_value, list(details.aliases)
    if entry.keeper != details.keeper:
        entry.keeper_id = None  # until the word is matched with a person (DESK 3.6)
    if details.is_key is not None:
        entry.is_key = details.is_key
    entry.keeper, entry.verified_on, entry.changed_at = details.keeper, details.verified_on, clock.now()
    entry.version = (entry.version or 0) + 1
    entry.pinyin, entry.initials, entry.search_text = (
        search_forms.pinyin,
        search_forms.initials,
        search_forms.search_text,
    )


def _unmerged(session: Session, entry_id: uuid.UUID) -> DirectoryEntry:
    entry = find(session, entry_id, lock=True)
    if entry.merged_into:
        raise ConflictError("这个机构已并入另一个机构，不能再修改")
    return entry


def _check(session: Session, details: InstitutionDetails, own_id: uuid.UUID | None) -> None:
    faults = faults_of(details)
    taken = session.execute(
        select(InstitutionName.key, DirectoryEntry.name)
        .join(DirectoryEntry, DirectoryEntry.id == InstitutionName.institution_id)
        .where(InstitutionName.key.in_(details.keys), InstitutionName.institution_id != (own_id or uuid.UUID(int=0)))
        .order_by(InstitutionName.key)
    ).all()
    for key, owner in taken:
        is_name = key == name_key(details.name)
        label = "机构" if is_name else "别名"
        faults.append(Fault("village" if is_name else "aliases", "invalid", f"{label}和已有的“{owner}”重名"))
    if faults:
        raise InvalidError(faults)
