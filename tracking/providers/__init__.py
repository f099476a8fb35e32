"""Who tells us about parcels. One module per provider, all alike.

A provider calls us at `POST /hooks/<slug>/<account>/` whenever it hears something. Its
adapter says whether the call is genuine and turns the body into `News`, in plain frozen
dataclasses. It knows no models and no network; `Parcel.record` writes what it read.
Adding one: a module with the functions of `Provider`, and a row in PROVIDERS.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from tracking.reports import ScanReport

# slug → (label, dotted path of the adapter)
PROVIDERS: dict[str, tuple[str, str]] = {
    "17track": ("17TRACK", "tracking.providers.seventeentrack"),
}


@dataclass(frozen=True)
class News:
    """What a provider knows about one number; mostly its whole history, each time.

    carrier_key: the provider's own key of the carrier. carrier: our code for it, '' when
    we have none. others: our codes of further carriers on its way (the last mile). tag:
    what we gave when we registered the number. stopped: the provider has stopped
    following it, which says nothing about the parcel itself.
    """

    number: str
    carrier_key: str = ""
    carrier: str = ""
    others: tuple[str, ...] = ()
    tag: str = ""
    reports: tuple[ScanReport, ...] = ()
    stopped: bool = False


class Error(Exception):
    """What came cannot be used. permanent: looking again cannot help."""

    def __init__(self, message: str, permanent: bool = False):
        self.permanent = permanent
        super().__init__(message)


class Provider(Protocol):
    """One provider: an adapter module. `headers` knows names in any case, as a request's
    do; `body` is what came, byte for byte; `key` is the account's secret there."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes, key: str) -> bool:
        """Whether somebody who has the key sent exactly this body. In constant time."""
        ...

    def signed(self, body: bytes, key: str) -> tuple[dict[str, str], bytes]:
        """Headers and body as the provider would send them: for replaying a recording."""
        ...

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """The provider's own name of this push, the same at each of its attempts; '' when
        it has none. Then the body itself tells one push from another."""
        ...

    def acknowledge(self, body: bytes) -> dict[str, Any]:
        """What the provider wants to read, as JSON, before it counts the push as taken."""
        ...

    def parse(self, body: bytes) -> list[News]:
        """What the push says. Raises Error."""
        ...


def load(slug: str) -> Provider:
    """Raises KeyError for an unknown provider."""
    return cast(Provider, import_module(PROVIDERS[slug][1]))


def label_of(slug: str) -> str:
    return PROVIDERS[slug][0] if slug in PROVIDERS else slug


def choices() -> list[tuple[str, str]]:
    return [(slug, label) for slug, (label, _) in PROVIDERS.items()]
