"""BMP files: plain pixels only, checked by header; they are always converted to PNG afterwards."""

import struct

from portal.screenshots.bare import BarePicture, BrokenPicture, UnknownType

HEADERS = tuple(struct.pack("<I", size) for size in (12, 40, 52, 56, 64, 108, 124))
_PLAIN = (0, 3, 6)  # plain, and plain with colour masks
_PACKED = (1, 2, 4, 5)  # run lengths, JPEG or PNG inside: unpacking run lengths would take far too long


def read(data: bytes) -> BarePicture:
    """Checks size and depth. Raises `UnknownType` for a packed one."""
    if data[14] == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        packing = 0
    else:
        width, height, _, bits, packing = struct.unpack_from("<iiHHI", data, 18)
    height = abs(height)  # negative: top row first
    if packing in _PACKED:
        raise UnknownType("压缩的 BMP 图片")
    if width <= 0 or not height or packing not in _PLAIN or bits not in (1, 4, 8, 16, 24, 32):
        raise BrokenPicture("BMP header")
    if len(data) < 14 + height * ((width * bits + 31) // 32 * 4):
        raise BrokenPicture("cut short")
    return BarePicture("BMP", width, height, data)
