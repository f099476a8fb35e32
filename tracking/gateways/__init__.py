"""Who turns a parcel that is on its way. One module per gateway, all alike.

A gateway carries a request to a carrier: bring it to another address, send it back, keep
it for collection, bring it on another day. Its adapter makes the calls and reads what is
told back, in plain frozen dataclasses; it knows no models, and `tracking/http.py` is its
only way out. Adding one: a module with the functions of `Gateway`, and a row in GATEWAYS.

A request costs money and cannot be taken back, so it is made once: an adapter says
honestly whether a call that failed may have arrived (`Error`) or cannot have (`NotReached`
and its kin, see `NEVER_ARRIVED`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol, Self, cast

from tracking.providers import Error, NoAccess, NoQuota, NotReached, TooFast

__all__ = [
    "GATEWAYS",
    "NEVER_ARRIVED",
    "NOWHERE",
    "Access",
    "Address",
    "Aim",
    "Answer",
    "Error",
    "Failure",
    "Gateway",
    "NoAccess",
    "NoQuota",
    "NotReached",
    "Outcome",
    "Task",
    "Told",
    "TooFast",
    "label_of",
    "load",
]

# slug → (label, dotted path of the adapter)
GATEWAYS: dict[str, tuple[str, str]] = {
    "ups": ("UPS Delivery Intercept", "tracking.gateways.ups"),
    "kuaidi100": ("Kuaidi100", "tracking.gateways.kuaidi100"),
    "kdniao": ("Kdniao", "tracking.gateways.kdniao"),
    "phone": ("By telephone", "tracking.gateways.phone"),
    "demo": ("Demo, says yes after a while", "tracking.gateways.demo"),
}
PHONE = "phone"
# Errors after which the request is certainly not at the carrier: it may be made again.
NEVER_ARRIVED = (NotReached, TooFast, NoAccess, NoQuota)


class Aim(StrEnum):
    """What is wanted of a parcel on its way."""

    REDIRECT = "redirect"  # to another address
    RETURN = "return"  # back to the sender
    DEPOT = "depot"  # back to the depot that it left from (Kuaidi100)
    HOLD = "hold"  # to be collected at a counter of the carrier
    RESCHEDULE = "reschedule"  # to the same address, on another day


@dataclass(frozen=True)
class Address:
    """Where it shall go. district: the part of a city that some countries name. country:
    ISO 3166 alpha-2. phone: as it was typed."""

    name: str = ""
    company: str = ""
    phone: str = ""
    street: str = ""
    street2: str = ""
    district: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{name: str(data.get(name) or "") for name in cls.__dataclass_fields__})


NOWHERE = Address()


@dataclass(frozen=True)
class Task:
    """One request. key: ours, the same at every call about it (32 hex digits). number,
    carrier: of the parcel, our code. before: where it goes now. after: where it shall go, for
    REDIRECT. on: the day of RESCHEDULE. reason: a code of ours (`late`, `changed_mind`,
    `refused`, `address`, `other`). requester: name and telephone of whoever asks, the store.
    reference: what the gateway called this request, '' before it did. order: the shop's own
    number of the order."""

    key: str
    number: str
    carrier: str
    aim: str
    before: Address = NOWHERE
    after: Address = NOWHERE
    on: date | None = None
    reason: str = "other"
    requester: tuple[str, str] = ("", "")
    reference: str = ""
    order: str = ""


@dataclass(frozen=True)
class Access:
    """What an account has at a gateway. keys: by name, those in the adapter's KEYS and
    OPTIONS. base: the address to call, '' for the gateway's own. callback: where it shall
    tell us the result, with the key that makes the address ours."""

    keys: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""
    callback: str = ""


class Outcome(StrEnum):
    """What became of a request, as far as the gateway knows."""

    SENT = "sent"  # it was taken; whether the carrier does it is told later
    ACCEPTED = "accepted"  # the carrier says yes, and has yet to do it
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    NOTHING = "nothing"  # it knows of no such request
    NO_NEWS = "no_news"  # it cannot say more than it has


class Failure(StrEnum):
    """Why it did not work; words for buyers are in `returns/address_texts.py`."""

    TOO_LATE = "too_late"  # out for delivery, or the carrier says so
    DELIVERED = "delivered"  # it was delivered before
    WENT_BACK = "went_back"  # it turned back to the sender instead
    NOT_SERVED = "not_served"  # the carrier does not go there
    ADDRESS = "address"  # the carrier cannot use the address
    ONCE_ONLY = "once_only"  # it was turned before
    NOT_OURS = "not_ours"  # only who sent it may ask
    REFUSED = "refused"  # the carrier said no, without a reason that we know
    NO_ANSWER = "no_answer"  # nobody ever said yes


@dataclass(frozen=True)
class Answer:
    """reference: the gateway's own name of the request. words: the gateway's own, for the
    desk. cost: what it charges us, in `currency`, None when not told."""

    outcome: Outcome
    reference: str = ""
    failure: str = ""
    words: str = ""
    cost: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True)
class Told:
    """What a call of the gateway says about one request, named by our key, by the
    gateway's reference, or by the parcel's number; what is not told is ''."""

    answer: Answer
    key: str = ""
    reference: str = ""
    number: str = ""


class Gateway(Protocol):
    """One gateway: an adapter module. `headers` knows names in any case; `body` is what
    came, byte for byte."""

    # Names of the keys without which nothing can be sent, and of those that may be given.
    KEYS: tuple[str, ...]
    OPTIONS: tuple[str, ...]
    # What it can be asked for.
    AIMS: frozenset[Aim]
    # Whether it can be asked what became of a request, and to forget one.
    CAN_CHECK: bool
    CAN_WITHDRAW: bool
    # Whether it shows a request as soon as it has it, so that one whose answer was lost and
    # that does not show may be made once more by ourselves; else a person finds out.
    ASKS_AGAIN: bool

    def serves(self, carrier: str, aim: str, access: Access) -> bool:
        """Whether this account can ask for that with parcels of this carrier (our code)."""
        ...

    def problems(self, access: Access) -> list[str]:
        """What is wrong with the keys, one sentence each, for the desk."""
        ...

    def request(self, task: Task, access: Access) -> Answer:
        """Makes the request, once. Raises NotReached, TooFast, NoAccess or NoQuota when it
        certainly did not arrive, Error when it may have."""
        ...

    def check(self, task: Task, access: Access) -> Answer:
        """What became of it. NOTHING: no such request is known there. Raises Error."""
        ...

    def withdraw(self, task: Task, access: Access) -> Answer:
        """Asks to forget it; the answer says what it is then. Raises Error."""
        ...

    def is_genuine(self, headers: Mapping[str, str], body: bytes, access: Access) -> bool:
        """Whether the gateway sent exactly this body. In constant time."""
        ...

    def delivery_id(self, body: bytes) -> str:
        """The gateway's own name of this call; '' when the body itself tells one from another."""
        ...

    def acknowledge(self, body: bytes, access: Access) -> dict[str, Any]:
        """What it wants to read, as JSON, before it counts the call as taken."""
        ...

    def parse(self, body: bytes, access: Access) -> list[Told]:
        """What the call says. Raises Error."""
        ...


def load(slug: str) -> Gateway:
    """Raises KeyError for an unknown gateway."""
    return cast(Gateway, import_module(GATEWAYS[slug][1]))


def label_of(slug: str) -> str:
    return GATEWAYS[slug][0] if slug in GATEWAYS else slug


def choices() -> list[tuple[str, str]]:
    return [(slug, label) for slug, (label, _) in GATEWAYS.items()]
