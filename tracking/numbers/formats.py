"""How carriers' numbers look: one table.

The patterns and ways of checking come from the carriers' public descriptions as open data
collects them (jkeen/tracking_number_data, MIT), those of China from what Chinese shops check
(Courier-Validation). The latter carry no check digit and serve to put likely carriers first,
never as proof. Loose rows also say that a number without a right check digit may be fine.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from tracking.numbers import checks

LONGEST = 40


class Strength(IntEnum):
    """How strongly a fitting format speaks for its carrier. CHECKED: the check digit is right,
    which one number in about ten is by chance. STRICT: letters or a prefix that few others
    use. PROVEN: both."""

    LOOSE = 1
    STRICT = 2
    CHECKED = 3
    PROVEN = 4


@dataclass(frozen=True)
class Format:
    """carrier: a code of carriers.py; '' where the number itself tells, or does not.
    strict: its look alone is telling. check: whether the check digit is right, None without."""

    name: str
    carrier: str
    pattern: re.Pattern[str]
    strict: bool = False
    check: Callable[[str], bool] | None = None

    def looks_like(self, number: str) -> bool:
        return self.pattern.fullmatch(number) is not None

    def strength(self, number: str) -> Strength | None:
        """How strongly a number of this look speaks; None when its check digit is wrong."""
        if self.check is None:
            return Strength.STRICT if self.strict else Strength.LOOSE
        if not self.check(number):
            return None
        return Strength.PROVEN if self.strict else Strength.CHECKED

    def carrier_of(self, number: str) -> str:
        return post_of(number) if self.name == POSTAL else self.carrier


# --- the numbers of the postal services (UPU S10) ----------------------------------------------

POSTAL = "postal"

# fmt: off
# ISO 3166 alpha-2, as of 2026.
COUNTRIES = frozenset({
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ",
    "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS",
    "BT", "BV", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN",
    "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE",
    "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF",
    "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM",
    "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM",
    "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC",
    "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
    "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA",
    "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG",
    "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW",
    "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS",
    "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO",
    "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI",
    "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
})
# fmt: on
POSTS = {
    "AU": "australia-post",
    "BE": "bpost",
    "BR": "correios",
    "CA": "canada-post",
    "CN": "china-post",
    "DE": "deutsche-post",
    "ES": "correos",
    "FR": "la-poste",
    "GB": "royal-mail",
    "IT": "poste-italiane",
    "JP": "japan-post",
    "LT": "lp-express",
    "NL": "postnl",
    "US": "usps",
}
# (country, first letter of the service): express and parcels of a sister company.
SISTERS = {
    ("CN", "E"): "ems",
    ("DE", "C"): "dhl-paket",
    ("DE", "H"): "dhl-paket",
}


def post_of(number: str) -> str:
    """The carrier behind a postal number, told by its country; '' when we have none there."""
    country, service = number[-2:], number[:1]
    return SISTERS.get((country, service)) or POSTS.get(country, "")


def _postal(number: str) -> bool:
    return number[-2:] in COUNTRIES and checks.postal(number)


# --- the table ----------------------------------------------------------------------------------

LOOSE, STRICT = False, True


def _format(
    name: str,
    carrier: str,
    pattern: str,
    strict: bool,
    check: Callable[[str], bool] | None = None,
) -> Format:
    return Format(name, carrier, re.compile(pattern, re.ASCII), strict, check)


# Of formats that speak equally strongly the likelier stands first. The services of postal
# numbers are those that the UPU has given out (letters, parcels, EMS, e-commerce, domestic).
FORMATS = (
    _format(POSTAL, "", r"(?:[A-EHL-NP-RUVZ][A-Z]|G[AD])\d{9}[A-Z]{2}", STRICT, check=_postal),
    # North America
    _format("ups", "ups", r"1Z[A-Z0-9]{15}\d", STRICT, checks.ups),
    _format(
        "usps",
        "usps",
        r"(?:420\d{5}(?:\d{4})?)?9[1-5]\d{20}(?:\d{4}){0,2}",
        STRICT,
        checks.usps,
    ),
    _format("usps-20", "usps", r"\d{20}", LOOSE, checks.usps_20),
    _format("fedex-12", "fedex", r"\d{12}", LOOSE, checks.fedex_express),
    _format("fedex-15", "fedex", r"\d{15}", LOOSE, checks.fedex_ground),
    _format("fedex-18", "fedex", r"\d{18}", LOOSE, checks.fedex_18),
    _format("fedex-96", "fedex", r"96\d{20}", STRICT, checks.fedex_96),
    _format("fedex-34", "fedex", r"(?:[0-8]\d|96)\d{32}", STRICT, checks.fedex_34),
    _format("fedex-32", "fedex", r"3\d{31}", STRICT, checks.fedex_astra),
    _format("ups-waybill", "ups", r"[AHJKTV]\d{10}", LOOSE, checks.ups_waybill),
    _format("amazon", "amazon", r"TB[ACM]\d{12}", STRICT),
    _format("amazon-abroad", "amazon", r"[AFC]\d{10}", LOOSE),
    _format("ontrac", "ontrac", r"[CD]\d{14}", STRICT, checks.ontrac),
    _format(
        "lasership",
        "lasership",
        r"L[AIEHNX][1-3]\d{7}|1LS7[12]\d{10}|1LS7[12]\d\d01[1-4]\d{6}1|1LSCX[A-Z0-9]{10}",
        STRICT,
    ),
    _format("gofo", "gofo", r"GFUS\d{14}", STRICT),
    _format("landmark", "landmark", r"LTN\d{8}N1", STRICT),
    _format("spee-dee", "spee-dee", r"SP\d{18}", STRICT),
    _format("canada-post", "canada-post", r"\d{16}", LOOSE, checks.canada_post),
    _format("purolator", "purolator", r"[0-5]\d{11}", LOOSE, checks.luhn),
    _format("purolator-letters", "purolator", r"[A-Z]{3}\d{9}", LOOSE),
    _format("canpar", "canpar", r"[CDKLSUXZ]\d{21}", STRICT),
    # Europe and the world
    _format("dhl-express", "dhl", r"\d{10,11}", LOOSE, checks.dhl_express),
    _format("dhl-piece", "dhl", r"J[A-Z]{2,3}\d{9,10}", STRICT),
    _format("dhl-paket-20", "dhl-paket", r"(?:00)?340\d{15}", STRICT, checks.container),
    _format("dhl-paket-12", "dhl-paket", r"\d{12}", LOOSE, checks.dhl_identcode),
    _format("dhl-paket-piece", "dhl-paket", r"JJD\d{17,18}", STRICT),
    _format("dhl-ecommerce", "dhl-ecommerce", r"GM(?=(?:[A-Z]?\d){8})[A-Z0-9]{10,38}", STRICT),
    # Those of thirteen signs are postal numbers.
    _format(
        "dhl-ecommerce-letters",
        "dhl-ecommerce",
        r"(?:LX|RX|UV|CN|SG|TH|IN|HK|MY)[A-Z0-9]{12,38}",
        LOOSE,
    ),
    _format("dpd", "dpd", r"\d{27}[A-Z0-9]", STRICT, checks.dpd),
    _format("dpd-15", "dpd", r"\d{14}[A-Z0-9]", LOOSE, checks.dpd),
    _format("yodel", "yodel", r"J?JD\d{16}", STRICT),
    _format("la-poste", "la-poste", r"\d[A-Z]\d{11}", STRICT),
    _format("postnl", "postnl", r"3S[A-Z]{2,6}\d{6,11}", STRICT),
    _format("tnt", "tnt", r"[A-Z]{2}\d{9}WW", STRICT),
    # From China abroad
    _format("yunexpress", "yunexpress", r"YT\d{16}", STRICT),
    _format("yanwen", "yanwen", r"[A-Z]{2}\d{9}YP", STRICT),
    _format("4px", "4px", r"4PX\d{13}CN", STRICT),
    _format("cainiao", "cainiao", r"LP\d{12,15}|CNUSUP\d{8,11}", STRICT),
    # Within China
    _format("sf", "sf", r"SF[A-Z0-9]\d{12}", STRICT),
    _format("yto", "yto", r"YT\d{13}", STRICT),
    _format("jd", "jd", r"JD[A-Z0-9]{2}\d{11}", STRICT),
    _format("jt", "jt", r"JT\d{12,13}", STRICT),
    _format("deppon", "deppon", r"DPK\d{12}", STRICT),
    _format("sto", "sto", r"STO\d{10}", STRICT),
    _format("china-post", "china-post", r"P[A-Z]\d{11}", STRICT),
    _format("ems-letters", "ems", r"E[A-Z]\d{9}CS", STRICT),
    _format("zto-14", "zto", r"7[3-68]\d{12}", LOOSE),
    _format("sto-digits", "sto", r"(?:77|43)\d{12,15}|(?:88|99)\d{13}", LOOSE),
    _format("cainiao-digits", "cainiao", r"621\d{12}", LOOSE),
    _format("yunda", "yunda", r"[34]\d{14}|5\d{12}", LOOSE),
    _format("ems-digits", "ems", r"(?:1[0-2]|5[0-2]|9[5789])\d{11}", LOOSE),
    _format("china-post-digits", "china-post", r"[189]\d{12}", LOOSE),
    _format("sf-12", "sf", r"\d{12}", LOOSE),
    # Anywhere, and saying little
    _format("container", "", r"(?:00)?\d{18}", LOOSE, checks.container),
    _format("dpd-14", "dpd", r"\d{14}", LOOSE),
    _format("zto-digits", "zto", r"\d{12}|\d{14}", LOOSE),
    _format("dhl-ecommerce-14", "dhl-ecommerce", r"\d{14}", LOOSE),
    _format("hermes", "hermes", r"\d{14}|H\d{19}", LOOSE),
    _format("evri", "evri", r"[A-Z]\d{2}[A-Z0-9]{13}|\d{16}", LOOSE),
    _format("gls", "gls", r"\d{11,12}", LOOSE),
    _format("yto-short", "yto", r"[A-Z0-9]\d{9}|\d{12}", LOOSE),
    _format("yunda-digits", "yunda", r"\d{13}|\d{15}", LOOSE),
    _format("deppon-digits", "deppon", r"\d{8,10}", LOOSE),
    _format("tnt-digits", "tnt", r"\d{9}", LOOSE),
    _format("aramex", "aramex", r"\d{10,12}", LOOSE),
    _format("bpost", "bpost", r"32\d{22}", LOOSE),
    _format("correos", "correos", r"P[A-Z0-9]{22}", LOOSE),
    _format("australia-post", "australia-post", r"(?=\d{0,4}[A-Z])[A-Z0-9]{3,5}\d{16,18}", LOOSE),
)


@lru_cache(maxsize=256)
def looking_like(number: str) -> tuple[Format, ...]:
    """The formats whose look `number` has, whatever its check digit says."""
    if len(number) > LONGEST:
        return ()
    return tuple(format for format in FORMATS if format.looks_like(number))


def is_telling(number: str) -> bool:
    """Whether it can hardly be anything but the number of some carrier."""
    return any(
        format.strict and format.strength(number) is not None for format in looking_like(number)
    )
