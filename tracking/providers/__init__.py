"""Who tells us about parcels. One module per provider, all alike.

A provider calls us at `POST /hooks/<slug>/<account>/` whenever it hears something, and we
call it to have a number followed and to ask about it. Its adapter says whether a call is
genuine, turns what came into `News`, and makes the calls, all in plain frozen dataclasses.
It knows no models; `tracking/http.py` is its only way out. Adding one: a module with the
functions of `Provider`, and a row in PROVIDERS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol, cast

from tracking.reports import ScanReport

# slug → (label, dotted path of the adapter)
PROVIDERS: dict[str, tuple[str, str]] = {
    "17track": ("17TRACK", "tracking.providers.seventeentrack"),
    "kuaidi100": ("Kuaidi100", "tracking.providers.kuaidi100"),
    "kdniao": ("Kdniao", "tracking.providers.kdniao"),
    "demo": ("Demo, never anything new", "tracking.providers.demo"),
}


@dataclass(frozen=True)
class Access:
    """What an account has at a provider. key: the API key. customer: Kuaidi100's customer
    code, Kdniao's EBusinessID. salt: what Kuaidi100 signs its pushes with. base: the
    address to call, '' for the provider's own. query_type, subscribe_type: Kdniao's
    RequestTypes, '' for the usual ones. callback: where it shall push to."""

    key: str
    customer: str = ""
    salt: str = ""
    base: str = ""
    query_type: str = ""
    subscribe_type: str = ""
    callback: str = ""


@dataclass(frozen=True)
class News:
    """What a provider knows about one number; mostly its whole history, each time.

    carrier_key: the provider's own key of the carrier. carrier: our code for it, '' when
    we have none. others: our codes of further carriers on its way (the last mile). tag:
    what we gave when we registered the number. stopped: the provider has stopped
    following it, which says nothing about the parcel itself. corrected: the provider found
    that the number belongs to `carrier`, and not to the one that was given. origin,
    destination: countries (ISO 3166 alpha-2), '' when not told. weight: grams, as the
    carrier weighed it, None when not told.
    """

    number: str
    carrier_key: str = ""
    carrier: str = ""
    others: tuple[str, ...] = ()
    tag: str = ""
    reports: tuple[ScanReport, ...] = ()
    stopped: bool = False
    corrected: bool = False
    origin: str = ""
    destination: str = ""
    weight: int | None = None


class Action(StrEnum):
    """What can be asked of a provider. Not every provider knows all of them."""

    REGISTER = "register"  # follow this number and push what happens
    QUERY = "query"  # what is known now
    CHANGE = "change"  # it goes with another carrier than was said
    STOP = "stop"  # no longer needed


@dataclass(frozen=True)
class Limit:
    """batch: numbers in one call. interval: seconds between the starts of two calls."""

    batch: int
    interval: float


@dataclass(frozen=True)
class Ask:
    """One number in a call. carrier: our code, '' to let the provider find out. key: the
    provider's own key of the carrier under which it was registered there, '' when it was
    not. phone_tail: last four digits of a phone on the label. origin, destination:
    countries. tag: comes back with every push."""

    number: str
    carrier: str = ""
    key: str = ""
    phone_tail: str = ""
    origin: str = ""
    destination: str = ""
    tag: str = ""


class Outcome(StrEnum):
    """What became of one number of a call."""

    DONE = "done"
    NO_NEWS = "no_news"  # followed there, and nothing was reported yet
    NOT_REGISTERED = "not_registered"  # register it first
    LOCKED = "locked"  # asked too soon after the last time: not again for half an hour
    NEEDS_CARRIER = "needs_carrier"
    NEEDS_PHONE = "needs_phone"
    REFUSED = "refused"  # it will never be followed there
    LATER = "later"  # nothing is wrong with the number; try again


@dataclass(frozen=True)
class Answer:
    """key: the provider's key of the carrier, when it told. news: what a query brought.
    words: the provider's own about what went wrong."""

    number: str
    outcome: Outcome = Outcome.DONE
    key: str = ""
    news: News | None = None
    words: str = ""


class Error(Exception):
    """What came cannot be used, or a call failed as a whole. permanent: looking again
    cannot help."""

    def __init__(self, message: str, permanent: bool = False):
        self.permanent = permanent
        super().__init__(message)


class NotReached(Error):
    """No connection was made: nothing was asked, and nobody knows of it."""


class TooFast(Error):
    """Nothing is wrong but our pace. after: seconds to wait, None when not told."""

    def __init__(self, message: str, after: float | None = None):
        self.after = after
        super().__init__(message)


class NoQuota(Error):
    """What was paid for is used up."""


class NoAccess(Error):
    """Key, account or address of ours is not accepted: somebody has to mend the settings."""


class Provider(Protocol):
    """One provider: an adapter module. `headers` knows names in any case, as a request's
    do; `body` is what came, byte for byte; `access` is what the account has there."""

    # What it can be asked, and how often. An action that is not in it does not exist there.
    LIMITS: Mapping[Action, Limit]

    def is_genuine(self, headers: Mapping[str, str], body: bytes, access: Access) -> bool:
        """Whether somebody who has the key sent exactly this body. In constant time."""
        ...

    def signed(self, body: bytes, access: Access) -> tuple[dict[str, str], bytes]:
        """Headers and body as the provider would send them: for replaying a recording."""
        ...

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """The provider's own name of this push, the same at each of its attempts, or the
        SHA-256 of its signed part when it signs no whole body; '' when the body itself tells
        one push from another."""
        ...

    def acknowledge(self, body: bytes, access: Access) -> dict[str, Any]:
        """What the provider wants to read, as JSON, before it counts the push as taken."""
        ...

    def parse(self, body: bytes) -> list[News]:
        """What the push says. Raises Error."""
        ...

    def follows(self, carrier: str) -> bool:
        """Whether it can follow parcels of this carrier (our code; '' = not known)."""
        ...

    def call(self, action: Action, asks: Sequence[Ask], access: Access) -> list[Answer]:
        """Makes one call for up to LIMITS[action].batch numbers; an Answer for each Ask, in
        their order. Raises Error, TooFast, NoQuota or NoAccess when it failed as a whole."""
        ...


def load(slug: str) -> Provider:
    """Raises KeyError for an unknown provider."""
    return cast(Provider, import_module(PROVIDERS[slug][1]))


def label_of(slug: str) -> str:
    return PROVIDERS[slug][0] if slug in PROVIDERS else slug


def choices() -> list[tuple[str, str]]:
    return [(slug, label) for slug, (label, _) in PROVIDERS.items()]
