"""Kuaidi100 (快递100): 拦截改址, asking Chinese carriers to turn a parcel.

Built from its public documentation and public client code, not verified with the live
service. Documented: the call `interceptOrder` with its three kinds, its fields and its
signature; that only whoever shipped with an e-waybill account can turn a parcel, while it is
in transit; which companies it knows this for (the list changes); that its answer says no more
than that the wish was taken; and that every result comes by a call to us, without which ZTO,
J&T and YTO do not work at all.

UNSURE, because nobody publishes it: how that call looks. Expected, as for its other calls, is
a form with `param` and `sign` over param and salt. The names of its fields (NAMES) are a
guess, and only states that speak for themselves are understood (OUTCOMES); `callback` in the
keys overrules both, as `results.py` describes. UNSURE too: the codes of an answer that is no
yes. Those of its other interfaces are read as there, all others are a refusal.

There is nothing to ask what became of a wish, and nothing to take it back with.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.crypto import constant_time_compare

from tracking import http
from tracking.gateways import (
    Access,
    Address,
    Aim,
    Answer,
    Error,
    Failure,
    NoAccess,
    NoQuota,
    Outcome,
    Task,
    Told,
    results,
)
from tracking.gateways.asking import missing, whole
from tracking.gateways.discreet import words
from tracking.providers import kuaidi100 as tracker
from tracking.providers import reading

KEYS = ("key", "secret")
OPTIONS = ("salt", "partners", "orderRole", "interceptPayType", "callback")
CAN_CHECK = CAN_WITHDRAW = ASKS_AGAIN = False

ADDRESS, PATH, METHOD = "https://api.kuaidi100.com", "/label/order", "interceptOrder"
TOTAL = 20.0  # seconds for a whole answer
LONGEST_PHONE = 20

KINDS: dict[str, str] = {
    Aim.REDIRECT: "MODIFY_ADDR",
    Aim.RETURN: "RETURN_SEND_ADDR",
    Aim.DEPOT: "RETURN_SEND_STATION",
}
AIMS = frozenset(Aim(aim) for aim in KINDS)
REASONS: dict[str, str] = {
    "late": "派送超时，客户不再需要",
    "changed_mind": "客户取消订单",
    "refused": "客户拒收",
    "address": "收件地址有误",
    "other": "客户要求",
}
TERMS = ("orderRole", "interceptPayType")
ROLES = ("1", "2", "3")  # sender, receiver, somebody else
PAYERS = ("SHIPPER", "CONSIGNEE", "THIRDPARTY", "MONTHLY")

# Our code of a carrier → the company's, where the documentation names it for this call. Any
# other carrier needs an account of its own among `partners`.
NAMED: dict[str, str] = {
    "zto": "zhongtong",
    "yto": "yuantong",
    "jt": "jtexpress",
    "jd": "jd",
    "deppon": "debangwuliu",
    "ems": "ems",
    "china-post": "youzhengguonei",
}
# These tell nothing without a place to tell it.
NEED_CALLBACK = frozenset({"zto", "jt", "yto"})
# What a partner may hold: the e-waybill account under which the parcels were shipped, the app
# of ZTO, and another code of the company (China Post has several).
EVERY = "*"
PARTNER = (
    "partnerId", "partnerKey", "partnerSecret", "partnerName", "code", "net",
    "appKey", "appSecret", "kuaidicom",
)  # fmt: skip

NAMES = {"number": "kuaidinum", "status": "status", "words": "message", "reference": "taskId"}
# 拦截成功: the carrier has caught it, and has yet to bring it to where it shall go.
OUTCOMES = {
    "拦截中": "sent",
    "拦截成功": "accepted",
    "拦截失败": "failed",
    "已取消": "withdrawn",
}

# Code of an answer that is no yes → what went wrong with us, as at its other interfaces.
ENDINGS: dict[str, type[Error]] = {
    "500": Error,
    "501": Error,
    "502": Error,
    "503": NoAccess,  # the signature
    "600": NoAccess,
    "601": NoQuota,
}
BY_WORDS: tuple[tuple[str, type[Error]], ...] = (
    ("签名", NoAccess),
    ("充值", NoQuota),
    ("余额", NoQuota),
)
MOBILE = re.compile(r"1[3-9]\d{9}")
CHINA = ("", "CN")


def serves(carrier: str, aim: str, access: Access) -> bool:
    if aim not in AIMS or problems(access) or _partner(carrier, access) is None:
        return False
    return bool(access.keys.get("salt")) or carrier not in NEED_CALLBACK


def problems(access: Access) -> list[str]:
    keys = access.keys
    found = missing(keys, KEYS)
    if not isinstance(keys.get("salt", ""), str):
        found.append("“salt” must be a text: results are signed with it.")
    if keys.get("orderRole", ROLES[0]) not in ROLES:
        found.append(f"“orderRole” is none of: {', '.join(ROLES)}.")
    if keys.get("interceptPayType", PAYERS[0]) not in PAYERS:
        found.append(f"“interceptPayType” is none of: {', '.join(PAYERS)}.")
    found += _misfits(keys.get("partners"))
    return found + results.problems(_mapping(access), "callback")


def request(task: Task, access: Access) -> Answer:
    partner = _partner(task.carrier, access)
    if partner is None or not serves(task.carrier, task.aim, access):
        raise NoAccess("This account cannot ask for that: see its keys.")
    param: dict[str, Any] = {
        "kuaidicom": _company(task.carrier),
        "kuaidinum": task.number,
        "interceptType": KINDS[task.aim],
        "reason": REASONS.get(task.reason, REASONS["other"]),
        **{name: access.keys[name] for name in TERMS if access.keys.get(name)},
        **partner,
        **_callback(access),
    }
    if task.aim == Aim.REDIRECT:
        if refused := _unfit(task.after):
            return refused
        param["recManInfo"] = _receiver(task.after)
    return _answer(_post(param, access), task, access)


def check(task: Task, access: Access) -> Answer:
    return Answer(Outcome.NO_NEWS)


def withdraw(task: Task, access: Access) -> Answer:
    return Answer(Outcome.NO_NEWS)


# --- what it tells ----------------------------------------------------------------------------


def is_genuine(headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    fields, salt = reading.form(body), access.keys.get("salt")
    if not salt or not isinstance(salt, str) or "param" not in fields:
        return False
    sign = fields.get("sign", b"").upper()
    return constant_time_compare(sign, tracker.signature(fields["param"], salt))


def delivery_id(body: bytes) -> str:
    """Of what is signed alone: beside it, whoever has seen a call could write anything."""
    param = reading.form(body).get("param")
    return "" if param is None else hashlib.sha256(param).hexdigest()


def acknowledge(body: bytes, access: Access) -> dict[str, Any]:
    return {"result": True, "returnCode": "200", "message": "成功"}


def parse(body: bytes, access: Access) -> list[Told]:
    param = reading.form(body).get("param")
    if param is None:
        raise Error("There is no param in it.", permanent=True)
    mapping = _mapping(access)
    told = results.told(reading.document(param), mapping, _secrets(access))
    if not results.names(told):
        raise Error(f"There is no tracking number in it ({mapping['number']}).", permanent=True)
    return [told]


def _mapping(access: Access) -> dict[str, Any]:
    written = access.keys.get("callback") or {}
    if not isinstance(written, Mapping):
        return {"number": "", "status": ""}
    return {**NAMES, "outcomes": OUTCOMES, **written}


# --- asking -----------------------------------------------------------------------------------


def _misfits(partners: object) -> list[str]:
    if not isinstance(partners, Mapping) or not partners:
        return ["“partners” is empty: only the account that shipped a parcel can turn it."]
    found = []
    for carrier, partner in partners.items():
        if carrier != EVERY and not _company(carrier):
            found.append(f"“partners.{carrier}” is no carrier of Kuaidi100.")
        if not isinstance(partner, Mapping) or not all(
            name in PARTNER and isinstance(value, str) for name, value in partner.items()
        ):
            found.append(f"“partners.{carrier}” may hold texts only: {', '.join(PARTNER)}.")
    return found


def _company(carrier: str) -> str:
    return NAMED.get(carrier) or tracker.KEYS.get(carrier, "")


def _partner(carrier: str, access: Access) -> dict[str, str] | None:
    """The account under which parcels of this carrier are shipped; None when there is none."""
    partners = access.keys.get("partners")
    if not isinstance(partners, Mapping) or not _company(carrier):
        return None
    found = partners.get(carrier, partners.get(EVERY) if carrier in NAMED else None)
    return dict(found) if isinstance(found, Mapping) else None


def _callback(access: Access) -> dict[str, str]:
    """Only where a result could be believed."""
    salt = access.keys.get("salt")
    return {"salt": salt, "callbackUrl": access.callback} if salt and access.callback else {}


def _unfit(address: Address) -> Answer | None:
    if address.country not in CHINA:
        return _no(Failure.NOT_SERVED, "It turns parcels within China only.")
    missing = [name for name in ("name", "phone", "street") if not getattr(address, name).strip()]
    if missing:
        return _no(Failure.ADDRESS, f"The new address has no {' and no '.join(missing)}.")
    return None


def _receiver(address: Address) -> dict[str, str]:
    digits = re.sub(r"\D", "", address.phone)
    mobile = digits.removeprefix("0086").removeprefix("86")
    if MOBILE.fullmatch(mobile):
        phone = {"mobile": mobile}
    else:
        phone = {"tel": address.phone.strip()[:LONGEST_PHONE]}
    place = {"name": address.name.strip(), **phone, "printAddr": whole(address)}
    return {**place, "company": address.company.strip()} if address.company.strip() else place


def _post(param: dict[str, Any], access: Access) -> dict[str, Any]:
    text = json.dumps(param, ensure_ascii=False, separators=(",", ":"))
    key, secret = access.keys["key"], access.keys["secret"]
    moment = str(int(timezone.now().timestamp() * 1000))
    form = {
        "method": METHOD,
        "key": key,
        "t": moment,
        "sign": tracker.signature(text, moment, key, secret),
        "param": text,
    }
    url = (access.base or ADDRESS).rstrip("/") + PATH
    reply = http.json_of(http.call("POST", url, form=form, total=TOTAL))
    if not isinstance(reply, dict):
        raise Error("Kuaidi100 answered with something that is not documented.")
    return reply


def _answer(reply: dict[str, Any], task: Task, access: Access) -> Answer:
    """Of a wish that was taken, or refused. Raises Error when that is not said, and NoAccess
    or NoQuota when it is about us."""
    told = reading.text(reply.get("message"))
    code = reading.text(reply.get("code"))
    said = words(reply.get("message"), _secrets(access), task)
    if code == "200":
        return Answer(Outcome.SENT, reference=_reference(reply.get("data")), words=said)
    if not code:
        raise Error("Kuaidi100 answered with something that is not documented.")
    shown = words(reply.get("code"), _secrets(access), task, 20)
    by_words = (ending for part, ending in BY_WORDS if part in told)
    if ending := ENDINGS.get(code) or next(by_words, None):
        raise ending(f"Kuaidi100 says {shown}: {said}")
    return _no(Failure.REFUSED, f"{shown}: {said}")


def _reference(data: object) -> str:
    """What it calls the wish, where it says so."""
    return reading.text(data.get("taskId"), 120) if isinstance(data, dict) else ""


def _secrets(access: Access) -> list[object]:
    return [access.keys.get(name) for name in ("key", "secret", "salt", "partners")]


def _no(failure: str, said: str) -> Answer:
    return Answer(Outcome.FAILED, failure=failure, words=said)
