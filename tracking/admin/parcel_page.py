"""Everything about one parcel on one page, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode

from tracking import carriers, gateways, providers
from tracking.admin.calling import AIMS
from tracking.health import REFUSALS
from tracking.models import Following, Incident, Interception, Lanes, Parcel, Push, Scan, merged
from tracking.models.push import KEPT_FOR
from tracking.providers import Action
from tracking.work import WorkState

PUSHES_SHOWN, SCANS_SHOWN = 20, 200

# What is to be asked → in words.
WISHES: dict[str, str] = {
    Action.REGISTER: "the number is to be given to it",
    Action.QUERY: "it is to be asked what it knows",
    Action.CHANGE: "it is to be told the right carrier",
    Action.STOP: "it is to be told that nobody needs it any more",
}


@dataclass(frozen=True)
class Told:
    """A scan with both its clocks: that of the place, '' when nobody said, and UTC."""

    scan: Scan
    whose: str

    @property
    def there(self) -> datetime | None:
        """What the clock at the place showed; the zone of the value means nothing."""
        if self.scan.utc_offset is None:
            return None
        return self.scan.at.replace(tzinfo=None) + timedelta(minutes=self.scan.utc_offset)


@dataclass(frozen=True)
class Followed:
    """One provider, and how it stands with it about this parcel."""

    row: Following
    now: datetime

    @property
    def name(self) -> str:
        return providers.label_of(self.row.connection.provider)

    @property
    def refused(self) -> str:
        if not self.row.is_refused:
            return ""
        return f"It {REFUSALS.get(self.row.refusal, self.row.refusal)}."

    @property
    def next(self) -> str:
        wish = WISHES.get(self.row.wish, self.row.wish)
        match self.row.state:
            case WorkState.DUE:
                return f"Waiting: {wish}."
            case WorkState.CLAIMED:
                return f"In hand: {wish}."
        if self.row.stopped_at:
            return "It has stopped following it."
        return "It follows it." if self.row.registered_at and not self.refused else ""

    @property
    def locked_until(self) -> datetime | None:
        at = self.row.may_be_queried_at()
        return at if at and at > self.now else None


def page(parcel: Parcel, request: HttpRequest) -> dict[str, Any]:
    """What the page of a parcel shows, without its buttons."""
    now = timezone.now()
    incidents = list(parcel.incidents.all())
    scans = list(parcel.scans.all()[: SCANS_SHOWN + 1])  # the newest first
    older = parcel.scans.count() - SCANS_SHOWN if len(scans) > SCANS_SHOWN else 0
    scans = scans[:SCANS_SHOWN]
    return {
        "now": now,
        "parcel": parcel,
        "subtitle": f"The newest {SCANS_SHOWN} scans are shown; {older:,} are older."
        if older
        else None,
        "carrier": carriers.called(parcel.carrier),
        "last_mile": carriers.called(parcel.last_mile),
        "carrier_page": carriers.page_of(parcel.carrier, parcel.number),
        "bookings": _bookings(parcel),
        "wrong": [(row, detail_in_words(row)) for row in incidents if row.is_open],
        "past": [(row, detail_in_words(row)) for row in incidents if not row.is_open],
        "story": [_told(scan) for scan in merged(scans)],
        "raw": [_told(scan) for scan in scans],
        "followed": [Followed(row, now) for row in parcel.followings.all()],
        "pushes": list(pushes_about(parcel)),
        "found_at": found_at(parcel, request),
        "interceptions": _asked_for(parcel, request),
    }


def _asked_for(parcel: Parcel, request: HttpRequest) -> list[tuple[Interception, str, str]]:
    """Each request to its carrier, what was wanted, and over what it was asked."""
    if not request.user.has_perm("tracking.view_interception"):
        return []
    rows = parcel.interceptions.select_related("gateway")
    over = (gateways.label_of(row.gateway.gateway) if row.gateway else "Telephone" for row in rows)
    return [(row, AIMS.get(row.aim, row.aim), way) for row, way in zip(rows, over, strict=True)]


def pushes_about(parcel: Parcel) -> "QuerySet[Push]":
    """The newest pushes that named its number, as far as they are kept."""
    mine = Push.objects.defer("body").filter(
        account=parcel.account_id,
        received_at__gt=timezone.now() - KEPT_FOR,
        outcome__contains=parcel.number,
    )
    return mine.order_by("-received_at")[:PUSHES_SHOWN]


def found_at(parcel: Parcel, request: HttpRequest) -> list[tuple[str, str]]:
    """Words and address of the pages that know whose parcel it is. They are not ours, so
    they are searched by the number."""
    wanted = [
        ("Its order", "returns_order", "returns.view_order"),
        ("Its cases and promises", "returns_case", "returns.view_case"),
        ("Its changes of address", "returns_addresschange", "returns.view_addresschange"),
    ]
    if parcel.is_inbound:
        returned = "returns_returnauthorization", "returns.view_returnauthorization"
        wanted.insert(0, ("Its return", *returned))
    found = []
    for words, name, permission in wanted:
        if not request.user.has_perm(permission):
            continue
        try:
            address = reverse(f"admin:{name}_changelist")
        except NoReverseMatch:
            continue
        found.append((words, f"{address}?{urlencode({'q': parcel.number})}"))
    return found


def _bookings(parcel: Parcel) -> list[tuple[str, str]]:
    """What it is to be sent with, and the lane's name for it at the carrier."""
    wanted = [
        (words, name)
        for flag, words, name in (
            (parcel.wants_signature, "Signature at the door", "signature"),
            (parcel.by_appointment, "Delivery by appointment", "appointment"),
        )
        if flag
    ]
    if not wanted:
        return []
    way = parcel.origin, parcel.destination
    lanes = Lanes(parcel.account.lanes.filter(origin=way[0], destination=way[1]))
    return [(words, lanes.service(name, *way, parcel.carrier)) for words, name in wanted]


def _told(scan: Scan) -> Told:
    return Told(scan, providers.label_of(scan.provider) if scan.provider else "the shop")


def detail_in_words(incident: Incident) -> str:
    """The facts behind an incident: Leipzig, DE; 2 attempts."""
    known = incident.detail
    where = ", ".join(str(known[name]) for name in ("place", "country") if known.get(name))
    more: Sequence[str] = [
        f"{name.replace('_', ' ')}: {value}"
        for name, value in known.items()
        if name not in ("place", "country") and value not in ("", None)
    ]
    return "; ".join(filter(None, (where, *more)))
