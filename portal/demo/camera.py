"""The demo's phone: a scene becomes a JPEG with the faults that photographs have."""

from functools import cache
from io import BytesIO
from typing import Literal

import typst
from PIL import Image, ImageChops, ImageOps

from portal.demo.pictures import Scene, planks
from returns.printed import own_fonts

PAGE = b"""#set page(width: auto, height: auto, margin: 0pt, fill: none)
#image(bytes(sys.inputs.svg), format: "svg", width: 1pt * int(sys.inputs.width))
"""
SIZE = WIDTH, HEIGHT = 1024, 768
QUALITY = 82
# How much narrower the far side of the table looks than the near one.
FAR = 0.05


@cache
def photograph(scene: Scene) -> bytes:
    """JPEG, seen a little from the front, in the light of a window, grainy. The same scene
    gives the same bytes."""
    picture = _table(scene.surface).copy()
    picture.alpha_composite(_drawn(scene.svg))
    seen = picture.convert("RGB").transform(
        SIZE, Image.Transform.PERSPECTIVE, _from_the_front(), Image.Resampling.BILINEAR
    )
    photo = ImageChops.overlay(seen, _light())
    out = BytesIO()
    photo.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def print_pdf(svg: str, width: int) -> bytes:
    """A drawing on paper, `width` points wide."""
    return _compiled(svg, "pdf", width)


def _drawn(svg: str) -> Image.Image:
    return Image.open(BytesIO(_compiled(svg, "png", WIDTH))).convert("RGBA")


def _compiled(svg: str, kind: Literal["png", "pdf"], width: int) -> bytes:
    return typst.compile(
        PAGE,
        format=kind,
        ppi=72,
        font_paths=own_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"svg": svg, "width": str(width)},
    )


@cache
def _table(surface: str) -> Image.Image:
    return _drawn(planks(surface))


def _from_the_front() -> tuple[float, ...]:
    """What PERSPECTIVE wants: (a, b, c, d, e, f, g, h), so that the pixel (x, y) comes from
    ((ax + by + c) / (gx + hy + 1), (dx + ey + f) / (gx + hy + 1))."""
    wider = FAR / HEIGHT
    return (1.0, wider * WIDTH / 2, 0.0, 0.0, 1.0 + FAR, 0.0, 0.0, wider)


@cache
def _light() -> Image.Image:
    """Bright towards the window, dark in the corners, and the grain of a small camera:
    laid over a picture, grey changes nothing."""
    falling = Image.linear_gradient("L").rotate(38).crop((38, 38, 218, 218)).resize((256, 256))
    window, corners = ImageOps.invert(falling), ImageOps.invert(Image.radial_gradient("L"))
    both = Image.blend(window, corners, 0.4).resize(SIZE, Image.Resampling.BILINEAR)
    soft = both.point([78 + value * 100 // 255 for value in range(256)])
    grain = Image.effect_noise(SIZE, 12)
    return ImageChops.add(soft, grain, offset=-128).convert("RGB")
