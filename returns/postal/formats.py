"""How an address is asked for and how its label reads, country by country."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale
from django.utils.functional import Promise as LazyWords
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.postal import book
from returns.postal.address import PostalAddress
from returns.postal.book import Country, Region

Words = str | LazyWords

# (field, what it is called there) → label. The kinds are the library's.
LABELS: dict[tuple[str, str], Words] = {
    ("region", "province"): pgettext_lazy("in an address", "Province"),
    ("region", "state"): pgettext_lazy("in an address", "State"),
    ("region", "county"): pgettext_lazy("in an address", "County"),
    ("region", "prefecture"): pgettext_lazy("in an address", "Prefecture"),
    ("region", "department"): pgettext_lazy("in an address", "Department"),
    ("region", "district"): pgettext_lazy("in an address", "District"),
    ("region", "do_si"): _("Province or metropolitan city"),
    ("region", "emirate"): pgettext_lazy("in an address", "Emirate"),
    ("region", "island"): pgettext_lazy("in an address", "Island"),
    ("region", "oblast"): _("Region (oblast)"),
    ("region", "parish"): pgettext_lazy("in an address", "Parish"),
    ("region", "area"): pgettext_lazy("in an address", "Area"),
    ("city", "city"): _("Town or city"),
    ("city", "district"): pgettext_lazy("in an address", "District"),
    ("city", "post_town"): _("Town or city"),
    ("city", "suburb"): _("Suburb or town"),
    ("district", "suburb"): pgettext_lazy("in an address", "Suburb"),
    ("district", "district"): pgettext_lazy("in an address", "District"),
    ("district", "neighborhood"): _("Neighbourhood"),
    ("district", "village_township"): _("Village or township"),
    ("district", "townland"): pgettext_lazy("in an address", "Townland"),
    ("postcode", "postal"): _("Postcode"),
    ("postcode", "zip"): _("ZIP code"),
    ("postcode", "pin"): _("PIN code"),
    ("postcode", "eircode"): _("Eircode"),
}
# What is called otherwise in one country than its kind says.
LOCAL: dict[tuple[str, str], Words] = {
    ("CN", "region"): _("Province, or municipality"),
    ("CN", "district"): _("District or county"),
    ("CN", "street"): _("Road, number, building and room"),
    ("TW", "region"): _("County or city"),
    ("JP", "city"): _("City, ward or village"),
    ("JP", "street"): _("Block and number"),
}
PLAIN: dict[str, Words] = {
    "name": _("Name on the door"),
    "company": _("Company"),
    "phone": _("Phone number for the courier"),
    "street": _("Street and house number"),
    "street2": _("Flat, floor or building"),
}
HINTS: dict[str, Words] = {
    "phone": _("The courier calls it when nobody answers the door."),
}
# What browsers fill in by itself.
AUTOCOMPLETE = {
    "name": "name",
    "company": "organization",
    "phone": "tel",
    "street": "address-line1",
    "street2": "address-line2",
    "district": "address-level3",
    "city": "address-level2",
    "region": "address-level1",
    "postcode": "postal-code",
    "country": "country",
}
# Couriers there do not come without a call.
PHONE_NEEDED = frozenset({"CN"})


@dataclass(frozen=True)
class Field:
    """choices: of a region, (what is kept, how it reads); empty for what is typed."""

    name: str
    label: Words
    required: bool
    autocomplete: str
    choices: tuple[tuple[str, str], ...] = ()
    hint: Words = ""


def fields(country: str, language: str | None = None) -> list[Field]:
    """What is asked for there, in order: who, then where as labels of the country have it.
    Raises KeyError for what is no country."""
    known = book.country(country)
    where = [name for name in known.shown if name not in ("name", "company")]
    if known.is_big_to_small and known.code != "JP":
        # A Japanese form begins with the postcode; Chinese and Korean ones end with it.
        where = [name for name in where if name != "postcode"]
        where += ["postcode"] * ("postcode" in known.shown)
    where.insert(where.index("street") + 1, "street2")
    # Everywhere, a form begins with who it is for.
    who = ["name", "phone", "company"] if known.is_big_to_small else ["name", "company"]
    names = [*who, *where, *(["phone"] if "phone" not in who else [])]
    return [_field(known, name, language or get_language() or "en") for name in names]


def _field(known: Country, name: str, language: str) -> Field:
    kind = known.kinds.get(name, "")
    label = LOCAL.get((known.code, name)) or LABELS.get((name, kind)) or PLAIN.get(name)
    required = name in known.required or name == "name"
    return Field(
        name,
        label or LABELS[name, {"postcode": "postal", "region": "province"}.get(name, "city")],
        required=required or (name == "phone" and known.code in PHONE_NEEDED),
        autocomplete=AUTOCOMPLETE[name],
        choices=_regions(known.code, language) if name == "region" else (),
        hint=HINTS.get(name, ""),
    )


# --- names for readers ---------------------------------------------------------------------


@lru_cache(maxsize=200)
def _regions(code: str, language: str) -> tuple[tuple[str, str], ...]:
    known = book.country(code)
    found = [(region.key, region_name(known, region, language)) for region in known.regions]
    if _reads(known, language):
        return tuple(found)
    return tuple(sorted(found, key=lambda each: book.plainest(each[1])))


def _reads(known: Country, language: str) -> bool:
    """Whether who reads that language reads the country's letters: Chinese eyes take
    Japanese names as they are."""
    own, reader = known.language.split("-")[0], language.split("-")[0]
    return own == reader or (own in ("ja", "zh") and reader in ("ja", "zh"))


def region_name(known: Country, region: Region, language: str | None = None) -> str:
    """`California`, `浙江省`, and to whom these letters say nothing `Zhejiang Sheng 浙江省`."""
    if region.name.isascii() or _reads(known, language or get_language() or "en"):
        return region.native if not region.native.isascii() else region.name
    if not region.latin or region.latin == region.native or known.code not in book.NOT_LATIN:
        return region.name
    return f"{region.latin} {region.native}"


def countries(language: str | None = None) -> list[tuple[str, str]]:
    """(code, name) of all, sorted as the reader expects."""
    return list(_countries(language or get_language() or "en"))


@lru_cache(maxsize=20)
def _countries(language: str) -> tuple[tuple[str, str], ...]:
    try:
        names = Locale.parse(language, sep="-").territories
    except ValueError:
        names = Locale("en").territories
    found = [(code, _short(names.get(code, code))) for code in book.codes()]
    if language.startswith("zh"):
        # The old national set is sorted by sound.
        return tuple(sorted(found, key=lambda each: each[1].encode("gb18030")))
    return tuple(sorted(found, key=lambda each: book.plainest(each[1])))


def _short(name: str) -> str:
    """The long name of Hong Kong and Macau is a matter of state, not of the post."""
    return re.sub("特别行政区$|特別行政區$| SAR China$", "", name)


def takes_latin(country: str) -> bool:
    """Whether a copy in Latin letters helps the posts on the way there."""
    return country in book.NOT_LATIN


# --- the label -----------------------------------------------------------------------------


def is_latin(text: str) -> bool:
    return not any(s.isalpha() and not unicodedata.name(s, "").startswith("LATIN") for s in text)


def lines(address: PostalAddress, latin: bool = False) -> list[str]:
    """As the label will read, the country with it. latin: in Latin letters, with what was
    typed for that and the library's names of places; [] when nothing was typed for it."""
    known = book.find(address.country)
    if known is None:
        return [line for line in _plain(address) if line]
    written = [address.name, address.street, address.city]
    if latin:
        if not (address.latin_street or is_latin("".join(written))):
            return []
        return [*_fill(known, known.latin_fmt, _latin(known, address)), _country(known, "en")]
    if known.code in book.NOT_LATIN and is_latin("".join(written)):
        return [*_fill(known, known.latin_fmt, _latin(known, address)), _country(known, "en")]
    filled = _fill(known, known.fmt, _native(known, address))
    if known.is_big_to_small:
        return [_country(known, known.language), *filled]
    return [*filled, _country(known, "en")]


def _native(known: Country, address: PostalAddress) -> dict[str, str]:
    values = {"city": ""} | {name: getattr(address, name) for name in known.shown}
    if region := known.region(address.region):
        values["region"] = region.native
    if _is_said(known, values):
        values["city"] = ""
    return values | {"street": _street(address)}


def _is_said(known: Country, values: dict[str, str]) -> bool:
    """Beijing, Dubai and their like are region and city in one, and are said once; New York
    is not."""
    once = known.is_big_to_small or known.code == "AE"
    return once and book.fold(values["city"]) == book.fold(values.get("region", ""))


def _latin(known: Country, address: PostalAddress) -> dict[str, str]:
    region = known.region(address.region)
    key = region.key if region else address.region
    places = book.latin(known.code, key, address.city, address.district)
    if region and region.latin:
        places["region"] = region.latin
    values = {name: getattr(address, name) for name in known.shown} | places
    values["city"] = address.latin_city or places["city"] or address.city
    values["district"] = places["district"] or address.district
    if _is_said(known, values):
        values["city"] = ""
    values["name"] = address.latin_name or address.name
    values["street"] = address.latin_street or _street(address)
    return values


def _street(address: PostalAddress) -> str:
    return "\n".join(part for part in (address.street, address.street2) if part)


def _country(known: Country, language: str) -> str:
    name = _short(Locale.parse(language or "en", sep="-").territories.get(known.code, known.code))
    return name.removeprefix("中國") or name


def _plain(address: PostalAddress) -> Iterable[str]:
    """Of a country that nobody knows."""
    yield from (address.name, address.company, address.street, address.street2)
    yield from (address.district, " ".join(filter(None, (address.postcode, address.city))))
    yield from (address.region, formats.country(address.country))


def _fill(known: Country, fmt: str, values: dict[str, str]) -> list[str]:
    """The format with its values. What stands between two of them falls away with either."""
    filled = []
    for line in fmt.split("%n"):
        parts = [part for part in re.split(r"(%[A-Z])", line) if part]
        kept: list[str] = []
        for i, part in enumerate(parts):
            if _is_field(part):
                kept.append(values.get(_named(part), ""))
            elif _stays(parts, i, values):
                kept.append(part)
        text = "".join(kept).strip(" ,-")
        filled += [line.strip() for line in text.split("\n") if line.strip()]
    return filled


def _named(part: str) -> str:
    return book.SIGNS.get(part[1], "")


def _is_field(part: str) -> bool:
    return part.startswith("%")


def _stays(parts: list[str], i: int, values: dict[str, str]) -> bool:
    sides = [parts[i - 1]] if i else []
    sides += parts[i + 1 : i + 2]
    return all(values.get(_named(side)) for side in sides if _is_field(side))
