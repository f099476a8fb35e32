"""What is drawn can be read by a scanner: the paths are painted here and decoded."""

import re

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from returns import codes_drawn

BAR = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h-(\d+)z")


def painted(code, scale=4):
    """The code as a scanner sees it: black on white, as many pixels per module as `scale`."""
    image = Image.new("L", (code.width * scale, code.height * scale), 255)
    draw = ImageDraw.Draw(image)
    assert BAR.sub("", code.path) == "", "the path has parts that this test does not paint"
    for x, y, width, height, back in (map(int, bar) for bar in BAR.findall(code.path)):
        assert width == back
        corner = ((x + width) * scale - 1, (y + height) * scale - 1)
        draw.rectangle(((x * scale, y * scale), corner), fill=0)
    return image


@pytest.mark.parametrize("text", ["HW-7F3K-9Q2M", "RB123456785GB", "0123456789", "a"])
def test_a_barcode_reads_as_its_text(text):
    [found] = zxingcpp.read_barcodes(painted(codes_drawn.barcode(text)))
    assert found.format == zxingcpp.BarcodeFormat.Code128
    assert found.text == text


@pytest.mark.parametrize(
    "text", ["HW-7F3K-9Q2M", "https://example.com/s/juniper-pine/o/JP-20418?lang=zh-hans", "退货"]
)
def test_a_qr_code_reads_as_its_text(text):
    [found] = zxingcpp.read_barcodes(painted(codes_drawn.qr(text)))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    assert found.text == text


def test_both_codes_bring_their_quiet_zone():
    bars, square = codes_drawn.barcode("HW-7F3K-9Q2M"), codes_drawn.qr("HW-7F3K-9Q2M")
    starts = [int(x) for x, *_ in BAR.findall(bars.path)]
    ends = [int(x) + int(width) for x, _, width, *_ in BAR.findall(bars.path)]
    assert min(starts) >= 10
    assert bars.width - max(ends) >= 10
    assert min(int(x) for x, *_ in BAR.findall(square.path)) == 4
    assert min(int(y) for _, y, *_ in BAR.findall(square.path)) == 4


@pytest.mark.parametrize("text", ["", "退货"])
def test_a_barcode_refuses_what_it_cannot_hold(text):
    with pytest.raises(ValueError, match="ASCII"):
        codes_drawn.barcode(text)
