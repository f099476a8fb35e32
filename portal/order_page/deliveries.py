"""The parcels of an order, each with what is known about it and where that says it stands.

Pure functions over an Order loaded by `Order.objects.with_story()`, and `now`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils import timezone

from portal.order_page.freshness import is_stale
from returns.expected import Expected, expected
from returns.models.shipment import ON_ITS_WAY_FOR
from returns.troubles import Troubles
from tracking import carriers
from tracking.customs import passes_customs
from tracking.incidents import IncidentKind
from tracking.milestones import FINAL, MOVING, TURNED, Milestone
from tracking.models.scan import merged

if TYPE_CHECKING:
    from returns.models import Order, OrderLine, Shipment
    from returns.models.return_base import ReturnBase
    from tracking.models import Parcel, Scan

# No first scan for a day is normal and said so.
NORMAL_WITHOUT_SCAN = timedelta(hours=24)
# After that we say what is missing, of parcels whose silence nobody watches (`watch.silent`
# needs to know when they were handed over, and leaves holidays out).
FIRST_SCAN_WITHIN = timedelta(hours=48)
# A parcel that left longer ago than ON_ITS_WAY_FOR, and of which nothing was heard for so
# long, is told as a parcel without news instead of one on its way.
QUIET_FOR = timedelta(days=14)


class Stage:
    """Where one parcel stands, told more finely than by its milestone, whose codes these
    also are where nothing has to be told more finely. The words: `portal/order_page/words.py`.
    """

    NO_NUMBER = "no_number"
    NO_NUMBER_LONG_AGO = "no_number_long_ago"
    SENT = "sent"  # as the shop said; no carrier has reported yet
    NOT_SCANNED = "not_scanned"  # the carrier knows the number, and that for days
    LAST_SEEN = "last_seen"  # on the road, and the last report names its place
    OUT_EARLIER = "out_earlier"  # went out for delivery on another day, no word since
    DELIVERED_TODAY = "delivered_today"
    QUIET = "quiet"


# Here the buyer is the one who can do something.
FOR_THE_BUYER = frozenset(
    {
        Milestone.ATTEMPTED,
        Milestone.READY_FOR_PICKUP,
        Stage.NOT_SCANNED,
        Stage.QUIET,
        Stage.NO_NUMBER_LONG_AGO,
        Stage.OUT_EARLIER,
    }
)

# Nobody can say when these come.
WITHOUT_DAYS = frozenset({Stage.NOT_SCANNED, Stage.QUIET, Stage.OUT_EARLIER})


@dataclass(frozen=True)
class Delivery:
    """One parcel of an order, or goods that travel without a number (`parcel` is None).

    key: names its part of the page. contents: the lines in it with their quantities.
    scans: as one story, newest first. place: of the newest report, or ''. given: number and
    carrier as the buyer gave them, for a parcel that we do not follow (yet). shipment: the id of
    the first that travels in it. brings: the kind of resolution that it brings, or ''.
    """

    key: str
    parcel: "Parcel | None"
    shipped_at: datetime
    is_return: bool
    contents: tuple[tuple["OrderLine", int], ...]
    scans: tuple["Scan", ...]
    stage: str
    now: datetime
    given: tuple[str, str] = ("", "")
    shipment: int = 0
    brings: str = ""

    @property
    def number(self) -> str:
        return self.parcel.number if self.parcel else self.given[0]

    @property
    def carrier(self) -> str:
        return carriers.called(self.parcel.carrier if self.parcel else self.given[1])

    @property
    def page(self) -> str:
        return carriers.page_of(self.parcel.carrier, self.number) if self.parcel else ""

    @property
    def last_mile(self) -> tuple[str, str]:
        """Who brings it to the door when that is somebody else, and the own page there."""
        code = self.parcel.last_mile if self.parcel else ""
        if not self.parcel or not code or code == self.parcel.carrier:
            return "", ""
        return carriers.called(code), carriers.page_of(code, self.number)

    @property
    def hotline(self) -> tuple[str, str]:
        """Name and phone of whoever is at the door, where the buyer can call there."""
        return hotline(self.parcel)

    @cached_property
    def troubles(self) -> Troubles:
        """What is wrong with it. Reads the parcel's incidents, when somebody asks."""
        if self.parcel is None:
            return Troubles(back=self.is_return)
        return Troubles.of(self.parcel, self.now, back=self.is_return)

    @property
    def expected(self) -> Expected:
        if self.parcel is None or self.stage in WITHOUT_DAYS:
            return Expected()
        return expected(self.parcel, self.troubles, self.now)

    @property
    def is_stale(self) -> bool:
        """What we know of it is old, and not because nothing had to be asked."""
        return self.parcel is not None and not self.has_ended and is_stale(self.parcel, self.now)

    @property
    def place(self) -> str:
        return self.scans[0].place.strip() if self.scans else ""

    @property
    def milestone(self) -> str:
        return _known(self.parcel.milestone) if self.parcel else Milestone.UNKNOWN

    @property
    def last_news_at(self) -> datetime:
        return max(self.shipped_at, self.scans[0].at) if self.scans else self.shipped_at

    @property
    def reached_at(self) -> datetime:
        """When it came to where it stands."""
        at = self.parcel.milestone_at if self.parcel else None
        return at or self.last_news_at

    @property
    def waits_for_carrier(self) -> bool:
        """A label is announced, which the carrier has yet to scan; and nothing is wrong."""
        missed = self.troubles.kinds & {IncidentKind.SILENT, IncidentKind.LOST}
        return self.stage == Milestone.ANNOUNCED and not missed

    @property
    def has_left_unscanned(self) -> bool:
        """By our records it left us; no carrier has scanned it."""
        announced = self.parcel is not None and self.milestone == Milestone.ANNOUNCED
        return announced and not self.waits_for_carrier

    @property
    def has_arrived(self) -> bool:
        return self.milestone == Milestone.DELIVERED

    @property
    def has_ended(self) -> bool:
        return self.milestone in FINAL

    @property
    def is_given_up(self) -> bool:
        """Nobody expects it any more."""
        return self.stage in {Stage.QUIET, Stage.NO_NUMBER_LONG_AGO}

    @property
    def has_turned(self) -> bool:
        return self.milestone in TURNED

    @property
    def is_moving(self) -> bool:
        return self.milestone in MOVING and not self.has_ended

    @property
    def comes_to_the_door(self) -> bool:
        return not (
            self.has_ended or self.has_turned or self.milestone == Milestone.READY_FOR_PICKUP
        )

    @property
    def customs_seen(self) -> bool:
        return any(scan.milestone == Milestone.CUSTOMS for scan in self.scans)


def hotline(parcel: "Parcel | None") -> tuple[str, str]:
    """Name and phone of whoever brings it to the door, where the buyer can call there."""
    for code in (parcel.last_mile, parcel.carrier) if parcel else ():
        carrier = carriers.CARRIERS.get(code)
        if carrier and parcel and (phone := carrier.phone_in(parcel.destination)):
            return str(carrier), phone
    return "", ""


def deliveries(order: "Order", now: datetime, *, back: bool = False) -> list[Delivery]:
    """The parcels to the buyer (or `back` to us), oldest first; several dispatches in one
    parcel are one."""
    groups: dict[object, list[Shipment]] = {}
    for shipment in sorted(order.shipments.all(), key=lambda row: (row.shipped_at, row.pk)):
        if shipment.is_return == back:
            groups.setdefault(shipment.parcel_id or ("none", shipment.pk), []).append(shipment)
    lines = {line.pk: line for line in order.lines.all()}
    return [_delivery(group[0], _contents(group, lines), now) for group in groups.values()]


def delivery_back(rma: "ReturnBase", now: datetime) -> Delivery | None:
    """The parcel that brings this return to us; None while nobody has told its number."""
    shipment = rma.parcel_back
    return _delivery(shipment, (), now) if shipment else None


def delivery_of(shipment: "Shipment", now: datetime) -> Delivery:
    """One parcel by itself, without its contents; its parcel with scans and open incidents."""
    return _delivery(shipment, (), now)


def _contents(
    group: "list[Shipment]", lines: "dict[int, OrderLine]"
) -> tuple[tuple["OrderLine", int], ...]:
    contents: dict[int, int] = {}
    for shipment in group:
        for part in shipment.lines.all():
            contents[part.line_id] = contents.get(part.line_id, 0) + part.quantity
    return tuple((lines[pk], count) for pk, count in contents.items() if pk in lines)


def _delivery(
    first: "Shipment", contents: tuple[tuple["OrderLine", int], ...], now: datetime
) -> Delivery:
    parcel = first.parcel
    scans = merged(list(parcel.scans.all())) if parcel else []
    return Delivery(
        key=f"sent-{first.pk}",
        parcel=parcel,
        shipped_at=first.shipped_at,
        is_return=first.is_return,
        contents=contents,
        scans=tuple(scans),
        stage=_stage(parcel, first.shipped_at, scans, now),
        now=now,
        given=(first.number, first.carrier),
        shipment=first.pk,
        brings=first.resolution.kind if first.resolution else "",
    )


def _known(milestone: str) -> str:
    return milestone if milestone in Milestone.values else Milestone.UNKNOWN


def _stage(
    parcel: "Parcel | None", shipped_at: datetime, scans: "list[Scan]", now: datetime
) -> str:
    long_ago = shipped_at < now - ON_ITS_WAY_FOR
    if parcel is None:
        return Stage.NO_NUMBER_LONG_AGO if long_ago else Stage.NO_NUMBER
    milestone = _known(parcel.milestone)
    reached = parcel.milestone_at or (scans[0].at if scans else shipped_at)
    same_day = timezone.localtime(reached).date() == timezone.localtime(now).date()
    if milestone == Milestone.DELIVERED:
        return Stage.DELIVERED_TODAY if same_day else milestone
    news = max(shipped_at, scans[0].at) if scans else shipped_at
    if long_ago and news < now - QUIET_FOR and milestone != Milestone.RETURNED:
        return Stage.QUIET
    if milestone == Milestone.ANNOUNCED:
        if not scans:
            return Stage.SENT
        is_watched = parcel.handed_over_at is not None
        waits = is_watched or shipped_at > now - FIRST_SCAN_WITHIN
        return milestone if waits else Stage.NOT_SCANNED
    if milestone == Milestone.OUT_FOR_DELIVERY and not same_day:
        return Stage.OUT_EARLIER
    if milestone == Milestone.IN_TRANSIT and scans and 0 < len(scans[0].place.strip()) <= 24:
        return Stage.LAST_SEEN
    return milestone


def meets_customs(order: "Order", delivery: Delivery | None = None) -> bool:
    """Whether goods pass customs on the way; always when customs has reported."""
    if delivery and delivery.customs_seen:
        return True
    here, there = order.store.country, order.country
    return bool(there) and passes_customs(here, there)
