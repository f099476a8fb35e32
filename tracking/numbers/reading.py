"""From what people type, paste or scan to the number itself."""

import re
import string
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from tracking.carriers import CARRIERS
from tracking.numbers.formats import LONGEST, is_telling

FEWEST_SIGNS, FEWEST_DIGITS = 5, 4
# Of a longer text (a whole page pasted) only the beginning is read.
LONGEST_TEXT = 1000

# What stands for a dash or a dot on some keyboards, and what Unicode does not call one.
_STAND_INS = str.maketrans({"−": "-", "ー": "-", "·": ".", "•": ".", "。": "."})
_BETWEEN = re.compile(r"[\s._-]+", re.ASCII)
# "Tracking number: …" and "(00) 3 4043 …", as labels say it.
_LABEL = re.compile(r"[^\d]*:(?!//)", re.ASCII)
_BRACKETS = re.compile(r"\((\d{2,4})\)", re.ASCII)
_AROUND = string.punctuation.replace("?", "")
_TOKEN = re.compile(r"[A-Z0-9]+", re.ASCII)
_PLAUSIBLE = re.compile(rf"[A-Z0-9]{{{FEWEST_SIGNS},{LONGEST}}}", re.ASCII)
# Names that addresses of tracking pages give to nothing but the number.
_PARAMETER = re.compile(
    r"[?&#/](?:TRACK(?:ING)?[_-]?(?:NUM(?:BER)?S?|NO|ID|CODE)|TRKNBR|TLABELS|AWB|PIECECODE"
    r"|PARCEL[_-]?(?:NUMBER|NO)|WAYBILL(?:NO)?|MAILNO|NUMS)=([^&#\s]{1,200})",
    re.ASCII,
)
_VALUE = re.compile(r"[^&#?/\s]{1,200}", re.ASCII)
# "WWW.UPS.COM/TRACK?TRACKNUM=" and so on: what follows is the number.
_PAGES = tuple(
    carrier.page.partition("{number}")[0].removeprefix("https://").upper()
    for carrier in CARRIERS.values()
    if carrier.page
)


def normalise(text: str) -> str:
    """The number in `text` as carriers write it: ASCII capitals and digits, nothing between
    them, at most 40 signs. A number inside the address of a tracking page or a sentence is
    taken out where that is sure; '' when there is none or several. What comes back is not
    yet plausible (see `is_plausible`). Normalising again changes nothing."""
    text = _folded(text)
    squeezed = _squeezed(text)
    if is_telling(squeezed):
        return squeezed
    return _found(text) or (squeezed if squeezed.isalnum() else "")


def is_plausible(number: str) -> bool:
    """Whether a normalised text may be a tracking number at all."""
    digits = sum(sign.isdigit() for sign in number)
    return digits >= FEWEST_DIGITS and _PLAUSIBLE.fullmatch(number) is not None


def _folded(text: str) -> str:
    """In ASCII capitals and digits; "?" stands for letters that could be part of a number."""
    text = unicodedata.normalize("NFKC", text.strip()[:LONGEST_TEXT])
    if text.isascii() and text.isprintable():
        return text.upper()
    return "".join(map(_as_ascii, text.translate(_STAND_INS).upper()))


def _as_ascii(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Cf":  # zero width, marks of direction
        return ""
    if category[0] == "Z" or category in ("Cc", "Lo"):  # Lo: words in Chinese around it
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Pd":
        return "-"
    return sign if sign.isascii() else "?"


def _squeezed(text: str) -> str:
    bare = _BRACKETS.sub(r"\1", _BETWEEN.sub("", text))
    label = _LABEL.match(bare)
    bare = bare[label.end() :] if label else bare
    return bare.strip(_AROUND)[:LONGEST].rstrip(_AROUND)


def _found(text: str) -> str:
    """The one number that stands in an address or a sentence; '' for none and for several."""
    named = {number for number in map(_value, _values(text)) if is_plausible(number)}
    if not named:
        named = {token for token in _TOKEN.findall(text) if is_telling(token)}
    return named.pop() if len(named) == 1 else ""


def _values(address: str) -> Iterator[str]:
    yield from _PARAMETER.findall(address)
    for page in _PAGES:
        _, there, rest = address.partition(page)
        if there and (value := _VALUE.match(rest)):
            yield value[0]


def _value(written: str) -> str:
    return _squeezed(_folded(unquote(written)))
