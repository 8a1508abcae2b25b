"""复制到QQ: a report as numbered lines for an open channel, without any sensitive value (REQUIREMENTS A8 (3)).

It is made of texts whose secrets were sealed at filing, masks them again by shape, and only names sealed items.
"""

from collections.abc import Iterator
from datetime import datetime

from portal import clock
from portal.casefile.view import FieldView, TicketView
from portal.kinds.fields import FieldSpec, Need
from portal.vault.span_masks import masked_text

_PICTURES = "附图"  # the spec's word for the item, whatever the slot's label
_ELSEWHERE = "请在一线通补充，不要在 QQ 里发送"
_KEPT = "已在一线通加密保存，这里不显示"


def text_of(view: TicketView, track_url: str, link: str = "", link_ends: datetime | None = None) -> str:
    """The text for a group or a chat.

    Args:
        track_url: where a clinic asks for the state of its report.
        link: a one-time link for what is missing; it reveals nothing that is stored.
    """
    lines = [f"【一线通】受理编号：{view.ticket.number}"]
    if view.ticket.institution and ("institution",) not in view.kind.spec_items:
        lines.append(f"机构名称：{view.ticket.institution}")
    lines += [f"{n}、{line}" for n, line in enumerate(_items(view), 1)]
    missing = view.missing_fields()
    if missing and view.ticket.is_worked:
        lines.append("还需要补充：" + "、".join(spec.label for spec in missing))
    if link and link_ends:
        lines.append(f"请点开这个链接补充（只能用一次，{clock.clinic_time(link_ends)} 前有效）：{link}")
    lines.append(f"查询进度：{track_url}")
    return "\n".join(lines)


def _items(view: TicketView) -> Iterator[str]:
    """One line for each numbered item of the spec."""
    shown = {field.name: field for field in view.fields}
    for names in view.kind.spec_items:
        specs = [spec for name in names if _is_asked(view, spec := view.kind.field(name))]
        if not specs:
            continue
        label = _PICTURES if specs[0].is_picture else "、".join(spec.label for spec in specs)
        yield f"{label}：{_content(view, specs, shown)}"


def _is_asked(view: TicketView, spec: FieldSpec) -> bool:
    """Whether the type asks it, or it is there all the same: 咨询 and 建议 are asked for no secret and no picture."""
    if spec.is_picture:
        need = spec.need(view.ticket.channel_enum, request_type=view.ticket.type_enum)
        return bool(view.pictures) or need is not Need.OPTIONAL
    return any(field.name == spec.name for field in view.fields)


def _content(view: TicketView, specs: list[FieldSpec], shown: dict[str, FieldView]) -> str:
    first = specs[0]
    if first.is_picture:
        return f"已收到 {len(view.pictures)} 张" if view.pictures else "请在一线通补充整屏截图"
    if first.is_sensitive:
        return _KEPT if all(shown[spec.name].values for spec in specs) else _ELSEWHERE
    return masked_text(" ".join(" ".join(shown[first.name].texts).split())) or "未填写"
