"""A Chinese address pasted in one piece, split into its fields.

People copy it from a shop, a chat or a parcel: name, phone and postcode in any order, with or
without labels, the place big to small. Nothing is guessed that the list of places does not
bear out: what is unclear stays in the street, and the fields that were not found are named.
Nothing that was typed is lost.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby

from returns.postal import book
from returns.postal.address import PostalAddress
from returns.postal.chinese_words import (
    BETWEEN,
    COMPOUND,
    COUNTRY,
    ENDINGS,
    FIELDS,
    FILLERS,
    IN_STREET,
    LABEL,
    LABELS,
    LANDLINE,
    MOBILE,
    NO_POSTCODE,
    NOT_DISTRICT,
    PEOPLES,
    POSTCODE,
    ROAD,
    SEPARATORS,
    SURNAMES,
    TAIL,
    UNKNOWN_CITY,
    UNKNOWN_DISTRICT,
)

# Signs that are read; an address has a hundred or two.
LONGEST = 1000
# Where the phone stood among the pieces; no text has it.
PHONE = "\0"
SKIPPED = re.compile(rf"[{re.escape(SEPARATORS)}]+|({'|'.join(FILLERS)}|县(?=[\s,]))")
LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z.'-]*")


@dataclass(frozen=True)
class Split:
    """missing: names of the fields that were looked for in vain. left_out: what was only a
    label, or stood in the place of nothing."""

    address: PostalAddress
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def split(text: str) -> Split:
    """Never raises; at worst everything stands in the street. What comes after so many signs
    that no address has them is not read."""
    return _Splitting(_plain(text)).done()


def _plain(text: str) -> str:
    """One width for digits and marks, and nothing that cannot be seen."""
    # Cut once more: one sign may have become eighteen.
    narrow = unicodedata.normalize("NFKC", text[:LONGEST])[:LONGEST]
    return "".join(
        sign if sign in "\n\t" or not unicodedata.category(sign).startswith(("C", "Z")) else " "
        for sign in narrow
    )


# --- the places ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """path: the library's keys, (region,), (region, city) or (region, city, district). For
    Beijing and its like the city is the region."""

    path: tuple[str, ...]
    # How it is written in full: a short name may be meant as something else.
    is_full: bool


@cache
def _places() -> dict[str, tuple[Place, ...]]:
    """All spellings of all places."""
    found: dict[str, dict[tuple[str, ...], Place]] = {}

    def put(spelling: str, path: tuple[str, ...], is_full: bool) -> None:
        here = found.setdefault(spelling, {})
        if path not in here or is_full:
            here[path] = Place(path, is_full)

    for region in book.country("CN").regions:
        key = region.key
        single = key.endswith("市")
        for spelling, is_full in _spellings(key, "省" if "自治" in key else ""):
            put(spelling, (key,), is_full)
        put(region.name, (key,), region.name == key)
        for city in book.cities("CN", key):
            path = (key, key, city) if single else (key, city)
            for spelling, is_full in _spellings(city, "区县市" if single else "市州"):
                put(spelling, path, is_full)
            for district in () if single else book.districts("CN", key, city):
                for spelling, is_full in _spellings(district, "区县市"):
                    put(spelling, (key, city, district), is_full)
    return {spelling: tuple(paths.values()) for spelling, paths in found.items()}


def _spellings(key: str, endings: str) -> Iterator[tuple[str, bool]]:
    """The full name, with the endings that it has had or may have got, and the short one:
    counties become districts, and prefectures cities."""
    yield key, True
    ending = next((each for each in ENDINGS if key.endswith(each)), "")
    stem = key.removesuffix(ending)
    bare = stem
    while (cut := PEOPLES.sub("", bare[2:])) != bare[2:]:
        bare = bare[:2] + cut
    for name in {stem, bare}:
        if len(name) > 1:
            yield name, False
            for other in endings:
                yield name + other, True
            if "自治" in ending:
                yield name + ending[-1], True
                yield name + ending, True


def _deepest(text: str, under: tuple[str, ...], level: int) -> tuple[str, Place] | None:
    """The longest name of a place of this level (1 region, 2 city, 3 district) with which the
    text begins; None when there is none, or several."""
    known = _places()
    for length in range(min(len(text), 14), 1, -1):
        name = text[:length]
        fitting = [
            place
            for place in known.get(name, ())
            if len(place.path) == level and place.path[: len(under)] == under
        ]
        full = [place for place in fitting if place.is_full] or fitting
        if len(full) > 1:
            exact = [place for place in full if place.path[-1] == name]
            full = exact if len(exact) == 1 else full
        if len(full) != 1:
            if fitting:
                return None
            continue
        if full[0].is_full or _ends(text[length:], level):
            return name, full[0]
    return None


def _ends(rest: str, level: int) -> bool:
    """Whether a short name ends here: before a blank, or before the next place, and not
    within the name of a road."""
    if not rest or rest[0] in SEPARATORS:
        return True
    # 海南 begins the name of a prefecture of Qinghai, 吉林 that of a city, too.
    if level == 3 or ROAD.match(rest) or rest[0] in "省市州盟区县旗族":
        return False
    return any(rest[:length] in _places() for length in range(min(len(rest), 14), 1, -1)) or (
        level == 1 and bool(UNKNOWN_CITY.match(rest))
    )


# --- the splitting -------------------------------------------------------------------------


@dataclass
class _Splitting:
    """What is found goes out of the text, what remains is the street."""

    text: str
    found: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    # Pieces that are certainly no name: they stood behind a label of the place.
    place: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)

    def done(self) -> Split:
        for label, piece in self._pieces():
            self._take(label, piece)
        self._names()
        self.loose = [token for token in self.loose if token != PHONE]
        self.place = [token for token in self.place if token != PHONE]
        street = self._locate(_join([*self.place, *self.loose], keep=True))
        self._postcode_of(street)
        missing = [name for name in FIELDS if not self.found.get(name)]
        if "district" in missing and not self._has_districts():
            missing.remove("district")
        address = PostalAddress(country="CN", **self.found)
        return Split(address, tuple(missing), tuple(self.left_out))

    def _pieces(self) -> Iterator[tuple[str, str]]:
        """The text at its labels: (kind of label or '', what follows)."""
        at, kind = 0, ""
        for match in LABEL.finditer(self.text):
            yield kind, self.text[at : match.start()]
            self.left_out.append(match.group(1))
            at, kind = match.end(), LABELS[match.group(1)]
        yield kind, self.text[at:]

    def _take(self, kind: str, piece: str) -> None:
        if kind == "name":
            # Behind the name others often follow without a label.
            first, *others = BETWEEN.split(piece.strip(SEPARATORS), maxsplit=1)
            if first and not self.found.get("name") and not MOBILE.search(first):
                self._set_name(first)
                piece = others[0] if others else ""
        elif kind == "postcode":
            if (match := POSTCODE.search(piece)) and not self.found.get("postcode"):
                self._set_postcode(match.group())
                piece = piece[: match.start()] + " " + piece[match.end() :]
        elif kind == "country" and (match := COUNTRY.match(piece.strip())):
            self.left_out.append(match.group())
            piece = piece.strip()[match.end() :]
        piece = self._without_phone(piece)
        tokens = _words([token for token in BETWEEN.split(piece) if token])
        if kind == "place":
            self.place += tokens
        else:
            self.loose += tokens

    def _without_phone(self, piece: str) -> str:
        for pattern in (MOBILE, LANDLINE):
            match = None if self.found.get("phone") else pattern.search(piece)
            if match:
                self.found["phone"] = match.group().replace(" ", "")
                piece = f"{piece[: match.start()]}\n{PHONE}\n{piece[match.end() :]}"
        return piece

    def _set_name(self, name: str) -> None:
        if (tail := TAIL.search(name)) and tail.start() > 1:
            self.left_out.append(tail.group())
            name = name[: tail.start()]
        self.found["name"] = name

    def _set_postcode(self, digits: str) -> None:
        if digits == NO_POSTCODE:
            self.left_out.append(digits)
        else:
            self.found["postcode"] = digits

    # --- the name

    def _names(self) -> None:
        """A piece of its own that reads like a name; else what is stuck before the province,
        or behind the last number."""
        if self.found.get("name"):
            return
        around = [token for token in self.loose if not POSTCODE.fullmatch(token)]
        for i, token in enumerate(around):
            beside_phone = PHONE in around[max(i - 1, 0) : i + 2]
            # Names stand at one end, or at the phone; in between are parts of the place.
            at_end = i in (0, len(around) - 1) and (" " in token or not token.isascii())
            if (beside_phone or at_end) and _is_name(token):
                self.loose.remove(token)
                self._set_name(token)
                return
        for i, token in enumerate(self.loose):
            for before, after in (_before_place(token), _behind_number(token)):
                if before:
                    self.loose[i] = after
                    self._set_name(before)
                    return

    # --- the place

    def _locate(self, text: str) -> str:
        """Takes region, city and district from the beginning; sets the street."""
        text = self._skip(text)
        if match := COUNTRY.match(text):
            self.left_out.append(match.group())
            text = self._skip(text[match.end() :])
        text = self._lone_postcode(text)
        path: tuple[str, ...] = ()
        for level in (1, 2, 3):
            if level <= len(path):
                continue
            text = self._skip(text)
            hit = _deepest(text, path, level)
            if hit is None and level == 2 and len(path) == 1 and path[0].endswith("市"):
                hit = _deepest(text, path, 1)  # 北京 北京市
                if hit:
                    self.found["city"] = path[0]
                    text, path = text[len(hit[0]) :], (path[0], path[0])
                    continue
            if hit is None and level == 2 and path:
                text, path = self._unknown_city(text, path)
                continue
            if hit is None and level == 3 and len(path) == 2:
                text = self._unknown_district(text, path)
                continue
            if hit is None:
                continue
            name, place = hit
            path = place.path
            self._set_place(level, name, place)
            text = text[len(name) :]
        if len(path) == 1 and path[0].endswith("市"):
            # Beijing and its like are region and city in one.
            self.found["city"] = path[0]
        self.found["street"] = _join([text])
        return self.found["street"]

    def _set_place(self, level: int, name: str, place: Place) -> None:
        """The name as typed when it says what kind of place it is, else the full one; what
        is above it is known by it."""
        names = ("region", "city", "district")
        for i, key in enumerate(place.path):
            self.found.setdefault(names[i], key)
        if level > 1 and place.is_full:
            self.found[names[level - 1]] = name
        elif level == 1 and not set(name) <= set(place.path[0]):
            self.left_out.append(name)  # 广西省

    def _unknown_city(self, text: str, path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """A county of the region without its city, or a city that the list does not know."""
        if (hit := _deepest(text, path, 3)) and hit[1].is_full:
            name, place = hit
            self._set_place(3, name, place)
            return text[len(name) :], place.path
        match = UNKNOWN_CITY.match(text)
        if match and not path[0].endswith("市") and _is_place(match.group(), text[match.end() :]):
            self.found["city"] = match.group()
            return text[match.end() :], (path[0], match.group())
        return text, path

    def _unknown_district(self, text: str, path: tuple[str, ...]) -> str:
        """One that was made after the list."""
        if path[1].endswith("市") and (hit := _deepest(f"市{text}", path, 3)):
            # 青岛市北区 is the district 市北区 of 青岛.
            self.found["city"] = path[1]
            self.found["district"] = hit[0]
            return text[len(hit[0]) - 1 :]
        match = UNKNOWN_DISTRICT.match(text)
        if match and _is_place(match.group(), text[match.end() :]):
            self.found["district"] = match.group()
            return text[match.end() :]
        return text

    def _has_districts(self) -> bool:
        region, city = self.found.get("region", ""), self.found.get("city", "")
        if not region or not city:
            return True
        keys = [key for key in (city, region) if key]
        known = book.districts("CN", region, keys[0])
        return bool(known) or city not in book.cities("CN", region)

    def _skip(self, text: str) -> str:
        at = 0
        while match := SKIPPED.match(text, at):
            at = match.end()
            if match.group(1):
                self.left_out.append(match.group(1))
        return text[at:]

    # --- the postcode

    def _lone_postcode(self, text: str) -> str:
        """One that stands before the province."""
        match = POSTCODE.match(text)
        if match and not self.found.get("postcode") and (len(text) > 6):
            self._set_postcode(match.group())
            return self._skip(text[match.end() :])
        return text

    def _postcode_of(self, street: str) -> None:
        """One that stands apart, or at the end, and fits the region; else it is a number of
        something."""
        region = book.country("CN").region(self.found.get("region", ""))
        if self.found.get("postcode"):
            return
        for match in POSTCODE.finditer(street):
            digits = match.group()
            start, end = match.span()
            before, after = street[max(start - 1, 0) : start], street[end : end + 1]
            apart = not after or after in SEPARATORS or before == " "
            if not apart or (before and before in "-#栋幢座元"):
                continue
            fits = not region or not region.zips or bool(region.zips.match(digits))
            if digits == NO_POSTCODE or fits:
                self._set_postcode(digits)
                self.found["street"] = _join([street[:start], street[end:]])
                return


# --- small questions -----------------------------------------------------------------------


def _join(parts: Iterable[str], keep: bool = False) -> str:
    """In one line. keep: the blanks between the parts, which tell short names apart; else a
    blank is left only where two numbers or words would run together."""
    pieces = [piece for part in parts for piece in BETWEEN.split(part) if piece]
    if keep:
        return " ".join(pieces)
    joined = ""
    for piece in pieces:
        close = joined and joined[-1].isascii() and piece[0].isascii()
        joined += f" {piece}" if close else piece
    return joined


def _words(tokens: list[str]) -> list[str]:
    """Names in Latin letters are put together again."""
    groups = groupby(tokens, lambda token: bool(LATIN_WORD.fullmatch(token)))
    return [
        word for is_latin, group in groups for word in ([" ".join(group)] if is_latin else group)
    ]


def _has_surname(text: str) -> bool:
    return text[:1] in SURNAMES or text[:2] in COMPOUND


def _is_name(token: str) -> bool:
    """Two to four signs that name no place, a Uyghur or Tibetan name, or Latin letters."""
    plain = TAIL.sub("", token)
    plain = re.sub(r"\[\d{2,6}\]$", "", plain)  # of a marketplace that hides the number
    if re.fullmatch(r"[A-Za-z][A-Za-z .'-]{1,40}", plain):
        return True
    if re.fullmatch(r"[\u4e00-\u9fff]{1,10}[··•・][\u4e00-\u9fff··•・]{1,20}", plain):
        return True
    if not re.fullmatch(r"[\u4e00-\u9fff]{2,4}(?:先生|女士|小姐|同学|老师)?", plain):
        return False
    if plain in _places() or COUNTRY.match(plain):
        return False
    called = re.search(r"(?:先生|女士|小姐|同学|老师)$", plain)
    return bool(called) or (_has_surname(plain) and not IN_STREET.search(plain))


def _before_place(token: str) -> tuple[str, str]:
    """`张伟浙江省杭州市…` → name and place; ('', token) when there is none."""
    for at in (2, 3, 4):
        name, rest = token[:at], token[at:]
        hit = _deepest(rest, (), 1) or _deepest(rest, (), 2)
        if hit and _is_name(name) and not (_deepest(token, (), 1) or _deepest(token, (), 2)):
            return name, rest
    return "", token


def _behind_number(token: str) -> tuple[str, str]:
    """`…文三路90号张伟` → name and the rest."""
    for at in (-3, -2):
        rest, name = token[:at], token[at:]
        if re.search("[号室楼栋幢座层0-9]$", rest) and _is_name(name):
            return name, rest
    return "", token


def _is_place(name: str, rest: str) -> bool:
    """Whether what looks like a city or a district is one, and no road or housing estate."""
    return not (NOT_DISTRICT.search(name) or ROAD.match(rest) or re.search("[路街号]", name))
