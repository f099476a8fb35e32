"""What returns does with news from parcels."""

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from returns import news, tasks
from returns.codes import Kind
from returns.models.address_change import AddressChange
from returns.models.authorization import ReturnAuthorization
from returns.models.case import Case
from returns.models.investigation import Investigation
from returns.models.promise import Promise, PromiseKind
from returns.models.shipment import Shipment
from tracking.milestones import FINAL, TURNED, Milestone
from tracking.signals import incidents_changed, interception_changed, milestone_reached


@receiver(milestone_reached)
def parcel_moved(sender, parcel, before, **kwargs) -> None:
    """When an order has arrived, the letter that we promised goes out at once and tells it.
    While another of its parcels is on the road, the word that we gave stands as it is."""
    if Shipment.objects.filter(parcel=parcel, is_return=True).exists():
        # Verbs on returns lock the order, and here the parcel is locked: the worker takes
        # it up from the rows (ReturnAuthorization.objects.follow), now or with its sweep.
        transaction.on_commit(tasks.ring_returns, robust=True)
    elif parcel.milestone in FINAL | TURNED and _is_not_wanted(parcel):
        transaction.on_commit(tasks.ring_returns, robust=True)
    shipments = Shipment.objects.filter(parcel=parcel, is_return=False)
    if (parcel.milestone in TURNED) != (before in TURNED):
        _turned(parcel, shipments)
    if Investigation.objects.stir(parcel, timezone.now()):
        transaction.on_commit(tasks.ring_cases, robust=True)
    if parcel.milestone != Milestone.DELIVERED:
        return
    if Case.objects.arrived(parcel, timezone.now()):
        transaction.on_commit(tasks.ring_cases, robust=True)
    # Orders are locked before parcels, never after: here the parcel is locked, so nothing
    # is asked for but one conditional update, which needs no lock of ours.
    for shipment in shipments.select_related("order__store__account").order_by("order_id"):
        order = shipment.order
        if order.is_on_its_way or not Promise.objects.keep(order, PromiseKind.UPDATE):
            continue
        news.arrived(order, shipment)
        # What was promised for a trouble that outlasts the delivery is promised anew.
        if Case.objects.open().filter(order=order, authorization=None).stir(timezone.now()):
            transaction.on_commit(tasks.ring_cases, robust=True)


def _is_not_wanted(parcel) -> bool:
    """It was called back, or is to be refused (Order.recall)."""
    mine = ReturnAuthorization.objects.filter(turning__parcel=parcel)
    return mine.filter(kind=Kind.RETURN_TO_SENDER).exists()


def _turned(parcel, shipments) -> None:
    now = timezone.now()
    if parcel.milestone in TURNED:
        Case.objects.turned(parcel, shipments, now)
    else:
        Case.objects.turned_again(parcel, now)
    transaction.on_commit(tasks.ring_cases, robust=True)


@receiver(incidents_changed)
def troubles_changed(sender, parcel, changes, **kwargs) -> None:
    """The rows of the troubles say that they are news; the worker takes them up."""
    transaction.on_commit(tasks.ring_cases, robust=True)


@receiver(interception_changed)
def request_to_carrier_moved(sender, interception, **kwargs) -> None:
    """The change of address is locked by its order, and here the request is: one row says that
    there is news, and the worker takes it up."""
    mine = AddressChange.objects.filter(interception=interception)
    if mine.update(stirred_at=timezone.now()):
        transaction.on_commit(tasks.ring, robust=True)
