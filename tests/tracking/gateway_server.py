"""One real HTTP server on loopback that plays three gateways, well or badly, and counts.

    with GatewayServer() as server:
        GatewayAccount.objects.create(account=…, gateway="ups", keys=UPS_KEYS, base=server.base)
        server.behave("timeout_after_acting")
        …
        assert len(server.asked) == 1, "nothing is asked twice"

It checks signatures, passwords and headers itself, by the letter of the documentation and
not with our own code, and it remembers what it did: a request that it carried out shows in
its next answers. What hangs or drips ends with the test.

    server.base       where it listens, without a closing slash
    server.requests   every call that came: (path, form or JSON)
    server.seen       the same, with their headers
    server.asked      those among them that wanted a parcel turned
    server.made       number → what was carried out, the last of each parcel
    server.cancelled  the numbers whose request was cancelled
    server.behave(how, at="ask")  from now on, for one kind of call; see HOW and KINDS
    server.heal()     all is well again
    hasty(monkeypatch)  our side waits for an answer for a moment only
    kuaidi100_result(number, status), kdniao_result(…)  the body of a call to our hook
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Self
from urllib.parse import urlencode

from tests.tracking.loopback import Answer, Loopback, Play, Seen, loopback
from tracking.gateways import kdniao, kuaidi100, ups_line

# What each account has, in the form of GatewayAccount.keys.
UPS_KEYS: dict[str, Any] = {
    "client_id": "a-client-of-juniper",
    "client_secret": "a-secret-of-juniper",
}
KUAIDI100_KEYS: dict[str, Any] = {
    "key": "a-key-of-juniper",
    "secret": "a-secret-of-juniper",
    "salt": "a-salt-of-juniper",
    "partners": {"sf": {"partnerId": "7550000001"}, "*": {"partnerId": "JUNIPER"}},
}
# Kdniao publishes neither number nor names of its interception: all of these are made up.
KDNIAO_KEYS: dict[str, Any] = {
    "customer": "1000042",
    "key": "a-key-of-juniper",
    "interception": {
        "path": "/by/contract",
        "command": "made-up-7",
        "fields": {"carrier": "TheCarrier", "number": "TheNumber", "key": "TheKey"},
        "address": {"name": "NewName", "phone": "NewPhone", "whole": "NewPlace"},
        "aims": {"redirect": {"TheWish": "elsewhere"}, "return": {"TheWish": "home"}},
        "push": "made-up-8",
        "result": {
            "number": "TheNumber",
            "status": "TheState",
            "words": "TheWords",
            "outcomes": {
                "taken": "accepted",
                "done": "succeeded",
                "late": {"outcome": "failed", "failure": "too_late"},
            },
        },
    },
}
UPS_NUMBER = "1Z999AA10123456784"
CHINESE_NUMBER = "SF1234567890123"

# Kinds of calls: `ask` is the one that wants a parcel turned.
KINDS = ("token", "eligibility", "charges", "ask", "cancel")
HOW = (
    "well",
    "timeout",  # never answers, and does nothing
    "timeout_after_acting",
    "error",  # 500, and does nothing
    "error_after_acting",
    "cut_after_acting",  # the line breaks off in the middle of the answer
    "rubbish_after_acting",  # it answers something that is not JSON
    "drip",  # one byte now and then
    "too_fast",  # 429
    "no_access",  # 401
    "forbidden",  # 403
    "refuse",  # as the gateway says no
)
FORM = "application/x-www-form-urlencoded"
UPS_PATH = "/api/deliveryintercept/v2"
UPS_ASKS = {
    "/redirect/address/": ("AA", "RD"),
    "/return/": ("RS", "RTS"),
    "/reschedule/": ("FD", "FD"),
    "/willcall/": ("WC", "WC"),
}
FEATURES = ("FD", "WC", "SDWC", "RD", "RTS")
TOKEN = "a-token-of-the-server"
DAYS = ("20300110", "20300114")


class GatewayServer(Loopback):
    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, Any]] = []
        self.asked: list[tuple[str, Any]] = []
        self.made: dict[str, dict[str, Any]] = {}
        self.cancelled: list[str] = []
        # UPS: the features for which a parcel of this number can be turned; else all.
        self.eligible: dict[str, tuple[str, ...]] = {}
        self.charge = "16.40"
        self.tokens = 0
        self._how: dict[str, str] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(loopback(self))
        return self

    def __exit__(self, *raised: Any) -> None:
        self._stack.__exit__(*raised)

    @property
    def base(self) -> str:
        return self.url

    def behave(self, how: str, at: str = "ask") -> None:
        assert how in HOW and at in KINDS, (how, at)
        self._how[at] = how

    def heal(self) -> None:
        self._how.clear()

    # --- one call -------------------------------------------------------------------------

    def choose(self, seen: Seen) -> Play:
        return self._answer

    def _answer(self, seen: Seen) -> Answer:
        content: Any = None
        if seen.body:
            is_form = (seen.headers["Content-Type"] or "").startswith(FORM)
            content = seen.form if is_form else seen.json
        self.requests.append((seen.path, content))
        if seen.path == "/security/v1/oauth/token":
            return self._as("token", seen, self._token)
        if seen.path.startswith(UPS_PATH):
            return self._ups(seen, content)
        if seen.path == "/label/order":
            self.asked.append((seen.path, content))
            return self._as("ask", seen, lambda seen: self._kuaidi100(content))
        if seen.path == KDNIAO_KEYS["interception"]["path"]:
            self.asked.append((seen.path, content))
            return self._as("ask", seen, lambda seen: self._kdniao(content))
        return Answer(status=404, body=b"Nothing is here.")

    def _as(self, kind: str, seen: Seen, act: Callable[[Seen], Answer]) -> Answer:
        how = self._how.get(kind, "well")
        if how == "timeout":
            return Answer(silent=True)
        if how in ("error", "too_fast", "no_access", "forbidden"):
            status = {"error": 500, "too_fast": 429, "no_access": 401, "forbidden": 403}[how]
            return Answer(status=status, headers={"Retry-After": "7"}, body=b"no")
        if how == "refuse":
            return self._no(seen)
        answer = act(seen)
        if how == "timeout_after_acting":
            return Answer(silent=True)
        if how == "error_after_acting":
            return Answer(status=500, body=b"oops")
        if how == "cut_after_acting":
            return Answer(body=answer.content, cut=len(answer.content) // 2)
        if how == "rubbish_after_acting":
            return Answer(body=b"<html>hello</html>")
        if how == "drip":
            return Answer(body=answer.content, drip=0.05)
        return answer

    def _no(self, seen: Seen) -> Answer:
        if seen.path.startswith(UPS_PATH):
            return _ups_error(400, "710", "Failure due to input validation error")
        if seen.path == "/label/order":
            return Answer(json={"code": 400, "data": None, "message": "该单号不支持拦截"})
        return Answer(json={"Success": False, "Reason": "该单号不支持拦截"})

    # --- UPS ------------------------------------------------------------------------------

    def _token(self, seen: Seen) -> Answer:
        pair = f"{UPS_KEYS['client_id']}:{UPS_KEYS['client_secret']}".encode()
        fits = seen.headers["Authorization"] == "Basic " + base64.b64encode(pair).decode()
        if not fits or seen.method != "POST" or seen.form != {"grant_type": "client_credentials"}:
            return _ups_error(401, "10401", "ClientId is Invalid")
        self.tokens += 1
        lasts = {"expires_in": "14399", "status": "approved"}
        return Answer(json={"token_type": "Bearer", "access_token": TOKEN, **lasts})

    def _ups(self, seen: Seen, content: Any) -> Answer:
        path = seen.path.removeprefix(UPS_PATH)
        number = path.rsplit("/", 1)[-1]
        route = path.removesuffix(number)
        if route in UPS_ASKS:
            self.asked.append((seen.path, content))
        wrong = self._ups_misfit(seen, number)
        if wrong is not None:
            return wrong
        if route == "/eligibility/intercept/":
            return self._as("eligibility", seen, lambda seen: self._eligibility(number))
        if route == "/charges/":
            return self._as("charges", seen, lambda seen: self._charges(number, content))
        if route == "/cancel/":
            return self._as("cancel", seen, lambda seen: self._cancel(number, content))
        if route in UPS_ASKS:
            kind, feature = UPS_ASKS[route]
            return self._as("ask", seen, lambda seen: self._turn(number, kind, feature, content))
        return Answer(status=404, body=b"Nothing is here.")

    def _ups_misfit(self, seen: Seen, number: str) -> Answer | None:
        """What the documentation demands of every call."""
        if seen.headers["Authorization"] != f"Bearer {TOKEN}":
            return _ups_error(401, "250002", "Invalid Authentication Information.")
        fits = (
            re.fullmatch(r"[a-zA-Z0-9.-]{3,14}", seen.headers["transId"] or "")
            and seen.headers["platformType"] == "XOLT"
            and seen.headers["inquiryType"] == "U"
            and seen.headers["Content-Type"] == "application/json"
            and re.fullmatch(r"1Z[A-Z0-9]{16}", number)
        )
        return None if fits else _ups_error(400, "710", "Failure due to input validation error")

    def _eligibility(self, number: str) -> Answer:
        """A parcel whose turning is under way cannot be turned again, but that be cancelled."""
        current = self.made.get(number, {}).get("feature")
        rows = []
        for feature in FEATURES:
            can = current is None and feature in self.eligible.get(number, FEATURES)
            value: dict[str, Any] = {
                "createEligibility": _word(can),
                "modifyEligibility": "NOT_ELIGIBLE",
                "cancelEligibility": _word(feature == current),
            }
            if feature == "FD":
                value["dateOptionsforFutureDelivery"] = [{"date": day} for day in DAYS]
            if feature == "RTS":
                value["reasonOptionsForRTS"] = [{"id": "AM", "value": "Cancelled"}, {"id": "KV"}]
            rows.append({"interceptFeature": feature, "eligibilityValue": value})
        return _ups_well(commonEligibilityMap=rows)

    def _charges(self, number: str, content: Any) -> Answer:
        (rating,) = content["ratingRequest"]
        if not {"fromAddress", "toAddress", "trackInfo"} <= set(rating):
            return _ups_error(400, "710", "Failure due to input validation error")
        info = {"trackingNumber": number, "totalCharge": self.charge, "chargeCurrency": "USD"}
        return _ups_well(chargeInfo=[info])

    def _turn(self, number: str, kind: str, feature: str, content: Any) -> Answer:
        contact = content.get("requesterContactInfo", {})
        address = content.get("newDeliveryAddress", {}).get("addressInfo", {})
        whole = ("addressLine1", "city", "state", "postalCode", "countryCode")
        fits = (
            content.get("requestType") == kind
            and "specialInstructions" in content
            and contact.get("name")
            and re.fullmatch(r"\+[0-9]{1,13}", contact.get("telephone", ""))
            and (kind != "AA" or all(address.get(name) for name in whole))
            and (kind != "RS" or re.fullmatch(r"[A-Z]{2}", content.get("reasonForReturn", "")))
            and (kind != "FD" or re.fullmatch(r"\d{8}", content.get("deliveryDate", "")))
        )
        if not fits:
            return _ups_error(400, "710", "Failure due to input validation error")
        self.made[number] = {"feature": feature, "content": content}
        return _ups_done()

    def _cancel(self, number: str, content: Any) -> Answer:
        if self.made.pop(number, None) is None:
            told = {"transactionId": "ASR1212", "statusCode": "000", "success": False}
            error = {"errorCode": "1201", "errorMessage": "There is nothing to cancel"}
            return Answer(json={**told, "errors": [error]})
        self.cancelled.append(number)
        return _ups_done()

    # --- the two of China -----------------------------------------------------------------

    def _kuaidi100(self, form: dict[str, str]) -> Answer:
        whole = form["param"] + form["t"] + KUAIDI100_KEYS["key"] + KUAIDI100_KEYS["secret"]
        fits = form["sign"] == hashlib.md5(whole.encode()).hexdigest().upper()
        if not fits or set(form) != {"method", "key", "t", "sign", "param"}:
            return Answer(json={"code": 503, "data": None, "message": "验证签名失败"})
        param = json.loads(form["param"])
        if form["method"] != "interceptOrder" or not form["t"].isdecimal():
            return Answer(json={"code": 400, "data": None, "message": "参数错误"})
        self.made[param["kuaidinum"]] = param
        return Answer(json={"code": 200, "data": None, "message": "成功", "time": 42})

    def _kdniao(self, form: dict[str, str]) -> Answer:
        names = {"RequestData", "EBusinessID", "RequestType", "DataSign", "DataType"}
        digest = hashlib.md5((form["RequestData"] + KDNIAO_KEYS["key"]).encode()).hexdigest()
        fits = form["DataSign"] == base64.b64encode(digest.encode()).decode()
        told = {"EBusinessID": form["EBusinessID"], "UpdateTime": "2026-10-12 09:30:00"}
        wrong = not fits or set(form) != names or form["DataType"] != "2"
        if wrong or form["EBusinessID"] != KDNIAO_KEYS["customer"]:
            return Answer(json={**told, "Success": False, "Reason": "非法参数[请检查ID和key]"})
        if form["RequestType"] != KDNIAO_KEYS["interception"]["command"]:
            return Answer(json={**told, "Success": False, "Reason": "业务错误[没有可用套餐]"})
        data = json.loads(form["RequestData"])
        self.made[data["TheNumber"]] = data
        return Answer(json={**told, "Success": True, "Reason": ""})


def hasty(monkeypatch: Any, seconds: float = 0.4) -> None:
    """Nobody waits for an answer of a gateway for long."""
    for adapter in (ups_line, kuaidi100, kdniao):
        monkeypatch.setattr(adapter, "TOTAL", seconds)


def kuaidi100_result(
    number: str = CHINESE_NUMBER,
    status: str = "拦截成功",
    message: str = "",
    salt: str = KUAIDI100_KEYS["salt"],
    **more: Any,
) -> bytes:
    """A call of Kuaidi100 to our hook, signed; its names are a guess, like those that we read."""
    told = {"kuaidinum": number, "status": status, "message": message, **more}
    param = json.dumps(told, ensure_ascii=False)
    sign = hashlib.md5((param + salt).encode()).hexdigest().upper()
    return urlencode({"param": param, "sign": sign}).encode()


def kdniao_result(
    number: str = CHINESE_NUMBER,
    status: str = "taken",
    words: str = "",
    key: str = KDNIAO_KEYS["key"],
    kind: str = KDNIAO_KEYS["interception"]["push"],
) -> bytes:
    """A call of Kdniao to our hook, in its envelope and signed."""
    one = {"TheNumber": number, "TheState": status, "TheWords": words}
    data = json.dumps({"EBusinessID": "1000042", "Count": 1, "Data": [one]}, ensure_ascii=False)
    digest = hashlib.md5((data + key).encode()).hexdigest()
    sign = base64.b64encode(digest.encode()).decode()
    return urlencode({"RequestData": data, "RequestType": kind, "DataSign": sign}).encode()


def _word(can: bool) -> str:
    return "ELIGIBLE" if can else "NOT_ELIGIBLE"


def _ups_well(**values: Any) -> Answer:
    told = {"transactionId": "b2e514fc8a2", "statusCode": "000", "statusMsg": "SUCCESS"}
    return Answer(json={"response": {**told, "success": True, "errors": None, **values}})


def _ups_done() -> Answer:
    """Unlike the others, this one stands outside of `response` in the documentation."""
    told = {"transactionId": "ASR1212", "statusCode": "000", "statusMsg": "Success"}
    return Answer(json={**told, "success": True, "errors": None, "subStatusCode": ""})


def _ups_error(status: int, code: str, message: str) -> Answer:
    errors = [{"code": code, "message": message}]
    told = {"transactionId": "ASR1212", "statusCode": str(status), "errors": errors}
    return Answer(status=status, json={"response": told})
