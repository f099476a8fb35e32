"""Photographs for tests: real files, drawn small."""

from io import BytesIO

import zxingcpp
from PIL import Image, ImageDraw


def photo(colour: str = "tan", size: tuple[int, int] = (400, 300), kind: str = "JPEG") -> bytes:
    """A picture in one colour with a box on it."""
    picture = Image.new("RGB", size, colour)
    ImageDraw.Draw(picture).rectangle((40, 40, 200, 160), fill="white", outline="black")
    return written(picture, kind)


def waybill(number: str, kind: str = "JPEG") -> bytes:
    """A carrier's receipt with a barcode that can be read."""
    code = zxingcpp.create_barcode(number, zxingcpp.BarcodeFormat.Code128)
    bars = Image.fromarray(code.to_image(scale=3)).convert("RGB")
    slip = Image.new("RGB", (bars.width + 120, bars.height + 300), "white")
    slip.paste(bars, (60, 150))
    return written(slip, kind)


def written(picture: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    picture.save(out, kind, quality=90)
    return out.getvalue()
