"""Kuaidi100 (快递100): what it pushes, and how it is asked.

Built from its public documentation and public client code, not verified with the live
service. Documented: the form with `param` and `sign`, the states, the real-time query and
the subscription with their error codes. Not documented: how often a push is tried again,
a name for a push (the body itself tells a repeat), whether it calls https addresses
without being asked to, and what exactly code 504 means.

A push is signed with a salt that we give when we subscribe, so an account without one can
receive nothing. All times are by Chinese clocks; for scans abroad nobody says so.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

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

ADDRESS = "https://poll.kuaidi100.com"
QUERY, SUBSCRIBE = "/poll/query.do", "/poll"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# Nominally one query and twenty subscriptions a second; one number in a call. It ends a
# subscription by itself, and knows no other way.
LIMITS: dict[Action, Limit] = {
    Action.QUERY: Limit(batch=1, interval=1.0),
    Action.REGISTER: Limit(batch=1, interval=0.05),
}

# What a subscription is doing. It ends once the parcel is signed for (shutdown), or after
# three days without any news and sixty without new ones (abort).
MONITORS = ("polling", "updateall", "shutdown", "abort")
ENDED = ("shutdown", "abort")

TOTAL = 20.0  # seconds for a whole answer
LONGEST_NUMBER = 60
NUMBER_LENGTHS = range(6, 33)

# State → its Chinese name, and what it means. The names stand beside the codes, and alone
# where no codes were asked for. What is only late or held up is no incident by itself:
# the watch counts the hours.
M, Kind = Milestone, IncidentKind
STATES: dict[str, tuple[str, Step]] = {
    "0": ("在途", Step(M.IN_TRANSIT)),
    "1001": ("到达派件城市", Step(M.IN_TRANSIT)),
    "1002": ("干线", Step(M.IN_TRANSIT)),
    "1003": ("转递", Step(M.IN_TRANSIT)),
    "1": ("揽收", Step(M.ACCEPTED)),
    "101": ("已下单", Step(M.ANNOUNCED)),
    "102": ("待揽收", Step(M.ANNOUNCED)),
    "103": ("已揽收", Step(M.ACCEPTED)),
    "2": ("疑难", Step(M.UNKNOWN)),
    "201": ("超时未签收", Step(M.UNKNOWN)),
    "202": ("超时未更新", Step(M.UNKNOWN)),
    "203": ("拒收", Step(M.ATTEMPTED, Kind.REFUSED)),
    "204": ("派件异常", Step(M.ATTEMPTED, Kind.ATTEMPT_FAILED)),
    "205": ("柜或驿站超时未取", Step(M.READY_FOR_PICKUP, Kind.WAITING_AT_PICKUP)),
    "206": ("无法联系", Step(M.ATTEMPTED, Kind.ATTEMPT_FAILED)),
    "207": ("超区", Step(M.UNKNOWN, Kind.ADDRESS)),
    "208": ("滞留", Step(M.UNKNOWN)),
    "209": ("破损", Step(M.UNKNOWN, Kind.DAMAGED)),
    "210": ("销单", Step(M.UNKNOWN)),
    "3": ("签收", Step(M.DELIVERED)),
    "301": ("本人签收", Step(M.DELIVERED, signed=Signed.SELF)),
    "302": ("派件异常后签收", Step(M.DELIVERED)),
    "303": ("代签", Step(M.DELIVERED, signed=Signed.OTHER)),
    "304": ("投柜或站签收", Step(M.DELIVERED, signed=Signed.LOCKER)),
    "4": ("退签", Step(M.RETURNED)),
    "401": ("已销单", Step(M.UNKNOWN)),
    "5": ("派件", Step(M.OUT_FOR_DELIVERY)),
    "501": ("投柜或驿站", Step(M.READY_FOR_PICKUP)),
    "6": ("退回", Step(M.RETURNING)),
    "7": ("转投", Step(M.IN_TRANSIT)),
    "8": ("清关", Step(M.CUSTOMS)),
    "10": ("待清关", Step(M.CUSTOMS)),
    "11": ("清关中", Step(M.CUSTOMS)),
    "12": ("已清关", Step(M.IN_TRANSIT)),
    "13": ("清关异常", Step(M.CUSTOMS, Kind.CUSTOMS_HOLD)),
    # Refused at the door; that it went back is said by 6 and 4.
    "14": ("拒签", Step(M.ATTEMPTED, Kind.REFUSED)),
}
STEPS: dict[str, Step] = {
    key: step for code, (name, step) in STATES.items() for key in (code, name)
}

# Kuaidi100's code of a company → our code. Of several codes of one carrier the first is
# the one to register a number with.
CARRIERS: dict[str, str] = {
    "shunfeng": "sf",
    "shunfengkuaiyun": "sf-freight",
    "yuantong": "yto",
    "zhongtong": "zto",
    "zhongtongguoji": "zto",
    "shentong": "sto",
    "yunda": "yunda",
    "jtexpress": "jt",
    "jd": "jd",
    "jingdongkuaiyun": "jd-freight",
    "ems": "ems",
    "emsguoji": "ems",
    "youzhengguonei": "china-post",
    "youzhengbk": "china-post",
    "youzhengdsbk": "china-post",
    "youzhengguoji": "china-post",
    "chinapost": "china-post",
    "debangkuaidi": "deppon",
    "debangwuliu": "deppon",
    "huitongkuaidi": "best",
    "zhaijisong": "zjs",
    "kuayue": "kuayue",
    "danniao": "danniao",
    "annengwuliu": "ane",
    "fengwang": "fengwang",
    "dhl": "dhl",
    "dhlen": "dhl",
    "ups": "ups",
    "upsen": "ups",
    "fedex": "fedex",
    "fedexcn": "fedex",
    "usps": "usps",
    "tnt": "tnt",
    "dpd": "dpd",
    "ontrac": "ontrac",
    "yuntrack": "yunexpress",
    "disifang": "4px",
    "yw56": "yanwen",
}
KEYS: dict[str, str] = {code: key for key, code in reversed(CARRIERS.items())}

# Companies that show a parcel only to those who know the last digits of a phone on it.
PHONES = frozenset({"shunfeng", "shunfengkuaiyun", "zhongtong"})

# What became of a call → what it means: an outcome for the number, or an error for all.
Ending = Outcome | type[Error]
QUERIED: dict[str, Ending] = {
    "200": Outcome.DONE,
    "201": Outcome.NO_NEWS,
    "408": Outcome.NEEDS_PHONE,
    "500": Outcome.NO_NEWS,
    "501": Error,
    "502": Error,
    "503": NoAccess,  # the signature: key or customer
    "504": Outcome.LOCKED,
    # The key has expired or its units are spent, which ends when somebody pays.
    "601": NoQuota,
}
REGISTERED: dict[str, Ending] = {
    "200": Outcome.DONE,
    "500": Error,
    # It is followed already. More than four in a month for one number are refused.
    "501": Outcome.DONE,
    "600": NoAccess,
    "601": NoQuota,
    "700": Outcome.REFUSED,
    "701": Outcome.REFUSED,
    "702": Outcome.NEEDS_CARRIER,
}
# Codes that stand for several things, told apart by the words that come with them.
BY_WORDS: dict[tuple[Action, str], tuple[tuple[str, Ending], ...]] = {
    (Action.QUERY, "400"): (
        ("充值", NoQuota),
        ("余额", NoQuota),
        ("公司", Outcome.NEEDS_CARRIER),
        ("不支持", Outcome.NEEDS_CARRIER),
    ),
    (Action.REGISTER, "700"): (("回调", NoAccess), ("callback", NoAccess)),
}


# --- the push ---------------------------------------------------------------------------------


def is_genuine(headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    fields = reading.form(body)
    if not access.salt or "param" not in fields:
        return False
    sign = fields.get("sign", b"").upper()
    return constant_time_compare(sign, signature(fields["param"], access.salt))


def signature(*parts: str | bytes) -> str:
    """MD5 over the parts one after the other, in capitals: `param` and the salt for a push,
    `param`, key and customer for a query."""
    whole = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return hashlib.md5(whole, usedforsecurity=False).hexdigest().upper()


def signed(body: bytes, access: Access) -> tuple[dict[str, str], bytes]:
    """body: a whole form, or only the JSON of its `param`."""
    is_form = not body.lstrip().startswith(b"{")
    param = reading.form(body).get("param", body) if is_form else body
    fields = {"sign": signature(param, access.salt), "param": param}
    return dict(FORM), urlencode(fields).encode()


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    """Of what is signed alone: beside it, whoever has seen a push could write anything."""
    param = reading.form(body).get("param")
    return "" if param is None else hashlib.sha256(param).hexdigest()


def acknowledge(body: bytes, access: Access) -> dict[str, Any]:
    return {"result": True, "returnCode": "200", "message": "成功"}


def parse(body: bytes) -> list[News]:
    param = reading.form(body).get("param")
    if param is None:
        raise Error("There is no param in it.", permanent=True)
    push = reading.document(param)
    monitor = reading.text(push.get("status"))
    if monitor not in MONITORS:
        reading.tell_once("kuaidi100: monitor status %r is not known", monitor)
    return [_news(push, ended=monitor in ENDED)]


# --- one number -------------------------------------------------------------------------------


def _news(push: dict[str, Any], *, ended: bool) -> News:
    """What a push says, of both legs of the way.

    Where the company was wrong, Kuaidi100 follows the number under the right one from now
    on by itself: the end of the old subscription names it in `comNew`, and each push of
    the new one names both. What the wrong company told is about another parcel.
    """
    first, second = reading.part(push, "lastResult"), reading.part(push, "destResult")
    number = reading.text(first.get("nu"), LONGEST_NUMBER)
    if not number:
        raise Error("There is no tracking number in it.", permanent=True)
    key = reading.text(first.get("com"), 60)
    new, old = (reading.text(push.get(name), 60) for name in ("comNew", "comOld"))
    if not old and push.get("autoCheck") not in ("1", 1):
        old = key
    carrier, further = _carrier(new or key), _carrier(second.get("com"))
    corrected = bool(new and carrier and carrier != _carrier(old))
    foreign = corrected and _carrier(key) != carrier
    told = () if foreign else (*_leg(first), *_leg(second, abroad=True))
    return News(
        number=number,
        carrier_key=new or key,
        carrier=carrier,
        others=(further,) if further and further != carrier else (),
        reports=reading.in_order(told),
        stopped=ended and not corrected,
        corrected=corrected,
        origin=_origin(first),
    )


def _carrier(key: object) -> str:
    return CARRIERS.get(reading.text(key, 60), "")


def _origin(leg: dict[str, Any]) -> str:
    """Its other end is not read: of a parcel that leaves the country it is the border."""
    return _country(reading.part(leg, "routeInfo", "from").get("number"))


def _country(area: object) -> str:
    """Areas are CN and the digits of a Chinese place."""
    return "CN" if reading.text(area).startswith("CN") else ""


def _leg(leg: dict[str, Any], *, abroad: bool = False) -> Iterator[ScanReport]:
    """The reports of one company, in its own order, the newest first.

    Without advanced states a line has no code, and the state of the whole is what the
    newest line says. It is no code of that line, because tomorrow another line is the
    newest, and a scan is known by its code. What the older ones were is not told.
    """
    told = [(_when(line), line) for line in reading.parts(leg, "data")]
    dated = [(at, line) for at, line in told if at]
    newest = max(dated, key=lambda row: row[0])[1] if dated else None
    state = reading.text(leg.get("state"), 60)
    carrier = _carrier(leg.get("com"))
    for at, line in dated:
        code = reading.text(line.get("statusCode"), 60) or reading.text(line.get("status"), 60)
        step = _step(code or (state if line is newest else ""))
        area = reading.text(line.get("areaCode"))
        country = _country(area)
        words = reading.text(line.get("context"))
        yield ScanReport(
            at=at,
            # Told by Chinese clocks, but that is the hour of the place only in China.
            utc_offset=None if (area or abroad) and not country else reading.CHINA_OFFSET,
            milestone=step.milestone,
            incident=step.incident,
            signed=signed_by(step.milestone, step.signed, words),
            code=code,
            place=reading.text(line.get("location"), 120)
            or reading.text(line.get("areaName"), 120),
            words=words,
            language=reading.chinese(words),
            country=country,
            carrier=carrier,
        )


def _when(line: dict[str, Any]) -> datetime | None:
    return reading.chinese_moment(line.get("time")) or reading.chinese_moment(line.get("ftime"))


def _step(state: str) -> Step:
    """An advanced state that nobody knows means what its basic one means: 100x is 0, and
    Nxx is N."""
    if not state or state in STEPS:
        return STEPS.get(state, Step(M.UNKNOWN))
    reading.tell_once("kuaidi100: state %r is not known", state)
    if len(state) == 4 and state.startswith("100"):
        return STEPS["0"]
    basic = state[0] if len(state) == 3 and state.isdecimal() else ""
    return STEPS.get(basic, Step(M.UNKNOWN))


# --- asking -----------------------------------------------------------------------------------


def follows(carrier: str) -> bool:
    """Also of a carrier that nobody knows: Kuaidi100 finds it out from the number."""
    return not carrier or carrier in KEYS


def call(action: Action, asks: Sequence[Ask], access: Access) -> list[Answer]:
    one = {Action.QUERY: _query, Action.REGISTER: _register}[action]
    return [one(ask, access) for ask in asks]


def _query(ask: Ask, access: Access) -> Answer:
    company = _company(ask)
    if not company:
        return Answer(ask.number, Outcome.NEEDS_CARRIER)
    if refused := _misfit(ask):
        return refused
    param = _json({"com": company, "num": ask.number, **_phone(ask), "resultv2": "4"})
    sign = signature(param, access.key, access.customer)
    reply = _post(access, QUERY, {"customer": access.customer, "sign": sign, "param": param})
    # Success says only `status`, failure only `returnCode`.
    code = reading.text(reply.get("returnCode") or reply.get("status"))
    ending, words = _ending(Action.QUERY, code, reply, access)
    key = reading.text(reply.get("com"), 60) or company
    if ending != Outcome.DONE:
        return Answer(ask.number, ending, key=key, words=words)
    if (told := _plain(reading.text(reply.get("nu")))) and told != _plain(ask.number):
        return Answer(ask.number, Outcome.LATER, words="The answer is about another number.")
    reports = reading.in_order(_leg(reply))
    if not reports:
        return Answer(ask.number, Outcome.NO_NEWS, key=key)
    news = News(
        number=ask.number,
        carrier_key=key,
        carrier=_carrier(key),
        reports=reports,
        origin=_origin(reply),
    )
    return Answer(ask.number, key=key, news=news)


def _register(ask: Ask, access: Access) -> Answer:
    """A tag has no place there but in the address to push to, which no body repeats."""
    if not (access.callback and access.salt):
        raise NoAccess("Kuaidi100 needs an address to push to, and a salt to sign with.")
    if refused := _misfit(ask):
        return refused
    company = _company(ask)
    parameters = {
        "callbackurl": access.callback,
        "salt": access.salt,
        "resultv2": "4",
        **({} if company else {"autoCom": "1"}),
        **_phone(ask),
        **_borders(ask),
    }
    param = {
        "company": company,
        "number": ask.number,
        "key": access.key,
        "parameters": parameters,
    }
    reply = _post(access, SUBSCRIBE, {"schema": "json", "param": _json(param)})
    code = reading.text(reply.get("returnCode"))
    ending, words = _ending(Action.REGISTER, code, reply, access)
    return Answer(ask.number, ending, key=company, words=words)


def _plain(number: str) -> str:
    return "".join(filter(str.isalnum, number)).upper()


def _company(ask: Ask) -> str:
    return ask.key or KEYS.get(ask.carrier, "")


def _misfit(ask: Ask) -> Answer | None:
    if len(ask.number) in NUMBER_LENGTHS:
        return None
    words = f"It takes numbers of {NUMBER_LENGTHS[0]} to {NUMBER_LENGTHS[-1]} signs."
    return Answer(ask.number, Outcome.REFUSED, words=words)


def _phone(ask: Ask) -> dict[str, str]:
    """Only where it is wanted, or may be because nobody knows the carrier yet."""
    company = _company(ask)
    wanted = not company or company in PHONES
    return {"phone": ask.phone_tail} if ask.phone_tail and wanted else {}


def _borders(ask: Ask) -> dict[str, str]:
    """So that the carrier at the other end is followed too."""
    if not (ask.origin and ask.destination) or ask.origin == ask.destination:
        return {}
    return {
        "interCom": "1",
        "departureCountry": ask.origin,
        "destinationCountry": ask.destination,
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _post(access: Access, path: str, form: dict[str, str]) -> dict[str, Any]:
    url = (access.base or ADDRESS).rstrip("/") + path
    reply = http.json_of(http.call("POST", url, form=form, total=TOTAL))
    if not isinstance(reply, dict):
        raise Error("Kuaidi100 answered with something that is not documented.")
    return reply


def _ending(
    action: Action, code: str, reply: dict[str, Any], access: Access
) -> tuple[Outcome, str]:
    """What became of the number, and Kuaidi100's words where it is not simply done.
    Raises Error, NoQuota or NoAccess when it is not about the number."""
    told = reading.text(reply.get("message"))
    table = QUERIED if action == Action.QUERY else REGISTERED
    by_words = (ending for part, ending in BY_WORDS.get((action, code), ()) if part in told)
    ending = next(by_words, None) or table.get(code)
    words = reading.discreet(reply.get("message"), access)
    code = reading.discreet(code, access, 20)
    if ending is None:
        reading.tell_once("kuaidi100: code %r is not known", code)
        ending = Outcome.LATER
    if isinstance(ending, Outcome):
        return ending, "" if ending == Outcome.DONE else words
    raise ending(f"Kuaidi100 says {code}: {words}")
