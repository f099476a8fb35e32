"""Twilio, Aliyun and WhatsApp as somebody plays them on loopback, well or badly.

    with played() as there:
        Twilio(there.twilio).send(MESSAGE)
        assert there.taken[0].to == "+447700900123"

They check who calls as the real ones do, with code of their own. `trouble` is what they
answer instead of taking a message; `lost` is what the caller hears of one that was taken.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.test import Client

from returns.channels import Access, Message, Template
from tests.tracking.loopback import Answer, Loopback, Seen, loopback

FOLDER = Path(__file__).parent.parent / "recordings"
KEY = "<0123456789abcdef0123456789abcdef01234567@juniper.example>"
FORM = "application/x-www-form-urlencoded"

TWILIO = Access(
    keys={"account_sid": "AC0123", "auth_token": "a-token-of-juniper"},
    sender="+447700900999",
    hook="https://juniper.example/hooks/messages/twilio/a-key/",
)
ALIYUN = Access(
    keys={"access_key_id": "an-id", "access_key_secret": "a-secret-of-juniper"}, sender="杜松"
)
WHATSAPP = Access(
    keys={
        "token": "a-token-of-juniper",
        "phone_number_id": "106540352242922",
        "app_secret": "a-secret-of-juniper",
        "verify_token": "a-word-of-juniper",
    }
)
SECRETS = ("a-token-of-juniper", "a-secret-of-juniper", "a-word-of-juniper")

MESSAGE = Message(
    key=KEY,
    recipient="+447700900123",
    sender="Juniper & Pine",
    reply_to="",
    language="en",
    subject="Your parcel has arrived",
    text="Your parcel has arrived, and this is the long letter about it.",
    short="Juniper & Pine: your parcel has arrived + 1 more.",
)
TEMPLATE = Template(
    name="parcel_arrived",
    language="en_GB",
    values=(("name", "Sarah"), ("order", "JP-10412")),
    button="k3y",
)
APPROVED = replace(MESSAGE, template=TEMPLATE)
CHINESE = replace(
    MESSAGE,
    recipient="+8613800138000",
    template=Template("SMS_71390007", "zh_CN", (("name", "小林"), ("code", "")), button="k3y"),
)

SILENT = Answer(silent=True)
GARBAGE = Answer(body=b"<html>Please log in to this network.</html>")
CUT = Answer(json={"sid": "SM1"}, cut=5)


def dripping(whole: Answer) -> Answer:
    return replace(whole, drip=0.05)


def recorded(name: str) -> Any:
    return json.loads(body(name))


def body(name: str) -> bytes:
    """Of a recording: twilio/delivered."""
    return (FOLDER / f"{name}.json").read_bytes()


@dataclass(frozen=True)
class Taken:
    """A message that one of them took. key: ours, where it was given."""

    provider: str
    to: str
    told: dict[str, Any]
    key: str = ""


class Played:
    """taken: what they took, once for each time that it came."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.taken: list[Taken] = []
        self.trouble: Answer | None = None
        self.lost: Answer | None = None
        self.twilio = replace(TWILIO, base=server.url)
        self.aliyun = replace(ALIYUN, base=server.url)
        self.whatsapp = replace(WHATSAPP, base=server.url)
        number = WHATSAPP.keys["phone_number_id"]
        server.answers("/2010-04-01/Accounts/AC0123/Messages.json", self._twilio)
        server.answers("/", self._aliyun)
        server.answers(f"/v23.0/{number}/messages", self._whatsapp)

    @property
    def last(self) -> dict[str, Any]:
        return self.taken[-1].told

    def _take(self, taken: Taken, answer: Answer) -> Answer:
        if self.trouble:
            return self.trouble
        self.taken.append(taken)
        return self.lost or answer

    def _twilio(self, seen: Seen) -> Answer:
        both = f"{TWILIO.keys['account_sid']}:{TWILIO.keys['auth_token']}"
        if seen.headers["Authorization"] != f"Basic {base64.b64encode(both.encode()).decode()}":
            return Answer(status=401, json=recorded("twilio/answer-wrong-token"))
        answer = Answer(status=201, json=recorded("twilio/answer-taken"))
        return self._take(Taken("twilio", seen.form["To"], seen.form), answer)

    def _aliyun(self, seen: Seen) -> Answer:
        form = seen.form
        sign = form.pop("Signature")
        if sign != signed_by_aliyun(seen.method, form, ALIYUN.keys["access_key_secret"]):
            return Answer(status=400, json=recorded("aliyun/answer-wrong-secret"))
        answer = Answer(json=recorded("aliyun/answer-taken"))
        return self._take(Taken("aliyun", form["PhoneNumbers"], form, form["OutId"]), answer)

    def _whatsapp(self, seen: Seen) -> Answer:
        if seen.headers["Authorization"] != f"Bearer {WHATSAPP.keys['token']}":
            return Answer(status=401, json={"error": {"code": 190}})
        told = seen.json
        answer = Answer(json=recorded("whatsapp/answer-taken"))
        key = told["biz_opaque_callback_data"]
        return self._take(Taken("whatsapp", told["to"], told, key), answer)


@contextmanager
def played() -> Iterator[Played]:
    with loopback() as server:
        yield Played(server)


def signed_by_aliyun(method: str, fields: Mapping[str, str], secret: str) -> str:
    """As its examples in other languages do it: encoded for forms, and put right by hand."""

    def encoded(words: str) -> str:
        return quote_plus(words).replace("+", "%20").replace("*", "%2A").replace("%7E", "~")

    pairs = [f"{encoded(name)}={encoded(value)}" for name, value in sorted(fields.items())]
    told = "&".join((method, encoded("/"), encoded("&".join(pairs))))
    digest = hmac.new(f"{secret}&".encode(), told.encode(), "sha1").digest()
    return base64.b64encode(digest).decode()


# --- what they tell us ------------------------------------------------------------------------


def form_of(name: str, **values: str) -> bytes:
    """A form of Twilio, from a recording."""
    return urlencode({**recorded(name), **values}).encode()


def signed_by_twilio(url: str, content: bytes, token: str = TWILIO.keys["auth_token"]) -> str:
    fields = Seen("POST", "", "", None, content).form  # type: ignore[arg-type]
    told = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    digest = hmac.new(token.encode(), told.encode(), "sha1").digest()
    return base64.b64encode(digest).decode()


def signed_by_meta(content: bytes, secret: str = WHATSAPP.keys["app_secret"]) -> str:
    return f"sha256={hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}"


def tell(provider: str, url: str, content: bytes, client: Client | None = None) -> Any:
    """Posts it to our hook as the provider would. url: the whole address of the hook."""
    headers, content_type = {}, "application/json"
    if provider == "twilio":
        headers, content_type = {"X-Twilio-Signature": signed_by_twilio(url, content)}, FORM
    if provider == "whatsapp":
        headers = {"X-Hub-Signature-256": signed_by_meta(content)}
    path = "/" + url.split("/", 3)[3]
    return (client or Client()).post(path, content, content_type=content_type, headers=headers)
