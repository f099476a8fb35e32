"""What we say first when something is wrong with a parcel: that we see what it is like.

One thought for every kind, true whatever the cause, without blame and without a promise.
"""

from django.utils.translation import gettext_lazy as _

from returns.codes import Reason
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.texts import Words

TO_YOU: dict[str, Words] = {
    IncidentKind.SILENT: _(
        "It is annoying to look up a number that tells you nothing. We see the same on our side."
    ),
    IncidentKind.STALLED: _(
        "Days without a new scan are hard to sit through. We would be uneasy, too."
    ),
    IncidentKind.OVERDUE: _(
        "It should have been with you by now. We are sorry that you have to wait so long."
    ),
    IncidentKind.WRONG_WAY: _(
        "It is annoying to see a parcel move and not come closer. We are sorry that you have to "
        "wait."
    ),
    IncidentKind.CUSTOMS_HOLD: _(
        "It is tiring when a parcel lies still and nothing helps but patience. We are sorry that "
        "you need so much of it."
    ),
    IncidentKind.CUSTOMS_DOCUMENTS: _(
        "Nobody likes to look for papers while waiting for a parcel. We make it as easy for you "
        "as we can."
    ),
    IncidentKind.ADDRESS: _(
        "It is annoying when a parcel does not find the door that it was sent to. We are sorry "
        "that you have to wait."
    ),
    IncidentKind.ATTEMPT_FAILED: _(
        "So near, and yet not in your hands: that is annoying, and we understand it well."
    ),
    IncidentKind.WAITING_AT_PICKUP: _(
        "Fetching a parcel is one more errand in days that are full enough. We would like to make "
        "it easy for you."
    ),
    IncidentKind.REFUSED: _(
        "If that is not what you wanted, it is an annoying surprise. We would like to put it "
        "right with you."
    ),
    IncidentKind.DAMAGED: _(
        "That is not how a parcel from us should travel. We are sorry that you have to read this."
    ),
    IncidentKind.LOST: _(
        "You had every reason to count on it, and now you read this. We are very sorry."
    ),
    IncidentKind.UNCLEAR_SIGNATURE: _(
        "A report that names nobody leaves a question open. We would want to know, too."
    ),
    IncidentKind.WEIGHT_MISMATCH: _(
        "Two weights that do not agree make one wonder. We would rather tell you than keep it to "
        "ourselves."
    ),
    IncidentKind.DELIVERED_NOT_RECEIVED: _(
        "It is said to be delivered, and you do not have it: that would upset us, too. We are "
        "sorry."
    ),
}
TO_US: dict[str, Words] = {
    IncidentKind.SILENT: _(
        "You have posted it, and it is annoying that the number tells you nothing. We see the same "
        "on our side."
    ),
    IncidentKind.STALLED: _(
        "You have sent it off, and for days there has been no word of it. We would be uneasy, too."
    ),
    IncidentKind.OVERDUE: _(
        "You have sent it off and wait for all this to be settled. We are sorry that it takes so "
        "long."
    ),
    IncidentKind.WRONG_WAY: _(
        "It is annoying to see a parcel move and not come closer. We are sorry that this takes "
        "its time."
    ),
    IncidentKind.CUSTOMS_HOLD: TO_YOU[IncidentKind.CUSTOMS_HOLD],
    IncidentKind.CUSTOMS_DOCUMENTS: _(
        "Nobody likes to look for papers for a parcel that is posted already. We make it as easy "
        "for you as we can."
    ),
    IncidentKind.ADDRESS: _(
        "You took the trouble to pack and post it, and then it did not find our door. That is "
        "annoying, and we are sorry."
    ),
    IncidentKind.ATTEMPT_FAILED: _(
        "You sent it all the way, and then it fails at our door. We are sorry about that."
    ),
    IncidentKind.WAITING_AT_PICKUP: _(
        "You sent it all the way, and now it waits for us. We are sorry that you see it lie there."
    ),
    IncidentKind.REFUSED: _(
        "You sent it to us, and now you read this. We understand that it is annoying, and we are "
        "sorry."
    ),
    IncidentKind.DAMAGED: _(
        "That is not pleasant to read about something that you sent off. We are sorry."
    ),
    IncidentKind.LOST: _(
        "You posted it, and it did not reach us. We are very sorry for the worry that this gives "
        "you."
    ),
    IncidentKind.UNCLEAR_SIGNATURE: _(
        "A report that names nobody leaves a question open. It should not be yours to answer."
    ),
    IncidentKind.WEIGHT_MISMATCH: TO_YOU[IncidentKind.WEIGHT_MISMATCH],
    IncidentKind.DELIVERED_NOT_RECEIVED: _(
        "The report says one thing, and we have to say another. We know that this is not pleasant "
        "for you, and we are sorry."
    ),
}
TAKEN_IN_BY_ANOTHER: Words = _(
    "Somebody else has your parcel, and you would rather have it yourself. We understand that well."
)
TURNED: dict[str, Words] = {
    Milestone.RETURNING: _(
        "A parcel that turns round is a disappointment, whatever the reason. We are sorry."
    ),
    Milestone.RETURNED: _(
        "It was meant to be with you, and now it is with us again. We are sorry that it did not "
        "work out."
    ),
}

# Where something is wrong with what came, or it never came: first of all we are sorry.
OF_CLAIMS: dict[str, Words] = {
    Reason.DAMAGED: _("We are sorry that it came to you damaged."),
    Reason.MISSING: _("We are sorry that not everything was in the parcel."),
    Reason.WRONG_ITEM: _("We are sorry that the wrong thing came."),
    Reason.FAULTY: _("We are sorry that it is not as it should be."),
    Reason.FAULT_LATER: _("We are sorry that it did not last as it should."),
    Reason.DIFFERENT: _("We are sorry that it is not what we had shown you."),
    Reason.NEVER_CAME: _("We are sorry that your parcel did not reach you."),
}
FOR_THE_TROUBLE: Words = _("We are sorry for the trouble that you have with it.")


def of_claim(reason: str) -> Words:
    """reason: of Reason; '' where there is none."""
    return OF_CLAIMS.get(reason, FOR_THE_TROUBLE)
