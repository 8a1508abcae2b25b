"""Image files as bytes: their type and size, and a copy stripped of everything that is not image data.

Only image data reach the decoder and the store: text, EXIF, XMP, colour profiles, thumbnails, further frames and
trailing bytes are removed (SECURITY B-4), so no decoder ever parses them, and whether they are right does not matter.
"""

import re
import struct

from portal.screenshots import bmp, jpeg, png, webp
from portal.screenshots.bare import BarePicture, BrokenPicture, UnknownType

__all__ = ["MEDIA_TYPES", "BarePicture", "BrokenPicture", "UnknownType", "read"]

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "BMP": "image/bmp"}

# What else people send, by its first bytes, as the refusal names it.
_OTHERS = (
    (rb"GIF8", "GIF 图片"),
    (rb"(II\*\0|MM\0\*)", "TIFF 图片"),
    (rb"\0\0[\1\2]\0", "ICO 图标"),
    (rb".{4}ftyp(hei|hev|mif1|msf1)", "HEIC 照片"),
    (rb".{4}ftypavi", "AVIF 图片"),
    (rb".{4}ftyp", "视频"),
    (rb"(\0\0\0\x0cjP  |\xff\x4f\xff\x51)", "JPEG 2000 图片"),
    (rb"8BPS", "PSD 图片"),
    (rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg", "SVG 图片"),
    (rb"%PDF", "PDF 文件"),
    (rb"PK\x03\x04", "文档或压缩包"),
    (rb"\xd0\xcf\x11\xe0", "Office 文件"),
    (rb"(Rar!|7z\xbc\xaf)", "压缩包"),
)
_NAMES = tuple((re.compile(start, re.DOTALL | re.IGNORECASE), name) for start, name in _OTHERS)
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
    raise UnknownType(next((name for start, name in _NAMES if start.match(data[:_HEAD])), ""))
