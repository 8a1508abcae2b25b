"""What the benchmark sends: a 1 MB full-screen PNG and invented reports; and a queue of 100,000 tickets."""

import io
import random
import uuid
from datetime import timedelta

from PIL import Image
from sqlalchemy import insert

from portal import clock
from portal.reports.models import Report
from portal.runtime import Runtime
from portal.sensitive_text.id_numbers import check_character
from portal.tickets.models import QueueCount, Ticket
from tests.factories.pictures import draw_screen, encode


def full_screen_png(target_bytes: int = 1_000_000) -> bytes:
    """A 1920×1080 desktop with a photograph-like patch that brings it to about 1 MB."""
    picture = draw_screen(1920, 1080, seed=3).convert("RGB")
    noise = random.Random(7)
    side = 100
    png = encode(picture)
    while len(png) < target_bytes:
        side += 40
        patch = Image.frombytes("RGB", (side, side // 2), noise.randbytes(side * (side // 2) * 3))
        picture.paste(patch, (500, 260))
        out = io.BytesIO()
        picture.save(out, "PNG")
        png = out.getvalue()
    return png


def report_fields(serial: int) -> dict[str, str]:
    """One invented 日常 report."""
    first_17 = f"371526{1950 + serial % 50}0101{serial % 1000:03d}"
    return {
        "kind": "general",
        "institution": "高唐县杨屯乡张四屯卫生室",
        "description": f"打开高血压随访表填好后点保存，没有反应，第 {serial} 次",
        "previous_system": "浪潮系统",
        "id_number": first_17 + check_character(first_17),
        "login_account": f"bench{serial:06d}",
        "login_password": f"Invented-{serial:06d}",
    }


def fill_queue(runtime: Runtime, count: int) -> None:
    """Put `count` open tickets into the general queue, straight into the tables."""
    now = clock.now()
    with runtime.database.transaction() as session:
        for start in range(0, count, 5000):
            rows = [_ticket(now, n) for n in range(start, min(start + 5000, count))]
            session.execute(insert(Report), [_report(row) for row in rows])
            session.execute(insert(Ticket), rows)
        session.execute(insert(QueueCount).values(queue="general", state="submitted", count=count))


def _ticket(now: object, serial: int) -> dict[str, object]:
    submitted = now - timedelta(seconds=serial)  # type: ignore[operator]
    return {
        "id": uuid.uuid4(), "number": f"RC202601{serial:06d}", "former_numbers": [], "report_id": uuid.uuid4(),
        "query_code_hash": "0" * 64, "queue": "general", "state": "submitted", "is_open": True,
        "urgency": 1 if serial % 97 == 0 else 2, "version": 1, "channel": "yxt", "symptom": "other",
        "scope": "single", "institution": f"高唐县杨屯乡第{serial % 300}村卫生室",
        "excerpt": f"第 {serial} 条问题，保存时提示参数错误",
        "search_text": f"rc202601{serial:06d}", "picture_flags": "", "submitted_at": submitted,
        "reply_due_at": submitted + timedelta(hours=24), "reopened_count": 0, "changed_at": submitted, "changed_by": "",
    }  # fmt: skip


def _report(ticket: dict[str, object]) -> dict[str, object]:
    return {
        "id": ticket["report_id"], "kind": "general", "channel": "yxt", "answers": {}, "notice_version": "bench",
        "filed_by": "clinic", "created_at": ticket["submitted_at"],
    }  # fmt: skip
