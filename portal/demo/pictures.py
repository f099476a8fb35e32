"""What the demo's phones and the warehouse photograph, as scenes of SVG 1200 units wide and
900 high, in the hand of the drawings on the pages. `camera.py` makes photos of them.

The barcodes are real: they are read again when the photo arrives.
"""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from portal import drawings
from returns import codes_drawn

WIDTH, HEIGHT = 1200, 900
INK, KRAFT, KRAFT_LIGHT, PAPER = "#28231c", "#d9b888", "#ecd9b8", "#fdfbf5"
PEN = f'stroke="{INK}" stroke-width="7" stroke-linejoin="round" stroke-linecap="round"'
ROUND = 'fill="none" stroke-linecap="round" stroke-linejoin="round"'
THIN = f'{ROUND} stroke="{INK}" stroke-width=".22"'
GROOVE = 'fill="none" stroke="#000" stroke-width="3"'
CRUMPLED = (
    "M360 330c40-60 90-40 110-10 30-50 90-50 120-10 40-30 100-20 120 20 40-40 80-10 110 10v60H360z"
)
CRACK = "M0 0l.7 2-.9 1.5 1 1.6-.6 1.9.8 1.6M.3 3.4l1.4.5"

# Where it lies: planks or cloth, and how dark the lines on it are.
SURFACES = {
    "oak": ("#d8bd95", "#d2b58b", "#dcc39e"),
    "walnut": ("#8a6a50", "#836349", "#917157"),
    "linen": ("#d9d3c5", "#d6d0c1", "#dbd6c9"),
    "bench": ("#9fa8a3", "#9ba49f", "#a3aca7"),
}
COLOURS = {
    "shirt": "#e4d7bd", "scarf": "#b5653d", "lamp": "#e9dcc0", "bowl": "#8fa3a0",
    "mug": "#7d8f6b", "blanket": "#b9b5ac", "shoe": "#5b5a58", "candle": "#e3c77c",
    "bottle": "#cdbfa5", "bag": "#ddd0b4", "jar": "#dda63f", "teapot": "#8a5a44",
    "tea": "#9cae8a", "book": "#b7c0bd", "toy": "#b98a5e", "chair": "#cfa878",
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """what: SVG in the box of the picture. tilt: degrees by which the phone was held askew."""

    what: str
    surface: str = "oak"
    tilt: float = 0

    @property
    def svg(self) -> str:
        """Without what it lies on."""
        turned = f"rotate({self.tilt} {WIDTH / 2} {HEIGHT / 2})"
        return as_svg(f'{DEFINITIONS}<g transform="{turned}">{self.what}</g>')


DEFINITIONS = (
    '<defs><linearGradient id="round" x1="0" y1=".1" x2="1" y2=".4">'
    '<stop offset="0" stop-color="#fff" stop-opacity=".34"/>'
    '<stop offset=".4" stop-color="#fff" stop-opacity="0"/>'
    '<stop offset="1" stop-color="#1a1208" stop-opacity=".26"/></linearGradient></defs>'
)


def as_svg(what: str) -> str:
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{what}</svg>'


def planks(surface: str) -> str:
    """What things lie on: three shades in turn, with their grain."""
    chance, shades = random.Random(surface), SURFACES[surface]
    drawn = []
    for at, top in enumerate(range(-60, HEIGHT, 165)):
        drawn.append(f'<path d="M0 {top}h{WIDTH}v165H0z" fill="{shades[at % 3]}"/>')
        for _ in range(6):
            y, bend = top + chance.randint(12, 150), chance.randint(-26, 26)
            grain = f"M0 {y}q300 {bend} 600 0t600 {bend // 2}"
            drawn.append(
                f'<path d="{grain}" {ROUND} stroke="#000" opacity=".06" stroke-width="3"/>'
            )
        drawn.append(f'<path d="M0 {top}h{WIDTH}" stroke="#000" opacity=".16" stroke-width="3"/>')
    return as_svg("".join(drawn))


# --- what is photographed ---------------------------------------------------------------------


def goods(
    drawing: str,
    *,
    surface: str = "oak",
    tilt: float = -4,
    crack: tuple[float, float] | None = None,
) -> Scene:
    """One thing on a sheet of paper. crack: where it is broken, in the drawing's box of 24."""
    sheet = _cut(_rect(180, 110, 850, 690), "#f1ece2", lift=5)
    broken = f'<path transform="translate{crack}" d="{CRACK}" {THIN}/>' if crack else ""
    return Scene(sheet + _thing(drawing, 270, 108, 28, broken), surface, tilt)


def parcel(
    address: str, number: str, *, surface: str = "oak", tilt: float = 3, brand: str = "#2d5f51"
) -> Scene:
    """A packed box with its label: the address to write, and the return number."""
    label = (
        _cut(_rect(0, 0, 520, 330), PAPER, lift=0)
        + _lines(address.splitlines(), 30, 56, 31, 40, room=400)
        + _barcode(number, 20, 208, 480, 72)
        + _text(number, 260, 314, 30, mono=True, middle=True)
        + f'<path d="{_rect(434, 24, 62, 62)}" fill="{brand}"/>'
    )
    box = (
        _shadow("M250 700l10 40 755-66-30-250z", 8, 10)
        + _shape("M230 250l720-50 30 440-715 60z", KRAFT)
        + _shape("M230 250l95-110 605-38 20 98z", KRAFT_LIGHT)
        + '<path d="M560 122l70-4 42 100 10 440-72 6-10-441z" fill="#f6efdf" opacity=".75"/>'
    )
    # Laid on the front side: along its lower edge and up its left one.
    on_the_box = f'<g transform="matrix(1 -.069 .068 1 330 300)">{label}</g>'
    return Scene(box + on_the_box, surface, tilt)


def waybill(
    carrier: str,
    number: str,
    details: tuple[str, ...],
    *,
    surface: str = "oak",
    tilt: float = -5,
    brand: str = "#8a2a2a",
    stamp: str = "",
) -> Scene:
    """The carrier's receipt. number: as barcode and in words; stamp: where and when."""
    teeth = "".join("l-18 14l-18-14" for _ in range(20))
    slip = f"M240 96h720v690{teeth}z"
    printed = (
        f'<rect x="240" y="96" width="720" height="96" fill="{brand}"/>'
        + _text(carrier, 276, 160, 48, "#fff")
        + _barcode(number, 270, 232, 660, 150)
        + _text(" ".join(_groups(number)), 600, 432, 46, mono=True, middle=True)
        + f'<path d="M270 462h660" stroke="{INK}" stroke-width="2" stroke-dasharray="10 9"/>'
        + _lines(details, 276, 520, 34, 48, room=450)
        + (_postmark(stamp, brand) if stamp else "")
    )
    return Scene(_cut(slip, PAPER, lift=16) + printed + _pencil(), surface, tilt)


def opened(drawing: str, count: int, grams: int, *, also: str = "", tilt: float = 1.5) -> Scene:
    """A box opened at the warehouse, on the scale: `count` things in it and one of another
    kind, or nothing but paper. grams: what the scale shows."""
    things = [drawing] * count + [also] * bool(also)
    inside = "".join(
        _thing(name, 456 - 95 * (len(things) - 1) + 190 * at, 176, 12)
        for at, name in enumerate(things)
    )
    scale = (
        _shadow("M180 740h850v60H180z", 10, 16)
        + _shape("M210 650h780l40 60H170z", "#c9ced0")
        + _shape("M170 710h860v84H170z", "#8b9294")
        + _shape(_rect(470, 724, 260, 56), "#c7d3b0")
        + _text(f"{grams / 1000:.3f} kg", 600, 768, 42, mono=True, middle=True)
    )
    box = (
        _shape("M300 330l-120 70 40 60 80-40z", KRAFT)
        + _shape("M900 330l120 70-40 60-80-40z", KRAFT)
        + _shape("M300 400v-70l60-70h480l60 70v70z", "#b8945f")
        + _shape(CRUMPLED, "#efe6d4")
        + inside
        + _shape("M300 400h600l-16 250H316z", KRAFT)
        + _shape("M300 400h600l40 66H260z", KRAFT_LIGHT)
    )
    return Scene(scale + box, "bench", tilt)


def label(carrier: str, number: str, address: str, return_number: str) -> str:
    """The label that a shop had made at its carrier, as SVG: to be printed, not photographed."""
    return as_svg(
        _cut(_rect(30, 30, 1140, 840), "#fff", lift=0)
        + _text(carrier, 80, 140, 72)
        + f'<path d="M30 190h1140M30 520h1140" stroke="{INK}" stroke-width="4"/>'
        + _lines(address.splitlines(), 80, 260, 44, 62, room=1040)
        + _text(return_number, 1120, 140, 40, mono=True, end=True)
        + _barcode(number, 130, 560, 940, 190)
        + _text(" ".join(_groups(number)), 600, 820, 50, mono=True, middle=True)
    )


# --- the parts --------------------------------------------------------------------------------


def _shadow(outline: str, right: float, down: float, scale: float = 1) -> str:
    """Soft without a filter, which would take longer than all the rest: wide strokes, one
    over the other."""
    dark = "#1a1208"
    rows = "".join(
        f'<path d="{outline}" stroke-width="{width / scale:.2f}" opacity=".055"/>'
        for width in (56, 46, 36, 27, 18, 9, 1)
    )
    return (
        f'<g transform="translate({right} {down}) scale({scale})" fill="{dark}" stroke="{dark}"'
        f' stroke-linejoin="round" stroke-linecap="round">{rows}</g>'
    )


def _thing(name: str, x: float, y: float, size: float, more: str = "") -> str:
    """A drawing of the pages with a body: closed outlines filled, open ones as thick as a
    handle. size: how many units one of its 24 becomes. more: drawn over it."""
    colour = COLOURS.get(name, KRAFT)
    parts = [f"M{part}" for part in drawings.SYMBOLS[drawings.symbol(name)].split("M") if part]
    bodies = "".join(part for part in parts if part.endswith("z"))
    others = "".join(part for part in parts if not part.endswith("z"))
    return (
        f"{_shadow(bodies, x + 0.5 * size, y + 0.7 * size, size)}"
        f'<g transform="translate({x} {y}) scale({size})">'
        f'<path d="{others}" {ROUND} stroke="{INK}" stroke-width="1.05"/>'
        f'<path d="{others}" {ROUND} stroke="{colour}" stroke-width=".5"/>'
        f'<path d="{bodies}" fill="{colour}"/>'
        f'<path d="{bodies}" fill="url(#round)" stroke="{INK}" stroke-width=".28"'
        ' stroke-linejoin="round"/>'
        f'<path d="{others}" {THIN} opacity=".5"/>{more}</g>'
    )


def _cut(outline: str, colour: str, lift: float) -> str:
    """A piece of paper, so high above what it lies on."""
    shadow = _shadow(outline, lift, lift * 1.3) if lift else ""
    return f'{shadow}<path d="{outline}" fill="{colour}" stroke="{INK}" stroke-width="3"/>'


def _shape(outline: str, colour: str) -> str:
    return f'<path d="{outline}" fill="{colour}" {PEN}/>'


def _rect(x: int, y: int, width: int, height: int) -> str:
    return f"M{x} {y}h{width}v{height}h-{width}z"


def _text(
    words: str,
    x: float,
    y: float,
    size: int,
    colour: str = INK,
    *,
    mono: bool = False,
    middle: bool = False,
    end: bool = False,
) -> str:
    """mono: of numbers. It begins at x, or has its middle or end there."""
    family = "Noto Sans Mono" if mono else "Noto Sans, Noto Sans CJK SC"
    anchor = "middle" if middle else "end" if end else "start"
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-family="{family}" text-anchor="{anchor}"'
        f' font-weight="{700 if mono else 400}" fill="{colour}">{escape(words)}</text>'
    )


def _lines(words: Iterable[str], x: float, y: float, size: int, step: int, room: int) -> str:
    """One below the other; what is wider than `room` goes on in the next."""
    rows = [row for line in words for row in _broken(line, room / size)]
    return "".join(_text(row, x, y + step * at, size) for at, row in enumerate(rows))


def _broken(line: str, most: float) -> list[str]:
    """most: how many Chinese signs are as wide as the room; a Latin one is half of that."""
    rows, width = [""], 0.0
    for word in re.findall(r"\S+\s*", line):
        wide = sum(1.0 if ord(sign) > 0x2E00 else 0.5 for sign in word.rstrip())
        if width and width + wide > most:
            rows.append("")
            width = 0.0
        rows[-1] += word
        width += wide
    return rows


def _barcode(text: str, x: float, y: float, width: float, height: float) -> str:
    code = codes_drawn.barcode(text)
    across, down = width / code.width, height / code.height
    return f'<path transform="translate({x} {y}) scale({across:.4f} {down:.4f})" d="{code.path}"/>'


def _groups(number: str) -> Iterable[str]:
    """As carriers print it: RN 123 456 785 GB."""
    head = number[: len(number) - len(number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
    tail = number[len(number.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) :]
    digits = number[len(head) : len(number) - len(tail)]
    size = 4 if len(digits) % 3 else 3
    parts = [head, *(digits[at : at + size] for at in range(0, len(digits), size)), tail]
    return [part for part in parts if part]


def _postmark(words: str, brand: str) -> str:
    """A round stamp, turned a little, with up to three lines."""
    lines = words.splitlines()
    rows = "".join(
        _text(line, 0, 34 * at - 17 * (len(lines) - 1) + 9, 26, brand, middle=True)
        for at, line in enumerate(lines)
    )
    rings = '<circle r="92" stroke-width="6"/><circle r="80" stroke-width="2"/>'
    return (
        '<g transform="translate(826 650) rotate(-11)" opacity=".72">'
        f'<g fill="none" stroke="{brand}">{rings}</g>{rows}</g>'
    )


def _pencil() -> str:
    """Left lying beside it."""
    return (
        '<g transform="translate(1048 150) rotate(8)">'
        + _shadow("M6 0h20v460l-10 40-10-40z", 14, 16)
        + _shape("M0 0h32v460H0z", "#d8a93c")
        + _shape("M0 460h32l-16 62z", "#f0dcb4")
        + _shape("M13 508l3 12 3-12z", INK)
        + _shape("M0 0h32v-36H0z", "#c98d86")
        + "</g>"
    )
