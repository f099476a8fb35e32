"""17TRACK, Tracking API v2.2 and v2.4: what it pushes, and what we ask of it.

Built from its public documentation and public client code, not verified with the live
service. Documented: bodies, statuses, error codes, limits, signature (header `sign`, plain
SHA-256 over the raw body, a slash and the API key), any 200 as answer to a push. Not
documented: how often it pushes again, a name for a push (so the body itself tells a
repeat), and in which order it answers (so answers are matched by number and carrier).

Where more than number and carrier is needed, 17TRACK asks for a country and postcode, a
postcode, a phone or something else, depending on the carrier. All of that is NEEDS_PHONE
here, because the phone's last digits are what we have; `Answer.words` says what it wanted.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.utils.crypto import constant_time_compare

from tracking import http
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.providers import (
    Access,
    Action,
    Answer,
    Ask,
    Error,
    Limit,
    News,
    NoAccess,
    NoQuota,
    Outcome,
    reading,
)
from tracking.providers.reading import Step
from tracking.reports import ScanReport
from tracking.signatures import signed_by

UPDATED, STOPPED = "TRACKING_UPDATED", "TRACKING_STOPPED"
LONGEST_NUMBER = 60

BASE = "https://api.17track.net/track/v2.4/"
# Asked for with `param` what later versions have fields for.
OLDER = "/v2.2"
ENDPOINTS: dict[Action, str] = {
    Action.REGISTER: "register",
    Action.QUERY: "gettrackinfo",
    Action.CHANGE: "changecarrier",
    Action.STOP: "stoptrack",
}
LIMITS: dict[Action, Limit] = {action: Limit(batch=40, interval=0.34) for action in ENDPOINTS}
TOTAL = 20.0  # seconds for a whole answer
# Forty journeys of fifty events, each a good half kilobyte, several times over.
MOST = 16 * 1024 * 1024  # bytes

# Sub-status of an event → step. What 17TRACK says beyond our milestones moves nothing by
# itself; its word is kept as the scan's code. "Delayed" opens nothing: the watch looks at
# the clock, and not at a carrier's word for it.
M, Kind = Milestone, IncidentKind
STATUSES: dict[str, Step] = {
    "NotFound_Other": Step(M.UNKNOWN),
    "NotFound_InvalidCode": Step(M.UNKNOWN),
    "InfoReceived": Step(M.ANNOUNCED),
    "InTransit_PickedUp": Step(M.ACCEPTED),
    "InTransit_Other": Step(M.IN_TRANSIT),
    "InTransit_Departure": Step(M.IN_TRANSIT),
    "InTransit_Arrival": Step(M.IN_TRANSIT),
    "InTransit_CustomsProcessing": Step(M.CUSTOMS),
    "InTransit_CustomsReleased": Step(M.IN_TRANSIT),
    "InTransit_CustomsRequiringInformation": Step(M.CUSTOMS, Kind.CUSTOMS_DOCUMENTS),
    "Expired_Other": Step(M.UNKNOWN),
    "AvailableForPickup_Other": Step(M.READY_FOR_PICKUP),
    "OutForDelivery_Other": Step(M.OUT_FOR_DELIVERY),
    "DeliveryFailure_Other": Step(M.ATTEMPTED, Kind.ATTEMPT_FAILED),
    "DeliveryFailure_NoBody": Step(M.ATTEMPTED, Kind.ATTEMPT_FAILED),
    "DeliveryFailure_Security": Step(M.ATTEMPTED, Kind.CUSTOMS_HOLD),
    "DeliveryFailure_Rejected": Step(M.ATTEMPTED, Kind.REFUSED),
    "DeliveryFailure_InvalidAddress": Step(M.ATTEMPTED, Kind.ADDRESS),
    "Delivered_Other": Step(M.DELIVERED),
    "Exception_Other": Step(M.UNKNOWN),
    "Exception_Returning": Step(M.RETURNING),
    "Exception_Returned": Step(M.RETURNED),
    "Exception_NoBody": Step(M.UNKNOWN, Kind.ATTEMPT_FAILED),
    "Exception_Security": Step(M.UNKNOWN, Kind.CUSTOMS_HOLD),
    "Exception_Damage": Step(M.UNKNOWN, Kind.DAMAGED),
    "Exception_Rejected": Step(M.UNKNOWN, Kind.REFUSED),
    "Exception_Delayed": Step(M.UNKNOWN),
    "Exception_Lost": Step(M.UNKNOWN, Kind.LOST),
    "Exception_Destroyed": Step(M.UNKNOWN, Kind.LOST),
    "Exception_Cancel": Step(M.UNKNOWN),
    # The main statuses by themselves, where an event has no more than that, or a
    # sub-status that came after this table.
    "NotFound": Step(M.UNKNOWN),
    "InTransit": Step(M.IN_TRANSIT),
    "Expired": Step(M.UNKNOWN),
    "AvailableForPickup": Step(M.READY_FOR_PICKUP),
    "OutForDelivery": Step(M.OUT_FOR_DELIVERY),
    "DeliveryFailure": Step(M.ATTEMPTED, Kind.ATTEMPT_FAILED),
    "Delivered": Step(M.DELIVERED),
    "Exception": Step(M.UNKNOWN),
    # Key stages, where an event has no status; those that are called like one are above.
    "PickedUp": Step(M.ACCEPTED),
    "Departure": Step(M.IN_TRANSIT),
    "Arrival": Step(M.IN_TRANSIT),
    "Returning": Step(M.RETURNING),
    "Returned": Step(M.RETURNED),
}
NOTHING = Step(M.UNKNOWN)

# Error code → what became of the number, or what is wrong with the whole call.
CODES: dict[int, Outcome | type[Error]] = {
    -18010001: NoAccess,  # our address is not on its list
    -18010002: NoAccess,  # the key is wrong
    -18010003: Error,  # an error of theirs
    -18010004: NoAccess,  # the account is disabled
    -18010005: NoAccess,  # the account may not do this
    -18010010: Outcome.REFUSED,  # data is missing
    -18010011: Outcome.REFUSED,  # a value is invalid
    -18010012: Outcome.REFUSED,  # the format is invalid
    -18010013: Outcome.REFUSED,  # what was submitted is invalid
    -18010014: Outcome.LATER,  # more than 40 numbers in one call
    -18010015: Outcome.REFUSED,  # a field's value is invalid
    -18010016: Outcome.REFUSED,  # a last mile only for postal carriers
    -18010018: Outcome.NEEDS_PHONE,  # country and postcode are wanted
    -18010019: Outcome.NEEDS_PHONE,  # a postcode is wanted
    -18010020: Outcome.NEEDS_PHONE,  # a phone is wanted
    -18010022: Outcome.NEEDS_PHONE,  # something else is wanted
    # Where it shall push to is missing, wrong, or fails when it tries.
    -18010201: NoAccess,
    -18010202: NoAccess,
    -18010203: NoAccess,
    -18010204: NoAccess,
    -18010205: NoAccess,
    -18010206: NoAccess,
    -18019801: Outcome.NEEDS_CARRIER,  # the old carrier is wanted: it is there with several
    -18019802: Outcome.NEEDS_CARRIER,  # the new carrier is wrong
    -18019803: Outcome.DONE,  # the new carrier is the old one
    -18019804: Outcome.NEEDS_CARRIER,  # the new carrier is wanted
    -18019805: Outcome.NOT_REGISTERED,  # not registered with the old carrier
    -18019806: Outcome.REFUSED,  # a stopped number keeps its carrier
    -18019807: Outcome.REFUSED,  # changed too often
    -18019808: Outcome.LATER,  # the last change is not through yet
    -18019809: Outcome.DONE,  # registered with the new carrier already
    -18019810: Outcome.REFUSED,  # the update means several
    -18019811: Outcome.REFUSED,  # the update is invalid
    -18019815: Outcome.LATER,  # realtime: the carrier took too long
    -18019816: Outcome.LATER,  # realtime: the carrier failed
    -18019817: Outcome.LATER,  # realtime: not charged
    -18019818: Outcome.REFUSED,  # realtime: not with this carrier
    -18019901: Outcome.DONE,  # registered already
    -18019902: Outcome.NOT_REGISTERED,
    -18019903: Outcome.NEEDS_CARRIER,  # it found no carrier
    -18019904: Outcome.REFUSED,  # only a stopped number can be started again
    -18019905: Outcome.REFUSED,  # and only once
    -18019906: Outcome.DONE,  # only a number that is followed can be stopped: it is not
    -18019907: NoQuota,  # of the day
    -18019908: NoQuota,
    -18019909: Outcome.NO_NEWS,
    -18019910: Outcome.NEEDS_CARRIER,  # the carrier's key is wrong
    -18019911: Outcome.REFUSED,  # this carrier's numbers cannot be registered
    -18019912: Outcome.REFUSED,  # realtime: not for this account
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


def is_genuine(headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    return constant_time_compare(headers.get("sign", "").lower(), signature(body, access.key))


def signature(body: bytes, key: str) -> str:
    return hashlib.sha256(b"/".join((body, key.encode()))).hexdigest()


def signed(body: bytes, access: Access) -> tuple[dict[str, str], bytes]:
    return {"sign": signature(body, access.key)}, body


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    return ""


def acknowledge(body: bytes, access: Access) -> dict[str, Any]:
    return {"code": 0}


def parse(body: bytes) -> list[News]:
    push = reading.document(body)
    event, item = reading.text(push.get("event")), reading.part(push, "data")
    if event not in (UPDATED, STOPPED):
        reading.tell_once("17track: event %r is not known", event)
        return []
    return [_news(item, stopped=event == STOPPED)]


# --- the call ---------------------------------------------------------------------------------


def follows(carrier: str) -> bool:
    """Any, also one that is not told: it finds the carrier out."""
    return True


def call(action: Action, asks: Sequence[Ask], access: Access) -> list[Answer]:
    """More numbers than a batch are a permanent Error, before anything is sent.

    What concerns the account (no quota, no access) may be told of some of the numbers
    only: it is raised when nothing became of the others either. Else these are LATER, the
    others keep their answers, and the next call hears it.
    """
    if len(asks) > LIMITS[action].batch:
        raise Error(f"More than {LIMITS[action].batch} numbers in one call.", permanent=True)
    meant = [ask for ask in asks if action != Action.CHANGE or ask.carrier in KEYS]
    answers = _ask(action, meant, access) if meant else {}
    no_key = "What 17TRACK calls this carrier is not known here."
    return [answers.get(ask) or Answer(ask.number, Outcome.REFUSED, words=no_key) for ask in asks]


class Row(NamedTuple):
    """What an answer says about one number."""

    item: dict[str, Any]
    accepted: bool


def _ask(action: Action, asks: list[Ask], access: Access) -> dict[Ask, Answer]:
    base = (access.base or BASE).rstrip("/")
    reply = http.call(
        "POST",
        f"{base}/{ENDPOINTS[action]}",
        json=[_item(action, ask, older=OLDER in base) for ask in asks],
        headers={"17token": access.key},
        total=TOTAL,
        most=MOST,
    )
    rows = _matched(action, asks, _rows(reply, access))
    answers, troubles = {}, []
    for ask in asks:
        answers[ask], trouble = _answer(action, ask, rows.get(ask), access)
        troubles += [trouble] if trouble else []
    if troubles and all(answer.outcome == Outcome.LATER for answer in answers.values()):
        raise troubles[0]
    return answers


def _item(action: Action, ask: Ask, *, older: bool) -> dict[str, Any]:
    there = int(_key(ask.key) or 0)
    new = KEYS.get(ask.carrier)
    item: dict[str, Any] = {"number": ask.number}
    if action == Action.REGISTER:
        item |= {"carrier": new, "tag": ask.tag}
        if older:
            item |= {"param": ask.phone_tail}
        else:
            item |= {
                "phone_number_last_4": ask.phone_tail,
                "origin_country": ask.origin,
                "destination_country": ask.destination,
            }
    elif action == Action.CHANGE:
        item |= {"carrier_old": there, "carrier_new": new}
    else:
        item |= {"carrier": there}
    return {name: value for name, value in item.items() if value}


def _rows(reply: http.Reply, access: Access) -> list[Row]:
    """What it says about numbers, the accepted first. Raises what it says about the call."""
    if reply.status == 404 or 300 <= reply.status < 400:
        raise NoAccess(f"17TRACK is not at this address ({reply.status}).")
    document = http.json_of(reply)
    code = _code(document.get("code")) if isinstance(document, dict) else None
    if code is None:
        raise Error(f"The answer ({reply.status}) is not in the form of 17TRACK.")
    data = reading.part(document, "data")
    for error in reading.parts(data, "errors"):
        raise _failure(error, access)
    if code:
        raise _failure(document, access)
    accepted = [Row(item, True) for item in reading.parts(data, "accepted")]
    return accepted + [Row(item, False) for item in reading.parts(data, "rejected")]


def _matched(action: Action, asks: list[Ask], rows: list[Row]) -> dict[Ask, Row]:
    """Ask → what is said about it. Two parcels may share a number: then the carrier under
    which we asked tells them apart, and what is left goes to whoever is left."""
    waiting: dict[str, list[Row]] = {}
    for row in rows:
        waiting.setdefault(reading.text(row.item.get("number")).upper(), []).append(row)
    found: dict[Ask, Row] = {}
    for exactly in (True, False):
        for ask in asks:
            ours = KEYS.get(ask.carrier, "") if action == Action.REGISTER else ask.key
            there = waiting.get(ask.number.upper(), [])
            for place, row in enumerate(there):
                if ask not in found and (not exactly or _key(row.item.get("carrier")) == str(ours)):
                    found[ask] = there.pop(place)
                    break
    return found


def _answer(
    action: Action, ask: Ask, row: Row | None, access: Access
) -> tuple[Answer, Error | None]:
    """What became of one number, and what it says about the account."""
    if row is None:
        return Answer(ask.number, Outcome.LATER, words="17TRACK said nothing about it."), None
    words = ""
    if not row.accepted:
        error = reading.part(row.item, "error")
        outcome, words = _meaning(_code(error.get("code"))), _words(error, access)
        if isinstance(outcome, type):
            return Answer(ask.number, Outcome.LATER, words=words), _failure(error, access)
        if outcome != Outcome.DONE:
            return Answer(ask.number, outcome, words=words), None
    key = _key(row.item.get("carrier"))
    if action == Action.CHANGE:
        key = _key(row.item.get("carrier_new")) or str(KEYS[ask.carrier])
    if action != Action.QUERY:
        return Answer(ask.number, key=key, words=words), None
    news = _news(row.item, stopped=False)
    return Answer(ask.number, Outcome.DONE if news.reports else Outcome.NO_NEWS, key, news), None


def _meaning(code: int | None) -> Outcome | type[Error]:
    if code not in CODES:
        reading.tell_once("17track: error %s is not known", str(code))
    return CODES.get(code or 0, Outcome.LATER)


def _failure(error: dict[str, Any], access: Access) -> Error:
    """What is wrong with the call as a whole. A code that means one number says, here,
    that the call itself was wrong; again it would be no better."""
    meaning, words = _meaning(_code(error.get("code"))), f"17TRACK: {_words(error, access)}"
    if isinstance(meaning, type):
        return meaning(words)
    return Error(words, permanent=meaning == Outcome.REFUSED)


def _words(error: dict[str, Any], access: Access) -> str:
    """Its own, with the code, and without the key, should it repeat it."""
    words = reading.discreet(error.get("message"), access)
    code = _code(error.get("code"))
    return " ".join(part for part in (words, f"({code})" if code else "") if part)


def _code(value: object) -> int | None:
    plain = reading.text(value, 12)
    return int(plain) if re.fullmatch(r"-?[0-9]+", plain) else None


def _key(value: object) -> str:
    """17TRACK's key of a carrier, in digits; '' for none, which it writes as 0."""
    plain = reading.text(value, 40)
    return plain if re.fullmatch(r"[1-9][0-9]{0,11}", plain) else ""


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
    shipping = reading.part(info, "shipping_info")
    misc = reading.part(info, "misc_info")
    return News(
        number=number,
        carrier_key=_key(key),
        carrier=carrier,
        others=tuple(dict.fromkeys(code for code in several if code and code != carrier)),
        tag=reading.text(item.get("tag")),
        reports=_reports(info, providers),
        stopped=stopped,
        origin=reading.country(reading.part(shipping, "shipper_address").get("country")),
        destination=reading.country(reading.part(shipping, "recipient_address").get("country")),
        weight=reading.grams(misc.get("weight_kg"), "kg") or reading.grams(misc.get("weight_raw")),
    )


def _carrier(key: object) -> str:
    """Our code for a carrier's key (a number, in some answers written as text), or ''."""
    return CARRIERS.get(int(_key(key) or 0), "")


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
    return reading.bounded(sorted(found.values(), key=lambda report: report.at))


def _report(event: dict[str, Any], row: dict[str, Any]) -> ScanReport | None:
    """One event; None when it does not say when it was. row: who told it."""
    provider = reading.part(row, "provider")
    scanned_in = reading.country(reading.part(event, "address").get("country"))
    # A carrier's own country tells its clocks, but not where its parcels are.
    when = _when(event, scanned_in or reading.country(provider.get("country")))
    if when is None:
        return None
    code, step = _step(event)
    words = reading.text(event.get("description"))
    return ScanReport(
        at=when[0],
        utc_offset=when[1],
        milestone=step.milestone,
        incident=step.incident,
        signed=signed_by(step.milestone, step.signed, words),
        code=code,
        # Not from `address`, which 17TRACK may find later: the same scan would look new.
        place=reading.text(event.get("location"), 120),
        country=scanned_in,
        carrier=_carrier(provider.get("key")),
        words=words,
        language=reading.language(row.get("provider_lang")),
    )


def _step(event: dict[str, Any]) -> tuple[str, Step]:
    """The event's own word, and what it means. Of a sub-status that came after our table
    the main status is still known, and where that says nothing, the stage."""
    stage = reading.text(event.get("stage"), 60)
    code = reading.text(event.get("sub_status"), 60) or stage
    if not code or code in STATUSES:
        return code, STATUSES.get(code, NOTHING)
    reading.tell_once("17track: status %r is not known", code)
    main = STATUSES.get(code.partition("_")[0], NOTHING)
    return code, main if main != NOTHING else STATUSES.get(stage, NOTHING)


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
