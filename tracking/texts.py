"""Milestone → words for people. Facts only: what the last scan means, never a guess."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracking.incidents import IncidentKind
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
        _("It is on its way."),
        _(
            "Between two places nothing is scanned, as a train does not report at every post along "
            "the line. You do not need to do anything."
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
        _("It should reach you today. Please make sure that somebody can take it in."),
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
        _(
            "Please take something with your name on it when you collect the parcel, and the "
            "pick-up code."
        ),
    ),
    Milestone.DELIVERED: Text(
        _("Your parcel has been delivered."),
        _("The carrier reports that it was delivered."),
        _("If you cannot find it, look with neighbours and at the usual places, then write to us."),
    ),
    Milestone.RETURNING: Text(
        _("Your parcel is on its way back to us."),
        _("The carrier is bringing it back to us."),
        _(
            "When it is here again, we put it right with you. You do not need to do anything now. "
            "If you know already whether you would like your money or a new parcel, write to us."
        ),
    ),
    Milestone.RETURNED: Text(
        _("Your parcel came back to us."),
        _("It is back with us."),
        _(
            "Write to us whether you would like your money or a new parcel; take the time that you "
            "need."
        ),
    ),
}

# The same when nothing was reported for longer than that step should take.
STALE: dict[str, Text] = {
    Milestone.ANNOUNCED: Text(
        _("The carrier has not scanned your parcel yet."),
        _("The parcel is packed and has its number."),
        _(
            "It should have been scanned by now, and may lie unscanned at the carrier. You do not "
            "need to do anything."
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
    "collected": _("Collected"),
}


# What one report states beyond its milestone, in one line of the timeline. What the watch
# concludes from many reports, or from none, stands in no single one.
STATED: dict[str, Words] = {
    IncidentKind.WRONG_WAY: _("It was seen at a place off its route."),
    IncidentKind.CUSTOMS_HOLD: _("Customs has stopped it for a closer look."),
    IncidentKind.CUSTOMS_DOCUMENTS: _("Customs asks for papers."),
    IncidentKind.ADDRESS: _("It could not be delivered to this address."),
    IncidentKind.ATTEMPT_FAILED: MILESTONES[Milestone.ATTEMPTED].sentence,
    IncidentKind.WAITING_AT_PICKUP: MILESTONES[Milestone.READY_FOR_PICKUP].sentence,
    IncidentKind.REFUSED: _("It was not accepted at the door."),
    IncidentKind.DAMAGED: _("It was found damaged."),
    IncidentKind.LOST: _("The carrier cannot find it."),
}


# What is wrong with a parcel to the buyer. Nothing here says that somebody was asked or has
# begun to look: such sentences need a row that proves them.
NO_NEWS_BETWEEN_PLACES: Words = _(
    "Between two places nothing is scanned, as a train does not report at every post along the "
    "line. This is longer than usual all the same, so we keep an eye on it. You do not need to "
    "do anything."
)
INCIDENTS: dict[str, Text] = {
    IncidentKind.SILENT: Text(
        STALE[Milestone.ANNOUNCED].title,
        _("The carrier has not scanned it yet."),
        _(
            "Some parcels are carried on without a first scan and show up at the next sorting "
            "place. You do not need to do anything."
        ),
    ),
    IncidentKind.STALLED: Text(
        _("There has been no news of your parcel for a while."),
        _("No scan has come since the last one."),
        NO_NEWS_BETWEEN_PLACES,
    ),
    IncidentKind.OVERDUE: Text(
        _("Your parcel is later than usual."),
        _("It has been on its way for a long time and is not there yet."),
        _(
            "We go on following it and show you each new scan. If you need it by a certain "
            "day, or would rather not wait any longer, write to us."
        ),
    ),
    IncidentKind.WRONG_WAY: Text(
        _("Your parcel has taken a wrong turn."),
        _("It was scanned at a place that is not on its way to you."),
        _("It usually goes on from there, a few days later. You do not need to do anything."),
    ),
    IncidentKind.CUSTOMS_HOLD: Text(
        _("Your parcel is still at customs."),
        _("Customs has not let it go on yet."),
        _(
            "How long that takes, only customs can say. If customs or the carrier asks you for "
            "anything, write to us before you pay or send it: we help you with the papers."
        ),
    ),
    IncidentKind.CUSTOMS_DOCUMENTS: Text(
        _("Customs needs papers for your parcel."),
        _("Customs wants to see papers before it lets the parcel go on."),
        _(
            "Please have your invoice and a proof of your payment ready. If customs or the carrier "
            "writes to you, show us the letter before you pay or send anything: we help you with "
            "the papers."
        ),
    ),
    IncidentKind.ADDRESS: Text(
        _("The carrier could not deliver to this address."),
        _("The carrier reports that something about the address does not fit."),
        _(
            "Please look at the address of your order: is the house number there, the flat, the "
            "name on the bell, the phone? If anything is missing or wrong, write to us soon: a "
            "parcel is kept for a few days only and then comes back to us."
        ),
    ),
    IncidentKind.ATTEMPT_FAILED: Text(
        MILESTONES[Milestone.ATTEMPTED].title,
        MILESTONES[Milestone.ATTEMPTED].sentence,
        _(
            "Usually the carrier tries again on the next working day, or leaves a note with a "
            "place to collect it. If nobody can take it in then, write to us, and we look with "
            "you for another way."
        ),
    ),
    IncidentKind.WAITING_AT_PICKUP: Text(
        _("Your parcel is still waiting for you to collect it."),
        _("It has been ready for you to collect for some days."),
        _(
            "Please collect it soon, with the pick-up code and something with your name on it. It "
            "is kept there for a few days only and then comes back to us. If you cannot go there, "
            "write to us."
        ),
    ),
    IncidentKind.REFUSED: Text(
        _("The carrier reports that your parcel was refused."),
        _("The carrier reports that it was not taken in at the door."),
        _(
            "If that is a mistake and you would like to have it, write to us soon. Otherwise it "
            "usually comes back to us, and then we put it right with you."
        ),
    ),
    IncidentKind.DAMAGED: Text(
        _("The carrier reports damage to your parcel."),
        _("The carrier reports that it was damaged."),
        _(
            "When you have it, please take photos of the box and of what is inside, and write to "
            "us. What is broken we put right."
        ),
    ),
    IncidentKind.LOST: Text(
        _("We have to treat your parcel as lost."),
        _("Nobody has scanned it for a long time."),
        _(
            "The loss is ours, not yours. Write to us whether you would like your money or a new "
            "parcel; take the time that you need."
        ),
    ),
    IncidentKind.UNCLEAR_SIGNATURE: Text(
        _("Your parcel was delivered; we cannot see to whom."),
        _("The carrier reports that it was delivered, but not to whom."),
        _(
            "If you have it, all is well. If not, please ask at home and with neighbours, then "
            "write to us."
        ),
    ),
    IncidentKind.WEIGHT_MISMATCH: Text(
        _("Your parcel weighs something else than we expected."),
        _("The carrier’s weight differs from ours."),
        _(
            "That alone does not mean that anything is missing. When you have it, please look at "
            "the box before you open it. If it was opened, or something is missing, take photos "
            "and write to us."
        ),
    ),
    IncidentKind.DELIVERED_NOT_RECEIVED: Text(
        _("The carrier says it was delivered, but you do not have it."),
        _("The carrier reports that it was delivered. You tell us that it is not there."),
        _(
            "Please look with neighbours and at the usual places once more. If it is not found, we "
            "put it right with you: a new one, or your money."
        ),
    ),
}

# Delivered, and the report says that somebody else took it in.
TAKEN_IN_BY_ANOTHER = Text(
    _("Your parcel was delivered to somebody else."),
    _("The carrier reports that somebody else took it in."),
    _("Please ask at home and next door first. If nobody has it, write to us."),
)
