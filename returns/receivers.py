"""What returns does with news from parcels."""

from django.dispatch import receiver

from returns.models.event import CLOCK
from returns.models.promise import Promise, PromiseKind
from returns.models.shipment import Shipment
from tracking.milestones import Milestone
from tracking.signals import milestone_reached


@receiver(milestone_reached)
def parcel_moved(sender, parcel, before, **kwargs) -> None:
    """An outbound parcel that arrived needs no further word about where it is."""
    if parcel.milestone != Milestone.DELIVERED:
        return
    for shipment in Shipment.objects.filter(parcel=parcel, is_return=False).select_related("order"):
        order = shipment.order.locked()
        if not order.is_on_its_way:
            Promise.objects.keep(order, PromiseKind.UPDATE)
        else:
            Promise.objects.of_update(order, by=CLOCK)
