"""17TRACK, Tracking API v2.2 and v2.4: what it pushes.

Built from its public documentation and public client code, not verified with the live
service. Documented: body, statuses, signature (header `sign`, plain SHA-256 over the raw
body, a slash and the API key), any 200 as answer. Not documented: how often it tries
again, and a name for a push, so the body itself tells a repeat.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.crypto import constant_time_compare

from tracking.milestones import Milestone
from tracking.providers import Error, News, reading
from tracking.reports import ScanReport

UPDATED, STOPPED = "TRACKING_UPDATED", "TRACKING_STOPPED"
LONGEST_NUMBER = 60

# Sub-status of an event → milestone. What 17TRACK says beyond our milestones (damaged,
# lost, delayed …) moves nothing here; its word is kept as the scan's code.
M = Milestone
STATUSES: dict[str, str] = {
    "NotFound_Other": M.UNKNOWN,
    "NotFound_InvalidCode": M.UNKNOWN,
    "InfoReceived": M.ANNOUNCED,
    "InTransit_PickedUp": M.ACCEPTED,
    "InTransit_Other": M.IN_TRANSIT,
    "InTransit_Departure": M.IN_TRANSIT,
    "InTransit_Arrival": M.IN_TRANSIT,
    "InTransit_CustomsProcessing": M.CUSTOMS,
    "InTransit_CustomsReleased": M.IN_TRANSIT,
    "InTransit_CustomsRequiringInformation": M.CUSTOMS,
    "Expired_Other": M.UNKNOWN,
    "AvailableForPickup_Other": M.READY_FOR_PICKUP,
    "OutForDelivery_Other": M.OUT_FOR_DELIVERY,
    "DeliveryFailure_Other": M.ATTEMPTED,
    "DeliveryFailure_NoBody": M.ATTEMPTED,
    "DeliveryFailure_Security": M.ATTEMPTED,
    "DeliveryFailure_Rejected": M.ATTEMPTED,
    "DeliveryFailure_InvalidAddress": M.ATTEMPTED,
    "Delivered_Other": M.DELIVERED,
    "Exception_Other": M.UNKNOWN,
    "Exception_Returning": M.RETURNING,
    "Exception_Returned": M.RETURNED,
    "Exception_NoBody": M.UNKNOWN,
    "Exception_Security": M.UNKNOWN,
    "Exception_Damage": M.UNKNOWN,
    "Exception_Rejected": M.UNKNOWN,
    "Exception_Delayed": M.UNKNOWN,
    "Exception_Lost": M.UNKNOWN,
    "Exception_Destroyed": M.UNKNOWN,
    "Exception_Cancel": M.UNKNOWN,
    # The main statuses by themselves, where an event has no more than that.
    "NotFound": M.UNKNOWN,
    "InTransit": M.IN_TRANSIT,
    "Expired": M.UNKNOWN,
    "AvailableForPickup": M.READY_FOR_PICKUP,
    "OutForDelivery": M.OUT_FOR_DELIVERY,
    "DeliveryFailure": M.ATTEMPTED,
    "Delivered": M.DELIVERED,
    "Exception": M.UNKNOWN,
    # Key stages, where an event has no status; those that are called like one are above.
    "PickedUp": M.ACCEPTED,
    "Departure": M.IN_TRANSIT,
    "Arrival": M.IN_TRANSIT,
    "Returning": M.RETURNING,
    "Returned": M.RETURNED,
}

# 17TRACK's key of a carrier → our code. Of several keys of one carrier the first is the
# one to register a number with.
CARRIERS: dict[int, str] = {
    100002: "ups",
    21051: "usps",
    100003: "fedex",
    100001: "dhl",
    7041: "dhl-paket",
    7047: "dhl-ecommerce",
    7048: "dhl-ecommerce",
    7044: "deutsche-post",
    11031: "royal-mail",
    100331: "evri",
    100031: "hermes",
    100007: "dpd",
    100010: "dpd",
    100005: "gls",
    100004: "tnt",
    100006: "aramex",
    6051: "la-poste",
    14041: "postnl",
    2061: "bpost",
    19181: "correos",
    9071: "poste-italiane",
    10021: "japan-post",
    2151: "correios",
    100308: "amazon",
    100049: "ontrac",
    100052: "lasership",
    100134: "uniuni",
    3041: "canada-post",
    1151: "australia-post",
    190008: "yunexpress",
    190012: "yanwen",
    190094: "4px",
    190208: "cne",
    190271: "cainiao",
    3011: "china-post",
    3013: "ems",
    100012: "sf",
    190766: "sf",
    190157: "yto",
    190455: "zto",
    190175: "zto",
    190324: "sto",
    190316: "sto",
    190341: "yunda",
    190442: "jt",
    190302: "jd",
    190174: "deppon",
}
KEYS: dict[str, int] = {code: key for key, code in reversed(CARRIERS.items())}


# --- the push ---------------------------------------------------------------------------------


def is_genuine(headers: Mapping[str, str], body: bytes, key: str) -> bool:
    return constant_time_compare(headers.get("sign", "").lower(), signature(body, key))


def signature(body: bytes, key: str) -> str:
    return hashlib.sha256(b"/".join((body, key.encode()))).hexdigest()


def signed(body: bytes, key: str) -> tuple[dict[str, str], bytes]:
    return {"sign": signature(body, key)}, body


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    return ""


def acknowledge(body: bytes) -> dict[str, Any]:
    return {"code": 0}


def parse(body: bytes) -> list[News]:
    push = reading.document(body)
    event, item = reading.text(push.get("event")), reading.part(push, "data")
    if event not in (UPDATED, STOPPED):
        reading.tell_once("17track: event %r is not known", event)
        return []
    return [_news(item, stopped=event == STOPPED)]


# --- one number -------------------------------------------------------------------------------


def _news(item: dict[str, Any], *, stopped: bool) -> News:
    number = reading.text(item.get("number"), LONGEST_NUMBER)
    if not number:
        raise Error("There is no tracking number in it.", permanent=True)
    info = reading.part(item, "track_info")
    providers = reading.parts(reading.part(info, "tracking"), "providers")
    key = item.get("carrier")
    carrier = _carrier(key)
    several = (_carrier(reading.part(row, "provider").get("key")) for row in providers)
    return News(
        number=number,
        carrier_key=reading.text(key),
        carrier=carrier,
        others=tuple(dict.fromkeys(code for code in several if code and code != carrier)),
        tag=reading.text(item.get("tag")),
        reports=_reports(info, providers),
        stopped=stopped,
    )


def _carrier(key: object) -> str:
    """Our code for a carrier's key (a number, in some answers written as text), or ''."""
    plain = reading.text(key, 12)
    return CARRIERS.get(int(plain), "") if plain.isascii() and plain.isdecimal() else ""


def _reports(info: dict[str, Any], providers: list[dict[str, Any]]) -> tuple[ScanReport, ...]:
    """Every event of every carrier on the way, in order of time. What is told twice of one
    moment, code and place is one event, in the words of the first."""
    told = [_report(event, row) for row in providers for event in reading.parts(row, "events")] or [
        _report(reading.part(info, "latest_event"), {})
    ]
    found: dict[tuple[datetime, str, str], ScanReport] = {}
    for report in told:
        if report:
            found.setdefault((report.at, report.code, report.place), report)
    return tuple(sorted(found.values(), key=lambda report: report.at))


def _report(event: dict[str, Any], provider: dict[str, Any]) -> ScanReport | None:
    """One event; None when it does not say when it was. provider: who told it."""
    country = reading.country(reading.part(event, "address").get("country")) or reading.country(
        reading.part(provider, "provider").get("country")
    )
    when = _when(event, country)
    if when is None:
        return None
    code = reading.text(event.get("sub_status"), 60) or reading.text(event.get("stage"), 60)
    return ScanReport(
        at=when[0],
        utc_offset=when[1],
        milestone=_milestone(code),
        code=code,
        # Not from `address`, which 17TRACK may find later: the same scan would look new.
        place=reading.text(event.get("location"), 120),
        words=reading.text(event.get("description")),
        language=reading.language(provider.get("provider_lang")),
    )


def _milestone(code: str) -> str:
    if code and code not in STATUSES:
        reading.tell_once("17track: status %r is not known", code)
    return STATUSES.get(code, M.UNKNOWN)


def _when(event: dict[str, Any], country: str) -> tuple[datetime, int | None] | None:
    """The moment in UTC, and minutes east of it at the place when the carrier said so.

    `time_utc` and `time_iso` are empty where the carrier names no zone; then `time_raw`
    is what its clocks show, an object or, in v2.2, sometimes a text.
    """
    iso, raw = reading.moment(event.get("time_iso")), _raw(event.get("time_raw"))
    told = next((found for found in (iso, raw) if found and found.tzinfo), None)
    utc = reading.moment(event.get("time_utc"))
    if utc:
        utc = utc if utc.tzinfo else utc.replace(tzinfo=UTC)
        return utc.astimezone(UTC), reading.offset_of(told)
    if told:
        return told.astimezone(UTC), reading.offset_of(told)
    if naive := iso or raw:
        return reading.local(naive, country).astimezone(UTC), None
    return None


def _raw(value: object) -> datetime | None:
    if isinstance(value, str):
        return reading.moment(value)
    if not isinstance(value, dict):
        return None
    date, time = reading.text(value.get("date"), 10), reading.text(value.get("time"), 16)
    clock = f"{date}T{time}" if time else date
    zone = reading.text(value.get("timezone"), 9) if time else ""
    return reading.moment(clock + zone) or reading.moment(clock)
