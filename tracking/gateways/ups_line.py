"""The line to UPS: the token, the headers of a call, and what an answer looks like."""

import hashlib
import re
import sys
import threading
import time
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Self

from tracking import http
from tracking.gateways import NEVER_ARRIVED, Access, Error, NoAccess, NotReached, Task
from tracking.gateways.asking import missing
from tracking.gateways.discreet import words
from tracking.http import Reply
from tracking.providers import reading

KEYS = ("client_id", "client_secret")
# The test system of UPS is https://wwwcie.ups.com.
ADDRESS = "https://onlinetools.ups.com"
TOKEN, PATH = "/security/v1/oauth/token", "/api/deliveryintercept/v2"
TOTAL = 15.0  # seconds for a whole answer
LONGEST_LIFE, MARGIN = 14_400.0, 60.0  # seconds of a token
MOST_TOKENS = 200

NOT_IN_PROFILE = "605"  # “address token does not match any tokens in the user's profile”
# Codes with which something broke there: what it did before nobody knows.
BROKEN = re.compile(r"5\d\d")
CODE = re.compile(r"\w{1,8}")


@dataclass(frozen=True)
class Said:
    """status: of HTTP. body: without the wrapping that some calls have. code, message: of the
    first error, '' when there is none."""

    status: int
    body: dict[str, Any]
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class Line:
    """To UPS, for one task."""

    task: Task
    access: Access
    token: str

    @classmethod
    def to_ups(cls, task: Task, access: Access) -> Self:
        """Raises NotReached where there is no token: UPS was asked for nothing then."""
        return cls(task, access, token_of(access))

    def call(
        self, method: str, path: str, mark: str, json: Any = None, total: float | None = None
    ) -> Said:
        """mark: a letter for this call; with our key it is the name that a repeat carries too.
        Raises Error also when UPS says that something broke there."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "transId": f"{mark}.{self.task.key[:12]}",
            "platformType": "XOLT",
            "inquiryType": "U",
        }
        url = f"{_base(self.access)}{PATH}{path}/{self.task.number}"
        reply = http.call(
            method, url, json=json, headers=headers, total=min(total or TOTAL, TOTAL), returns=[401]
        )
        said = _read(reply)
        if reply.status == 401 and said.code != NOT_IN_PROFILE:
            forget_token(self.access)
            raise NoAccess("UPS does not let us in (401).")
        if any(map(BROKEN.fullmatch, (said.code, reading.text(said.body.get("statusCode"))))):
            raise Error(f"UPS is out of order: {self.say(said)}")
        return said

    def say(self, said: Said) -> str:
        secrets = [*(self.access.keys.get(name) for name in KEYS), self.token]
        return words(f"{said.code} {said.message}".strip(), secrets, self.task)


def _read(reply: Reply) -> Said:
    """Some calls wrap what they say in `response`, some do not. Raises Error."""
    try:
        found = http.json_of(reply)
    except Error:
        if reply.status == 401:
            return Said(reply.status, {})
        raise
    whole = found if isinstance(found, dict) else {}
    body = reading.part(whole, "response") or whole
    first = next(iter(reading.parts(body, "errors")), {})
    code = reading.text(first.get("code") or first.get("errorCode"))
    return Said(
        reply.status,
        body,
        code if CODE.fullmatch(code) else "",
        # Cut only after our secrets were taken out, so that no half of one is left.
        reading.text(first.get("message") or first.get("errorMessage"), sys.maxsize),
    )


# --- the token --------------------------------------------------------------------------------

_tokens: dict[str, tuple[str, float]] = {}
_lock = threading.Lock()


def _base(access: Access) -> str:
    return (access.base or ADDRESS).rstrip("/")


def _owner(access: Access) -> str:
    """Whose token: of one address, one client and one secret."""
    parts = "\0".join([_base(access), *(str(access.keys.get(name)) for name in KEYS)])
    return hashlib.sha256(parts.encode()).hexdigest()


def token_of(access: Access) -> str:
    """Kept in this process until shortly before its end. Raises NotReached where UPS cannot
    be asked for one: it was asked for nothing then."""
    owner, now = _owner(access), time.monotonic()
    with _lock:
        token, end = _tokens.get(owner, ("", 0.0))
    if token and now < end:
        return token
    try:
        token, life = _new_token(access)
    except NEVER_ARRIVED:
        raise
    except Error as error:
        raise NotReached(str(error)) from None
    with _lock:
        if len(_tokens) >= MOST_TOKENS:
            _tokens.clear()
        _tokens[owner] = token, now + life - MARGIN
    return token


def _new_token(access: Access) -> tuple[str, float]:
    if problem := missing(access.keys, KEYS):
        raise NoAccess(" ".join(problem))
    pair = ":".join(access.keys[name] for name in KEYS).encode()
    reply = http.call(
        "POST",
        _base(access) + TOKEN,
        form={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {b64encode(pair).decode()}"},
        total=TOTAL,
    )
    if reply.status == 400:
        raise NoAccess("UPS does not know this client (400).")
    found = http.json_of(reply)
    token = found.get("access_token") if isinstance(found, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise Error("UPS gave no token.")
    told = reading.text(found.get("expires_in"), 10)
    return token, min(float(told), LONGEST_LIFE) if told.isdecimal() else 0.0


def forget_token(access: Access) -> None:
    with _lock:
        _tokens.pop(_owner(access), None)
