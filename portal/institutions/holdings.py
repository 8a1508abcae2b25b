"""Data held by the directory: public names, and who maintains each entry."""

from portal.holdings import Expiry, Held, Keep
from portal.institutions import importing
from portal.institutions.models import DirectoryEntry, DirectoryImport, InstitutionName, Module, PreviousSystem

HOLDINGS = (
    Held(
        DirectoryEntry,
        what="机构名录",
        about="维护人姓名",
        keep=Keep.LASTING,
        plain=(
            "county", "town", "village", "name", "aliases", "pinyin", "initials", "search_text", "keeper",
        ),
        codes=("level",),
    ),
    Held(InstitutionName, what="机构的名称和别名，归一后", about="—", keep=Keep.LASTING, plain=("key",)),
    Held(PreviousSystem, what="之前使用系统的清单", about="—", keep=Keep.LASTING, plain=("name",)),
    Held(Module, what="涉及模块的清单", about="—", keep=Keep.LASTING, plain=("name",), codes=("queue",)),
    Held(
        DirectoryImport,
        what="待确认的导入，一小时后删除",
        about="维护人姓名",
        keep=Keep.SWEPT,
        plain=("file_name", "made_by", "rows"),
        codes=("result",),
        expiry=Expiry(importing.is_over),
    ),
)  # fmt: skip
