"""Milestone → words for people. Facts only: what the last scan means, never a guess."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracking.milestones import Milestone

Words = str | Promise


@dataclass(frozen=True)
class Text:
    """title: where it stands, as a heading. sentence: the same as one line of the
    timeline. next_step: what follows, and whether the reader must do anything."""

    title: Words
    sentence: Words
    next_step: Words


MILESTONES: dict[str, Text] = {
    Milestone.UNKNOWN: Text(
        _("Your parcel is with the carrier."),
        _("The carrier sent a report that we cannot put into plain words."),
        _("We show the carrier’s own words beside it."),
    ),
    Milestone.ANNOUNCED: Text(
        _("Your parcel is packed and waiting for the carrier."),
        _("The parcel is packed and has its number."),
        _(
            "The carrier collects it next. Until its first scan the number may not be known "
            "there; that is normal for the first day."
        ),
    ),
    Milestone.ACCEPTED: Text(
        _("The carrier has your parcel."),
        _("The carrier has taken the parcel over."),
        _("It goes to the next sorting place. You do not need to do anything."),
    ),
    Milestone.IN_TRANSIT: Text(
        _("Your parcel is on its way."),
        _("It is moving towards you."),
        _(
            "It is on a lorry or a plane; there is nothing to scan until it arrives, as a train "
            "does not report at every post along the line. You do not need to do anything."
        ),
    ),
    Milestone.CUSTOMS: Text(
        _("Your parcel is at customs."),
        _("Customs has it and is looking at its papers."),
        _(
            "Most parcels leave customs within a few days. If customs asks you for "
            "anything, write to us before you pay or send it."
        ),
    ),
    Milestone.OUT_FOR_DELIVERY: Text(
        _("Your parcel is out for delivery."),
        _("It is on the delivery van."),
        _("It should reach you today. Somebody should be able to take it in."),
    ),
    Milestone.ATTEMPTED: Text(
        _("The carrier tried to deliver your parcel."),
        _("The carrier was at the door and could not hand it over."),
        _(
            "Usually it tries again on the next working day, or leaves a note with a place to "
            "collect it."
        ),
    ),
    Milestone.READY_FOR_PICKUP: Text(
        _("Your parcel is waiting for you to collect it."),
        _("It is at a place where you can collect it."),
        _("Please take something with your name on it when you collect the parcel."),
    ),
    Milestone.DELIVERED: Text(
        _("Your parcel has been delivered."),
        _("The carrier reports that it was delivered."),
        _("If you cannot find it, look with neighbours and at the usual places, then write to us."),
    ),
    Milestone.RETURNING: Text(
        _("Your parcel is on its way back to us."),
        _("The carrier is bringing it back to us."),
        _("When it is here again, we put it right with you. You do not need to do anything."),
    ),
    Milestone.RETURNED: Text(
        _("Your parcel came back to us."),
        _("It is back with us."),
        _("Write to us whether you would like your money or a new parcel."),
    ),
}

# The same when nothing was reported for longer than that step should take.
STALE: dict[str, Text] = {
    Milestone.ANNOUNCED: Text(
        _("The carrier has not scanned your parcel yet."),
        _("The parcel is packed and has its number."),
        _(
            "It should have been scanned by now, and may lie unscanned at the carrier. If nothing "
            "has changed in two days, write to us."
        ),
    ),
    Milestone.OUT_FOR_DELIVERY: Text(
        _("Your parcel went out for delivery, and we have heard nothing since."),
        _("It is on the delivery van."),
        _(
            "It may have come in the meantime: look with neighbours and at the usual places. If it "
            "is not there, write to us."
        ),
    ),
}
STALE_AFTER = {
    Milestone.ANNOUNCED: timedelta(hours=48),
    Milestone.OUT_FOR_DELIVERY: timedelta(hours=20),
}


def of(milestone: str, since: datetime, now: datetime) -> Text:
    """The words of a parcel that has stood at `milestone` since then."""
    patience = STALE_AFTER.get(Milestone(milestone))
    return (STALE if patience and now - since > patience else MILESTONES)[milestone]


# Short labels of the steps of the journey; pick-up stands instead of the last mile.
STEPS: dict[str, Words] = {
    "packed": _("Packed"),
    "on_the_road": _("On the road"),
    "customs": _("Customs"),
    "out_for_delivery": _("Out for delivery"),
    "pick_up": _("Pick-up"),
    "your_door": _("Your door"),
}
