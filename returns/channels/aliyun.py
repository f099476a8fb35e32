"""SMS by Aliyun (阿里云短信, Dysmsapi), which carries approved texts only.

Documented, never tried against the live service: signature, fields and codes from public
documentation and public client code. The host (`access.base`) and the keys `version` and
`region` can be changed without a new release.

Aliyun folds no repeats: what is sent again because its first answer was lost may arrive
twice. Nor does it sign what it tells us. So the secret stands in the address that it
calls, and whoever knows that address can tell us anything about our own short messages.
It pushes reports and answers (SmsReport, SmsUp) to one address each; ours takes both.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

from returns.channels import (
    NO_ACCESS,
    Access,
    Delivery,
    Error,
    Incoming,
    Message,
    Report,
    Template,
    web,
)
from returns.channels.web import Trouble, ours, passing, refused, stopped, unreachable
from returns.sources.fields import clean
from tracking.providers import reading

NAME = "Aliyun"
ADDRESS = "https://dysmsapi.aliyuncs.com"
VERSION, REGION = "2017-05-25", "cn-hangzhou"
LONGEST_OUT_ID = 64
CHINA, CHINESE_NUMBER = "86", 11  # country code; digits of a number without it
ACKNOWLEDGED = '{"code":0,"msg":"成功"}'

# Code of an answer → what it means.
TROUBLES: dict[str, Trouble] = {
    "isv.BUSINESS_LIMIT_CONTROL": passing("too many messages to this number"),
    "isv.DAY_LIMIT_CONTROL": ours("the account has sent all that it may in a day"),
    "isv.MONTH_LIMIT_CONTROL": ours("the account has sent all that it may in a month"),
    "isv.MOBILE_NUMBER_ILLEGAL": unreachable("this is no mobile number"),
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": refused("the template is for numbers abroad"),
    "isv.TEMPLATE_MISSING_PARAMETERS": refused("the template needs more values"),
    "isv.TEMPLATE_PARAMS_ILLEGAL": refused("the template does not take such a value"),
    "isv.INVALID_JSON_PARAM": refused("the values are not accepted"),
    "isv.INVALID_PARAMETERS": refused("the values are not accepted"),
    "isv.PARAM_LENGTH_LIMIT": refused("a value is too long"),
    "isv.PARAM_NOT_SUPPORT_URL": refused("no value may hold an address"),
    "isv.BLACK_KEY_CONTROL_LIMIT": refused("a value holds a forbidden word"),
    "isv.SMS_CONTENT_ILLEGAL": refused("the text holds a forbidden word"),
    "isv.SMS_TEMPLATE_ILLEGAL": refused("the template is not approved"),
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": refused("signature and template do not go together"),
    "isv.SMS_SIGNATURE_ILLEGAL": ours("the signature is not approved"),
    "isv.SMS_SIGN_ILLEGAL": ours("the signature is forbidden"),
    "isv.SIGN_STATE_ILLEGAL": ours("the signature cannot be used now"),
    "isv.EXTEND_CODE_ERROR": ours("two signatures have one extension"),
    "isv.AMOUNT_NOT_ENOUGH": ours("the account is empty"),
    "isv.OUT_OF_SERVICE": ours("the account is stopped, mostly because it is empty"),
    "isv.PRODUCT_UN_SUBSCRIPT": ours("the account has no short messages"),
    "isv.PRODUCT_UNSUBSCRIBE": ours("the account has no short messages"),
    "isv.ACCOUNT_NOT_EXISTS": ours("there is no such account"),
    "isv.ACCOUNT_ABNORMAL": ours("something is wrong with the account"),
    "isv.DENY_IP_RANGE": ours("it takes no calls from our part of the world"),
    "isp.RAM_PERMISSION_DENY": ours("the key may not send short messages"),
    "isp.SYSTEM_ERROR": passing("it is out of order"),
    "SignatureDoesNotMatch": ours("the secret of the key is not accepted"),
    "IncompleteSignature": ours("the secret of the key is not accepted"),
    "InvalidAccessKeyId.NotFound": ours("there is no such key"),
    "InvalidAccessKeyId.Inactive": ours("the key is switched off"),
    "InvalidTimeStamp.Expired": ours("our clock is wrong"),
    "SignatureNonceUsed": passing("the call came twice"),
    "Throttling": passing("too many calls at once"),
    "Throttling.User": passing("too many calls at once"),
    "Throttling.Api": passing("too many calls at once"),
}
# Code of a report about a message that did not arrive → what it means.
RECEIPTS: dict[str, Trouble] = {
    # Switched off, out of reach, or not in use: it does not say which.
    "MOBILE_NOT_ON_SERVICE": refused("the phone could not be reached"),
    "MOBILE_ACCOUNT_ABNORMAL": refused("something is wrong with the number"),
    "MOBLLE_TERMINAL_ERROR": refused("something is wrong with the phone"),
    "MOBILE_TERMINAL_ERROR": refused("something is wrong with the phone"),
    "MOBILE_SEND_LIMIT": refused("too many messages to this number"),
    "MOBILE_IN_BLACK": stopped("the number is on a list of those who want none"),
    "USER_REJECT": stopped("the receiver wants no more messages"),
    "INVALID_NUMBER": unreachable("this is no phone number"),
    "CONTENT_KEYWORD": refused("the text holds a forbidden word"),
    "CONTENT_ERROR": refused("the network does not take the text"),
    "SIGN_INVALID": refused("the network does not know the signature"),
    "IS_CLOSE": refused("the way to the network is closed"),
    "NO_ROUTE": refused("there is no way to this number"),
    "PARAMS_ILLEGAL": refused("the values are not accepted"),
    "SP_UNKNOWN_ERROR": refused("the network does not say why"),
    "SP_NOT_BY_INTER_SMS": refused("the number takes no messages from abroad"),
    "UNKNOWN": refused("nobody says why it did not arrive"),
}


class Aliyun:
    KEYS: ClassVar[dict[str, str]] = {
        "access_key_id": "AccessKey ID",
        "access_key_secret": "AccessKey secret",
    }
    MORE_KEYS: ClassVar[dict[str, str]] = {
        "region": f"Region; empty: {REGION}",
        "version": f"Version of the interface; empty: {VERSION}",
    }
    USES_TEMPLATES = True

    def __init__(self, access: Access = NO_ACCESS) -> None:
        self.access = access

    def send(self, message: Message) -> str:
        """Returns the BizId, which its report names."""
        if message.template is None:
            raise Error("No approved text for it at Aliyun.", permanent=True)
        secret = web.key(self.access, "access_key_secret")
        form = _form(message, message.template, self.access)
        # As a form: in the address the number would stand in logs on the way.
        form["Signature"] = signature("POST", form, secret)
        status, told = web.call("POST", f"{(self.access.base or ADDRESS).rstrip('/')}/", form=form)
        code = reading.text(told.get("Code"), 80)
        if code == "OK" and web.is_good(status):
            return web.sent(told.get("BizId"), NAME)
        raise web.known(NAME, TROUBLES, code).error(NAME, code)

    def close(self) -> None:
        pass


def _form(message: Message, template: Template, access: Access) -> dict[str, str]:
    """Raises Error for what it does not take."""
    if not access.sender:
        raise Error("The account has no signature.", down=True)
    return {
        "AccessKeyId": web.key(access, "access_key_id"),
        "Action": "SendSms",
        "Format": "JSON",
        "OutId": out_id(message.key),
        "PhoneNumbers": _number(message.recipient),
        "RegionId": web.value(access, "region", REGION),
        "SignName": access.sender,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": secrets.token_hex(16),
        "SignatureVersion": "1.0",
        "TemplateCode": template.name,
        "TemplateParam": json.dumps(_values(template), ensure_ascii=False),
        "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "Version": web.value(access, "version", VERSION),
    }


def _values(template: Template) -> dict[str, str]:
    """The end of our link goes where the template has a `code`: the rest of the address
    stands in the approved text. Raises Error for a whole one."""
    values = {name: web.one_line(value) for name, value in template.values}
    if "code" in values and template.button:
        values["code"] = template.button
    if any("://" in value or "www." in value.casefold() for value in values.values()):
        raise Error("No value may hold an address.", permanent=True)
    return values


def _number(recipient: str) -> str:
    """Chinese numbers bare, others behind their country code. Raises Error for one that
    would be taken for a Chinese one (+1 312… of Chicago): a stranger would read it."""
    digits = recipient.removeprefix("+")
    if digits.startswith(CHINA) and _is_chinese(digits.removeprefix(CHINA)):
        return digits.removeprefix(CHINA)
    if _is_chinese(digits):
        raise Error("Aliyun cannot tell this number from a Chinese one.", permanent=True)
    return digits


def _is_chinese(digits: str) -> bool:
    return len(digits) == CHINESE_NUMBER and digits[0] == "1" and digits[1] not in "012"


def out_id(key: str) -> str:
    """Our key without its brackets, as far as it fits."""
    return key.strip("<>")[:LONGEST_OUT_ID]


def signature(method: str, fields: Mapping[str, str], secret: str) -> str:
    """Of their scheme 1.0: everything is encoded, and what came out is encoded once more."""
    pairs = "&".join(f"{_encoded(name)}={_encoded(fields[name])}" for name in sorted(fields))
    told = f"{method}&{_encoded('/')}&{_encoded(pairs)}"
    digest = hmac.digest(f"{secret}&".encode(), told.encode(), hashlib.sha1)
    return base64.b64encode(digest).decode()


def _encoded(words: str) -> str:
    """By RFC 3986: a blank is %20, a tilde stays."""
    return quote(words, safe="-_.~")


# --- what it tells us -------------------------------------------------------------------------


def challenge(query: Mapping[str, str], access: Access) -> str | None:
    return None  # it asks nothing


def is_genuine(url: str, headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    return True  # whoever knows the address: see above


def acknowledge() -> tuple[str, str]:
    return "application/json", ACKNOWLEDGED


def read(body: bytes, access: Access) -> list[Report | Incoming]:
    rows = web.document(body)
    if not isinstance(rows, list):
        raise ValueError("It is not a list of reports.")
    return [told for row in rows if isinstance(row, dict) and (told := _told(row))]


def _told(row: dict[str, Any]) -> Report | Incoming | None:
    if name := reading.text(row.get("biz_id"), 200):
        return _report(name, row)
    if reading.text(row.get("phone_number")) and "content" in row:
        return _incoming(row)
    reading.tell_once("aliyun: neither a report nor a message")
    return None


def _report(name: str, row: dict[str, Any]) -> Report:
    key = reading.text(row.get("out_id"), LONGEST_OUT_ID)
    about: dict[str, Any] = {
        "id": name,
        "key": f"<{key}>" if key else "",
        "at": reading.chinese_moment(row.get("report_time")),
    }
    # Some versions write the truth as a text.
    if str(row.get("success")).casefold() == "true":
        return Report(state=Delivery.DELIVERED, **about)
    code = reading.text(row.get("err_code"), 80)
    trouble = web.known(NAME, RECEIPTS, code)
    return trouble.report(NAME, code, state=Delivery.FAILED, **about)


def _incoming(row: dict[str, Any]) -> Incoming:
    number, sent = reading.text(row.get("phone_number"), 40), reading.text(row.get("send_time"))
    digits = number.removeprefix("+")
    content = row["content"]
    words = clean(content) if isinstance(content, str) else ""
    print_ = hashlib.sha256(f"{digits} {sent} {words}".encode()).hexdigest()
    return Incoming(
        id=reading.text(row.get("sequence_id"), 60) or print_,
        sender=f"+{CHINA}{digits}" if _is_chinese(digits) else f"+{digits}",
        text=words,
        at=reading.chinese_moment(sent),
        to=reading.text(row.get("dest_code"), 40),
    )
