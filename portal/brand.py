"""From the one colour a shop gives us to the colours of its pages, contrast kept.

The rules are those of `static/css/site.css`, which derives the same in browsers that know
relative colours; computed here they hold in every browser, and can be tested. Pure.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

ENOUGH = 4.5  # WCAG 2.2 AA for text
VISIBLE = 1.25  # below it a filled shape cannot be told from the sheet
WHITE, BLACK = "#ffffff", "#000000"
# The grounds text lies on besides the wash, as in site.css: paper, sheet, slip.
LIGHT_GROUNDS = ("#f1ece2", "#fbf8f2", "#fffefb")
DARK_GROUNDS = ("#171410", "#201c17", "#28231d")
LIGHT_SHEET = LIGHT_GROUNDS[1]
DARK_PAPER = DARK_GROUNDS[0]


class Oklch(NamedTuple):
    """Lightness 0–1, chroma 0–0.4, hue in radians: even steps look even."""

    lightness: float
    chroma: float
    hue: float


@dataclass(frozen=True)
class Palette:
    """What a brand colour becomes on one ground, each as `#rrggbb`."""

    ink: str  # text and lines on paper
    solid: str  # filled button
    on_solid: str  # its text
    wash: str  # tint behind what is chosen


def _channels(colour: str) -> tuple[float, float, float]:
    """Linear red, green and blue (0–1) of `#rrggbb`. Raises ValueError for other text."""
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(f"A colour is written like #2d5f51, not {colour!r}.")
    values = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return r, g, b


def luminance(colour: str) -> float:
    r, g, b = _channels(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def to_oklch(colour: str) -> Oklch:
    r, g, b = _channels(colour)
    l = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)  # noqa: E741  l, m, s: cone responses
    m = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    s = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    a = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s
    b = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s
    lightness = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s
    return Oklch(lightness, math.hypot(a, b), math.atan2(b, a))


def _linear(colour: Oklch) -> tuple[float, float, float]:
    a, b = colour.chroma * math.cos(colour.hue), colour.chroma * math.sin(colour.hue)
    l = (colour.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3  # noqa: E741  l, m, s: cone responses
    m = (colour.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (colour.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    )


def to_hex(colour: Oklch) -> str:
    """`#rrggbb`, paler where the screen has no colour so strong at that lightness."""
    while colour.chroma > 0 and not all(-0.0005 <= v <= 1.0005 for v in _linear(colour)):
        colour = colour._replace(chroma=max(0.0, colour.chroma - 0.004))
    clipped = [min(1.0, max(0.0, v)) for v in _linear(colour)]
    coded = [12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055 for v in clipped]
    return "#" + "".join(f"{round(v * 255):02x}" for v in coded)


def _readable(colour: Oklch, grounds: tuple[str, ...], step: float) -> str:
    """The colour, made lighter or darker by `step` until text in it is readable."""
    while any(contrast(to_hex(colour), ground) < ENOUGH for ground in grounds):
        colour = colour._replace(lightness=colour.lightness + step)
    return to_hex(colour)


def light(brand: str) -> Palette:
    given = to_oklch(brand)
    wash = to_hex(given._replace(lightness=0.94, chroma=min(given.chroma, 0.012)))
    ink = _readable(
        given._replace(lightness=min(given.lightness, 0.45), chroma=min(given.chroma, 0.14)),
        (*LIGHT_GROUNDS, wash),
        -0.01,
    )
    if contrast(brand, LIGHT_SHEET) < VISIBLE:  # a white button on white paper is none
        solid, on_solid = ink, WHITE
    elif given.lightness >= 0.66:
        solid, on_solid = brand.lower(), BLACK
    else:
        darker = given._replace(lightness=min(given.lightness, 0.52))
        solid, on_solid = _readable(darker, (WHITE,), -0.01), WHITE
    return Palette(ink, solid, on_solid, wash)


def dark(brand: str) -> Palette:
    given = to_oklch(brand)
    wash = to_hex(given._replace(lightness=0.285, chroma=min(given.chroma, 0.025)))
    pale = given._replace(lightness=max(given.lightness, 0.83), chroma=min(given.chroma, 0.065))
    ink = _readable(pale, (*DARK_GROUNDS, wash), 0.01)
    return Palette(ink, ink, DARK_PAPER, wash)


def _rule(palette: Palette) -> str:
    return (
        f"--brand-ink:{palette.ink};--solid:{palette.solid};"
        f"--on-solid:{palette.on_solid};--wash:{palette.wash}"
    )


def stylesheet(brand: str) -> str:
    """The shop's own stylesheet. In the layer of the tokens, so that print still wins."""
    return (
        "@layer tokens{"
        f":root{{--brand:{brand.lower()};{_rule(light(brand))}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{_rule(dark(brand))}}}}}"
        "}\n"
    )
