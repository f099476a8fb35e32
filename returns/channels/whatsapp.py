"""WhatsApp by Meta's Cloud API: approved texts, free texts within a day, answers, photos.

Documented, never tried against the live service: calls of theirs, free texts and the
signature from public documentation; most of what a request holds and many codes from
general knowledge. The host (`access.base`) and the version of the interface (the key
`version`) can be changed without a new release.

A free text may be sent for 24 hours after somebody wrote to us; later only an approved
one. Meta echoes our key in its reports, but folds no repeats: what is sent again because
its first answer was lost may arrive twice. Meta calls one address for all numbers of an
app; what is about another number than that of the account is left out, so a number of
another store needs its own address (override_callback_uri) or its own app.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from django.utils.crypto import constant_time_compare

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

NAME = "WhatsApp"
ADDRESS = "https://graph.facebook.com"
VERSION = "v23.0"
LONGEST_BODY, LONGEST_TEXT, LONGEST_KEY = 1024, 4096, 512  # signs
LARGEST_FILE = 16 * 1024 * 1024  # bytes
# Where Meta keeps what people send. Our token goes there, and nowhere else.
FILE_HOSTS = ("facebook.com", "fbsbx.com", "whatsapp.net")

# Code → what it means, in an answer and in a report.
TROUBLES: dict[int, Trouble] = {
    0: ours("the token is not accepted"),
    1: passing("it is out of order"),
    2: passing("it is out of order"),
    3: ours("the app may not send messages"),
    4: passing("too many calls at once"),
    10: ours("the app may not send messages"),
    33: ours("the number of the account is gone"),
    100: refused("the message is not written as it should be"),
    190: ours("the token is not accepted, mostly because its time is over"),
    200: ours("the app may not send messages"),
    368: ours("the account is blocked for a while"),
    80007: passing("too many messages at once"),
    130429: passing("too many messages at once"),
    130472: refused("Meta holds such messages back from this person"),
    131000: passing("it is out of order"),
    131005: ours("the app may not send messages"),
    131008: refused("the message is not whole"),
    131009: refused("a value is not accepted"),
    131016: passing("it is out of order"),
    131021: refused("sender and receiver are the same number"),
    131026: unreachable("the number is not on WhatsApp, or takes no messages of shops"),
    131030: refused("the account may only write to its test numbers"),
    131031: ours("the account is locked"),
    131042: ours("the account has not been paid for"),
    131045: ours("the number of the account is not registered"),
    131047: refused("outside the 24 hours in which a free text may be sent"),
    131048: passing("too many messages were called unwanted"),
    131049: refused("Meta holds such messages back from this person"),
    131050: stopped("the receiver wants no more messages"),
    131051: refused("it does not carry such messages"),
    131056: passing("too many messages to this number"),
    131057: ours("the account is being mended"),
    132000: refused("the template has another number of gaps"),
    132001: refused("there is no such template in this language"),
    132005: refused("the text is too long with its values"),
    132007: refused("the template breaks a rule of WhatsApp"),
    132012: refused("the template takes values of another kind"),
    132015: refused("the template is paused"),
    132016: refused("the template is switched off"),
    133010: ours("the number of the account is not registered"),
}
# A voice message that was listened to is reported as played; it had been read before.
STATES: dict[str, str] = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "played": "",
    "failed": Delivery.FAILED,
}
UNTOLD = refused("it did not arrive")
# Thumbs up, a changed number, an opened chat: nobody waits for an answer to these.
UNSPOKEN = frozenset({"reaction", "system", "request_welcome"})
# What is nothing but words, and where they stand; all else has a caption at most.
WORDED: dict[str, str] = {"text": "body", "button": "text", "interactive": "title"}


class WhatsApp:
    KEYS: ClassVar[dict[str, str]] = {
        "token": "Permanent access token",
        "phone_number_id": "Phone number ID, not the number itself",
        "app_secret": "App secret; it signs what Meta tells us",
        "verify_token": "Verify token, which you make up and enter there too",
    }
    MORE_KEYS: ClassVar[dict[str, str]] = {
        "version": f"Version of the interface; empty: {VERSION}",
    }
    USES_TEMPLATES = True

    def __init__(self, access: Access = NO_ACCESS) -> None:
        self.access = access

    def send(self, message: Message) -> str:
        """Returns the wamid, which its reports name."""
        url = f"{_base(self.access)}/{quote(web.key(self.access, 'phone_number_id'), safe='')}"
        sent = _letter(message)
        status, told = web.call("POST", f"{url}/messages", json=sent, headers=_log_in(self.access))
        _check(status, told)
        messages = reading.parts(told, "messages")
        return web.sent(messages[0].get("id") if messages else None, NAME)

    def fetch(self, file: str) -> bytes:
        """A file that somebody sent, as `Incoming.files` names it. Raises Error."""
        if not file.isalnum():
            raise Error("This is no name of a file.", permanent=True)
        url, log_in = f"{_base(self.access)}/{file}", _log_in(self.access)
        status, told = web.call("GET", url, headers=log_in)
        _check(status, told)
        place = told.get("url")
        if not isinstance(place, str) or not _is_trusted(place, self.access):
            raise Error("The file lies at an address that we do not trust.", permanent=True)
        size = reading.text(told.get("file_size"), 20)
        if size.isdecimal() and int(size) > LARGEST_FILE:
            raise Error(f"The file is larger than {LARGEST_FILE} bytes.", permanent=True)
        return web.download(place, most=LARGEST_FILE, headers=log_in)

    def close(self) -> None:
        pass


def _base(access: Access) -> str:
    version = web.value(access, "version", VERSION)
    return f"{(access.base or ADDRESS).rstrip('/')}/{version}"


def _log_in(access: Access) -> dict[str, str]:
    return {"Authorization": f"Bearer {web.key(access, 'token')}"}


def _check(status: int, told: dict[str, Any]) -> None:
    """Raises Error for what is refused."""
    if web.is_good(status) and "error" not in told:
        return
    code = _code(reading.part(told, "error"))
    raise _trouble(code).error(NAME, code)


def _trouble(code: int) -> Trouble:
    """From 200 to 299 they all say what we may not do."""
    return web.known(NAME, TROUBLES, 200 if code in range(200, 300) else code)


def _code(error: dict[str, Any]) -> int:
    """-1 when there is none; 0 is one of theirs."""
    code = reading.text(error.get("code"), 10)
    return int(code) if code.isdecimal() else -1


def _is_trusted(url: str, access: Access) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if access.base and (parts.scheme, parts.netloc) == urlsplit(access.base)[:2]:
        return True
    is_theirs = any(host == name or host.endswith(f".{name}") for name in FILE_HOSTS)
    return is_theirs and parts.scheme == "https" and port in (None, 443)


def _letter(message: Message) -> dict[str, Any]:
    """Raises Error for a text that it does not take."""
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": message.recipient.removeprefix("+"),
        "biz_opaque_callback_data": message.key[:LONGEST_KEY],
        **(_approved(message.template) if message.template else _free(message.short)),
    }


def _free(words: str) -> dict[str, Any]:
    if not words.strip():
        raise Error("The message has no short form.", permanent=True)
    if len(words) > LONGEST_TEXT:
        raise Error(f"The message is longer than {LONGEST_TEXT} signs.", permanent=True)
    return {"type": "text", "text": {"body": words, "preview_url": False}}


def _approved(template: Template) -> dict[str, Any]:
    values = [web.one_line(value) for _, value in template.values]
    if not all(values):
        raise Error("A gap of the approved text would stay empty.", permanent=True)
    if sum(map(len, values)) > LONGEST_BODY:
        raise Error(f"The values are longer than {LONGEST_BODY} signs.", permanent=True)
    parts: list[dict[str, Any]] = []
    if values:
        parts.append({"type": "body", "parameters": _parameters(*values)})
    if template.button:
        button = {"type": "button", "sub_type": "url", "index": "0"}
        parts.append({**button, "parameters": _parameters(template.button)})
    language = {"code": template.language}
    told = {"name": template.name, "language": language, "components": parts}
    return {"type": "template", "template": told}


def _parameters(*values: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": value} for value in values]


# --- what it tells us -------------------------------------------------------------------------


def challenge(query: Mapping[str, str], access: Access) -> str | None:
    token = web.value(access, "verify_token")
    told = query.get("hub.verify_token", "")
    fits = bool(token) and constant_time_compare(told, token)
    return query.get("hub.challenge") if fits and query.get("hub.mode") == "subscribe" else None


def is_genuine(url: str, headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    secret = web.value(access, "app_secret")
    told = headers.get("X-Hub-Signature-256", "")
    return bool(secret) and constant_time_compare(told, signature(body, secret))


def signature(body: bytes, secret: str) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def acknowledge() -> tuple[str, str]:
    return "text/plain", ""


def read(body: bytes, access: Access) -> list[Report | Incoming]:
    found = web.document(body)
    if not isinstance(found, dict) or found.get("object") != "whatsapp_business_account":
        raise ValueError("It is not about a WhatsApp account.")
    return [told for value in _about_us(found, access) for told in _told(value)]


def _about_us(found: dict[str, Any], access: Access) -> Iterator[dict[str, Any]]:
    """What is said about the number of this account."""
    for entry in reading.parts(found, "entry"):
        for change in reading.parts(entry, "changes"):
            value = reading.part(change, "value")
            number = reading.text(reading.part(value, "metadata").get("phone_number_id"), 60)
            if change.get("field") != "messages":
                reading.tell_once("whatsapp: %r is not read", reading.text(change.get("field")))
            elif number != web.value(access, "phone_number_id"):
                reading.tell_once("whatsapp: number %s belongs to no account here", number)
            else:
                yield value


def _told(value: dict[str, Any]) -> Iterator[Report | Incoming]:
    for status in reading.parts(value, "statuses"):
        if report := _report(status):
            yield report
    shown = reading.text(reading.part(value, "metadata").get("display_phone_number"), 40)
    for message in reading.parts(value, "messages"):
        if incoming := _incoming(message, _number(shown)):
            yield incoming


def _report(status: dict[str, Any]) -> Report | None:
    name, told = reading.text(status.get("id"), 200), reading.text(status.get("status"), 40)
    if told not in STATES:
        reading.tell_once("whatsapp: status %r is not known", told)
    state = STATES.get(told)
    if not (name and state):
        return None
    about: dict[str, Any] = {
        "id": name,
        "key": reading.text(status.get("biz_opaque_callback_data"), LONGEST_KEY),
        "at": _moment(status.get("timestamp")),
        "state": state,
    }
    if state != Delivery.FAILED:
        return Report(**about)
    for error in reading.parts(status, "errors"):
        code = _code(error)
        return _trouble(code).report(NAME, code, **about)
    return UNTOLD.report(NAME, told, **about)


def _incoming(message: dict[str, Any], to: str) -> Incoming | None:
    """What cannot be shown to our people (a film, a voice, a place) is counted."""
    name, sender = reading.text(message.get("id"), 200), reading.text(message.get("from"), 40)
    kind = reading.text(message.get("type"), 40)
    if not (name and sender) or kind in UNSPOKEN:
        return None
    part = reading.part(message, kind)
    words, file = _words(kind, part), _picture(kind, part)
    answered = reading.text(reading.part(message, "context").get("id"), 200)
    return Incoming(
        id=name,
        sender=_number(sender),
        text=words,
        at=_moment(message.get("timestamp")),
        files=(file,) if file else (),
        left_out=0 if file or (words and kind in WORDED) else 1,
        references=(answered,) if answered else (),
        to=to,
    )


def _words(kind: str, part: dict[str, Any]) -> str:
    if kind == "interactive":
        part = reading.part(part, reading.text(part.get("type"), 40))
    found = part.get(WORDED.get(kind, "caption"))
    return clean(found) if isinstance(found, str) else ""


def _picture(kind: str, part: dict[str, Any]) -> str:
    """The id of a file that may be a photo; '' when there is none. A document may be one
    that was sent in its full size."""
    is_image = reading.text(part.get("mime_type"), 80).startswith("image/")
    may_be = kind == "image" or (kind == "document" and is_image)
    return reading.text(part.get("id"), 200) if may_be else ""


def _number(told: str) -> str:
    digits = "".join(filter(str.isdecimal, told))
    return f"+{digits}" if digits else ""


def _moment(told: object) -> datetime | None:
    """Seconds since 1970, as a text."""
    seconds = reading.text(told, 12)
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() else None
    except (ValueError, OverflowError, OSError):
        return None
