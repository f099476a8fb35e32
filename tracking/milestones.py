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


RANK: dict[str, int] = {milestone: rank for rank, milestone in enumerate(Milestone)}

# The road is over.
FINAL = frozenset({Milestone.DELIVERED, Milestone.RETURNED})
TURNED = frozenset({Milestone.RETURNING, Milestone.RETURNED})
# From here on the parcel is physically with a carrier (an announced label is not).
MOVING = frozenset(set(Milestone) - {Milestone.UNKNOWN, Milestone.ANNOUNCED})
# Happens once, at the start; said again later (a new label, the next carrier taking over)
# it is no step back.
START = frozenset({Milestone.ANNOUNCED, Milestone.ACCEPTED})


def follows(new: str, old: str) -> bool:
    """Whether a scan saying `new` moves a parcel that stands at `old`.

    Asked for one scan after the other in order of time. The steps of the road may repeat
    in any order (customs, then the road again); a delivered parcel only ever turns back,
    one that has turned only ends, and one that is back moves no more.
    """
    if new == Milestone.UNKNOWN or old == Milestone.RETURNED:
        return False
    if old == Milestone.DELIVERED:
        return new in TURNED
    if old == Milestone.RETURNING:
        return new in FINAL
    if new in START:
        return RANK[new] > RANK[old]
    return new != old
