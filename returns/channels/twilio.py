"""SMS by Twilio: what is sent, what becomes of it, and what is answered.

Documented, never tried against the live service; its interface was written down from
general knowledge. The host (`access.base`) and the version of the interface (the key
`version`) can be changed without a new release.

Twilio knows no name of ours for a message: what is sent again because its first answer was
lost may arrive twice. It signs its calls with the account's own token, also when another
pair of keys (`api_key`, `api_secret`) is used for sending.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import parse_qsl, quote

from django.utils.crypto import constant_time_compare

from returns.channels import NO_ACCESS, Access, Delivery, Error, Incoming, Message, Report, web
from returns.channels.web import Trouble, ours, passing, refused, stopped, unreachable
from returns.sources.fields import clean
from tracking.providers import reading

NAME = "Twilio"
ADDRESS = "https://api.twilio.com"
VERSION = "2010-04-01"
LONGEST = 1600  # signs of one message
MOST_FIELDS, MOST_PICTURES = 200, 10

# Code → what it means, in an answer and in a report. Not all that Twilio has, but those
# that a text message can meet.
TROUBLES: dict[int, Trouble] = {
    14107: passing("too many messages at once"),
    20003: ours("the account or its token is not accepted"),
    20404: ours("there is no such account"),
    20429: passing("too many calls at once"),
    21211: unreachable("this is no phone number"),
    21212: ours("the sender is no number of the account"),
    21214: unreachable("the number cannot be reached"),
    21217: unreachable("this is no phone number"),
    21219: refused("a trial account may not write to this number"),
    21265: unreachable("the number is a short code"),
    21266: refused("sender and receiver are the same number"),
    21408: refused("the account may not write to this country"),
    21602: refused("the message is empty"),
    21606: ours("the sender is no number that can send text messages"),
    21608: refused("a trial account may not write to this number"),
    21609: ours("it cannot call the address that we gave for its reports"),
    21610: stopped("the receiver wants no more messages"),
    21611: passing("too many messages wait at the sender"),
    21612: refused("the sender reaches no number of this kind"),
    21614: unreachable("the number takes no text messages"),
    21617: refused("the message is too long"),
    21635: unreachable("the number is a landline"),
    21701: ours("there is no such messaging service"),
    21703: ours("the messaging service has no sender"),
    21705: ours("the messaging service is not accepted"),
    30001: passing("too many messages wait"),
    30002: ours("the account is suspended"),
    # Switched off, or out of reach: another time it may be on.
    30003: refused("the phone could not be reached"),
    30004: refused("the phone or its network takes no such messages"),
    30005: unreachable("the number is not in use"),
    30006: unreachable("the number is a landline, or its network takes no messages"),
    30007: refused("the network took it for unwanted mail"),
    30008: refused("nobody says why it did not arrive"),
    30034: refused("the sender is not registered with the networks"),
}
# Status → ours; '' while it is on its way to the network.
STATES: dict[str, str] = {
    "accepted": "",
    "scheduled": "",
    "queued": "",
    "sending": "",
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "undelivered": Delivery.FAILED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}
UNTOLD = refused("it did not arrive")


class Twilio:
    KEYS: ClassVar[dict[str, str]] = {
        "account_sid": "Account SID, AC…",
        "auth_token": "Auth token; it signs what Twilio tells us",
    }
    MORE_KEYS: ClassVar[dict[str, str]] = {
        "api_key": "API key for sending, SK…, instead of the token",
        "api_secret": "Secret of the API key",
        "version": f"Version of the interface; empty: {VERSION}",
    }
    USES_TEMPLATES = False

    def __init__(self, access: Access = NO_ACCESS) -> None:
        self.access = access

    def send(self, message: Message) -> str:
        """Returns the SID, which its reports name."""
        form = _form(message, self.access)
        headers = {"Authorization": _log_in(self.access)}
        status, told = web.call("POST", _address(self.access), form=form, headers=headers)
        if not web.is_good(status):
            code = _number(told.get("code")) or status
            raise web.known(NAME, TROUBLES, code).error(NAME, code)
        return web.sent(told.get("sid"), NAME)

    def close(self) -> None:
        pass


def _form(message: Message, access: Access) -> dict[str, str]:
    """Raises Error for a text that it does not take."""
    if not message.short.strip():
        raise Error("The message has no short form.", permanent=True)
    if len(message.short) > LONGEST:
        raise Error(f"The message is longer than {LONGEST} signs.", permanent=True)
    if not access.sender:
        raise Error("The account has no sender.", down=True)
    is_service = access.sender.startswith("MG")
    form = {
        "To": message.recipient,
        "MessagingServiceSid" if is_service else "From": access.sender,
        "Body": message.short,
    }
    return form | ({"StatusCallback": access.hook} if access.hook else {})


def _address(access: Access) -> str:
    base = (access.base or ADDRESS).rstrip("/")
    version = web.value(access, "version", VERSION)
    account = quote(web.key(access, "account_sid"), safe="")
    return f"{base}/{version}/Accounts/{account}/Messages.json"


def _log_in(access: Access) -> str:
    pair = "api_key", "api_secret"
    if not web.value(access, "api_key"):
        pair = "account_sid", "auth_token"
    both = ":".join(web.key(access, name) for name in pair)
    return f"Basic {base64.b64encode(both.encode()).decode()}"


def _number(value: object) -> int:
    told = reading.text(value, 10)
    return int(told) if told.isdecimal() else 0


# --- what it tells us -------------------------------------------------------------------------


def challenge(query: Mapping[str, str], access: Access) -> str | None:
    return None  # it asks nothing


def is_genuine(url: str, headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    token = web.value(access, "auth_token")
    try:
        fields = _fields(body)
    except ValueError:
        return False
    told = headers.get("X-Twilio-Signature", "")
    return bool(token) and constant_time_compare(told, signature(url, fields, token))


def signature(url: str, fields: list[tuple[str, str]], token: str) -> str:
    """Over the whole address as it was called, and each field once in their order."""
    told = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.digest(token.encode(), told.encode(), hashlib.sha1)
    return base64.b64encode(digest).decode()


def acknowledge() -> tuple[str, str]:
    """An answer to an SMS would be written here; ours go as messages of their own."""
    return "text/xml", "<Response/>"


def read(body: bytes, access: Access) -> list[Report | Incoming]:
    fields = dict(_fields(body))
    name = reading.text(fields.get("MessageSid"), 60)
    if not name:
        raise ValueError("There is no MessageSid in it.")
    if state := fields.get("MessageStatus"):
        return _report(name, state, fields.get("ErrorCode", ""))
    if "Body" in fields:
        return [_incoming(name, fields)]
    reading.tell_once("twilio: neither a status nor a message")
    return []


def _fields(body: bytes) -> list[tuple[str, str]]:
    """Raises ValueError for what is no form."""
    try:
        return parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise ValueError("It is not a form that can be read.") from None


def _report(name: str, told: str, error: str) -> list[Report | Incoming]:
    if told not in STATES:
        reading.tell_once("twilio: status %r is not known", told)
    state = STATES.get(told)
    if not state:
        return []
    if state != Delivery.FAILED:
        return [Report(id=name, state=state)]
    code = _number(error)
    trouble = web.known(NAME, TROUBLES, code) if code else UNTOLD
    return [trouble.report(NAME, code or told, id=name, state=state)]


def _incoming(name: str, fields: Mapping[str, str]) -> Incoming:
    """Pictures come as addresses that only last for a while; they are counted, not read."""
    return Incoming(
        id=name,
        sender=reading.text(fields.get("From"), 40),
        text=clean(fields["Body"]),
        left_out=min(_number(fields.get("NumMedia")), MOST_PICTURES),
        to=reading.text(fields.get("To"), 40),
    )
