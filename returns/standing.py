"""Where a return stands: its codes and its words, for pages and letters alike."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns import withdrawal_texts
from returns.codes import AS_CREDIT, GOODS_KINDS, MONEY_KINDS, Kind, TurnsBy
from returns.states import ENDED, OPEN, ResolutionState, Status
from tracking.incidents import IncidentKind
from tracking.milestones import TURNED, Milestone
from tracking.texts import (
    INCIDENTS,
    MILESTONES,
    NO_NEWS_BETWEEN_PLACES,
    STALE_AFTER,
    STATED,
    Text,
    Words,
)

if TYPE_CHECKING:
    from returns.models import ReturnAuthorization

STATUS: dict[str, Text] = {
    Status.REQUESTED: Text(
        _("We have your request and are looking at it."),
        _("We have your request."),
        _(
            "A person reads it and answers you. You do not need to do anything. Please keep the "
            "goods until you hear from us."
        ),
    ),
    Status.INFO_REQUESTED: Text(
        _("We have a question about your return."),
        _("We need one more thing from you."),
        _("Please answer the question below. After that a person looks at your request."),
    ),
    Status.APPROVED: Text(
        _("Your return is approved. Here is how to send it."),
        _("Your return is approved."),
        _("Pack it as shown and hand it to the carrier in time."),
    ),
    Status.IN_TRANSIT: Text(
        _("Your return is on its way to us."),
        _("The carrier has your return."),
        _("When it is here, we look inside and settle everything. You do not need to do anything."),
    ),
    Status.RECEIVED: Text(
        _("Your return has reached us."),
        _("We have opened your parcel and counted what is inside."),
        _("Now we look at each thing closely. You do not need to do anything."),
    ),
    Status.INSPECTED: Text(
        _("We have looked at your return."),
        _("We have looked at everything you sent."),
        _("Now we decide what you get and write to you about it. You do not need to do anything."),
    ),
    Status.RESOLVED: Text(
        _("We have decided about your return."),
        _("We have decided about your return."),
        _("We send the money or the goods and write to you then."),
    ),
    Status.CLOSED: Text(
        _("Your return is finished."),
        _("Your return is finished."),
        _("There is nothing left to do."),
    ),
    Status.DECLINED: Text(
        _("We cannot take this back."),
        _("We could not agree to your return."),
        _("If you see it differently, you can ask us once to look again."),
    ),
    Status.CANCELLED: Text(
        _("Your return is cancelled."),
        _("Your return is cancelled, and nothing else changes."),
        _("As long as there is time you can ask for a new one."),
    ),
    Status.EXPIRED: Text(
        _("The time to post this return is over."),
        _("The return has ended because we have no note that it was posted."),
        _(
            "If you did post it, nothing is lost: give us the number on the receipt, and we look "
            "for it. As long as there is time you can ask for a new one."
        ),
    ),
    Status.LOST: Text(
        _("Your return got lost on its way to us."),
        _("The carrier cannot find the parcel."),
        _("We settle that with the carrier. The loss is ours, not yours."),
    ),
}


class Standing:
    """Where a return stands, told more finely than by its status, whose codes these also
    are where nothing has to be told more finely."""

    KEEPS_GOODS = "keeps_goods"
    POSTED = "posted"  # its number was given, and no carrier has scanned it
    POSTED_WITHOUT_NUMBER = "posted_without_number"
    NUMBER_IN_DOUBT = "number_in_doubt"
    COMES_BACK = "comes_back"  # the carrier is bringing it back to the buyer
    ARRIVED = "arrived"  # by what the carrier says; nobody has opened it
    # The same of a return that had ended: a person looks at it.
    POSTED_AFTER_END = "posted_after_end"
    ARRIVED_AFTER_END = "arrived_after_end"
    RECEIVED_AFTER_END = "received_after_end"
    EMPTY = "empty"  # opened, and there was nothing inside
    SHORT = "short"  # opened, and not all of it was inside
    NOT_SENT = "not_sent"  # the money: it was tried, and did not go
    GOODS_SENT = "goods_sent"  # finished with something new that is on its way to the buyer
    ORIGINAL_MISSING = "original_missing"  # new goods were sent, the old ones were not
    SOLD_OUT = "sold_out"  # what was chosen instead; the buyer chooses again
    # Of a parcel to the buyer that is not wanted.
    TO_TURN = "to_turn"  # the carrier was asked
    TO_REFUSE = "to_refuse"  # the buyer does not take it in
    TURNED = "turned"


KEEP_GOODS = Text(
    _("You can keep it. Nothing has to be sent back."),
    _("Nothing has to be sent back."),
    _("We put it right without a parcel. You do not need to do anything."),
)

POSTED = Text(
    _("We have the number of your parcel and follow it."),
    _("We have the number and wait for the first scan."),
    _(
        "As soon as the carrier scans it, we write to you. On the first day there is often no "
        "scan yet; that is normal. You do not need to do anything."
    ),
)
POSTED_WITHOUT_NUMBER = Text(
    _("You have posted your return. Thank you."),
    _("You told us that it is posted; we do not have its number."),
    _(
        "Without its number we cannot see where it is, but we look out for it. If your receipt "
        "has a number, please give it to us."
    ),
)
NUMBER_IN_DOUBT = Text(
    _("We are checking the number of your parcel."),
    _("The number you gave us belongs to another parcel as well."),
    _(
        "Another parcel has the same number, so a person looks at it first. Please compare it "
        "with your receipt, too, and correct it if it is another one. You need not "
        "worry about the date meanwhile."
    ),
)
COMES_BACK = Text(
    _("The carrier is bringing your parcel back to you."),
    _("The carrier is bringing it back to you."),
    _(
        "Something kept it from reaching us. When you have it again, write to us: we look with "
        "you for another way. You need not worry about the date meanwhile."
    ),
)
ARRIVED = Text(
    _("The carrier says that your parcel is here."),
    _("The carrier says that it is here. We have not opened it yet."),
    _("We open it and count what is inside. You do not need to do anything."),
)
POSTED_AFTER_END = Text(
    _("We have the number of your parcel. Thank you."),
    _("You gave us the number after the time to post it was over."),
    _(
        "The time to post it was over, but nothing is lost: a person looks at it and writes to "
        "you. What reaches us is taken in all the same."
    ),
)
ARRIVED_AFTER_END = Text(
    _("The carrier says that your parcel is here."),
    _("The carrier says that it is here. It came after the return had ended."),
    _(
        "The return had ended before the parcel came, but nothing is lost: a person opens it and "
        "tells you what happens next."
    ),
)
RECEIVED_AFTER_END = Text(
    _("Your return has reached us."),
    _("We have opened your parcel. It came after the return had ended."),
    _(
        "The return had ended before the parcel came, but nothing is lost: a person looks at "
        "each thing and tells you what happens next. You do not need to do anything."
    ),
)
EMPTY = Text(
    _("We opened your parcel, and it was empty."),
    _("We opened your parcel, and it was empty."),
    _(
        "Please tell us what you packed, and send us the photos and the receipt if you have them. "
        "Nothing is decided yet."
    ),
)
SHORT = Text(
    _("Your return has reached us, but not all of it was inside."),
    _("We opened your parcel, and not all of it was inside."),
    _("Is the rest with you, or on its way? Please tell us."),
)
NOT_SENT = Text(
    _("We could not send your money yet."),
    _("We could not send your money yet."),
    _(
        "A person looks into it and writes to you. If the card or the account is closed, please "
        "tell us where else the money may go."
    ),
)
GOODS_SENT = Text(
    _("Your new one is on its way."),
    _("We have sent your new one to you."),
    _("If it does not come, write to us."),
)

ORIGINAL_MISSING = Text(
    _("We are still waiting for the old goods."),
    _("The last day to post the old goods is over."),
    _(
        "If you have posted them, give us the number on the receipt. If you need more time, write "
        "to us. A person looks at it and writes to you."
    ),
)
SOLD_OUT = Text(
    _("What you chose is sold out. Please choose again."),
    _("What you chose is sold out."),
    _("Take another one of it, or your money. Nothing is sent before you have chosen."),
)
TO_TURN = Text(
    _("We have asked for your parcel to be sent back."),
    _("We asked the carrier to turn the parcel round."),
    _(
        "As soon as it turns round, we write to you. If it is brought to your door all the same, "
        "do not take it in: say that you refuse it."
    ),
)
TO_REFUSE = Text(
    _("Please do not take the parcel in."),
    _("You do not want the parcel, and refuse it at the door."),
    _(
        "When the carrier comes, say that you refuse it. You need not give a reason. If it waits "
        "at a counter, leave it there. As soon as it turns round, we write to you."
    ),
)
TURNED_ROUND = Text(
    _("Your parcel has turned round and comes back to us."),
    _("The parcel has turned round."),
    _("When it is here, we look inside and send what you get. You do not need to do anything."),
)

RETURN: dict[str, Text] = STATUS | {
    Standing.KEEPS_GOODS: KEEP_GOODS,
    Standing.POSTED: POSTED,
    Standing.POSTED_WITHOUT_NUMBER: POSTED_WITHOUT_NUMBER,
    Standing.NUMBER_IN_DOUBT: NUMBER_IN_DOUBT,
    Standing.COMES_BACK: COMES_BACK,
    Standing.ARRIVED: ARRIVED,
    Standing.POSTED_AFTER_END: POSTED_AFTER_END,
    Standing.ARRIVED_AFTER_END: ARRIVED_AFTER_END,
    Standing.RECEIVED_AFTER_END: RECEIVED_AFTER_END,
    Standing.EMPTY: EMPTY,
    Standing.SHORT: SHORT,
    Standing.NOT_SENT: NOT_SENT,
    Standing.GOODS_SENT: GOODS_SENT,
    Standing.ORIGINAL_MISSING: ORIGINAL_MISSING,
    Standing.SOLD_OUT: SOLD_OUT,
    Standing.TO_TURN: TO_TURN,
    Standing.TO_REFUSE: TO_REFUSE,
    Standing.TURNED: TURNED_ROUND,
}

# The same where something is wrong with what came, or it never came. What travels back to us
# is told as that of any other return.
CLAIM: dict[str, Text] = {
    Status.REQUESTED: Text(
        _("You told us that something is wrong. We are looking at it."),
        _("You told us that something is wrong."),
        _(
            "A person reads it and answers you. You do not need to do anything. Please keep the "
            "goods and what they came in until you hear from us."
        ),
    ),
    Status.INFO_REQUESTED: Text(
        _("We have a question about what is wrong."),
        _("We need one more thing from you."),
        _("Please answer the question below. After that a person decides how it is put right."),
    ),
    Status.APPROVED: Text(
        _("We put it right. Please send it back to us first."),
        _("We put it right once it is back with us."),
        _("Pack it as shown and hand it to the carrier in time. We pay the postage."),
    ),
    Standing.KEEPS_GOODS: Text(
        _("We put it right. Nothing has to be sent back."),
        _("We put it right, and nothing has to be sent back."),
        _("You do not need to do anything."),
    ),
    Status.RESOLVED: Text(
        _("We put it right."),
        _("We decided how it is put right."),
        _("We send what is named below and write to you then. You do not need to do anything."),
    ),
    Status.CLOSED: Text(
        _("It is put right."),
        _("It is put right."),
        _("There is nothing left to do. If something is still not as it should be, write to us."),
    ),
    Standing.GOODS_SENT: Text(
        _("What you get from us is on its way."),
        _("We have sent it to you."),
        _("If it does not come, write to us."),
    ),
    Status.DECLINED: Text(
        _("We could not agree to what you asked for."),
        _("We could not agree to what you asked for."),
        _("If you see it differently, you can ask us once to look again."),
    ),
    Status.CANCELLED: Text(
        _("What you had told us was taken back."),
        _("What you had told us was taken back, and nothing else changes."),
        _("If something is wrong after all, tell us again."),
    ),
}
# Of a parcel to the buyer that is not wanted, or turned by itself.
RECALL: dict[str, Text] = {
    Standing.ARRIVED: Text(
        _("Your parcel is back with us."),
        _("The carrier says that it is back with us. We have not opened it yet."),
        _("We open it and send what you get. You do not need to do anything."),
    ),
    Status.RESOLVED: Text(
        _("We have decided what you get for the parcel."),
        _("We have decided what you get for the parcel."),
        _("We send the money or the goods and write to you then. You do not need to do anything."),
    ),
    Status.CANCELLED: Text(
        _("The parcel is not called back any more."),
        _("The parcel is not called back any more, and nothing else changes."),
        _("If you have it and do not want it, you can send it back as usual."),
    ),
}
# Other words by the kind of return, where sending back is not what it is about.
OF_KIND: dict[str, dict[str, Text]] = {Kind.CLAIM: CLAIM, Kind.RETURN_TO_SENDER: RECALL}


def words_of(rma: "ReturnAuthorization", code: str) -> Text | None:
    """The words of a standing of this very return; None for a code that is none."""
    return _of_kind(rma, code) or RETURN.get(code)


def _of_kind(rma: "ReturnAuthorization", code: str) -> Text | None:
    if rma.kind == Kind.WITHDRAWAL:
        return withdrawal_texts.of_return(rma, code)
    return OF_KIND.get(rma.kind, {}).get(code)


def standing(rma: "ReturnAuthorization") -> str:
    """The code in RETURN of where it stands, by what buyer, carrier and desk have told.

    Reads lines and receipts of one that is RECEIVED, resolutions of one that is decided."""
    match rma.status:
        case status if rma.variant_gone_at and status in CHOOSES_AGAIN:
            return Standing.SOLD_OUT
        case Status.APPROVED if rma.keeps_goods:
            return Standing.KEEPS_GOODS
        case Status.APPROVED if rma.is_recall and not rma.arrived_at:
            return _turning(rma)
        case Status.APPROVED if rma.misses_original:
            return Standing.ORIGINAL_MISSING
        case Status.APPROVED | Status.IN_TRANSIT:
            return Standing.ARRIVED if rma.arrived_at else _on_the_road(rma)
        case Status.RECEIVED:
            return _opened(rma)
        case Status.RESOLVED if rma.resolved_at and _money_did_not_go(rma):
            return Standing.NOT_SENT
        case Status.CLOSED if rma.resolved_at and _ended_with_goods(rma):
            return Standing.GOODS_SENT
        case status if status in ENDED and rma.arrived_at:
            return Standing.ARRIVED_AFTER_END
        case Status.EXPIRED if rma.posted_at:
            return Standing.POSTED_AFTER_END
    return rma.status


# Where the buyer can still choose something else than what is sold out.
CHOOSES_AGAIN = OPEN | {Status.RESOLVED}


def _turning(rma: "ReturnAuthorization") -> str:
    if rma.has_turned:
        return Standing.TURNED
    return Standing.TO_TURN if rma.turns_by == TurnsBy.INTERCEPT else Standing.TO_REFUSE


def _on_the_road(rma: "ReturnAuthorization") -> str:
    if not rma.posted_at:
        return rma.status
    shipment = rma.parcel_back
    if shipment and shipment.parcel and shipment.parcel.milestone in TURNED:
        return Standing.COMES_BACK
    if rma.status == Status.IN_TRANSIT:
        return rma.status
    if shipment is None:
        return Standing.POSTED_WITHOUT_NUMBER
    return Standing.NUMBER_IN_DOUBT if shipment.in_doubt else Standing.POSTED


def _opened(rma: "ReturnAuthorization") -> str:
    rows = rma.lines.all()
    receipts = [receipt for receipt in rma.receipts.all() if receipt.undone_at is None]
    if receipts and receipts[-1].was_empty and not any(row.received for row in rows):
        return Standing.EMPTY
    if rma.came_after_end:
        return Standing.RECEIVED_AFTER_END
    return Standing.SHORT if any(row.missing for row in rows) else rma.status


def _money_did_not_go(rma: "ReturnAuthorization") -> bool:
    return any(
        row.state == ResolutionState.FAILED and row.kind in MONEY_KINDS - AS_CREDIT
        for row in rma.resolutions.all()
    )


def _ended_with_goods(rma: "ReturnAuthorization") -> bool:
    """Whether what was sent last is a thing."""
    sent = [row for row in rma.resolutions.all() if row.is_sent and row.settled_at]
    last = max(sent, key=lambda row: (row.settled_at, row.pk), default=None)
    return last is not None and last.kind in GOODS_KINDS


def of_return(rma: "ReturnAuthorization") -> Text:
    """The words of where it stands: KEEP_GOODS when it was approved and nothing comes back."""
    code = standing(rma)
    return _of_kind(rma, code) or RETURN[code]


# The steps of the parcel that comes back to us, told to whom sent it.
BACK_TO_US: dict[str, Text] = {
    Milestone.UNKNOWN: MILESTONES[Milestone.UNKNOWN],
    Milestone.ANNOUNCED: Text(
        _("The carrier has not scanned your parcel yet."),
        _("The carrier knows the number of your parcel."),
        _("On the first day there is often no scan yet; that is normal."),
    ),
    Milestone.ACCEPTED: Text(
        _("The carrier has your parcel."),
        _("The carrier has taken your parcel over."),
        MILESTONES[Milestone.ACCEPTED].next_step,
    ),
    Milestone.IN_TRANSIT: Text(
        _("Your parcel is on its way to us."),
        MILESTONES[Milestone.IN_TRANSIT].sentence,
        MILESTONES[Milestone.IN_TRANSIT].next_step,
    ),
    Milestone.CUSTOMS: replace(
        MILESTONES[Milestone.CUSTOMS], title=_("Your return is at customs.")
    ),
    Milestone.OUT_FOR_DELIVERY: Text(
        _("Your parcel is on the delivery van to us."),
        _("It is on the delivery van to us."),
        _("We take it in at our door. You do not need to do anything."),
    ),
    Milestone.ATTEMPTED: Text(
        _("The carrier was at our door and could not hand it over."),
        _("The carrier was at our door and could not hand it over."),
        _("That is for us to settle with the carrier. You do not need to do anything."),
    ),
    Milestone.READY_FOR_PICKUP: Text(
        _("Your parcel is at a place where we can collect it."),
        _("It is at a place where we can collect it."),
        _("We collect it there. You do not need to do anything."),
    ),
    Milestone.DELIVERED: Text(
        ARRIVED.title, _("The carrier reports that it reached us."), ARRIVED.next_step
    ),
    Milestone.RETURNING: COMES_BACK,
    Milestone.RETURNED: Text(
        _("Your parcel is back with you."),
        _("It is back with you."),
        _(
            "Please write to us: we look with you for another way. You need not worry about the "
            "date meanwhile."
        ),
    ),
}
# The same when nothing was reported for longer than that step should take.
STALE_BACK_TO_US: dict[str, Text] = {
    Milestone.OUT_FOR_DELIVERY: Text(
        _("Your parcel went out for delivery to us; no news since."),
        _("It is on the delivery van to us."),
        _("We look for it on our side. You do not need to do anything."),
    )
}

# What one report states beyond its milestone, told to whom sent the parcel.
STATED_BACK_TO_US: dict[str, Words] = {
    **STATED,
    IncidentKind.ADDRESS: _("It could not be delivered to the address on it."),
    IncidentKind.ATTEMPT_FAILED: BACK_TO_US[Milestone.ATTEMPTED].sentence,
    IncidentKind.WAITING_AT_PICKUP: BACK_TO_US[Milestone.READY_FOR_PICKUP].sentence,
    IncidentKind.REFUSED: _("It was not accepted at our door."),
}


def back_to_us(milestone: str, since: datetime, now: datetime) -> Text:
    """The words of a parcel to us that has stood at `milestone` since then."""
    patience = STALE_AFTER.get(Milestone(milestone))
    stale = patience is not None and now - since > patience
    table = STALE_BACK_TO_US if stale and milestone in STALE_BACK_TO_US else BACK_TO_US
    return table[milestone]


# Said when a day has passed without a scan, after the number itself.
COMPARE_NUMBER: Words = _(
    "Please compare this number with the one on your receipt. If it is another one, correct it "
    "on the page of your return. If it is right, ask where you handed the parcel in whether it "
    "was really collected."
)


# What is wrong with the parcel that comes back to us, told to whom sent it.
INCIDENTS_TO_US: dict[str, Text] = {
    IncidentKind.SILENT: Text(
        BACK_TO_US[Milestone.ANNOUNCED].title,
        _("You posted it, and no scan has come since."),
        _(
            "Please compare the number and the carrier with your receipt, and correct them on the "
            "page of your return if they differ. If both are right, ask where you handed the "
            "parcel in whether it was really collected."
        ),
    ),
    IncidentKind.STALLED: Text(
        INCIDENTS[IncidentKind.STALLED].title,
        INCIDENTS[IncidentKind.STALLED].sentence,
        NO_NEWS_BETWEEN_PLACES,
    ),
    IncidentKind.OVERDUE: Text(
        INCIDENTS[IncidentKind.OVERDUE].title,
        _("It has been on its way to us for a long time and is not here yet."),
        _(
            "We go on following it and show you each new scan. You have done your part; please "
            "keep the receipt until everything is settled."
        ),
    ),
    IncidentKind.WRONG_WAY: Text(
        INCIDENTS[IncidentKind.WRONG_WAY].title,
        _("It was scanned at a place that is not on its way to us."),
        INCIDENTS[IncidentKind.WRONG_WAY].next_step,
    ),
    IncidentKind.CUSTOMS_HOLD: INCIDENTS[IncidentKind.CUSTOMS_HOLD],
    IncidentKind.CUSTOMS_DOCUMENTS: INCIDENTS[IncidentKind.CUSTOMS_DOCUMENTS],
    IncidentKind.ADDRESS: Text(
        _("The carrier could not deliver to our address."),
        INCIDENTS[IncidentKind.ADDRESS].sentence,
        _(
            "Please compare what you wrote on the parcel with our address on the page of your "
            "return. If it was another one, write to us: we look with you for a way."
        ),
    ),
    IncidentKind.ATTEMPT_FAILED: replace(
        BACK_TO_US[Milestone.ATTEMPTED],
        title=_("Your parcel has not been handed over at our door yet."),
    ),
    IncidentKind.WAITING_AT_PICKUP: Text(
        _("Your parcel is still waiting for us to collect it."),
        _("It has been ready for us to collect for some days."),
        _("That is for us to do. You do not need to do anything."),
    ),
    IncidentKind.REFUSED: Text(
        _("The carrier reports that we did not take it in."),
        _("The carrier reports that it was not taken in at our door."),
        _(
            "That is for us to put right, and the loss is ours, not yours. Please keep your "
            "receipt. If the parcel comes back to you, write to us."
        ),
    ),
    IncidentKind.DAMAGED: Text(
        INCIDENTS[IncidentKind.DAMAGED].title,
        INCIDENTS[IncidentKind.DAMAGED].sentence,
        _(
            "When it is here, we look closely at what is inside. If you took photos before you "
            "posted it, please send them to us."
        ),
    ),
    IncidentKind.LOST: Text(
        INCIDENTS[IncidentKind.LOST].title,
        INCIDENTS[IncidentKind.LOST].sentence,
        _(
            "You posted it, so the loss is ours, not yours. Please keep your receipt: it proves "
            "that."
        ),
    ),
    IncidentKind.UNCLEAR_SIGNATURE: Text(
        INCIDENTS[IncidentKind.UNCLEAR_SIGNATURE].title,
        _("It was delivered, and no report says that our warehouse took it in."),
        _("That is for us to find out. You do not need to do anything; please keep your receipt."),
    ),
    IncidentKind.WEIGHT_MISMATCH: Text(
        INCIDENTS[IncidentKind.WEIGHT_MISMATCH].title,
        INCIDENTS[IncidentKind.WEIGHT_MISMATCH].sentence,
        _(
            "That alone decides nothing. When it is here, we open it and count what is inside. You "
            "do not need to do anything."
        ),
    ),
    IncidentKind.DELIVERED_NOT_RECEIVED: Text(
        _("It was signed for at our door, but we do not have it yet."),
        _("The carrier reports that it reached us. Our warehouse does not have it yet."),
        _(
            "That is for us to find out, and the loss is ours, not yours. You do not need to do "
            "anything; please keep your receipt."
        ),
    ),
}
