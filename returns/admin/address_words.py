"""The desk's own words about changes of address; buyers read `returns/address_texts.py`."""

from returns import formats
from returns.address_policy import AGAIN, Obstacle, Offer, Payer, Stage, Why
from returns.address_states import AIMS, ChangeStatus
from returns.address_texts import why_not
from returns.models.address_change import AddressChange
from tracking.admin.calling import WHY

AIM_WORDS = dict(AIMS)
STAGES: dict[str, str] = {
    Stage.UNSHIPPED: "Not shipped",
    Stage.ON_THE_WAY: "On the way",
    Stage.LAST_LEG: "Out for delivery",
    Stage.ATTEMPTED: "After an attempt",
    Stage.PICKUP: "At a pick-up point",
    Stage.DELIVERED: "Delivered",
    Stage.TURNED: "Coming back",
    Stage.CANCELLED: "Cancelled",
}
WHY_DESK: dict[str, str] = {
    Why.VALUE: "The order is worth so much that a person decides.",
    Why.FEE: "Nobody knows what the carrier asks for it, so no fee was agreed.",
    Why.RULE: "A rule of the store says so.",
    Why.SHARED: "Goods of another order are in the same parcel.",
    Why.NOT_TOLD: "The letter to the contact on the order did not leave: make sure who asks.",
}
OBSTACLES: dict[str, str] = {
    Obstacle.OUT_FOR_DELIVERY: "It is out for delivery: too late for that.",
    Obstacle.ATTEMPTED: "The carrier has been at the door: too late for that.",
    Obstacle.AT_PICKUP: "It waits at a pick-up point: too late for that.",
    Obstacle.DELIVERED: "It was delivered.",
    Obstacle.TURNED: "It is on its way back already.",
    Obstacle.CANCELLED: "The order was cancelled.",
    Obstacle.UNDER_WAY: "Another change of it is under way: that has to end first.",
    Obstacle.ONCE_ONLY: "The carrier does it once for a parcel, and was asked before.",
    Obstacle.TOO_MANY: "There were too many changes of this order of late.",
    Obstacle.NOT_SERVED: "The carrier does not do it there.",
    Obstacle.CARRIER_SAYS_NO: "The carrier does not do it while the parcel is where it is.",
    Obstacle.NOT_COLLECTED: "The carrier has not collected it yet, and can be asked only then.",
    Obstacle.STORE_SAYS_NO: "The rules of the store do not offer it.",
    Obstacle.NO_NUMBER: "Its tracking number is not known, so no carrier could find it.",
    Obstacle.NOT_SHIPPED: "There is nothing on its way that could be turned.",
}


def obstacle(code: str) -> str:
    return OBSTACLES.get(code) or why_not(code, carrier="")


def failure(change: AddressChange) -> str:
    """Why it did not work; '' when it did, or nobody knows."""
    return WHY.get(change.failure) or change.get_failure_display()


def standing(change: AddressChange) -> str:
    """`Waits for us: the order is worth so much…`, `Did not work: it was delivered before`."""
    words = change.get_status_display()
    if change.status == ChangeStatus.FAILED and change.failure:
        why = failure(change)
        return f"{words}: {why[:1].lower()}{why[1:]}"
    if change.waits_for_parcel:
        parcel = change.shipment.parcel if change.shipment else None
        where = parcel.get_milestone_display().lower() if parcel else "not known where"
        return f"Waits until it is back ({where})"
    flags = {
        "the warehouse has to be told": change.must_act,
        "to be withdrawn": change.is_open and change.withdraw_wanted_at is not None,
    }
    if change.is_open and change.interception:
        row = change.interception
        flags["the answer was lost"] = row.is_uncertain
        flags["to be called"] = row.must_call or row.status == "unsupported"
    return "; ".join([words, *(flag for flag, is_so in flags.items() if is_so)])


def terms(offer: Offer) -> str:
    """Who pays, what it takes and how sure it is: as it is read to a caller."""
    if offer.aim == AGAIN:
        return "when the parcel is back, we send it once more, to an address that you ask for now"
    if offer.is_fee_open:
        said = ["nobody knows what the carrier charges: we pay it, and the caller pays nothing"]
    elif offer.fee and offer.payer == Payer.BUYER:
        said = [f"the buyer pays {formats.money(offer.fee, offer.currency)}, only if it works"]
    else:
        said = ["we pay"] if offer.payer == Payer.STORE and not offer.why_desk else []
        said = said or ["the buyer pays nothing"]
    if offer.days:
        first, last = offer.days
        said.append(f"{first} to {last} more days" if first != last else f"{last} more days")
    if offer.chance is not None:
        said.append(f"it works {offer.chance} times of 100")
    if offer.by_phone and offer.days:
        said.append("one of us calls the carrier")
    return ", ".join(said)
