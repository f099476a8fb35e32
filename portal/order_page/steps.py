"""The steps of a parcel from us to the door, and their drawings.

Pure functions over an Order loaded by `Order.objects.with_story()`; they speak the active
language.
"""

from typing import TYPE_CHECKING

from portal.journey import Step
from portal.order_page.deliveries import Delivery, Stage, meets_customs
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.texts import STEPS

if TYPE_CHECKING:
    from returns.models import Order

# Of one parcel of several.
ICONS: dict[str, str] = {
    Milestone.ANNOUNCED: "box",
    Milestone.CUSTOMS: "stamp",
    Milestone.READY_FOR_PICKUP: "pin",
    Milestone.DELIVERED: "house",
    Milestone.RETURNING: "back",
    Milestone.RETURNED: "back",
}
STEP_OF: dict[str, str] = {
    Milestone.UNKNOWN: "on_the_road",
    Milestone.ANNOUNCED: "packed",
    Milestone.ACCEPTED: "on_the_road",
    Milestone.IN_TRANSIT: "on_the_road",
    Milestone.CUSTOMS: "customs",
    Milestone.OUT_FOR_DELIVERY: "out_for_delivery",
    Milestone.ATTEMPTED: "out_for_delivery",
    Milestone.READY_FOR_PICKUP: "pick_up",
    Milestone.DELIVERED: "your_door",
}
# What is wrong may tell more about where it stands than the milestone does.
STEP_OF_TROUBLE: dict[str, str] = {
    IncidentKind.CUSTOMS_HOLD: "customs",
    IncidentKind.CUSTOMS_DOCUMENTS: "customs",
    IncidentKind.WAITING_AT_PICKUP: "pick_up",
    IncidentKind.WRONG_WAY: "on_the_road",
}
STEP_ICONS = {
    "packed": "box",
    "on_the_road": "truck",
    "customs": "stamp",
    "out_for_delivery": "truck",
    "pick_up": "pin",
    "your_door": "house",
    "collected": "check",
}


def journey(order: "Order", parcel: Delivery | None) -> tuple[Step, ...]:
    """The steps from us to the door; none where we cannot tell them (no number, turned
    back, lost). Without customs within one country or customs union."""
    trouble = parcel.troubles.kind if parcel else ""
    if parcel and (parcel.parcel is None or parcel.has_turned or trouble == IncidentKind.LOST):
        return ()
    names = ["packed", "on_the_road", "customs", "out_for_delivery", "your_door"]
    now = STEP_OF_TROUBLE.get(trouble, STEP_OF[parcel.milestone]) if parcel else ""
    if parcel and parcel.has_left_unscanned and trouble != IncidentKind.SILENT:
        now = "on_the_road"
    if now != "customs" and not meets_customs(order, parcel):
        names.remove("customs")
    if now == "pick_up":
        names[-2:] = [now, "collected"]
    at = names.index(now) if now in names else -1
    astray = trouble == IncidentKind.WRONG_WAY
    beyond = parcel is not None and (
        # Arrived; or it was at customs and is on the road again; or nobody knows any more.
        parcel.has_arrived
        or parcel.stage == Stage.QUIET
        or (now == "on_the_road" and parcel.customs_seen and not astray)
    )
    if beyond and parcel and parcel.customs_seen and now == "on_the_road":
        at = names.index("customs")

    def state(index: int) -> str:
        if index == at:
            return "done" if beyond else "now"
        return "done" if index < at else "ahead"

    return tuple(
        Step(STEP_ICONS[name], str(STEPS[name]), state(index)) for index, name in enumerate(names)
    )
