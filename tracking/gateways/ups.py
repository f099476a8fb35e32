"""UPS Delivery Intercept, version 2: turning a parcel before its first delivery attempt.

Built from UPS's own OpenAPI description, not verified with the live service. Documented: the
token, the headers, the calls and their bodies, what an answer and an error look like, that
UPS carries a request out on the day of delivery without a promise, and charges only for what
it did. A yes is therefore ACCEPTED; whether it was done is for the scans to show.

UNSURE: which of the features in the answer about eligibility stands for another address (RD
is titled “Reschedule Delivery”, beside FD with its dates; taken for the redirection, and
`features` in the keys overrules it); what `fromAddress` and `toAddress` of the question about
charges are (the places where the parcel goes and shall go; without an answer the cost is not
known, and nothing else changes); how soon a request shows in the eligibility; and which
errors there are beside the two that are named.

UPS calls nobody back: it is asked. In the United States and Puerto Rico only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import phonenumbers

from tracking.gateways import (
    NEVER_ARRIVED,
    NOWHERE,
    Access,
    Address,
    Aim,
    Answer,
    Error,
    Failure,
    NoAccess,
    NotReached,
    Outcome,
    Task,
    Told,
)
from tracking.gateways.asking import missing
from tracking.gateways.ups_line import KEYS, NOT_IN_PROFILE, Line
from tracking.providers import reading

OPTIONS = ("features",)
CAN_CHECK = CAN_WITHDRAW = True
# Nobody says how soon a request shows: one that does not may be there all the same.
ASKS_AGAIN = False

CHARGES = 4.0  # seconds; the cost is worth no longer wait


@dataclass(frozen=True)
class Way:
    """One of our aims at UPS: where it is asked for, as which type, and under which name its
    eligibility is told."""

    path: str
    kind: str
    feature: str


WAYS: dict[str, Way] = {
    Aim.REDIRECT: Way("/redirect/address", "AA", "RD"),
    Aim.RETURN: Way("/return", "RS", "RTS"),
    Aim.RESCHEDULE: Way("/reschedule", "FD", "FD"),
    Aim.HOLD: Way("/willcall", "WC", "WC"),
}
AIMS = frozenset(Aim(aim) for aim in WAYS)
FEATURES = ("FD", "WC", "SDWC", "RD", "RTS")
# Why a parcel goes back, as UPS counts it; the last is any other reason.
REASONS: dict[str, str] = {
    "late": "AS",
    "changed_mind": "AM",
    "refused": "KR",
    "address": "FA",
    "other": "KV",
}
ELIGIBLE, NOT_ELIGIBLE = "ELIGIBLE", "NOT_ELIGIBLE"

NUMBER = re.compile(r"1Z[A-Z0-9]{16}")
PHONE = re.compile(r"\+[0-9]{1,13}")
STATE, ZIP = re.compile(r"[A-Z]{2}"), re.compile(r"\d{5}(?:[- ]\d{4})?")
MONEY = re.compile(r"\d{1,8}\.\d{2}", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}")
COUNTRIES = ("US", "PR")
LONGEST_NAME = 30
# Signs that a line of an address may have.
LINES = {"addressLine1": 50, "addressLine2": 35, "city": 30}

INVALID = "710"  # code of an error: what was sent is not as it has to be


def serves(carrier: str, aim: str, access: Access) -> bool:
    return carrier == "ups" and aim in AIMS and not problems(access)


def problems(access: Access) -> list[str]:
    features = access.keys.get("features", {})
    if not isinstance(features, Mapping):
        return [*missing(access.keys, KEYS), "“features” must be an object."]
    return missing(access.keys, KEYS) + [
        f"“features.{aim}” must say which of {', '.join(FEATURES)} stands for one of our aims."
        for aim, feature in features.items()
        if aim not in AIMS or feature not in FEATURES
    ]


def request(task: Task, access: Access) -> Answer:
    """Four calls: token, eligibility, charges, and then the request itself, once. What fails
    before the last asked for nothing."""
    try:
        _fit(task)
        wish = {"requestType": WAYS[task.aim].kind, **_contact(task), **_wish(task)}
        try:
            line = Line.to_ups(task, access)
            wish |= _look(line, task, _feature(task, access))
            cost, currency = _cost(line, task)
        except NEVER_ARRIVED:
            raise
        except Error as error:
            raise NotReached(str(error)) from None
        reply = line.call("POST", WAYS[task.aim].path, "r", wish)
        said = line.say(reply)
        if _is_yes(reply.body):
            reference = reading.text(reply.body.get("transactionId"), 120)
            return Answer(Outcome.ACCEPTED, reference, words=said, cost=cost, currency=currency)
        # Of what a redirection says UPS can object to the new address only.
        doubtful = task.aim == Aim.REDIRECT and reply.code in (INVALID, NOT_IN_PROFILE)
        usual = Failure.NOT_OURS if reply.code == NOT_IN_PROFILE else Failure.REFUSED
        raise _No(Failure.ADDRESS if doubtful else usual, said)
    except _No as no:
        return Answer(Outcome.FAILED, failure=no.failure, words=no.words)


def check(task: Task, access: Access) -> Answer:
    """A request that can be cancelled exists. NOTHING only where the same can be asked for
    anew, and no request of any kind is there."""
    try:
        _fit(task)
        line = Line.to_ups(task, access)
        features = _features(line)
    except _No as no:
        return Answer(Outcome.NO_NEWS, words=no.words)
    mine = features.get(_feature(task, access), {})
    if mine.get("cancelEligibility") == ELIGIBLE:
        return Answer(Outcome.ACCEPTED)
    none = all(one.get("cancelEligibility") == NOT_ELIGIBLE for one in features.values())
    if mine.get("createEligibility") == ELIGIBLE and none:
        return Answer(Outcome.NOTHING)
    return Answer(Outcome.NO_NEWS)


def withdraw(task: Task, access: Access) -> Answer:
    """UPS forgets a request until it was carried out. What it does not forget may go on, or
    was never there."""
    try:
        _fit(task)
        wish = {"requestType": WAYS[task.aim].kind, **_contact(task)}
        line = Line.to_ups(task, access)
        reply = line.call("POST", "/cancel", "c", wish)
    except _No as no:
        return Answer(Outcome.NO_NEWS, words=no.words)
    said = line.say(reply)
    if _is_yes(reply.body):
        return Answer(Outcome.WITHDRAWN, words=said)
    gone = check(task, access).outcome == Outcome.NOTHING
    return Answer(Outcome.NOTHING if gone else Outcome.NO_NEWS, words=said)


def is_genuine(headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    return False  # UPS calls nobody


def delivery_id(body: bytes) -> str:
    return ""


def acknowledge(body: bytes, access: Access) -> dict[str, Any]:
    return {}


def parse(body: bytes, access: Access) -> list[Told]:
    raise Error("UPS tells us nothing by itself.", permanent=True)


# --- what is asked ----------------------------------------------------------------------------


class _No(Exception):
    """It cannot be done: a reason of ours, and words for the desk."""

    def __init__(self, failure: str, said: str):
        self.failure, self.words = failure, said
        super().__init__(failure)


def _fit(task: Task) -> None:
    if task.aim not in WAYS:
        raise _No(Failure.REFUSED, "UPS has no such service.")
    if not NUMBER.fullmatch(task.number):
        raise _No(Failure.REFUSED, "UPS takes numbers of 1Z and 16 letters and digits only.")
    places = {task.before.country, task.after.country} - {""}
    if not places <= set(COUNTRIES):
        raise _No(Failure.NOT_SERVED, "UPS does this in the United States and Puerto Rico only.")
    if task.aim == Aim.RETURN and "PR" in places:
        raise _No(Failure.NOT_SERVED, "UPS returns no parcels from Puerto Rico.")


def _contact(task: Task) -> dict[str, Any]:
    """Whom UPS may call, and no word to the driver: the field has to be there."""
    name, phone = task.requester
    called = _phone(phone, "US")
    if not name.strip() or not called:
        raise NoAccess("UPS wants a name and a telephone of whoever asks, with +1 in front.")
    contact = {"name": name.strip()[:LONGEST_NAME], "telephone": called}
    return {"requesterContactInfo": contact, "specialInstructions": None}


def _wish(task: Task) -> dict[str, Any]:
    if task.aim == Aim.REDIRECT:
        return {"newDeliveryAddress": _place(task.after)}
    if task.aim == Aim.RETURN:
        return {"reasonForReturn": REASONS.get(task.reason, REASONS["other"])}
    if task.aim == Aim.RESCHEDULE:
        if task.on is None:
            raise _No(Failure.REFUSED, "There is no day for it.")
        return {"deliveryDate": f"{task.on:%Y%m%d}"}
    return {}


def _place(address: Address) -> dict[str, Any]:
    info = _address(address)
    phone = _phone(address.phone, address.country)
    if phone:
        info["phoneNumber"] = phone
    contact = {"phoneNumber": phone} if phone else {}
    return {
        "addressNickName": "New address",
        "addressInfo": info,
        "nameOrCompanyName": (address.company or address.name).strip(),
        "contactName": address.name.strip(),
        **contact,
    }


def _address(address: Address) -> dict[str, str]:
    """As UPS wants it, or not at all: nothing is cut off silently."""
    first, _, last = address.name.strip().rpartition(" ")
    info = {
        "addressLine1": address.street.strip(),
        "addressLine2": address.street2.strip(),
        "city": address.city.strip(),
        "state": address.region.strip().upper() or ("PR" if address.country == "PR" else ""),
        "postalCode": address.postcode.strip(),
        "countryCode": address.country or "US",
        "firstName": first or last,
        "lastName": last if first else "",
    }
    needed = ("addressLine1", "city", "firstName")
    wrong = [name for name in needed if not info[name]]
    wrong += [name for name, most in LINES.items() if len(info[name]) > most]
    wrong += [] if STATE.fullmatch(info["state"]) else ["state"]
    wrong += [] if ZIP.fullmatch(info["postalCode"]) else ["postalCode"]
    if wrong:
        raise _No(Failure.ADDRESS, f"UPS cannot use the new address: {', '.join(wrong)}.")
    return {name: value for name, value in info.items() if value}


def _phone(told: str, country: str) -> str:
    """+ and digits; '' when it cannot be called."""
    try:
        number = phonenumbers.parse(told, country or "US")
    except phonenumbers.NumberParseException:
        return ""
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written if PHONE.fullmatch(written) else ""


# --- what is answered --------------------------------------------------------------------------


def _is_yes(body: Mapping[str, Any]) -> bool:
    """Raises Error when it says neither yes nor no."""
    if body.get("success") is True and body.get("statusCode") == "000":
        return True
    if body.get("success") is False or reading.parts(dict(body), "errors"):
        return False
    raise Error("UPS answered with something that is not documented.")


def _feature(task: Task, access: Access) -> str:
    features = access.keys.get("features")
    written = features.get(task.aim) if isinstance(features, Mapping) else None
    return written if written in FEATURES else WAYS[task.aim].feature


def _features(line: Line) -> dict[str, dict[str, Any]]:
    """Feature → what can be done with it. Raises Error and _No."""
    reply = line.call("GET", "/eligibility/intercept", "e")
    if reply.code == NOT_IN_PROFILE:
        raise _No(Failure.NOT_OURS, line.say(reply))
    if reply.code == INVALID:
        raise _No(Failure.REFUSED, line.say(reply))
    rows = reading.parts(reply.body, "commonEligibilityMap") or [
        reading.part(reply.body, "commonEligibilityMap")
    ]
    found = {
        reading.text(row.get("interceptFeature"), 10): reading.part(row, "eligibilityValue")
        for row in rows
    }
    found.pop("", None)
    if not found:
        raise Error(f"UPS does not say what can be done: {line.say(reply)}".rstrip(": "))
    return found


def _look(line: Line, task: Task, feature: str) -> dict[str, Any]:
    """Whether it can be asked for; and what of the wish is different then. What UPS does not
    know is asked for all the same."""
    mine = _features(line).get(feature, {})
    if mine.get("cancelEligibility") == ELIGIBLE:
        raise _No(Failure.ONCE_ONLY, "UPS has such a request for this parcel already.")
    if mine.get("createEligibility") == NOT_ELIGIBLE:
        raise _No(Failure.TOO_LATE, f"UPS says that {feature} is not possible any more.")
    if task.aim == Aim.RESCHEDULE and task.on:
        days = [
            reading.text(one.get("date"), 8)
            for one in reading.parts(mine, "dateOptionsforFutureDelivery")
        ]
        if days and f"{task.on:%Y%m%d}" not in days:
            raise _No(Failure.REFUSED, f"UPS offers other days: {', '.join(days[:10])}.")
    if task.aim == Aim.RETURN:
        reasons = reading.parts(mine, "reasonOptionsForRTS")
        offered = [reading.text(one.get("id"), 2) for one in reasons]
        other = REASONS["other"]
        if REASONS.get(task.reason, other) not in offered and other in offered:
            return {"reasonForReturn": other}
    return {}


def _cost(line: Line, task: Task) -> tuple[Decimal | None, str]:
    """What UPS will charge, None when it does not say: no reason to ask for nothing."""
    phone = {"phoneNumber": _phone(task.requester[1], "US")}
    try:
        here = {**phone, **_address(task.before)}
        there = {**phone, **_address(task.after)} if task.after != NOWHERE else here
        rating: dict[str, Any] = {
            "fromAddress": here,
            "toAddress": there,
            "trackInfo": {"interceptOption": WAYS[task.aim].kind},
        }
        if task.aim == Aim.REDIRECT:
            rating["redirectAddress"] = {**phone, **_place(task.after)}
        asked = {"ratingRequest": [rating]}
        reply = line.call("POST", "/charges", "p", asked, CHARGES)
    except (Error, _No):
        return None, ""
    told = next(iter(reading.parts(reply.body, "chargeInfo")), {})
    amount = reading.text(told.get("totalCharge"), 12)
    currency = reading.text(told.get("chargeCurrency"), 12)
    if reply.code or not (MONEY.fullmatch(amount) and CURRENCY.fullmatch(currency)):
        return None, ""
    return Decimal(amount), currency
