"""What returns does with news from parcels."""

from django.db import transaction
from django.dispatch import receiver

from returns import tasks
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.models.shipment import Shipment
from tracking.milestones import Milestone
from tracking.signals import milestone_reached


@receiver(milestone_reached)
def parcel_moved(sender, parcel, before, **kwargs) -> None:
    """When an order has arrived, the letter that we promised goes out at once and tells it.
    While another of its parcels is on the road, the word that we gave stands as it is."""
    if Shipment.objects.filter(parcel=parcel, is_return=True).exists():
        # Verbs on returns lock the order, and here the parcel is locked: the worker takes
        # it up from the rows (ReturnAuthorization.objects.follow), now or with its sweep.
        transaction.on_commit(tasks.ring_returns, robust=True)
    if parcel.milestone != Milestone.DELIVERED:
        return
    shipments = Shipment.objects.filter(parcel=parcel, is_return=False)
    # Orders are locked before parcels, never after: here the parcel is locked, so nothing
    # is asked for but one conditional update, which needs no lock of ours.
    for shipment in shipments.select_related("order__store").order_by("order_id"):
        order = shipment.order
        if order.is_on_its_way or not Promise.objects.keep(order, PromiseKind.UPDATE):
            continue
        event = f"arrived-{shipment.pk}"
        Notice.objects.write(order, NoticeKind.ORDER_UPDATE, event=event, arrived=True)
