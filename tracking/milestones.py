"""The normalised steps of a parcel, in the order in which they may follow each other."""

from django.db.models import TextChoices


class Milestone(TextChoices):
    """Labels are for the desk; buyers read `tracking/texts.py`."""

    UNKNOWN = "unknown", "Unknown"
    ANNOUNCED = "announced", "Announced"
    ACCEPTED = "accepted", "Accepted by the carrier"
    IN_TRANSIT = "in_transit", "In transit"
    CUSTOMS = "customs", "At customs"
    OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
    ATTEMPTED = "attempted", "Delivery attempted"
    READY_FOR_PICKUP = "ready_for_pickup", "Ready for pick-up"
    DELIVERED = "delivered", "Delivered"
    RETURNING = "returning", "On its way back"
    RETURNED = "returned", "Back at the sender"


RANK = {milestone: rank for rank, milestone in enumerate(Milestone)}

# Nothing that was scanned before the end may undo the end.
FINAL = frozenset({Milestone.DELIVERED, Milestone.RETURNED})
TURNED = frozenset({Milestone.RETURNING, Milestone.RETURNED})
# From here on the parcel is physically with a carrier (an announced label is not).
MOVING = frozenset(set(Milestone) - {Milestone.UNKNOWN, Milestone.ANNOUNCED})


def follows(new: str, old: str, newer: bool) -> bool:
    """Whether a scan saying `new` moves a parcel that stands at `old`.

    `newer`: the scan happened after the one that set `old`. Steps of the road may
    repeat in any order (customs, then the road again) as long as the scan is newer; a
    delivered parcel only ever turns back, and only by a newer scan.
    """
    if new == Milestone.UNKNOWN or new == old:
        return False
    if old in FINAL:
        return newer and old == Milestone.DELIVERED and new in TURNED
    if old in TURNED:
        return newer and new in FINAL
    if new in FINAL or new in TURNED:
        return True
    return newer or old in {Milestone.UNKNOWN, Milestone.ANNOUNCED}
