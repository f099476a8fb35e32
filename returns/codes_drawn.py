"""Barcodes and QR codes as the outline of one path: no picture, no style attribute.

Both keep their quiet zone inside the drawing, so a page or a sheet only has to give it a
white ground. Pure functions; nothing is cached, a code takes well under a millisecond.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import zxingcpp

BARCODE_HEIGHT = 56


@dataclass(frozen=True)
class Code:
    """A drawn code: `path` is the `d` of an SVG path in a box of `width` × `height` modules."""

    path: str
    width: int
    height: int


def barcode(text: str) -> Code:
    """Code 128 of `text` (ASCII). Raises ValueError for what Code 128 cannot hold."""
    if not text or not text.isascii():
        raise ValueError(f"Code 128 holds ASCII only, not {text!r}.")
    # Every row has the same bars.
    row = next(_modules(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)))
    path = "".join(f"M{x} 0h{w}v{BARCODE_HEIGHT}h-{w}z" for x, w in _runs(row))
    return Code(path, len(row), BARCODE_HEIGHT)


def qr(text: str) -> Code:
    """QR code of `text`, error correction M."""
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    rows = list(_modules(drawn))
    path = "".join(f"M{x} {y}h{w}v1h-{w}z" for y, row in enumerate(rows) for x, w in _runs(row))
    return Code(path, len(rows), len(rows))


def _modules(drawn: zxingcpp.Barcode) -> Iterator[list[bool]]:
    """Row by row, True for dark, with the quiet zone around."""
    pixels = memoryview(drawn.to_image())  # one byte per module, 0 for dark
    height, width = pixels.shape or (0, 0)
    for y in range(height):
        yield [pixels[y, x] == 0 for x in range(width)]


def _runs(row: Sequence[bool]) -> Iterable[tuple[int, int]]:
    """The dark stretches of one row as (start, length)."""
    start = 0
    for dark, modules in groupby(row):
        length = len(list(modules))
        if dark:
            yield start, length
        start += length
