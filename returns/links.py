"""Buyer links: signed by the merchant without asking us, or short ones of our own.

The signed form is `v1.<key id>.<ref>.<expiry>.<signature>` below the store's address;
the README of the merchant's snippets and `tests/returns/test_links.py` carry its vector.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

VERSION = "v1"
# The key of the demo and of the vector in the README: whoever reads can sign with it.
PUBLIC_KEY = "test-key-please-change"
SIGNATURE_LENGTH = 32
PLAIN_REF = re.compile(r"[A-Za-z0-9_-]{1,40}\Z", re.ASCII)
TOKEN = re.compile(
    r"v1\.(?P<key_id>[a-z0-9]{1,8})\.(?P<ref>[A-Za-z0-9_-]{1,40}|~[A-Za-z0-9_-]{1,200})"
    r"\.(?P<expiry>0|[1-9][0-9]{0,11})\.(?P<signature>[0-9a-f]{32})\Z",
    re.ASCII,
)


def order_ref(number: str) -> str:
    """The order number as it stands in addresses.

    `#1001` → `1001`; what is not 1–40 of A-Z a-z 0-9 _ - becomes `~` and base64url of
    its UTF-8, without padding.
    """
    plain = number.removeprefix("#")
    if PLAIN_REF.match(plain):
        return plain
    return "~" + base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def number_from_ref(ref: str) -> str | None:
    """The order number in `ref`, or None when it is no ref that `order_ref` can make."""
    if not ref.startswith("~"):
        return ref if PLAIN_REF.match(ref) else None
    coded = ref[1:]
    try:
        number = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    # One order has one address: a second spelling of the same number is not accepted.
    return number if order_ref(number) == ref else None


def signature(key: str, store: str, key_id: str, ref: str, expiry: int | str) -> str:
    """The first 32 hex digits of HMAC-SHA256 over `v1.<store>.<key id>.<ref>.<expiry>`."""
    text = f"{VERSION}.{store}.{key_id}.{ref}.{expiry}"
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:SIGNATURE_LENGTH]


def sign(key: str, store: str, key_id: str, number: str, expiry: int = 0) -> str:
    """The token for the order `number` of `store`. expiry: seconds since 1970, 0 = none."""
    ref = order_ref(number)
    return f"{VERSION}.{key_id}.{ref}.{expiry}.{signature(key, store, key_id, ref, expiry)}"


@dataclass(frozen=True)
class Token:
    """The parts of a well-formed token; `genuine` says whether a key made it."""

    key_id: str
    ref: str
    expiry: int
    signature: str

    def genuine(self, key: str, store: str) -> bool:
        expected = signature(key, store, self.key_id, self.ref, self.expiry)
        return hmac.compare_digest(expected, self.signature)

    def expired(self, now: datetime) -> bool:
        return bool(self.expiry) and now.timestamp() >= self.expiry


def read(token: str) -> Token | None:
    """The token's parts, or None when it is not of the form."""
    found = TOKEN.match(token)
    if not found:
        return None
    return Token(found["key_id"], found["ref"], int(found["expiry"]), found["signature"])


def new_short_code() -> str:
    """A code for `/k/<code>`: 160 bits, unguessable, in letters that survive a mail."""
    return secrets.token_urlsafe(20)


def hash_code(code: str) -> str:
    """What is kept of a short code: a stolen database opens nothing."""
    return hashlib.sha256(code.encode()).hexdigest()
