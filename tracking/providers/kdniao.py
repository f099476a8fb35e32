"""Kdniao (快递鸟): what it pushes, and how it is asked.

Built from its public documentation and public client code, not verified with the live
service. Documented: the form with `RequestData` and `DataSign`, the states, the instant
query and the subscription, and that a push which is not answered as it wants comes twice
more, after a quarter and half of an hour. Not documented or told in two ways, and therefore
settings of an account: which RequestType an account may use (1002, 8001 or 8002 to query,
1008 or 8008 to subscribe). Also unsure: the pace it allows, the codes of carriers outside
China, and the whole list of its reasons; what nobody knows is tried again later.

A subscription cannot be changed or ended. All times are by Chinese clocks.
"""

import base64
import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
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
from tracking.reports import ScanReport, Signed
from tracking.signatures import signed_by

logger = logging.getLogger(__name__)

ADDRESS = "https://api.kdniao.com"
QUERY, SUBSCRIBE = "/Ebusiness/EbusinessOrderHandle.aspx", "/api/dist"
QUERY_TYPE, SUBSCRIBE_TYPE = "8001", "8008"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = "2"  # DataType

# One number in a call. How many calls a second are allowed is not documented.
LIMITS: dict[Action, Limit] = {
    Action.QUERY: Limit(batch=1, interval=0.5),
    Action.REGISTER: Limit(batch=1, interval=0.1),
}

# Traces, plain and with more in them; others (cash on delivery …) say nothing about the way.
PUSHES = ("101", "102")
# It has given up: three days without any trace, seven without a new one.
GIVEN_UP = ("三天无轨迹", "七天内无轨迹变化", "七天无轨迹")

TOTAL = 20.0  # seconds for a whole answer
LONGEST_NUMBER = 60

# State of the whole (one digit), and the finer `StateEx` or `Action`. What is only late
# is no incident by itself: the watch counts the hours.
M, Kind = Milestone, IncidentKind
STATES: dict[str, Step] = {
    "0": Step(M.UNKNOWN),  # nothing is known yet
    "1": Step(M.ACCEPTED),
    "10": Step(M.ANNOUNCED),  # waiting to be collected
    "2": Step(M.IN_TRANSIT),
    "201": Step(M.IN_TRANSIT),  # in the city of delivery
    "202": Step(M.OUT_FOR_DELIVERY),
    "204": Step(M.IN_TRANSIT),  # in a sorting centre
    "205": Step(M.IN_TRANSIT),  # at the depot that delivers
    "206": Step(M.IN_TRANSIT),  # sent by the depot that took it
    "211": Step(M.READY_FOR_PICKUP),
    "3": Step(M.DELIVERED),
    "301": Step(M.DELIVERED, signed=Signed.SELF),
    "302": Step(M.DELIVERED),  # after trouble, nobody says by whom
    "304": Step(M.DELIVERED, signed=Signed.OTHER),
    "311": Step(M.DELIVERED, signed=Signed.LOCKER),
    "4": Step(M.UNKNOWN),  # some trouble
    "401": Step(M.UNKNOWN),  # sent, and nothing is told
    "402": Step(M.UNKNOWN),  # late, not signed for
    "403": Step(M.UNKNOWN),  # late, nothing new
    "404": Step(M.ATTEMPTED, Kind.REFUSED),
    "405": Step(M.ATTEMPTED, Kind.ATTEMPT_FAILED),
    "406": Step(M.RETURNED),
    "407": Step(M.RETURNING),
    "412": Step(M.READY_FOR_PICKUP, Kind.WAITING_AT_PICKUP),
    "413": Step(M.UNKNOWN),  # intercepted; where it goes now is not told
    "414": Step(M.UNKNOWN, Kind.DAMAGED),
    "415": Step(M.UNKNOWN),  # cancelled by the sender
    "416": Step(M.ATTEMPTED, Kind.ATTEMPT_FAILED),  # nobody was reached
    "417": Step(M.UNKNOWN),  # delayed
    "418": Step(M.IN_TRANSIT),  # the courier took it out of the locker again
    "419": Step(M.ATTEMPTED),  # to be delivered once more, as agreed
    "420": Step(M.UNKNOWN, Kind.ADDRESS),
    "421": Step(M.UNKNOWN, Kind.ADDRESS),  # the phone is wrong
    "422": Step(M.UNKNOWN, Kind.WRONG_WAY),  # sorted to the wrong place
    "423": Step(M.UNKNOWN, Kind.ADDRESS),  # outside of where they deliver
    "5": Step(M.IN_TRANSIT),  # sent on to a new address
    "6": Step(M.CUSTOMS),
    "601": Step(M.CUSTOMS),
    "602": Step(M.CUSTOMS),
    "603": Step(M.IN_TRANSIT),  # cleared
    "604": Step(M.CUSTOMS, Kind.CUSTOMS_HOLD),
}

# Kdniao's code of a carrier → our code.
CARRIERS: dict[str, str] = {
    "SF": "sf",
    "YTO": "yto",
    "ZTO": "zto",
    "STO": "sto",
    "YD": "yunda",
    "JD": "jd",
    "EMS": "ems",
    "YZPY": "china-post",
    "JTSD": "jt",
    "DBL": "deppon",
    "HTKY": "best",
    "UC": "uc",
    "ZJS": "zjs",
    "ZYE": "zhongyou",
    "FWX": "fengwang",
    "KYSY": "kuayue",
    # From hearsay only.
    "DHL": "dhl",
    "UPS": "ups",
    "FEDEX": "fedex",
    "USPS": "usps",
    "YUNEXPRESS": "yunexpress",
}
KEYS: dict[str, str] = {code: key for key, code in reversed(CARRIERS.items())}

# Carriers that show a parcel only to those who know the last digits of a phone on it.
PHONES = frozenset({"SF", "ZTO", "KYSY"})

# Part of a reason → what it means: an outcome for the number, or an error for all.
REASONS: tuple[tuple[str, Outcome | type[Error]], ...] = (
    ("没有可用套餐", NoQuota),
    ("已到期", NoQuota),
    ("非法参数", NoAccess),
    ("手机尾号", Outcome.NEEDS_PHONE),
    ("ShipperCode", Outcome.NEEDS_CARRIER),
    ("无轨迹", Outcome.NO_NEWS),
)


# --- the push ---------------------------------------------------------------------------------


def is_genuine(headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    fields = reading.form(body)
    if not access.key or "RequestData" not in fields:
        return False
    # Encoded twice, its last sign is this one; a whole signature never holds a %.
    sign = fields.get("DataSign", b"").replace(b"%3D", b"=").replace(b"%3d", b"=")
    return constant_time_compare(sign, signature(fields["RequestData"], access.key))


def signature(data: str | bytes, key: str) -> str:
    """Base64 of the 32 small letters and digits of an MD5, not of its 16 bytes; over the
    JSON before any encoding, and the key."""
    plain = data.encode() if isinstance(data, str) else data
    digest = hashlib.md5(plain + key.encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(digest.encode()).decode()


def signed(body: bytes, access: Access) -> tuple[dict[str, str], bytes]:
    """body: a whole form, or only the JSON of its `RequestData`, then as push 102."""
    fields = {} if body.lstrip().startswith(b"{") else reading.form(body)
    data = fields.get("RequestData", body)
    sent: dict[str, str | bytes] = {
        "RequestData": data,
        "RequestType": fields.get("RequestType", b"102"),
        "DataSign": signature(data, access.key),
    }
    return dict(FORM), urlencode(sent).encode()


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    """Of what is signed, and of its kind, which is not: beside them, whoever has seen a push
    could write anything. All kinds that nobody knows are one."""
    fields = reading.form(body)
    if "RequestData" not in fields:
        return ""
    kind = _kind(fields)
    known = kind if kind in PUSHES else ""
    return hashlib.sha256(f"{known}:".encode() + fields["RequestData"]).hexdigest()


def _kind(fields: Mapping[str, bytes]) -> str:
    return reading.text(fields.get("RequestType", b"").decode("utf-8", "replace"), 20)


def acknowledge(body: bytes, access: Access) -> dict[str, Any]:
    return {
        "EBusinessID": access.customer,
        "UpdateTime": f"{timezone.now().astimezone(reading.CHINA):%Y-%m-%d %H:%M:%S}",
        "Success": True,
        "Reason": "",
    }


def parse(body: bytes) -> list[News]:
    fields = reading.form(body)
    if "RequestData" not in fields:
        raise Error("There is no RequestData in it.", permanent=True)
    if (kind := _kind(fields)) not in PUSHES:
        reading.tell_once("kdniao: push %r is not known", kind)
        return []
    items = reading.parts(reading.document(fields["RequestData"]), "Data")
    numbered = [(item, number) for item in items if (number := _number(item))]
    if items and not numbered:
        raise Error("There is no tracking number in it.", permanent=True)
    if len(numbered) > reading.MOST_NEWS:
        words = "kdniao: of %s numbers in one push, %s are read"
        logger.warning(words, len(numbered), reading.MOST_NEWS)
    return [_news(item, number) for item, number in numbered[: reading.MOST_NEWS]]


# --- one number -------------------------------------------------------------------------------


def _number(item: dict[str, Any]) -> str:
    return reading.text(item.get("LogisticCode"), LONGEST_NUMBER)


def _news(item: dict[str, Any], number: str) -> News:
    key = reading.text(item.get("ShipperCode"), 60)
    reason = reading.text(item.get("Reason"))
    return News(
        number=number,
        carrier_key=key,
        carrier=CARRIERS.get(key.upper(), ""),
        tag=reading.text(item.get("OrderCode"), 200),
        reports=reading.in_order(_reports(item)),
        stopped=not _is_true(item.get("Success")) and any(part in reason for part in GIVEN_UP),
    )


def _reports(item: dict[str, Any]) -> Iterator[ScanReport]:
    """The traces, the newest first; they come the oldest first.

    The plain interfaces give them no code, and the state of the whole is what the newest
    one says. It is no code of that trace, because tomorrow another one is the newest, and
    a scan is known by its code. What the older ones were is not told.
    """
    told = [
        (at, trace)
        for trace in reversed(reading.parts(item, "Traces"))
        if (at := reading.chinese_moment(trace.get("AcceptTime")))
    ]
    newest = max(told, key=lambda row: row[0])[1] if told else None
    carrier = CARRIERS.get(reading.text(item.get("ShipperCode"), 60).upper(), "")
    for at, trace in told:
        code = reading.text(trace.get("Action"), 60)
        if code or trace is not newest:
            step = _step(code)
        else:
            step = _whole(item)
        words = reading.text(trace.get("AcceptStation"))
        yield ScanReport(
            at=at,
            utc_offset=reading.CHINA_OFFSET,
            milestone=step.milestone,
            incident=step.incident,
            signed=signed_by(step.milestone, step.signed, words),
            code=code,
            place=reading.text(trace.get("Location"), 120),
            words=words,
            language=reading.chinese(words),
            carrier=carrier,
        )


def _whole(item: dict[str, Any]) -> Step:
    """The finer state where it is known, else the plain one."""
    fine, plain = (reading.text(item.get(name), 60) for name in ("StateEx", "State"))
    return _step(fine) if _is_known(fine) else _step(plain)


def _is_known(code: str) -> bool:
    """Whether it stands in the table; what does not is said once."""
    if code and code not in STATES:
        reading.tell_once("kdniao: state %r is not known", code)
    return code in STATES


def _step(code: str) -> Step:
    return STATES[code] if _is_known(code) else Step(M.UNKNOWN)


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


# --- asking -----------------------------------------------------------------------------------


def follows(carrier: str) -> bool:
    return carrier in KEYS


def call(action: Action, asks: Sequence[Ask], access: Access) -> list[Answer]:
    one = {Action.QUERY: _query, Action.REGISTER: _register}[action]
    return [one(ask, access) for ask in asks]


def _query(ask: Ask, access: Access) -> Answer:
    company = _company(ask)
    if not company:
        return Answer(ask.number, Outcome.NEEDS_CARRIER)
    reply = _post(access, QUERY, access.query_type or QUERY_TYPE, _data(ask))
    outcome, words = _outcome(reply, access)
    key = reading.text(reply.get("ShipperCode"), 60) or company
    if outcome != Outcome.DONE:
        return Answer(ask.number, outcome, key=key, words=words)
    if (told := _plain(_number(reply))) and told != _plain(ask.number):
        return Answer(ask.number, Outcome.LATER, words="The answer is about another number.")
    news = _news(reply, ask.number)
    if not news.reports:
        return Answer(ask.number, Outcome.NO_NEWS, key=key, words=words)
    return Answer(ask.number, key=key, news=news)


def _register(ask: Ask, access: Access) -> Answer:
    """Where it pushes to is set at Kdniao's own desk, not here."""
    company = _company(ask)
    if not company:
        return Answer(ask.number, Outcome.NEEDS_CARRIER)
    reply = _post(access, SUBSCRIBE, access.subscribe_type or SUBSCRIBE_TYPE, _data(ask))
    outcome, words = _outcome(reply, access)
    return Answer(ask.number, outcome, key=company, words=words)


def _company(ask: Ask) -> str:
    return ask.key or KEYS.get(ask.carrier, "")


def _plain(number: str) -> str:
    return "".join(filter(str.isalnum, number)).upper()


def _data(ask: Ask) -> str:
    company = _company(ask)
    data = {"ShipperCode": company, "LogisticCode": ask.number, "OrderCode": ask.tag}
    if ask.phone_tail and company in PHONES:
        data["CustomerName"] = ask.phone_tail
    filled = {name: value for name, value in data.items() if value}
    return json.dumps(filled, ensure_ascii=False, separators=(",", ":"))


def _post(access: Access, path: str, kind: str, data: str) -> dict[str, Any]:
    form = {
        "RequestData": data,
        "EBusinessID": access.customer,
        "RequestType": kind,
        "DataSign": signature(data, access.key),
        "DataType": JSON,
    }
    url = (access.base or ADDRESS).rstrip("/") + path
    reply = http.json_of(http.call("POST", url, form=form, total=TOTAL))
    if not isinstance(reply, dict):
        raise Error("Kdniao answered with something that is not documented.")
    return reply


def _outcome(reply: dict[str, Any], access: Access) -> tuple[Outcome, str]:
    """What became of the number, and Kdniao's words about it. Raises Error, NoQuota or
    NoAccess when it is not about the number."""
    reason = reading.text(reply.get("Reason"))
    words = reading.discreet(reply.get("Reason"), access)
    if _is_true(reply.get("Success")):
        return Outcome.DONE, words
    if "Success" not in reply:
        raise Error("Kdniao answered with something that is not documented.")
    ending = next((meaning for part, meaning in REASONS if part in reason), None)
    if ending is None:
        # A state of 0 is the usual answer before the first scan.
        nothing_yet = reading.text(reply.get("State")) == "0"
        ending = Outcome.NO_NEWS if nothing_yet else Outcome.LATER
    if isinstance(ending, Outcome):
        return ending, words
    raise ending(f"Kdniao says: {words}")
