"""What may be wrong with an address, each with what to do and, where it can be told, how it
should be. Never a wall: whoever knows better keeps what was typed."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

import phonenumbers
from django.utils.translation import gettext

from returns.postal import book, chinese
from returns.postal.address import PostalAddress
from returns.postal.book import Country
from returns.postal.formats import PHONE_NEEDED, is_latin, region_name
from tracking.terms import Terms

# Every house has a number there, but for villages and farms that say so in the address. Not
# in it: where houses have names (IE), landmarks (AE, IN) or a code of their own.
NUMBERED = frozenset((
    "AR", "AT", "AU", "BE", "BG", "BR", "BY", "CA", "CH", "CL", "CN", "CZ", "DE", "DK", "EE",
    "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IL", "IT", "JP", "KR", "LT", "LU", "LV", "MX",
    "NL", "NO", "NZ", "PL", "PT", "RO", "RS", "RU", "SE", "SG", "SI", "SK", "TR", "TW", "UA",
    "US", "UY",
))  # fmt: skip
# “Without a number”, as people write it where that is usual.
NO_NUMBER = re.compile(
    r"\b(?:s\s?/\s?n[º°.]?|s\.\s?n\.|snc|sin\s+n[uú]mero|sem\s+n[uú]mero|senza\s+numero|"
    r"b/n|б/н|sans\s+num[eé]ro|ohne\s+(?:hausnummer|nummer|nr\.?)|bb|lieu[\s-]dit|"
    r"farm|ferme|hof|rural route)(?!\w)",
    re.IGNORECASE,
)
# In Britain a house has a number or a name; a street alone is neither.
BRITISH_STREET = re.compile(
    r"^(?:[^\W\d]|[ '’.-])+\s(?:road|rd|street|st|avenue|ave|lane|ln|drive|dr|close|crescent|"
    r"gardens|grove|terrace|place|way|hill|rise|row|square|walk|mews|parade|park)\.?$",
    re.IGNORECASE,
)
CHINESE_NUMBER = re.compile(
    r"[一二三四五六七八九十百零〇两]+(?:[号號栋棟幢座室楼樓弄巷组期区层番]|单元|丁目|条)"
)
# Known by their name to every courier of the town.
CHINESE_PLACE = re.compile(
    r"(?:村|屯|寨|组|大学|学院|中学|小学|幼儿园|医院|酒店|宾馆|大厦|大楼|广场|中心|公司|工厂|厂|店|"
    r"超市|驿站|快递柜|丰巢|局|派出所|政府|法院|银行|部队|火车站|机场|商场|市场|小区|花园|公寓|苑)"
)
PO_BOX = re.compile(
    r"\bp\.?\s?o\.?\s?box\b|\bpost\s?office\s?box\b|\bgpo\s?box\b|\bpostal\s?box\b|"
    r"\b(?:locked|private)\s?bag\b|\bpostfach\b|\bpackstation\b|\bpostbus\b|\bpostboks\b|"
    r"\bpostbox\b|\bpostilokero\b|\bbo[iî]te\s?postale\b|\bcase\s?postale\b|"
    r"\bcasella\s?postale\b|\bcaixa\s?postal\b|\bapartado\s?(?:postal|de\s?correos)?\s?\d|"
    r"\bapartado\s?(?:postal|de\s?correos)\b|\bcasilla\s?(?:de\s?correo)?\s?\d|"
    r"\bskrytka\s?poczt|\bpostafi[oó]k\b|\bposte?\s?restante\b|\bpostlagernd\b|"
    r"\bgeneral\s?delivery\b|(?<!\w)а/я(?!\w)|абонентск\w+\s+ящик|(?<!\w)а/с(?!\w)|"
    r"τ\.\s?θ\.|ת\.?\s?ד\.|ص\.?\s?ب\b|صندوق\s+بريد|[邮郵][政箱]信?箱|信箱\s?\d|\d\s?号?信箱|"
    r"私書箱|사서함|ตู้\s?ปณ",
    re.IGNORECASE,
)
FRENCH_BOXES = (
    "FR", "BE", "LU", "MC", "DZ", "MA", "TN", "SN", "CI", "CM", "BF", "BJ", "TG", "ML", "NE",
    "GA", "CD", "CG", "MG", "RE", "GP", "MQ", "GF", "NC", "PF",
)  # fmt: skip
# Letters that mean a box in some countries and much else in others.
LOCAL_BOX = {
    **dict.fromkeys(
        FRENCH_BOXES,
        re.compile(r"\bb\.?\s?p\.?\s?\d+", re.IGNORECASE),
    ),
    "IT": re.compile(r"\bc\.?\s?p\.?\s?\d+", re.IGNORECASE),
    "CA": re.compile(r"\bc\.?\s?p\.?\s?\d+", re.IGNORECASE),
    "SE": re.compile(r"^\s*box\s?\d+", re.IGNORECASE),
    "TR": re.compile(r"\bp\.?\s?k\.?\s?\d+", re.IGNORECASE),
    "HU": re.compile(r"\bpf\.?\s?\d+", re.IGNORECASE),
}
# Nearly every address has a box there, and couriers go by street and telephone.
BOXES_ARE_USUAL = frozenset({"AE", "SA", "QA", "KW", "BH", "OM", "JO"})
LOOKALIKES = {
    "0": {"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "S": "5", "B": "8", "Z": "2"},
    "A": {"0": "O", "1": "I", "5": "S", "8": "B", "2": "Z"},
}
# What many carriers print in one line, in Latin letters.
LINE = 35


@dataclass(frozen=True)
class Doubt:
    """code: one of each in a list. field: of PostalAddress, that the words are about.
    words: what is odd and what to do, in the active language. suggestion: the whole address
    as it may be meant, None when nobody can tell. is_slight: nothing to write a letter for."""

    code: str
    field: str
    words: str
    suggestion: PostalAddress | None = None
    is_slight: bool = False
    # What the suggestion would put into its fields, as it reads.
    instead: str = ""


def doubts(address: PostalAddress, *, carrier_terms: Terms | None = None) -> list[Doubt]:
    """All of them, top to bottom. carrier_terms: of whoever brings it, None while that is
    not known."""
    known = book.find(address.country)
    if known is None:
        return [Doubt("country", "country", gettext("We do not know which country it goes to."))]
    found: list[Doubt] = [*_missing(address, known)]
    for check in CHECKS:
        found += check(address, known)
    if carrier_terms is not None and not carrier_terms.takes_po_boxes:
        found += _po_box(address, known)
    return found


def _suggest(before: PostalAddress, **values: str) -> dict[str, Any]:
    after = before.changed(**values)
    known = book.country(after.country)
    names = [each.name for each in fields(after)]
    shown = []
    for name in names:
        value = getattr(after, name)
        if value and value != getattr(before, name):
            region = known.region(value) if name == "region" else None
            shown.append(region_name(known, region) if region else value)
    return {"suggestion": after, "instead": ", ".join(shown)}


# --- the checks ----------------------------------------------------------------------------


def _missing(address: PostalAddress, known: Country) -> Iterator[Doubt]:
    """What a label cannot do without, on orders that came without it."""
    needed = {"name", *known.required} | ({"phone"} if known.code in PHONE_NEEDED else set())
    words = {
        "name": gettext("We do not know whose name is on the door. Please give us a name."),
        "phone": gettext("The courier needs a phone number there. Please give us one."),
        "street": gettext("The street is missing. Please tell us where the door is."),
        "city": gettext("The town is missing. Please tell us which one it is."),
        "region": gettext("The state or province is missing. Please choose it."),
        "postcode": gettext("The postcode is missing. Please tell us what it is."),
    }
    for name in words:
        if name in needed and name in {*known.shown, "phone"} and not getattr(address, name):
            if name == "name" and address.company:
                continue
            hint = _region_by_postcode(address, known) if name == "region" else {}
            yield Doubt(f"no_{name}", name, words[name], **hint)


def _number(address: PostalAddress, known: Country) -> Iterator[Doubt]:
    street = f"{address.street} {address.street2}".strip()
    if not address.street or known.code not in NUMBERED:
        return
    if any(unicodedata.category(sign)[0] == "N" and not _is_ideograph(sign) for sign in street):
        return
    if NO_NUMBER.search(street) or PO_BOX.search(street):
        return
    if known.code in ("CN", "TW", "JP") and (
        CHINESE_NUMBER.search(street) or CHINESE_PLACE.search(street)
    ):
        return
    if known.code == "GB" and (address.street2 or not BRITISH_STREET.match(address.street)):
        return
    yield Doubt(
        "number",
        "street",
        gettext(
            "We see no house number. If there is one, please add it, so that the courier finds "
            "the door."
        ),
    )


def _is_ideograph(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff"


def _region(address: PostalAddress, known: Country) -> Iterator[Doubt]:
    """Orders come with regions that no list has; a form does not take them."""
    if not address.region or not known.regions or known.region(address.region):
        return
    spelled = {book.plainest(each.name): each for each in known.regions}
    near = difflib.get_close_matches(book.plainest(address.region), spelled, 1, 0.75)
    hint = _suggest(address, region=spelled[near[0]].key) if near else {}
    yield Doubt(
        "region",
        "region",
        gettext("We do not know “{region}” there. Please choose it from the list.").format(
            region=address.region
        ),
        **(hint or _region_by_postcode(address, known)),
        is_slight="region" not in known.required,
    )


def _region_by_postcode(address: PostalAddress, known: Country) -> dict[str, Any]:
    fits = known.regions_of(address.postcode) if address.postcode else []
    return _suggest(address, region=fits[0].key) if len(fits) == 1 else {}


def _postcode(address: PostalAddress, known: Country) -> Iterator[Doubt]:
    typed = address.postcode
    if not typed or "postcode" not in known.shown:
        return
    region = known.region(address.region)
    place = region_name(known, region) if region else ""
    if not known.takes(typed):
        meant = next(iter(likely_postcodes(typed, known, address.region)), "")
        if meant:
            yield Doubt(
                "postcode",
                "postcode",
                gettext("{typed} is usually written in another way there.").format(typed=typed)
                if book.fold(meant) == book.fold(typed)
                else gettext(
                    "{typed} does not look like a postcode there. Please compare it with a "
                    "letter that reached you."
                ).format(typed=typed),
                **_suggest(address, postcode=meant),
                is_slight=book.fold(meant) == book.fold(typed),
            )
        else:
            example = known.examples[0] if known.examples else ""
            words = gettext("{typed} does not look like a postcode there, please look again.")
            if example:
                words = gettext(
                    "{typed} does not look like a postcode there, please look again. They are "
                    "written like {example}."
                )
            yield Doubt("postcode", "postcode", words.format(typed=typed, example=example))
    elif tidy := _tidy(typed, known):
        yield Doubt(
            "postcode",
            "postcode",
            gettext("{typed} is usually written in another way there.").format(typed=typed),
            **_suggest(address, postcode=tidy),
            is_slight=True,
        )
    elif region and region.zips and not region.zips.match(typed):
        others = known.regions_of(typed)
        words = gettext(
            "The postcode {postcode} does not fit {region}. One of the two is different, please "
            "look again."
        )
        hint = _suggest(address, region=others[0].key) if len(others) == 1 else {}
        yield Doubt(
            "postcode_region",
            "postcode",
            words.format(postcode=typed, region=place),
            **hint,
        )


def _tidy(typed: str, known: Country) -> str:
    """As the country writes it, when that differs from what was typed; else ''."""
    written = typed.upper()
    if book.shape(written) not in known.shapes:
        written = next(_in_shape(typed, known, {"0": {}, "A": {}}), written)
    # Examples without blanks (Sweden) do not mean that blanks are wrong.
    return written if written != typed and len(written) >= len(typed) else ""


def likely_postcodes(typed: str, known: Country, region: str = "") -> list[str]:
    """What a mistyped one may mean, the best first: another spacing, or letters
    typed for digits that look like them, or digits for letters. Both at once would be a guess,
    and lead to another town."""
    found = list(dict.fromkeys(_in_shape(typed, known, {"0": {}, "A": {}})))
    alike = (each for each in _in_shape(typed, known, LOOKALIKES) if each not in found)
    near = [each for each in alike if _is_one_slip(typed, each)]
    found += sorted(dict.fromkeys(near), key=lambda each: _differences(typed, each))
    there = known.region(region)
    if there and (begins := there.zips):
        found.sort(key=lambda each: not begins.match(each))
    return found


def _is_one_slip(typed: str, meant: str) -> bool:
    pairs = zip(book.fold(typed), book.fold(meant), strict=False)
    return len({one.isdigit() for one, other in pairs if one != other}) == 1


def _differences(typed: str, meant: str) -> int:
    pairs = zip(book.fold(typed), book.fold(meant), strict=False)
    return sum(one != other for one, other in pairs)


def _in_shape(typed: str, known: Country, alike: dict[str, dict[str, str]]) -> Iterator[str]:
    """What was typed, in each of the country's shapes that it fills."""
    signs = [sign for sign in unicodedata.normalize("NFKC", typed).upper() if sign.isalnum()]
    for form in known.shapes:
        holes = [hole for hole in form if hole in "0A"]
        if len(holes) != len(signs):
            continue
        filled = [
            sign if sign in book.SHAPES[hole] else alike[hole].get(sign, "")
            for hole, sign in zip(holes, signs, strict=True)
        ]
        if all(filled):
            source = iter(filled)
            made = "".join(next(source) if hole in "0A" else hole for hole in form)
            if known.takes(made):
                yield made


def _phone(address: PostalAddress, known: Country) -> Iterator[Doubt]:
    if not address.phone:
        return
    words = {
        "short": gettext(
            "The phone number seems too short. Please check that no digit is missing."
        ),
        "area": gettext("The phone number has no area code. Please add it."),
        "long": gettext("The phone number seems too long. Please check it once more."),
        "odd": gettext("We cannot read the phone number. Please give one that can be called."),
    }
    if kind := phone_trouble(address.phone, known.code):
        yield Doubt("phone", "phone", words[kind])


def phone_trouble(typed: str, country: str) -> str:
    """'' when it can be called from there, else short, area, long or odd."""
    # Numbers that hide the buyer's own, as marketplaces in China give them, end in a code.
    plain = re.sub(r"(?:转|[-,，#x ])\s?\d{1,5}$", "", typed) if country == "CN" else typed
    for text in dict.fromkeys((typed, plain)):
        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            continue
        national = str(number.national_number)
        if number.country_code == 86 and re.match("1[3-9]", national) and len(national) < 11:
            # The library counts fixed lines in, which may be shorter.
            return "short"
        reason = phonenumbers.is_possible_number_with_reason(number)
        if reason == phonenumbers.ValidationResult.IS_POSSIBLE:
            return ""
        kinds = {
            phonenumbers.ValidationResult.TOO_SHORT: "short",
            phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "area",
            phonenumbers.ValidationResult.TOO_LONG: "long",
            phonenumbers.ValidationResult.INVALID_LENGTH: "short",
        }
        kind = kinds.get(reason, "odd")
        if text == plain:
            return kind
    return "short" if sum(sign.isdigit() for sign in typed) < 5 else "odd"


def _po_box(address: PostalAddress, known: Country) -> Iterator[Doubt]:
    """Some carriers bring nothing to boxes."""
    local = LOCAL_BOX.get(known.code)
    for name in ("street", "street2", "company"):
        text = getattr(address, name)
        if not (PO_BOX.search(text) or (local and local.search(text))):
            continue
        rest = " ".join(filter(None, (address.street, address.street2, address.district)))
        if known.code in BOXES_ARE_USUAL and len(rest.split()) > 4:
            continue
        yield Doubt(
            "po_box",
            name,
            gettext(
                "The carrier of this parcel does not bring anything to PO boxes or lockers. "
                "Please give a street address where somebody can take it."
            ),
        )
        return


def _repeated(address: PostalAddress, known: Country) -> Iterator[Doubt]:
    """Chinese shops often have the whole address in the street once more."""
    if known.code != "CN" or is_latin(address.street):
        return
    region = known.region(address.region)
    if not region or not address.street.startswith(region.name[:2]):
        return
    parts = chinese.split(address.street).address
    if parts.region == region.key and parts.city and parts.street:
        meant = _suggest(
            address,
            street=parts.street,
            district=address.district or parts.district,
            city=parts.city,
        )
        yield Doubt(
            "repeated",
            "street",
            gettext("The province and the city stand in the street once more."),
            **meant,
            is_slight=True,
        )


def _long(address: PostalAddress, known: Country) -> Iterator[Doubt]:
    street = address.street
    if len(street) <= LINE or address.street2 or not is_latin(street):
        return
    if cut := _cut(street):
        yield Doubt(
            "long",
            "street",
            gettext("Many labels take {count} letters in a line. Please use both lines.").format(
                count=LINE
            ),
            **_suggest(address, street=cut[0], street2=cut[1]),
            is_slight=True,
        )


def _cut(street: str) -> tuple[str, str] | None:
    """In two at a comma, or else a blank, so that both fit."""
    for mark in (", ", " "):
        for at in (m.start() for m in reversed(list(re.finditer(re.escape(mark), street)))):
            first, second = street[:at].rstrip(" ,"), street[at:].lstrip(" ,")
            if first and second and len(first) <= LINE and len(second) <= LINE:
                return first, second
    return None


CHECKS: tuple[Callable[[PostalAddress, Country], Iterable[Doubt]], ...] = (
    _number,
    _repeated,
    _region,
    _postcode,
    _phone,
    _long,
)
