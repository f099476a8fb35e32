"""Parcels that are missed: what their buyers, the watch and the desk do about them."""

from datetime import datetime, timedelta

from django.utils import timezone

from returns import tasks
from returns.codes import ProblemKind
from returns.models import (
    BUYER,
    Actor,
    CarrierContact,
    Investigation,
    Order,
    Problem,
    ReturnAuthorization,
    Store,
)
from tests import people
from tests.portal.on_the_way import sent_back, the_parcel
from tests.returns.troubled import trouble
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def delivered(store: Store, number: str = "JP-30001", **values) -> Order:
    """Delivered some days ago, by what the carrier says."""
    return people.place_order(store, number, **values)


def missed(order: Order, key: str = "missed", now: datetime | None = None, **told) -> Problem:
    """Its buyer says that it is not there."""
    shipment = order.shipments.get(is_return=False)
    return order.report(ProblemKind.NOT_HERE, shipment, by=BUYER, key=key, now=now, **told)


def search_of(order: Order) -> Investigation:
    return order.investigations.latest("pk")


def searched(store: Store, **values) -> Investigation:
    """A delivered parcel that its buyer does not have is looked for."""
    order = delivered(store, **values)
    missed(order)
    return search_of(order)


def lost(store: Store, number: str = "JP-30002", level: int = 1, **values) -> Investigation:
    """The watch has given it up."""
    order = people.place_order(store, number, delivered=False, **{"days_ago": 2} | values)
    Order.objects.filter(pk=order.pk).update(arrived_at=timezone.now() - 9 * DAY)
    trouble(order, IncidentKind.LOST, level=level)
    return search_of(order)


def not_here(store: Store, **values) -> tuple[ReturnAuthorization, Investigation]:
    """A return that was signed for at our warehouse, which does not have it."""
    at = timezone.now() - 9 * DAY
    rma = sent_back(
        store,
        ScanReport(at=at - 2 * DAY, milestone=Milestone.ACCEPTED),
        ScanReport(at=at, milestone=Milestone.DELIVERED, place="Vilnius"),
        posted=at - 3 * DAY,
        **values,
    )
    Order.objects.filter(pk=rma.order_id).update(arrived_at=timezone.now() - 30 * DAY)
    ReturnAuthorization.objects.filter(pk=rma.pk).update(requested_at=at - 4 * DAY)
    ReturnAuthorization.objects.follow()
    tasks.follow_cases()
    return ReturnAuthorization.objects.get(pk=rma.pk), Investigation.objects.get(authorization=rma)


def clerk(username: str = "ieva", **values) -> Actor:
    return Actor.staff(people.staff(username, "care_for_case", first_name="Ieva", **values))


def asked(investigation: Investigation, by: Actor, **more) -> CarrierContact:
    """The carrier was asked where it is."""
    case = investigation.case
    case.order = investigation.order
    values = {"way": "phone", "asked": "Where was it left?"} | more
    return CarrierContact.objects.ask(case, by=by, **values)


def seen(order: Order, milestone: str, at: datetime | None = None, **values) -> Parcel:
    """The carrier scans it."""
    parcel = the_parcel(order)
    parcel.record([ScanReport(at=at or timezone.now(), milestone=milestone, **values)])
    return parcel


def fresh(investigation: Investigation) -> Investigation:
    return Investigation.objects.get(pk=investigation.pk)
