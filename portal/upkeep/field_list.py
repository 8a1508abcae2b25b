"""The published list of tables and columns, written from the register (`make fields`)."""

from pathlib import Path

from portal.holdings import KEEP_LABELS, Register
from portal.wiring import REGISTER

_HEAD = """# 数据字段清单

数据库里只有这里列出的表和列（SECURITY J-6，《个人信息保护法》第六条）。多一列、少一列，\
`tests/architecture/test_field_list.py` 都不通过。
各表由保存它的模块在自己的 `holdings.py` 里登记；本页由 `make fields` 从登记写成，不要手改。

| 表 | 存什么 | 涉及谁 | 保留 | 列 |
|---|---|---|---|---|
"""


def field_list(register: Register) -> str:
    """The page, one row per table, sorted by name."""
    rows = []
    for held in sorted(register.held, key=lambda held: held.table):
        columns = " ".join(f"`{column.name}`" for column in held.model.__table__.columns)
        rows.append(f"| `{held.table}` | {held.what} | {held.about} | {KEEP_LABELS[held.keep]} | {columns} |\n")
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    Path("docs/fields.md").write_text(field_list(REGISTER), encoding="utf-8")
