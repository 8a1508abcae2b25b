"""A file reduced to its image data, what can be wrong with it, and the two facts that are read from its EXIF block."""

import struct
from dataclasses import dataclass, field


class UnknownType(Exception):
    """Not an image of an allowed type, or a variant that is not taken; the argument names what it is, if known."""

    @property
    def name(self) -> str:
        return str(self.args[0]) if self.args else ""


class BrokenPicture(Exception):
    """Starts like an allowed image, but is damaged, truncated or against the format's rules."""


@dataclass(frozen=True)
class PngLines:
    """How a PNG's lines are checked: `data` is compressed, `raw_bytes` is its size when every line is there."""

    data: tuple[memoryview, ...] = field(repr=False)
    raw_bytes: int
    interlaced: bool
    has_end: bool


@dataclass(frozen=True)
class JpegScan:
    """What one scan brings: its components, coefficients `first` to `last`, all but the `missing_bits` lowest bits.

    `end` is where its data end in the stripped file.
    """

    components: tuple[int, ...]
    first: int
    last: int
    missing_bits: int
    end: int


@dataclass(frozen=True)
class JpegScans:
    """The scans of a JPEG in order, and the components that its frame announces, brightness first."""

    components: tuple[int, ...]
    scans: tuple[JpegScan, ...]


@dataclass(frozen=True)
class BarePicture:
    """A file reduced to its image data; `width` and `height` as stored, before `orientation` is applied."""

    kind: str  # the decoder's name: PNG, JPEG, WEBP, BMP
    width: int
    height: int
    content: bytes = field(repr=False)
    orientation: int = 1  # EXIF 1..8
    has_camera: bool = False  # EXIF names a maker
    png: PngLines | None = None
    jpeg: JpegScans | None = None

    @property
    def scans(self) -> int:
        """Passes over all pixels that decoding takes."""
        return len(self.jpeg.scans) if self.jpeg else 1


_ORIENTATION, _MAKE = 0x0112, 0x010F


def exif_facts(tiff: bytes) -> tuple[int, bool]:
    """Orientation (1..8) and whether a camera maker is named, from the first EXIF directory only.

    Returns (1, False) for invalid data: a bad EXIF block is dropped and is no reason to refuse the image.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(tiff[:2]))
    if order is None:
        return 1, False
    orientation, has_camera = 1, False
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(min(count, 512)):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * entry)
            if tag == _ORIENTATION and kind == 3 and 1 <= value <= 8:
                orientation = value
            has_camera = has_camera or tag == _MAKE
    except struct.error:
        pass
    return orientation, has_camera
