"""Image files as bytes: their type and size, and a copy stripped of everything that is not image data.

Only image data reach the decoder and the store: text, EXIF, XMP, colour profiles, thumbnails, further frames and
trailing bytes are removed (SECURITY B-4), so no decoder ever parses them, and whether they are right does not matter.
"""

import struct

from portal.screenshots import bmp, jpeg, png, webp
from portal.screenshots.bare import BarePicture, BrokenPicture, UnknownType

__all__ = ["MEDIA_TYPES", "BarePicture", "BrokenPicture", "UnknownType", "read"]

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "BMP": "image/bmp"}

# What else people send, by the bytes at a place, as the refusal names it.
_OTHERS: tuple[tuple[int, tuple[bytes, ...], str], ...] = (
    (0, (b"GIF8",), "GIF 图片"),
    (0, (b"II*\0", b"MM\0*"), "TIFF 图片"),
    (0, (b"\0\0\1\0", b"\0\0\2\0"), "ICO 图标"),
    (4, (b"ftyphei", b"ftyphev", b"ftypmif1", b"ftypmsf1"), "HEIC 照片"),
    (4, (b"ftypavi",), "AVIF 图片"),
    (4, (b"ftyp",), "视频"),
    (0, (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"), "JPEG 2000 图片"),
    (0, (b"8BPS",), "PSD 图片"),
    (0, (b"%PDF",), "PDF 文件"),
    (0, (b"PK\3\4",), "文档或压缩包"),
    (0, (b"\xd0\xcf\x11\xe0",), "Office 文件"),
    (0, (b"Rar!", b"7z\xbc\xaf"), "压缩包"),
)
_HEAD = 512  # bytes


def read(data: bytes) -> BarePicture:
    """Detect the type by content and strip the file. Raises `BrokenPicture`, or `UnknownType` with its name."""
    try:
        if data.startswith(png.MARK):
            return png.read(data)
        if data.startswith(b"\xff\xd8\xff"):
            return jpeg.read(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return webp.read(data)
        if data[:2] == b"BM" and data[14:18] in bmp.HEADERS:
            return bmp.read(data)
    except (struct.error, IndexError) as fault:
        raise BrokenPicture("cut short") from fault
    raise UnknownType(_name_of(data[:_HEAD]))


def _name_of(head: bytes) -> str:
    """What the file is, or nothing if that is not known."""
    for place, starts, name in _OTHERS:
        if head.startswith(starts, place):
            return name
    is_markup = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return "SVG 图片" if is_markup and b"<svg" in head.lower() else ""
