"""Reading what providers send, which is not always what they document.

Missing and misshapen parts read as nothing, because one odd field must not cost the rest
of the story. Only a body that is no document at all is an Error.
"""

import json
import logging
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from tracking.calendars import zone_of
from tracking.providers import Error

logger = logging.getLogger(__name__)

CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
COUNTRY = re.compile(r"[A-Z]{2}")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
LONGEST_LANGUAGE = 12
# Moments outside are typing errors; some are not even moments in every time zone.
YEARS = range(1995, 2100)


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


def country(value: object) -> str:
    """ISO 3166 alpha-2, or ''."""
    code = text(value).upper()
    return code if COUNTRY.fullmatch(code) else ""


def language(value: object) -> str:
    """A language tag (pt, zh-Hans), or ''."""
    tag = text(value).replace("_", "-")
    return tag if len(tag) <= LONGEST_LANGUAGE and LANGUAGE.fullmatch(tag) else ""


def moment(value: object) -> datetime | None:
    """A date and time in ISO 8601, aware or not, as it was written."""
    try:
        found = datetime.fromisoformat(text(value, 40))
    except ValueError:
        return None
    return found if found.year in YEARS else None


def local(found: datetime, place: str) -> datetime:
    """A moment that was told without a zone, by the clocks of a country. Where the country
    does not tell them (the United States, or no country at all) it is taken for UTC."""
    zone = zone_of(place) if place else ""
    return found.replace(tzinfo=ZoneInfo(zone) if zone else UTC)


def offset_of(found: datetime | None) -> int | None:
    """Minutes east of UTC, as they were written; None when they were not."""
    offset = found.utcoffset() if found else None
    return None if offset is None else round(offset.total_seconds() / 60)


@cache
def tell_once(message: str, *args: str) -> None:
    """One log line per process for what we do not know."""
    logger.warning(message, *args)
