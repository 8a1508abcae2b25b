"""The picture rule of SCREENSHOTS.md on whole screens, crops, photos, squeezed shots and hostile files."""

import base64
import dataclasses
import io
import struct
import zlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from portal.screenshots.inspection import Inspection, InspectionLimits, ScreenHint, Verdict, inspect
from tests.factories import pictures

LIMITS = InspectionLimits()


def look(data: bytes, own: tuple[int, int] | None = None, limits: InspectionLimits = LIMITS) -> Inspection:
    hint = ScreenHint(*own, dpr=1, inner_width=own[0], outer_width=own[0]) if own else None
    return inspect(data, hint=hint, limits=limits)


def outcome(data: bytes, own: tuple[int, int] | None = None) -> tuple[str, str | None, str]:
    found = look(data, own)
    return found.verdict.value, found.code, found.reason


def crop(box: tuple[int, int, int, int], *, width: int = 1920, height: int = 1080, seed: int = 1) -> bytes:
    return pictures.encode(pictures.draw_screen(width, height, seed).crop(box))


def opened(found: Inspection) -> Image.Image:
    assert found.content is not None
    picture = Image.open(io.BytesIO(found.content))
    picture.load()
    return picture


ACCEPTED = ("accept", None, "whole")
ASKED = "ask", "image_confirm"
PARTIAL = "refuse", "image_partial"


# Whole screens


@pytest.mark.parametrize(
    "size",
    [
        (1024, 768),
        (1280, 800),
        (1280, 1024),
        (1366, 768),
        (1440, 900),
        (1600, 900),
        (1680, 1050),
        (1920, 1080),
        (1920, 1200),
        (2560, 1440),
        (3840, 2160),
        (1024, 600),
    ],
)
def test_it_accepts_whole_screens(size):
    found = look(pictures.whole_screen(*size))

    assert (found.verdict, found.code, found.reason, found.message) == (Verdict.ACCEPT, None, "whole", "")
    assert (found.width, found.height) == size
    assert not found.is_photo


@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.parametrize("make", [pictures.whole_screen, pictures.jpeg_screen])
def test_it_accepts_every_look_of_desktop(make, seed):
    assert outcome(make(1366, 768, seed)) == ACCEPTED


@pytest.mark.parametrize("size", [(1364, 767), (1367, 772), (1366, 764), (1362, 768), (1924, 1076)])
def test_it_accepts_screens_outlined_by_hand(size):
    assert outcome(pictures.whole_screen(*size)) == ACCEPTED


@pytest.mark.parametrize("own", [(1366, 768), (1920, 1080), (1080, 2340), None])
def test_it_accepts_a_whole_screen_of_another_computer(own):
    assert outcome(pictures.whole_screen(1440, 900), own) == ACCEPTED


def test_it_accepts_two_monitors_side_by_side_and_stacked():
    one, other = pictures.draw_screen(1366, 768, 1), pictures.draw_screen(1920, 1080, 2)
    both = Image.new("RGB", (1366 + 1920, 1080))
    both.paste(one, (0, 0))
    both.paste(other, (1366, 0))
    stacked = Image.new("RGB", (1920, 2160))
    stacked.paste(other, (0, 0))
    stacked.paste(other, (0, 1080))

    assert outcome(pictures.encode(both)) == ACCEPTED
    assert outcome(pictures.encode(stacked)) == ACCEPTED
    assert outcome(pictures.whole_screen(2732, 768)) == ACCEPTED
    assert outcome(pictures.whole_screen(5120, 1080)) == ACCEPTED  # 4.7 : 1, but no strip


@pytest.mark.parametrize("size", [(720, 1600), (1080, 1920), (1080, 2340), (1170, 2532), (1440, 3200)])
def test_it_accepts_upright_phone_screens(size):
    assert outcome(pictures.phone_screen(*size)) == ACCEPTED


def test_it_accepts_a_rotated_monitor():
    assert outcome(pictures.whole_screen(1080, 1920)) == ACCEPTED


@pytest.mark.parametrize("own", [(1700, 1030), (1698, 1033)])
def test_an_unusual_own_screen_makes_a_question_of_a_refusal_for_the_shape(own):
    odd = pictures.whole_screen(1700, 1030)

    assert outcome(odd, own) == (*ASKED, "odd_screen")
    assert outcome(odd) == (*PARTIAL, "partial")
    assert outcome(odd, (1920, 1080)) == (*PARTIAL, "partial")


def test_an_invented_own_screen_loosens_nothing_else():
    """No smaller minimum, no cut text, no question answered."""
    squeezed = pictures.scaled_screen()
    cut = crop((250, 100, 1920, 1080))

    assert outcome(pictures.whole_screen(900, 610), (900, 610)) == ("refuse", "image_too_small", "small")
    assert outcome(cut, (1670, 980)) == (*PARTIAL, "cut")
    assert outcome(squeezed, (1560, 878)) == outcome(squeezed) == (*ASKED, "scaled")
    assert outcome(crop((0, 0, 1366, 728), width=1366, height=768), (1366, 728)) == (*ASKED, "nearly")
    for name, data in pictures.random_crops(25, seed=5):
        with Image.open(io.BytesIO(data)) as opened_crop:
            found = look(data, opened_crop.size)
        assert found.verdict is not Verdict.ACCEPT, name
        assert found.verdict is look(data).verdict or found.reason == "odd_screen", name


def test_it_asks_about_two_monitors_of_which_one_is_moved():
    both = Image.new("RGB", (1366 + 1920, 1236))
    both.paste(pictures.draw_screen(1366, 768, 1), (0, 468))
    both.paste(pictures.draw_screen(1920, 1080, 2), (1366, 0))

    assert outcome(pictures.encode(both)) == (*ASKED, "two_screens")


@pytest.mark.parametrize("size", [(2388, 1668), (2266, 1488), (2000, 1200), (2732, 2048)])
def test_it_accepts_tablets_both_ways(size):
    assert outcome(pictures.whole_screen(*size)) == ACCEPTED
    assert outcome(pictures.phone_screen(size[1], size[0])) == ACCEPTED


def test_it_asks_about_a_phone_held_across():
    assert outcome(pictures.whole_screen(2340, 1080)) == (*ASKED, "across")


def test_it_accepts_an_own_screen_below_the_minimum_down_to_800x600():
    assert outcome(pictures.whole_screen(800, 600), (800, 600)) == ACCEPTED
    assert outcome(pictures.whole_screen(800, 600))[2] == "small"
    assert outcome(pictures.whole_screen(800, 600), (1366, 768))[2] == "small"
    assert outcome(pictures.whole_screen(790, 590), (790, 590))[2] == "small"
    assert outcome(pictures.whole_screen(900, 610), (900, 610))[2] == "small"


# Sizes


@pytest.mark.parametrize(
    ("size", "needed"),
    [
        ((420, 180), "1000 × 560"),
        ((999, 700), "1000 × 560"),
        ((1000, 559), "1000 × 560"),
        ((1, 1), "1000 × 560"),
        ((590, 1300), "600 × 1200"),
        ((640, 1136), "600 × 1200"),
    ],
)
def test_it_refuses_small_pictures_with_measured_and_needed_size(size, needed):
    found = look(pictures.encode(pictures.draw_screen(1920, 1400).crop((0, 0, *size))))

    assert (found.verdict, found.code, found.reason) == (Verdict.REFUSE, "image_too_small", "small")
    assert f"{size[0]} × {size[1]} 像素" in found.message
    assert f"至少 {needed} 像素" in found.message
    assert "PrtSc" in found.message
    assert found.content is None and found.media_type is None


def test_the_minimum_is_a_setting():
    limits = InspectionLimits(min_width=1400, min_height=800)

    assert look(pictures.whole_screen(1366, 768), limits=limits).reason == "small"
    assert look(pictures.whole_screen(1920, 1080), limits=limits).verdict is Verdict.ACCEPT


@pytest.mark.parametrize(
    ("size", "side", "needed"),
    [
        ((1366, 200), "高度不够", "1000 × 560"),
        ((2900, 700), "高度不够", "1000 × 725"),
        ((640, 2700), "宽度不够", "675 × 1200"),
    ],
)
def test_it_refuses_strips(size, side, needed):
    found = look(pictures.whole_screen(*size))

    assert (found.verdict, found.code, found.reason) == (Verdict.REFUSE, "image_partial", "strip")
    assert side in found.message
    assert f"{size[0]} × {size[1]} 像素，至少 {needed} 像素" in found.message
    assert "PrtSc" in found.message


# Crops


def test_a_crop_cannot_get_in_unasked():
    verdicts = Counter(look(data).verdict for _, data in pictures.random_crops(150, seed=20260722))

    assert verdicts[Verdict.ACCEPT] == 0
    assert verdicts[Verdict.ASK] <= 8
    assert verdicts.total() == 150


def test_a_crop_cannot_get_in_by_naming_another_own_screen():
    for name, data in pictures.random_crops(25, seed=5):
        without, with_hint = look(data), look(data, (1366, 768))
        assert with_hint.verdict is not Verdict.ACCEPT, name
        assert (without.verdict, with_hint.verdict) != (Verdict.REFUSE, Verdict.ASK), name


@pytest.mark.parametrize("box", [(250, 100, 1920, 1080), (0, 0, 1700, 1045)], ids=["left", "right"])
def test_it_refuses_tables_cut_at_the_left_or_right(box):
    found = look(crop(box))

    assert (found.verdict, found.code, found.reason) == (Verdict.REFUSE, "image_partial", "cut")
    assert f"{box[2] - box[0]} × {box[3] - box[1]} 像素" in found.message and "PrtSc" in found.message


def test_it_asks_about_a_screen_size_with_cut_text_unless_the_own_screen_differs():
    data = crop((250, 100, 250 + 1366, 100 + 768))

    assert outcome(data) == (*ASKED, "cut_on_own_screen")
    assert outcome(data, (1366, 768)) == (*ASKED, "cut_on_own_screen")
    assert outcome(data, (1920, 1080)) == (*PARTIAL, "cut")


def test_it_refuses_shapes_no_screen_has():
    found = look(pictures.whole_screen(1300, 610), (1920, 1080))

    assert (found.verdict, found.code, found.reason) == (Verdict.REFUSE, "image_partial", "partial")
    assert "1300 × 610 像素" in found.message and "1920 × 1080 像素" in found.message
    assert "您的屏幕" not in look(pictures.whole_screen(1300, 610)).message


def test_it_refuses_upright_shapes_no_screen_has():
    assert outcome(pictures.whole_screen(1000, 1300)) == (*PARTIAL, "shape")


def test_it_refuses_an_upright_crop_with_cut_text():
    assert outcome(crop((250, 100, 950, 1320), height=1400)) == (*PARTIAL, "cut")


# Questions


def test_it_asks_about_a_long_phone_capture():
    assert outcome(pictures.phone_screen(1080, 3000)) == (*ASKED, "long")


def test_it_asks_about_a_shot_without_the_taskbar():
    found = look(crop((0, 0, 1366, 728), width=1366, height=768))

    assert (found.verdict, found.code, found.reason) == (Verdict.ASK, "image_confirm", "nearly")
    assert "1366 × 728 像素" in found.message and "任务栏" in found.message


def test_it_asks_about_a_squeezed_screen():
    found = look(pictures.scaled_screen())

    assert (found.verdict, found.code, found.reason) == (Verdict.ASK, "image_confirm", "scaled")
    assert "1560 × 878 像素" in found.message and "压缩" in found.message
    assert found.media_type == "image/jpeg" and opened(found).size == (1560, 878)


def test_it_names_the_own_screen_when_a_shot_is_smaller():
    found = look(pictures.whole_screen(1100, 620), (1366, 768))

    assert found.reason == "scaled"
    assert "没有截全" in found.message and "您的屏幕是 1366 × 768 像素" in found.message


def test_it_asks_about_a_photo_and_marks_it():
    found = look(pictures.photo_of_screen())

    assert (found.verdict, found.code, found.reason) == (Verdict.ASK, "image_confirm", "photo")
    assert found.is_photo and "手机拍摄" in found.message
    assert found.media_type == "image/jpeg"


def test_it_asks_about_a_blurred_screen_without_any_camera_name():
    soft = pictures.draw_screen(1920, 1080).filter(ImageFilter.GaussianBlur(2.5))

    assert outcome(pictures.encode(soft)) == (*ASKED, "photo")


def test_it_asks_about_an_enlarged_crop():
    enlarged = pictures.draw_screen(1920, 1080).crop((300, 200, 684, 416)).resize((1920, 1080))

    assert outcome(pictures.encode(enlarged)) == (*ASKED, "photo")


def test_it_asks_about_a_crop_on_an_empty_canvas():
    part = pictures.draw_screen(1920, 1080).crop((300, 200, 1500, 800))
    framed = Image.new("RGB", (1920, 1080), "white")
    framed.paste(part, (300, 200))
    below = Image.new("RGB", (1920, 1080), "black")
    below.paste(pictures.draw_screen(1920, 1080).crop((0, 0, 1920, 600)), (0, 0))

    assert outcome(pictures.encode(framed)) == (*ASKED, "frame")
    assert outcome(pictures.encode(below)) == (*ASKED, "frame")


@pytest.mark.parametrize("colour", ["white", "black", "#0078d7"])
def test_it_refuses_blank_pictures(colour):
    found = look(pictures.encode(Image.new("RGB", (1920, 1080), colour)))

    assert (found.verdict, found.code, found.reason) == (Verdict.REFUSE, "image_blank", "blank")
    assert "空白或全黑" in found.message


def test_it_sees_what_a_reader_sees_of_a_transparent_picture():
    hidden = pictures.draw_screen(1366, 768).convert("RGBA")
    hidden.putalpha(0)

    assert outcome(pictures.encode(hidden))[2] == "blank"


# Camera orientation


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_it_keeps_pictures_upright_at_unchanged_size(orientation):
    found = look(pictures.photo_of_screen(orientation=orientation))
    expected = (2048, 1536) if orientation == 3 else (1536, 2048)

    assert (found.width, found.height) == expected
    assert opened(found).size == expected
    assert 0x0112 not in opened(found).getexif()


def test_it_measures_the_upright_picture():
    upright = pictures.draw_screen(1366, 768)
    stored = upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6

    for kind in ("JPEG", "PNG", "WEBP"):
        found = look(pictures.encode(stored, kind, exif=exif.tobytes()))
        assert (found.verdict, found.width, found.height) == (Verdict.ACCEPT, 1366, 768), kind
        turned = opened(found).convert("RGB").resize((64, 36))
        differences = turned.get_flattened_data(), upright.resize((64, 36)).get_flattened_data()
        worst = max(abs(a - b) for pair in zip(*differences, strict=True) for a, b in zip(*pair, strict=True))
        assert worst < 40, kind


def test_it_looks_for_cut_text_at_the_upright_sides():
    exif = Image.Exif()
    exif[0x0112] = 6
    cut = pictures.draw_screen(1920, 1080).crop((250, 100, 1920, 1080))
    stored = cut.transpose(Image.Transpose.ROTATE_90)

    assert outcome(pictures.encode(stored, "PNG", exif=exif.tobytes())) == (*PARTIAL, "cut")


# Kinds of file


def test_it_keeps_a_png_as_it_came_without_writing_it_anew():
    found = look(pictures.whole_screen())

    assert found.media_type == "image/png"
    assert found.content == pictures.build_png(pictures.png_chunks(pictures.whole_screen()))


def test_it_turns_bmp_into_png_without_loss():
    screen = pictures.draw_screen()
    found = look(pictures.encode(screen, "BMP"))

    assert (found.verdict, found.media_type) == (Verdict.ACCEPT, "image/png")
    assert opened(found).convert("RGB").tobytes() == screen.tobytes()


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "CMYK", "I;16", "LA", "1"])
def test_it_reads_every_usual_kind_of_pixel(mode):
    screen = pictures.draw_screen(1366, 768)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    if mode == "I;16":
        deep = screen.convert("L").tobytes()
        picture = Image.frombytes("I;16", screen.size, bytes(b for level in deep for b in (0, level)))
    else:
        picture = screen.quantize(64) if mode == "P" else screen.convert(mode)

    found = look(pictures.encode(picture, kind))

    assert found.verdict is (Verdict.ASK if mode == "1" else Verdict.ACCEPT)  # dithering leaves no smooth border
    assert opened(found).mode == mode


def test_it_reads_a_palette_with_transparency():
    picture = pictures.draw_screen(1366, 768).quantize(64)

    found = look(pictures.encode(picture, "PNG", transparency=0))

    assert found.verdict is Verdict.ACCEPT
    assert "transparency" in opened(found).info


@pytest.mark.parametrize("options", [{"quality": 80}, {"lossless": True, "method": 0}])
def test_it_accepts_webp(options):
    found = look(pictures.encode(pictures.draw_screen(), "WEBP", **options))

    assert (found.verdict, found.media_type) == (Verdict.ACCEPT, "image/webp")
    assert opened(found).size == (1366, 768)


def test_it_accepts_webp_with_transparency():
    picture = pictures.draw_screen().convert("RGBA")
    picture.putpixel((5, 5), (0, 0, 0, 0))

    found = look(pictures.encode(picture, "WEBP", quality=80))

    assert found.verdict is Verdict.ACCEPT
    assert opened(found).mode == "RGBA"


def test_it_accepts_an_ordinary_progressive_jpeg():
    assert outcome(pictures.progressive_jpeg()) == ACCEPTED


def test_it_unpacks_a_twelve_megapixel_progressive_photo():
    photo = Image.open(io.BytesIO(pictures.photo_of_screen())).resize((4000, 3000))

    assert outcome(pictures.encode(photo, "JPEG", progressive=True, quality=70)) == (*ASKED, "photo")


def test_it_keeps_the_first_picture_of_a_phones_double_jpeg():
    one, two = pictures.draw_screen(1366, 768, 1), Image.new("RGB", (64, 64), "red")
    out = io.BytesIO()
    one.save(out, "MPO", save_all=True, append_images=[two])
    assert Image.open(io.BytesIO(out.getvalue())).format == "MPO"

    found = look(out.getvalue())

    assert (found.verdict, found.media_type) == (Verdict.ACCEPT, "image/jpeg")
    assert opened(found).format == "JPEG"


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' width='1920' height='1080'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a" + b"\0" * 100,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1920 1080\n",
        b"P6 1920 1080 255\n" + b"\0" * 1000,
        b"%PDF-1.7",
        b"MZ" + b"\0" * 100,
        b"BMnot a picture at all, only text that begins so",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"x",
        b" " + pictures.encode(Image.new("RGB", (4, 4))),
    ],
    ids=lambda data: repr(data[:8]),
)
def test_it_refuses_what_is_no_picture_of_the_four_kinds(data):
    found = look(data)

    assert (found.verdict, found.code, found.reason) == (Verdict.REFUSE, "image_type", "type")
    assert "PNG、JPG、WebP 或 BMP" in found.message


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PPM", "EPS", "ICO", "JPEG2000", "AVIF"])
def test_it_refuses_other_picture_kinds(kind):
    assert outcome(pictures.encode(pictures.draw_screen(1366, 768), kind)) == ("refuse", "image_type", "type")


def test_it_refuses_an_animated_webp():
    frames = [pictures.draw_screen(1366, 768, seed).resize((400, 300)) for seed in (1, 2)]

    data = pictures.encode(frames[0], "WEBP", save_all=True, append_images=frames[1:])

    assert outcome(data) == ("refuse", "image_type", "type")


# Nothing but the picture is kept

MARK = b"PLANTED-MARK-7341"


def _marked_png() -> bytes:
    return pictures.png_with(
        (b"tEXt", b"Comment\0" + MARK),
        (b"zTXt", b"Comment\0\0" + zlib.compress(MARK)),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + MARK),
        (b"eXIf", pictures.exif_block() + MARK),
        (b"iCCP", b"icc\0\0" + zlib.compress(MARK * 9)),
        (b"PLTE", (MARK * 3)[:51]),
        (b"tRNS", MARK),
        (b"prVt", MARK),
        trailing=MARK,
    )


def _marked_jpeg(orientation: int = 1) -> bytes:
    data = pictures.jpeg_screen()
    for marker, body in (
        (0xE1, b"Exif\0\0" + pictures.exif_block(orientation=orientation) + MARK),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + MARK),
        (0xE2, b"ICC_PROFILE\0\1\1" + MARK),
        (0xE2, b"MPF\0" + MARK),
        (0xED, b"Photoshop 3.0\0" + MARK),
        (0xEE, b"Adobe\0\x64\0\0\0\0\1" + MARK),
        (0xE0, b"JFXX\0" + MARK),
        (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0" + MARK),
        (0xFE, MARK),
    ):
        data = pictures.insert_jpeg_segment(data, marker, body)
    return data + MARK + pictures.jpeg_screen(800, 600)


def _marked_webp() -> bytes:
    data = pictures.encode(
        pictures.draw_screen(),
        "WEBP",
        exif=b"Exif\0\0" + pictures.exif_block() + MARK,
        xmp=MARK,
        icc_profile=MARK * 9,
    )
    return data + MARK


@pytest.mark.parametrize(
    "make",
    [_marked_png, _marked_jpeg, lambda: _marked_jpeg(3), _marked_webp],
    ids=["png", "jpeg", "turned", "webp"],
)
def test_it_keeps_no_metadata(make):
    data = make()
    assert MARK in data

    found = look(data)

    assert found.content is not None
    assert found.is_photo
    assert MARK not in found.content
    assert b"Cam\0" not in found.content
    assert b"Exif" not in found.content and b"eXIf" not in found.content
    assert b"adobe.com" not in found.content
    assert opened(found).size == (1366, 768)


def test_it_keeps_no_bytes_after_a_bmp():
    found = look(pictures.encode(pictures.draw_screen(), "BMP") + MARK)

    assert found.content is not None and MARK not in found.content


def test_it_keeps_one_frame_of_an_animated_png():
    data = pictures.apng()
    assert Image.open(io.BytesIO(data)).n_frames == 3

    found = look(data)

    assert found.verdict is Verdict.ACCEPT
    assert opened(found).n_frames == 1
    assert b"fdAT" not in found.content and b"acTL" not in found.content


def test_the_kept_picture_shows_the_same_pixels():
    for data in (_marked_png(), pictures.jpeg_screen(), pictures.progressive_jpeg()):
        assert opened(look(data)).tobytes() == Image.open(io.BytesIO(data)).convert("RGB").tobytes()


def test_a_kept_picture_is_accepted_again_unchanged():
    for data in (
        pictures.whole_screen(),
        pictures.jpeg_screen(),
        pictures.encode(pictures.draw_screen(), "WEBP"),
    ):
        once = look(data).content
        assert once is not None
        assert look(once).content == once


def test_the_picture_is_not_shown_in_logs():
    assert "content" not in repr(look(pictures.whole_screen()))


# Hostile and damaged files


def test_it_refuses_an_empty_file():
    found = look(b"")

    assert (found.verdict, found.code, found.reason) == (Verdict.REFUSE, "image_broken", "empty")
    assert "空文件" in found.message


def test_it_refuses_too_many_bytes_and_says_how_many():
    found = look(b"\x89PNG\r\n\x1a\n" + bytes(14 * 1024 * 1024 - 8))

    assert (found.verdict, found.code, found.reason) == (Verdict.REFUSE, "image_too_large", "large")
    assert "不能超过 10 MB" in found.message and "14 MB" in found.message


def test_it_never_names_an_allowed_size_for_a_file_just_over_it():
    found = look(b"x" * (10 * 1024 * 1024 + 1))

    assert "10.1 MB" in found.message


def test_it_refuses_a_bomb_by_its_header():
    bomb = pictures.png_bomb()
    assert len(bomb) < 1_000_000

    found = look(bomb)

    assert (found.verdict, found.code, found.reason) == (Verdict.REFUSE, "image_too_large", "too_many_pixels")
    assert "13000 × 13000 像素" in found.message


def test_the_pixel_limit_cannot_be_set_above_the_decoders_own():
    generous = dataclasses.replace(LIMITS, max_pixels=10**12)

    assert look(pictures.png_bomb(), limits=generous).reason == "too_many_pixels"


def test_it_refuses_a_jpeg_of_hundreds_of_scans_before_unpacking():
    bomb = pictures.jpeg_scan_bomb()
    assert len(bomb) < 300_000

    found = look(bomb)

    assert (found.verdict, found.code, found.reason) == (Verdict.REFUSE, "image_broken", "broken")
    assert look(bomb, limits=dataclasses.replace(LIMITS, max_scan_work=12_000_000)).reason == "broken"


def test_it_never_unpacks_hidden_text():
    bomb = zlib.compress(b"\0" * 50_000_000, 9)

    assert outcome(pictures.png_with((b"zTXt", b"a\0\0" + bomb), (b"iCCP", b"a\0\0" + bomb))) == ACCEPTED


def test_it_takes_huge_and_looping_exif_without_harm():
    block = b"Exif\0\0" + pictures.exif_block(entries=0xFFFF) + b"\0" * 65_000
    huge = pictures.insert_jpeg_segment(pictures.jpeg_screen(), 0xE1, block[:65_533])
    chunk = pictures.png_with((b"eXIf", pictures.exif_block(start=8) + b"\xff" * 2_000_000))

    assert outcome(huge) == (*ASKED, "photo")
    assert outcome(chunk) == (*ASKED, "photo")


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: pictures.whole_screen()[:90_000], id="png cut"),
        pytest.param(lambda: _flipped(pictures.whole_screen(), 90_000), id="png checksum"),
        pytest.param(pictures.png_missing_lines, id="png of 100 lines"),
        pytest.param(lambda: pictures.png_missing_lines(lines=767), id="png of all lines but one"),
        pytest.param(
            lambda: pictures.build_png([pictures.png_header(1366, 768), (b"IDAT", b"no"), (b"IEND", b"")]),
            id="png of junk",
        ),
        pytest.param(lambda: pictures.png_with(pictures.png_header(1, 1)), id="png of two sizes"),
        pytest.param(lambda: pictures.jpeg_screen()[:90_000], id="jpeg cut"),
        pytest.param(lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0", id="jpeg of a few bytes"),
        pytest.param(lambda: b"\xff\xd8\xff\xd9", id="jpeg of nothing"),
        pytest.param(lambda: pictures.encode(pictures.draw_screen(), "WEBP")[:30_000], id="webp cut"),
        pytest.param(lambda: b"RIFF\x04\0\0\0WEBP", id="webp of nothing"),
        pytest.param(lambda: pictures.encode(pictures.draw_screen(), "BMP")[:-5000], id="bmp cut"),
    ],
)
def test_it_refuses_damaged_pictures_at_once(make):
    found = look(make())

    assert (found.verdict, found.code) == (Verdict.REFUSE, "image_broken")
    assert found.reason in ("broken", "lines_missing")
    assert "重新选择" in found.message
    assert found.content is None


def test_it_counts_the_lines_of_a_picture_with_a_black_bottom():
    black = pictures.draw_screen(1366, 768)
    black.paste("black", (0, 760, 1366, 768))

    assert outcome(pictures.encode(black)) == ACCEPTED


def _scaled_down_header(data: bytes) -> bytes:
    """A WebP whose outer header says another size than its picture."""
    body = data[12:]
    outer = b"VP8X" + struct.pack("<I", 10) + b"\0" * 4 + (99).to_bytes(3, "little") + (99).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 4 + len(outer) + len(body)) + b"WEBP" + outer + body


def test_it_trusts_the_picture_of_a_webp_not_its_outer_header():
    found = look(_scaled_down_header(pictures.encode(pictures.draw_screen(), "WEBP")))

    assert (found.width, found.height) == (1366, 768)
    assert opened(found).size == (1366, 768)


_SEEDS = tuple(
    pictures.encode(pictures.draw_screen(1024, 768).resize((120, 90)), kind) for kind in ("PNG", "JPEG", "WEBP", "BMP")
)
_NO_MINIMUM = InspectionLimits(min_width=1, min_height=1)


@given(st.binary(max_size=400), st.sampled_from([b"", *(seed[:30] for seed in _SEEDS)]))
@settings(max_examples=300, deadline=None)
def test_random_bytes_never_raise(junk, start):
    assert look(start + junk, limits=_NO_MINIMUM).verdict is Verdict.REFUSE


@given(st.sampled_from(_SEEDS), st.data())
@settings(max_examples=400, deadline=None)
def test_damaged_pictures_never_raise(seed, data):
    changed = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))

    found = look(bytes(changed[:cut] if data.draw(st.booleans()) else changed), limits=_NO_MINIMUM)

    assert (found.code is None) == (found.verdict is Verdict.ACCEPT)
    assert (found.content is None) == (found.verdict is Verdict.REFUSE)
    assert (found.message == "") == (found.verdict is Verdict.ACCEPT)


@given(st.binary(min_size=1, max_size=300), st.sampled_from([b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"zTXt"]))
@settings(max_examples=150, deadline=None)
def test_png_chunks_of_junk_with_right_checksums_never_raise(body, name):
    chunks = pictures.png_chunks(_SEEDS[0])
    built = pictures.build_png([chunks[0], (name, body), *chunks[1:]])

    assert look(built, limits=_NO_MINIMUM).verdict in set(Verdict)


def test_a_text_of_base64_is_no_picture():
    assert outcome(base64.b64encode(pictures.whole_screen()))[2] == "type"
