"""Typed reading of one JSON object: every fault is named, and reading goes on."""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from returns.sources import ZERO, Problem, Shop, Unreadable, money
from tracking.milestones import Milestone

logger = logging.getLogger(__name__)

MOST_UNITS = 100_000
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
# Clocks of shops and ours may differ.
SKEW = timedelta(days=1)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# In the list of regions, but no country that post is sent to under its own code.
NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


@cache
def countries() -> frozenset[str]:
    """ISO 3166 alpha-2."""
    codes = [str(code) for code in Locale("en").territories]
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - NO_COUNTRIES


def clean(text: str) -> str:
    """Without control characters and broken surrogates, which no database keeps."""
    return CONTROL.sub("", text.encode("utf-8", "replace").decode()).strip()


def language(locale: str) -> str:
    """The site's language for a shop's locale: zh-CN → zh-hans, en-GB → en, fr → ''."""
    wanted = locale.replace("_", "-").casefold()
    codes = [code for code, _ in settings.LANGUAGES]
    for code in codes:
        if wanted == code or wanted.partition("-")[0] == code.partition("-")[0]:
            return code
    return ""


@cache
def tell_once(message: str, *args: str) -> None:
    """One log line per process for a code that we do not know."""
    logger.warning(message, *args)


def milestone(source: str, status: str, known: Mapping[str, str]) -> str:
    """The milestone of a shop's own word for where a parcel is."""
    if status not in known:
        tell_once("%s: parcel status %r is not known", source, status)
    return known.get(status, Milestone.UNKNOWN)


class Fields:
    """One object of a document.

    at: where the order stands; path: of this object in it. Wrong values are noted in
    `problems` and read as nothing, so that one look finds them all; `check()` raises
    what was found.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        shop: Shop,
        at: str,
        path: str = "",
        problems: list[Problem] | None = None,
    ):
        self.data, self.shop, self.at, self.path = data, shop, at, path
        self.problems: list[Problem] = [] if problems is None else problems
        self.currency = shop.currency

    def wrong(self, key: str, reason: str) -> None:
        path = f"{self.path}.{key}" if self.path and key else self.path or key
        problem = Problem(self.at, path, reason)
        if problem not in self.problems:
            self.problems.append(problem)

    def check(self) -> None:
        if self.problems:
            raise Unreadable(*self.problems)

    def has(self, key: str) -> bool:
        return self.data.get(key) is not None

    # --- parts ----------------------------------------------------------------------------

    def child(self, key: str) -> "Fields":
        """The object under `key`; an empty one when there is none."""
        value = self.data.get(key)
        if value is not None and not isinstance(value, dict):
            # PHP writes an empty object as an empty list.
            if value != []:
                self.wrong(key, "should be an object")
            value = None
        return self._part(value or {}, key)

    def children(self, key: str) -> list["Fields"]:
        """The objects of the list under `key`; none when there is no list."""
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.wrong(key, "should be a list of objects")
            return []
        return [self._part(item, f"{key}[{at}]") for at, item in enumerate(value)]

    def _part(self, data: Mapping[str, Any], key: str) -> "Fields":
        path = f"{self.path}.{key}" if self.path else key
        part = Fields(data, self.shop, self.at, path, self.problems)
        part.currency = self.currency
        return part

    # --- values ---------------------------------------------------------------------------

    def text(self, key: str, limit: int = 0, *, cut: bool = False) -> str:
        """limit: longest text that can be kept; longer ones are wrong, or cut."""
        value = self.data.get(key)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
            self.wrong(key, "should be a text")
            return ""
        text = clean(str(value))
        if limit and len(text) > limit:
            if not cut:
                self.wrong(key, f"is longer than {limit} characters")
            return text[:limit]
        return text

    def needed(self, key: str, limit: int) -> str:
        text = self.text(key, limit)
        if self.data.get(key) in (None, ""):
            self.wrong(key, "is missing")
        return text

    def flag(self, key: str) -> bool:
        value = self.data.get(key)
        return value if isinstance(value, bool) else str(value).casefold() in {"1", "true", "yes"}

    def whole(self, key: str, low: int = 0, high: int = MOST_UNITS, default: int = 0) -> int:
        value = self.data.get(key)
        if value is None:
            return default
        try:
            number = whole(value, low, high)
        except ValueError as error:
            self.wrong(key, str(error))
            return default
        return number

    def amount(self, key: str, *, negative: bool = False) -> Decimal:
        value = self.data.get(key)
        if value is None or value == "":
            return ZERO
        try:
            amount = self._amount(value)
        except ValueError as error:
            self.wrong(key, str(error))
            return ZERO
        if amount < 0 and not negative:
            self.wrong(key, f"“{amount}” is below zero")
            return ZERO
        return amount

    def _amount(self, value: Any) -> Decimal:
        return money.exact(value, self.currency)

    def moment(self, key: str, zone: str = "") -> datetime | None:
        """zone: of moments written without an offset; '' = an offset must be there."""
        text = self._date(self.text(key))
        if not text:
            return None
        try:
            return moment(text, zone, self.shop.now)
        except ValueError as error:
            self.wrong(key, str(error))
            return None

    def _date(self, text: str) -> str:
        return text

    def code(self, key: str, known: Callable[[str], bool], what: str) -> str:
        text = self.text(key).upper()
        if text and not known(text):
            self.wrong(key, f"“{text[:10]}” is not {what}")
            return ""
        return text

    def country(self, key: str) -> str:
        return self.code(key, countries().__contains__, "the ISO code of a country, like DE")

    def email(self, key: str) -> str:
        text = self.text(key, 254)
        if text:
            try:
                validate_email(text)
            except ValidationError:
                self.wrong(key, "is not an email address")
                return ""
        return text


def whole(value: Any, low: int, high: int = MOST_UNITS) -> int:
    """A whole number of `low` to `high`. Raises ValueError with the reason."""
    if isinstance(value, bool) or not isinstance(value, (int, str, float, Decimal)):
        raise ValueError("is not a number")
    text = str(value).strip()
    if not re.fullmatch(r"-?\d{1,30}(\.0*)?", text, re.ASCII):
        if re.fullmatch(r"-?\d{1,30}[.,]\d{1,30}", text, re.ASCII):
            raise ValueError(f"“{text[:20]}” is not a whole number")
        raise ValueError(f"“{text[:20]}” is not a number")
    number = int(text.partition(".")[0])
    if number < low:
        raise ValueError(f"“{number}” is too small, the least is {low}")
    if number > high:
        raise ValueError(f"“{text[:20]}” is too large, the most is {high}")
    return number


def moment(text: str, zone: str, now: datetime) -> datetime:
    """An ISO 8601 moment in UTC. zone: see Fields.moment. Raises ValueError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"“{text[:40]}” is not a date; write it like 2026-11-20 or 2026-11-20T14:05:00+01:00"
        ) from None
    if found.tzinfo is None:
        if not zone:
            raise ValueError(f"“{text[:40]}” does not say its time zone")
        found = found.replace(tzinfo=ZoneInfo(zone))
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"“{text[:40]}” cannot be right") from None
    if found < EARLIEST:
        raise ValueError(f"“{text[:40]}” is too long ago to be right")
    if found > now + SKEW:
        raise ValueError(f"“{text[:40]}” lies in the future")
    return found
