"""What returns does with news from parcels."""

from django.dispatch import receiver

from returns.models.promise import Promise, PromiseKind
from returns.models.shipment import Shipment
from tracking.milestones import Milestone
from tracking.signals import milestone_reached


@receiver(milestone_reached)
def parcel_moved(sender, parcel, before, **kwargs) -> None:
    """An order that has arrived needs no further word about where it is. While another of
    its parcels is on the road, the word that we gave stands as it is."""
    if parcel.milestone != Milestone.DELIVERED:
        return
    shipments = Shipment.objects.filter(parcel=parcel, is_return=False)
    # Always in the same order, so that two of these never wait for each other.
    for shipment in shipments.select_related("order").order_by("order_id"):
        order = shipment.order.locked()
        if not order.is_on_its_way:
            Promise.objects.keep(order, PromiseKind.UPDATE)
