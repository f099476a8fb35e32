"""Photos as people take them become upright JPEGs that hold nothing but the picture."""

import hashlib
import io

import pytest
import zxingcpp
from PIL import Image

from returns import photos
from tests.returns import photographs
from tests.returns.photographs import (
    NUMBER,
    barcode,
    corners,
    exif,
    quarters,
    saved,
    scene,
    waybill,
)

UPRIGHT = ["red", "lime", "blue", "white"]


def image_of(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg))
    image.load()
    assert image.format == "JPEG"
    assert image.mode == "RGB"
    return image


def only_a_picture(jpeg: bytes) -> bool:
    """Beginning (JFIF), tables, frame, pixels, end: no notes, no comment, nothing behind."""
    found = photographs.segments(jpeg)
    jfif = [data for marker, data in found if marker == 0xE0]
    return {marker for marker, _ in found} <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDA} and [
        len(data) for data in jfif
    ] == [14]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_every_kind_becomes_a_jpeg_and_a_thumbnail(kind):
    data = saved(quarters(1200, 900), kind)
    picture = photos.develop(data)
    assert (picture.width, picture.height) == (1200, 900)
    assert image_of(picture.jpeg).size == (1200, 900)
    assert image_of(picture.thumbnail).size == (320, 240)
    assert corners(image_of(picture.jpeg)) == corners(image_of(picture.thumbnail)) == UPRIGHT
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert picture.codes == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_case_66_no_note_survives(kind):
    """Camera, place, description, colour profile: whatever each kind of file can hold."""
    notes = {"exif": exif(), "xmp": photographs.XMP, "icc_profile": photographs.wide_profile()}
    data = saved(quarters(), kind, **notes)
    for secret in (b"Secret Phone Maker", b"Secret Street 7", b"Display P3"):
        assert secret in data or kind == "PNG"  # which packs some of them
    picture = photos.develop(data)
    for kept in (picture.jpeg, picture.thumbnail):
        assert only_a_picture(kept)
        assert b"Secret" not in kept
        assert not image_of(kept).getexif()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_its_telephone_says(orientation):
    turned = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    lying = quarters() if turned is None else quarters().transpose(turned)
    picture = photos.develop(saved(lying, exif=exif(orientation)))
    assert (picture.width, picture.height) == (400, 300)
    assert corners(image_of(picture.jpeg)) == UPRIGHT
    assert corners(image_of(picture.thumbnail)) == UPRIGHT


def test_a_heic_photo_is_turned_once():
    """The container says how; what its EXIF says as well does not count."""
    lying = quarters().transpose(Image.Transpose.ROTATE_90)
    picture = photos.develop(saved(lying, "HEIF", exif=exif(6)))
    assert (picture.width, picture.height) == (400, 300)
    assert corners(image_of(picture.jpeg)) == UPRIGHT


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("CMYK", "JPEG"),
        ("L", "JPEG"),
        ("P", "PNG"),
        ("RGBA", "PNG"),
        ("RGBA", "WEBP"),
        ("RGBA", "HEIF"),
    ],
)
def test_other_ways_to_write_colours_come_out_as_colours(mode, kind):
    picture = photos.develop(saved(quarters(mode=mode), kind))
    shown = image_of(picture.jpeg)
    if mode == "L":
        assert shown.getpixel((300, 225)) > (250, 250, 250)
        assert max(shown.getpixel((100, 75))) < 100
    else:
        assert corners(shown) == UPRIGHT


def test_sixteen_bits_are_made_eight():
    grey = Image.new("I;16", (60, 40), 0x8000)
    assert image_of(photos.develop(saved(grey, "PNG")).jpeg).getpixel((30, 20)) == (128,) * 3


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(mode):
    if mode == "P":
        clear = Image.new("P", (60, 40), 3)
        clear.putpalette([9, 9, 9] * 256)
        data = saved(clear, "PNG", transparency=3)
    else:
        data = saved(Image.new(mode, (60, 40), 0), "PNG")
    assert image_of(photos.develop(data).jpeg).getpixel((30, 20)) == (255, 255, 255)


def test_wide_colours_are_told_in_the_usual_ones():
    """(234, 51, 35) of Display P3 is the full red of every screen."""
    photo = Image.new("RGB", (60, 40), (234, 51, 35))
    plain, wide = (
        image_of(photos.develop(saved(photo, "PNG", **notes)).jpeg).getpixel((30, 20))
        for notes in ({}, {"icc_profile": photographs.wide_profile()})
    )
    assert max(abs(a - b) for a, b in zip(plain, (234, 51, 35), strict=True)) < 5
    assert max(abs(a - b) for a, b in zip(wide, (255, 0, 0), strict=True)) < 8


@pytest.mark.parametrize(
    ("kind", "size", "kept"),
    [
        ("PNG", (1, 1), (1, 1)),
        ("PNG", (2048, 1000), (2048, 1000)),
        ("JPEG", (2500, 2000), (2048, 1638)),
        ("PNG", (2000, 2500), (1638, 2048)),
        ("JPEG", (4032, 3024), (2016, 1512)),
        ("JPEG", (8000, 20), (2000, 5)),
        ("PNG", (20, 100_000), (1, 2041)),
    ],
)
def test_a_large_photo_is_made_smaller(kind, size, kept):
    picture = photos.develop(saved(scene(*size), kind))
    assert (picture.width, picture.height) == image_of(picture.jpeg).size == kept


def test_of_moving_pictures_the_first_is_kept():
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime", "blue")]
    for kind in ("PNG", "WEBP", "MPO"):
        picture = photos.develop(
            saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=1)
            if kind != "MPO"
            else saved(frames[0], kind, save_all=True, append_images=frames[1:])
        )
        assert corners(image_of(picture.jpeg)) == ["red"] * 4
        assert only_a_picture(picture.jpeg)


def test_a_photo_of_forty_megapixels_is_taken():
    wide = Image.new("RGB", (8000, 5000), "red")
    for kind, memory, options in (("JPEG", 120, {}), ("PNG", 300, {"compress_level": 1})):
        answer = photographs.opened(saved(wide, kind, **options))
        assert answer.problem == ""
        assert answer.peak < memory * photographs.MB
        assert image_of(answer.jpeg).size == (2000, 1250)


# --- Barcodes ----------------------------------------------------------------------------


def codes(photo: Image.Image, kind: str = "JPEG") -> list[tuple[str, str]]:
    return [(code.text, code.format) for code in photos.develop(saved(photo, kind)).codes]


@pytest.mark.parametrize(
    ("width", "size", "angle"),
    [
        pytest.param(500, (1600, 1200), 5, id="rotated a bit"),
        pytest.param(550, (1600, 1200), 95, id="upended"),
        pytest.param(480, (4032, 3024), 4, id="small on a large photo"),
        pytest.param(900, (2000, 1500), 25, id="askew"),
        pytest.param(900, (2000, 1500), -25, id="askew to the other side"),
    ],
)
def test_the_number_of_a_waybill_is_read(width, size, angle):
    assert codes(waybill(barcode(NUMBER, width), size, angle)) == [(NUMBER, "Code128")]


def test_the_number_is_read_from_every_kind_of_photo():
    photo = waybill(barcode(NUMBER, 450), (800, 600), 3)
    for kind in ("PNG", "WEBP", "HEIF"):
        assert codes(photo, kind) == [(NUMBER, "Code128")]


def test_bars_come_before_squares_and_nothing_twice():
    photo = scene(1600, 1200)
    square = barcode("https://example.com/track", 300, zxingcpp.BarcodeFormat.QRCode)
    photo.paste(square, (20, 20))
    photo.paste(barcode(NUMBER, 500), (500, 100))
    photo.paste(barcode(NUMBER, 500), (500, 800))
    assert codes(photo) == [(NUMBER, "Code128"), ("https://example.com/track", "QRCode")]


def test_the_code_of_the_goods_is_not_offered():
    assert (
        codes(waybill(barcode("4006381333931", 500, zxingcpp.BarcodeFormat.EAN13), (1600, 1200)))
        == []
    )


def test_a_code_is_short_and_printable():
    square = barcode("A\0B\x1bC\n" + "x" * 500, 700, zxingcpp.BarcodeFormat.QRCode)
    [(text, _)] = codes(waybill(square, (1600, 1500)))
    assert text == "ABC" + "x" * 197


def test_only_some_codes_are_kept():
    sheet = Image.new("RGB", (1500, 2000), "white")
    for row in range(12):
        sheet.paste(barcode(f"HW{row:011}", 1000), (50, 160 * row))
    assert len(codes(sheet)) == 8
