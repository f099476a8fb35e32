"""The address that a buyer's answer to a letter goes to: it names the order, and signs it.

`answers+<token>@mail.example.com`: the token is base32 (RFC 4648, small letters, without
padding) of the order's key in as few bytes as it takes and of 80 bits of an HMAC-SHA256.
Pure: whether there is such an order, the database says.
"""

import base64
import binascii
import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

if TYPE_CHECKING:
    from returns.models import Order

PURPOSE = "returns.reply_addresses"
SIGNATURE_BYTES = 10
LONGEST_KEY = 8  # bytes of an order's key
LONGEST_TOKEN = 29  # characters, of the longest key
TOKEN = re.compile(r"[a-z2-7]{18,29}\Z")


def address_for(order: "Order") -> str:
    """Where an answer about `order` goes; '' when no mail is taken in (REPLY_ADDRESS)."""
    if not settings.REPLY_ADDRESS:
        return ""
    name, _, domain = settings.REPLY_ADDRESS.rpartition("@")
    return f"{name}+{token_for(order.pk)}@{domain}"


def order_of(address: str) -> int | None:
    """The key of the order that we signed this address for; None for any other address.

    Only the token counts: what stands around it may have been set anew since."""
    name, _, _ = address.rpartition("@")
    token = name.rpartition("+")[2].lower()
    key = _key_in(token)
    if key is None:
        return None
    # All are tried, so that the time tells nothing of which one fits.
    fits = [constant_time_compare(token, _signed(key, secret)) for secret in _secrets()]
    return int.from_bytes(key) if any(fits) else None


def token_for(key: int) -> str:
    return _signed(key.to_bytes((key.bit_length() + 7) // 8), settings.SECRET_KEY)


def _signed(key: bytes, secret: str) -> str:
    made = salted_hmac(PURPOSE, key, secret=secret, algorithm="sha256").digest()
    return base64.b32encode(key + made[:SIGNATURE_BYTES]).decode().rstrip("=").lower()


def _key_in(token: str) -> bytes | None:
    if not TOKEN.match(token):
        return None
    try:
        coded = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except binascii.Error:
        return None
    key = coded[:-SIGNATURE_BYTES]
    return key if 1 <= len(key) <= LONGEST_KEY else None


def _secrets() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
