"""A drawn desktop, which the inspection of screenshots accepts."""

import struct
import zlib


def sample_screen(width: int = 1366, height: int = 768) -> bytes:
    """A drawn desktop as PNG: title bar, menu, table with text-like strokes, taskbar."""
    rows = [_row(width, height, y) for y in range(height)]
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _row(width: int, height: int, y: int) -> bytes:
    if y < 34 or y >= height - 40:
        return _strokes(width, background=70, ink=235, is_text=y % 34 in range(10, 22), start=16, end=420)
    if y < 70:
        return _strokes(width, background=235, ink=60, is_text=46 <= y < 58, start=40, end=900)
    is_text = (y - 70) % 30 in range(9, 21)
    menu = _strokes(220, background=222, ink=50, is_text=is_text, start=20, end=160)
    table = _strokes(width - 220, background=250, ink=30, is_text=is_text, start=24, end=width - 320)
    return menu + (bytes([232]) * (width - 220) if (y - 70) % 30 == 0 else table)


def _strokes(width: int, *, background: int, ink: int, is_text: bool, start: int, end: int) -> bytes:
    row = bytearray([background]) * width
    if is_text:
        for x in range(start, min(end, width - 8)):
            if x % 14 in (1, 2, 5, 8, 9) and (x // 70) % 3:
                row[x] = ink
    return bytes(row)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
