"""Reading what providers send, which is not always what they document.

Missing and misshapen parts read as nothing, because one odd field must not cost the rest
of the story. Only a body that is no document at all is an Error.
"""

import html
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, unquote
from zoneinfo import ZoneInfo

from tracking.calendars import zone_of
from tracking.providers import Access, Error
from tracking.reports import ScanReport

logger = logging.getLogger(__name__)

CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
COUNTRY = re.compile(r"[A-Z]{2}")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
LONGEST_LANGUAGE = 12
CHINA = ZoneInfo("Asia/Shanghai")
CHINA_OFFSET = 480  # minutes, in every one of YEARS
HAN = re.compile(r"[\u3400-\u9fff]")
MOST_FIELDS = 50
ENCODED = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
# What a scale shows; a comma may part thousands or decimals, so nobody knows what it means.
WEIGHT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?([a-z]*)\.?", re.ASCII)
GRAMS = {
    Decimal(1): ("g", "gm", "gms", "gram", "grams"),
    Decimal(1000): ("kg", "kgs", "kilogram", "kilograms"),
    Decimal("453.59237"): ("lb", "lbs", "pound", "pounds"),
    Decimal("28.349523125"): ("oz", "ounce", "ounces"),
}
GRAMS_OF = {unit: grams for grams, units in GRAMS.items() for unit in units}
HEAVIEST = 100_000_000  # grams; a parcel that weighs more is a typing error
# Moments outside are typing errors; some are not even moments in every time zone.
YEARS = range(1995, 2100)
# No parcel has more to tell, and no push tells of more; what goes on would fill the memory.
MOST_REPORTS, MOST_NEWS = 500, 200
# Lines and signs of what nobody knows, until the log is left to others.
MOST_TOLD, LONGEST_TOLD = 1000, 60


class Step(NamedTuple):
    """What a code says: where a parcel is, what is wrong with it by this report alone, and
    who signed for it (values of Milestone, IncidentKind and Signed)."""

    milestone: str
    incident: str = ""
    signed: str = ""


def form(body: bytes) -> dict[str, bytes]:
    """The fields of a posted form, byte for byte as they were before they were encoded: a
    signature is made over these. Of a field that comes twice the first counts. One that
    was encoded twice (it begins with %7B and not with a brace) is decoded twice."""
    fields: dict[str, bytes] = {}
    for pair in body.split(b"&", MOST_FIELDS):
        name, _, value = pair.partition(b"=")
        plain = _decoded(value)
        if plain[:3].upper() == b"%7B":
            plain = _decoded(plain)
        fields.setdefault(unquote(name.decode("ascii", "replace")), plain)
    return fields


def _decoded(value: bytes) -> bytes:
    """As urllib does it, but in runs: it stands before every signature, a stranger's too."""
    return ENCODED.sub(
        lambda run: bytes.fromhex(run[0].replace(b"%", b"").decode()), value.replace(b"+", b" ")
    )


def document(body: bytes) -> dict[str, Any]:
    """The JSON object of a push. Raises Error."""
    try:
        found = json.loads(body)
    except RecursionError:
        raise Error("It is nested too deeply.", permanent=True) from None
    except ValueError:
        raise Error("It is not JSON.", permanent=True) from None
    if not isinstance(found, dict):
        raise Error("It is JSON, but not an object.", permanent=True)
    return found


def part(data: dict[str, Any], *path: str) -> dict[str, Any]:
    """The object at `path`; an empty one when there is none."""
    for key in path:
        value = data.get(key)
        data = value if isinstance(value, dict) else {}
    return data


def parts(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of the list under `key`."""
    value = data.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object, limit: int = 2000) -> str:
    """On one line, cut, without what no database keeps (control characters, half signs)."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    plain = CONTROL.sub(" ", str(value).encode("utf-8", "replace").decode())
    return " ".join(plain.split())[:limit].rstrip()


def discreet(value: object, access: Access, limit: int = 200) -> str:
    """A provider's own words, for our people and our log: without key and salt, should it
    repeat them, and cut only then, so that no half of one is left."""
    return without(value, (access.key, access.salt), limit)


def without(value: object, secrets: Iterable[str], limit: int = 200) -> str:
    """The same, for any secrets."""
    words = text(value, sys.maxsize)
    # The longer first: one may be a part of the other.
    found = {shape for secret in secrets for shape in _shapes(secret)} - {""}
    shapes = sorted(found, key=len, reverse=True)
    if shapes:
        words = re.sub("|".join(map(re.escape, shapes)), "…", words, flags=re.IGNORECASE)
    return words[:limit].rstrip()


def _shapes(secret: str) -> Iterator[str]:
    """As it is, and as addresses, JSON and pages write it; all on one line."""
    for plain in (secret, secret.strip()):
        written = quote(plain), quote(plain, safe=""), quote_plus(plain)
        quoted = (json.dumps(plain, ensure_ascii=ascii)[1:-1] for ascii in (True, False))
        yield from map(text, (plain, *written, *quoted, html.escape(plain)))


def country(value: object) -> str:
    """ISO 3166 alpha-2, or ''."""
    code = text(value).upper()
    return code if COUNTRY.fullmatch(code) else ""


def language(value: object) -> str:
    """A language tag (pt, zh-Hans), or ''."""
    tag = text(value).replace("_", "-")
    return tag if len(tag) <= LONGEST_LANGUAGE and LANGUAGE.fullmatch(tag) else ""


def grams(value: object, unit: str = "") -> int | None:
    """A weight in grams: a number, or a text with or without a unit, which else is `unit`.
    None for nothing, zero and rubbish."""
    told = str(value) if isinstance(value, float) else text(value, 40)
    found = WEIGHT.fullmatch(told.lower())
    if not found or (found[2] or unit) not in GRAMS_OF:
        return None
    weight = round(Decimal(found[1]) * GRAMS_OF[found[2] or unit])
    return weight if 0 < weight <= HEAVIEST else None


def moment(value: object) -> datetime | None:
    """A date and time in ISO 8601, aware or not, as it was written."""
    try:
        found = datetime.fromisoformat(text(value, 40))
    except ValueError:
        return None
    return found if found.year in YEARS else None


def chinese_moment(value: object) -> datetime | None:
    """A date and time by the clocks of China, in UTC: 2026-10-12 09:30:00, also with
    slashes and without leading zeros."""
    plain = text(value, 40).replace("/", "-")
    found = moment(plain)
    if found is None:
        try:
            found = datetime.strptime(plain, "%Y-%m-%d %H:%M:%S")
        except ValueError:
            return None
        if found.year not in YEARS:
            return None
    return (found if found.tzinfo else found.replace(tzinfo=CHINA)).astimezone(UTC)


def chinese(words: str) -> str:
    """The language of words that are mostly, but not always, Chinese: zh, or ''."""
    return "zh" if HAN.search(words) else ""


def local(found: datetime, place: str) -> datetime:
    """A moment that was told without a zone, by the clocks of a country. Where the country
    does not tell them (the United States, or no country at all) it is taken for UTC."""
    zone = zone_of(place) if place else ""
    return found.replace(tzinfo=ZoneInfo(zone) if zone else UTC)


def offset_of(found: datetime | None) -> int | None:
    """Minutes east of UTC, as they were written; None when they were not."""
    offset = found.utcoffset() if found else None
    return None if offset is None else round(offset.total_seconds() / 60)


def in_order(newest_first: Iterable[ScanReport]) -> tuple[ScanReport, ...]:
    """Reports by their time, the oldest first. What is told twice of one moment, code and
    place is one report, in the words of the newest."""
    found: dict[tuple[datetime, str, str], ScanReport] = {}
    for report in newest_first:
        found.setdefault((report.at, report.code, report.place), report)
    return bounded(sorted(reversed(found.values()), key=lambda report: report.at))


def bounded(reports: Sequence[ScanReport]) -> tuple[ScanReport, ...]:
    """MOST_REPORTS of what is told of one number, the oldest first: how it began, and the
    newest."""
    if len(reports) <= MOST_REPORTS:
        return tuple(reports)
    tell_once("of more than %s reports about one number only the newest are read", MOST_REPORTS)
    return (reports[0], *reports[1 - MOST_REPORTS :])


class _Teller:
    """One log line per process for what we do not know, and an end to it: else a provider
    with a new code in every line would fill log and memory."""

    def __init__(self) -> None:
        self._told: set[tuple[object, ...]] = set()

    def __call__(self, message: str, *args: str | int) -> None:
        line = message, *(arg[:LONGEST_TOLD] if isinstance(arg, str) else arg for arg in args)
        if line in self._told or len(self._told) >= MOST_TOLD:
            return
        self._told.add(line)
        if len(self._told) < MOST_TOLD:
            logger.warning(*line)
        else:
            logger.warning("too much is not known: from now on nothing is said of it")

    def cache_clear(self) -> None:
        """As if nothing had been said yet."""
        self._told.clear()


tell_once = _Teller()
