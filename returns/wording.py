"""Small parts of sentences that pages and letters share: places, spans of days, lists.

Pure functions in the active language, beside those of `returns/formats.py`.
"""

import re
from collections.abc import Sequence
from datetime import date
from string import Formatter

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from returns import formats
from tracking.texts import Words

LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
HANZI_MEETS_LATIN = re.compile(r"[一-鿿]\|[A-Za-zÀ-ɏ]|[A-Za-zÀ-ɏ]\|[一-鿿]")

# Countries that English names with an article: "in the United Kingdom".
# fmt: off
WITH_ARTICLE = frozenset({
    "AE", "BS", "CD", "CF", "CG", "DO", "FK", "FO", "GB", "GM", "IM", "KM", "KY", "MH", "MV",
    "NL", "PH", "SB", "SC", "TC", "UM", "US", "VG", "VI",
})
# fmt: on


def country(code: str) -> str:
    """As it stands inside a sentence: `China`, `the United Kingdom`, `英国`."""
    name = formats.country(code)
    return f"the {name}" if formats.language() == "en" and code in WITH_ARTICLE else name


def sentences(*parts: str) -> str:
    """Several sentences as one paragraph; hanzi need no blank after a full stop."""
    between = "" if formats.language() == "zh" else " "
    return between.join(part for part in parts if part)


def filled(words: Words, **facts: object) -> str:
    """The words with their named placeholders filled. A name in Latin letters stands apart
    from the hanzi around it: `Ieva 回复了你`, and `小王回复了你`."""
    text = ""
    for literal, name, _spec, _conversion in Formatter().parse(str(words)):
        text = _beside(text, literal)
        if name is not None:
            text = _beside(text, str(facts[name]))
    return text


def _beside(text: str, more: str) -> str:
    meets = HANZI_MEETS_LATIN.search(text[-1:] + "|" + more[:1])
    return f"{text} {more}" if meets else text + more


def set_apart(name: str) -> str:
    """The same for a name between hanzi, where only the name is at hand."""
    if formats.language() != "zh":
        return name
    before = " " if LATIN.match(name[:1]) else ""
    after = " " if LATIN.match(name[-1:]) else ""
    return f"{before}{name}{after}"


def listed(things: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(things) < 2:
        return "".join(things)
    comma = pgettext("between the things of a list", ", ")
    return _("{things} and {last}").format(things=comma.join(things[:-1]), last=things[-1])


def between(first: date, last: date) -> tuple[str, str]:
    """Two days as they stand in "between … and …", the first no longer than it must be:
    `Tuesday 24`, `Friday 27 November`; `11月24日（周二）`, `27日（周五）`."""
    begins, ends = formats.day(first), formats.day(last)
    if (first.year, first.month) != (last.year, last.month):
        return begins, ends
    match formats.language():
        case "en":
            begins = f"{formats.ENGLISH_DAYS[first.weekday()]} {first.day}"
        case "zh":
            ends = f"{last.day}日（周{formats.CHINESE_DAYS[last.weekday()]}）"
    return begins, ends


def ends_of(first: date, last: date) -> tuple[str, str]:
    """The same without weekdays, for "from … to …": `15`, `23 February`; `2月15日`, `23日`."""
    begins, ends = formats.short_day(first), formats.short_day(last)
    if (first.year, first.month) != (last.year, last.month):
        return begins, ends
    match formats.language():
        case "en":
            begins = str(first.day)
        case "zh":
            ends = f"{last.day}日"
    return begins, ends


def span(first: date, last: date) -> str:
    """In brackets: `1–7 October`, `30 September – 7 October`, `10月1日至7日`, `25 December`."""
    if first == last:
        return formats.short_day(first)
    begins, ends = ends_of(first, last)
    if formats.language() == "zh":
        return f"{begins}至{ends}"
    return f"{begins}–{ends}" if begins.isdecimal() else f"{begins} – {ends}"
