"""Whom we tell that an order goes elsewhere, and who pays money back. One module per shop
system for each, all alike.

An adapter writes the new address into the shop's own order, once or many times alike, and
says whether the shop has it. Its sister `…_refunds` has the shop refund (see refunding.py).
They know no models; `tracking/http.py` is their only way out. Adding one: a module with the
functions of `Shop`, one with those of `Refunds`, and a row in SHOPS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol, cast

from returns.postal.address import PostalAddress
from tracking.providers import Error, NoAccess, NotReached, TooFast

__all__ = [
    "SHOPS",
    "TOTAL",
    "Access",
    "Answer",
    "Error",
    "NoAccess",
    "NotReached",
    "Outcome",
    "Shop",
    "TooFast",
    "Update",
    "load",
]

# slug → (label, dotted path of the adapter). Those of orders' sources have the same slugs.
SHOPS: dict[str, tuple[str, str]] = {
    "shopify": ("Shopify", "returns.shops.shopify"),
    "woocommerce": ("WooCommerce", "returns.shops.woocommerce"),
    "webhook": ("Webhook of the merchant", "returns.shops.webhook"),
    "demo": ("Demo, confirms at once", "returns.shops.demo"),
}
TOTAL = 10.0  # seconds for a whole answer: letters wait meanwhile


@dataclass(frozen=True)
class Access:
    """keys: by name, those in the adapter's KEYS and OPTIONS. base: the shop's address,
    without what the interface adds to it."""

    keys: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""


@dataclass(frozen=True)
class Update:
    """key: ours, the same at every attempt. source_id: the shop's own id of the order."""

    key: str
    source_id: str
    number: str
    address: PostalAddress


class Outcome(StrEnum):
    CONFIRMED = "confirmed"  # the shop shows the new address
    TOLD = "told"  # it was taken; whether the warehouse has it is told later
    REFUSED = "refused"  # the shop will never take it: a person has to


@dataclass(frozen=True)
class Answer:
    """words: the shop's own, for the desk. version: when the shop changed its order by this,
    by its own clock; None when it does not say."""

    outcome: Outcome
    words: str = ""
    version: datetime | None = None


class Shop(Protocol):
    """One shop system: an adapter module. KEYS: those without which nothing can be told,
    name → what it is; OPTIONS: those that may be left out. NEEDS_ADDRESS: it is reached at
    an address of the merchant's."""

    KEYS: Mapping[str, str]
    OPTIONS: Mapping[str, str]
    NEEDS_ADDRESS: bool

    def tell(self, update: Update, access: Access) -> Answer:
        """Writes the address into the shop's order; the same again does no harm. Raises Error
        (permanent: trying again cannot help), TooFast or NoAccess."""
        ...


def load(slug: str) -> Shop:
    """Raises KeyError for an unknown shop."""
    return cast(Shop, import_module(SHOPS[slug][1]))
