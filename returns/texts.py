"""Code → words for people. Logic knows codes, pages and letters know these.

Every code of `states.py`, `codes.py`, `ledger.Obstacle`, event and promise kinds has an
entry; `tests/returns/test_texts.py` fails when one has none. Placeholders are named.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.codes import Avoid, DeclineReason, Payer, Payment, Reason, Wish
from returns.ledger import Obstacle
from returns.models.event import EventKind
from returns.models.promise import PromiseKind
from returns.states import Status
from tracking.texts import Text, Words

if TYPE_CHECKING:
    from returns.models import ReturnAuthorization


@dataclass(frozen=True)
class Choice:
    """One answer of a form: its label and the line below it."""

    label: Words
    hint: Words = ""


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
        _("Your parcel is with us."),
        _("We open it and look at what is inside."),
    ),
    Status.INSPECTED: Text(
        _("We have looked at your return."),
        _("We have opened your parcel."),
        _("We decide about each item and write to you."),
    ),
    Status.RESOLVED: Text(
        _("Your return is decided."),
        _("Everything about your return is decided."),
        _("We do what we said and write to you when it is done."),
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
            "If you did post it, write to us and we look for it. As long as there is time you can "
            "ask for a new one."
        ),
    ),
    Status.LOST: Text(
        _("Your return got lost on its way to us."),
        _("The carrier cannot find the parcel."),
        _("We settle that with the carrier. It is not your loss."),
    ),
}

# What the heading says instead when the goods need not come back.
KEEP_GOODS = Text(
    _("You can keep it. Nothing has to be sent back."),
    _("Nothing has to be sent back."),
    _("We put it right without a parcel. You do not need to do anything."),
)


def of_return(rma: "ReturnAuthorization") -> Text:
    """Where the return stands: KEEP_GOODS when it was approved and nothing comes back."""
    keeps = rma.status == Status.APPROVED and rma.keeps_goods
    return KEEP_GOODS if keeps else STATUS[rma.status]


# What was done for goods that stay with the buyer, by what the buyer wished.
PUT_RIGHT: dict[str, Words] = {
    Wish.REFUND: _(
        "We have sent {amount} back to the way you paid. Your bank may take 3–5 days to show it."
    ),
    Wish.STORE_CREDIT: _("You now have {amount} of credit in the shop."),
    Wish.EXCHANGE: _("What you asked for instead is on its way to you."),
    Wish.REPLACEMENT: _("A new one is on its way to you."),
}

REASONS: dict[str, Choice] = {
    Reason.FIT: Choice(_("It does not fit"), _("Too small, too large, or the cut is not for you")),
    Reason.DIFFERENT: Choice(
        _("It looks different from the pictures"), _("Colour, material or details")
    ),
    Reason.FAULTY: Choice(
        _("It is damaged or has a fault"), _("Broken, torn, or it does not work")
    ),
    Reason.WRONG_ITEM: Choice(
        _("It is not what I ordered"), _("Another thing, size or colour came")
    ),
    Reason.LATE: Choice(_("It came too late")),
    Reason.CHANGED_MIND: Choice(
        _("I changed my mind"), _("That is fine. You do not have to explain")
    ),
}

WISHES: dict[str, Choice] = {
    Wish.REFUND: Choice(_("My money back"), _("To the way you paid")),
    Wish.EXCHANGE: Choice(
        _("Another size, colour or kind"),
        _("Tell us which; a person checks that we have it. We pay the return postage"),
    ),
    Wish.REPLACEMENT: Choice(
        _("The same thing again, without the fault"),
        _("A person checks that we have it. We pay the return postage"),
    ),
    Wish.STORE_CREDIT: Choice(_("Credit for the shop"), _("To spend whenever you like")),
}

PAYERS: dict[str, Words] = {
    Payer.STORE: _("We pay the return postage"),
    Payer.BUYER: _("You pay the return postage"),
}

PAYMENTS: dict[str, Words] = {
    Payment.PREPAID: _("We pay: show the return number at the counter."),
    Payment.COLLECT: _("We pay: name our account number {account} at the counter."),
    Payment.REPAID: _("You pay; we give back up to {amount} when you send us the receipt."),
    Payment.BUYER: _("You pay the postage."),
}

# What is said instead where the reason (or a fee) decides who pays in the end.
WE_PAY_BACK = _("We pay: keep the receipt and send it to us, and we give you the postage back.")
FEE_PAYS = _("You pay {amount}, taken off your refund: show the return number at the counter.")

ANY_CARRIER = _("Any carrier with tracking")

# How to pack, as name of the drawing → words.
PACKING: dict[str, Words] = {
    "pack1": _(
        "Wrap each thing in paper or bubble wrap, and use its own box or bag if you still have it."
    ),
    "pack2": _(
        "Fill the empty space so that nothing slides. Lay a piece of paper with your "
        "return number on top."
    ),
    "pack3": _("Close the seams with two strips of tape, top and bottom."),
    "pack4": _("Put the label flat on the largest side. Take old labels off or cover them."),
}

# What to do where a customs form is needed. {amount}: what the goods are worth.
CUSTOMS: tuple[Words, ...] = (
    _("On the customs form write “Returned goods, not for sale” and the value, {amount}."),
    _("Put a copy of your order confirmation with the form. It shows what the goods are worth."),
    _("If customs asks you for anything, write to us before you pay or send it."),
)

AVOIDED: dict[str, Words] = {
    Avoid.UNTRACKED: _("It has no tracking. If it gets lost, nobody can find it."),
    Avoid.NO_CUSTOMS_HELP: _(
        "It leaves customs to you, and the parcel may be stopped or charged twice."
    ),
    Avoid.NO_PROOF: _("It gives no proof that you posted it."),
    Avoid.CASH_ON_DELIVERY: _("We cannot take in parcels that have to be paid at the door."),
}

OBSTACLES: dict[str, Words] = {
    Obstacle.NOTHING_CHOSEN: _("Choose at least one thing to send back."),
    Obstacle.UNKNOWN_LINE: _("This is not part of the order. Choose from the list."),
    Obstacle.ORDER_CANCELLED: _("The order was cancelled, so there is nothing to send back."),
    Obstacle.UNPAID: _("The payment has not reached us yet. Once it has, you can send it back."),
    Obstacle.NOT_SHIPPED: _(
        "It has not been sent yet. To cancel it before it leaves, write to us."
    ),
    Obstacle.COMING_BACK: _(
        "Its parcel is coming back to us, so there is nothing for you to send. Write to us "
        "whether you would like your money or a new parcel."
    ),
    Obstacle.NEEDS_NO_PARCEL: _("It came without a parcel and cannot be sent back."),
    Obstacle.FINAL_SALE: _(
        "It was a final sale and cannot be sent back unless it is faulty. If it is, write to us."
    ),
    Obstacle.ALL_BACK: _("All of it is already part of a return."),
    Obstacle.TOO_MANY: _("At most {limit} can be sent back. Choose {limit} or fewer."),
    Obstacle.NO_QUANTITY: _("Write how many, as a whole number from 1."),
    Obstacle.WINDOW_CLOSED: _("It could be sent back until {until}. If it is faulty, write to us."),
    Obstacle.UNKNOWN_REASON: _("Choose the reason that fits best."),
    Obstacle.REASON_CLOSED: _("This reason could be given until {until}. Choose another one."),
    Obstacle.UNKNOWN_WISH: _("Choose what you would like from the list."),
}
# Where nothing can be given as a reason there is no last day to name.
NEVER_OPEN = _("It cannot be sent back from this page. Write to us about it.")


def obstacle(code: str, *, limit: int = 0, until: datetime | None = None) -> str:
    """The sentence for an Obstacle, in the active language and zone.

    limit: units that are possible, for TOO_MANY. until: when the time ended, for
    WINDOW_CLOSED and REASON_CLOSED.
    """
    if code == Obstacle.WINDOW_CLOSED and until is None:
        return str(NEVER_OPEN)
    return str(OBSTACLES[code]).format(limit=limit, until=formats.day(until) if until else "")


DECLINED: dict[str, Words] = {
    DeclineReason.WINDOW_CLOSED: _("The time to send it back is over."),
    DeclineReason.NOT_RETURNABLE: _("This kind of goods cannot be sent back."),
    DeclineReason.USED: _("It has been used in a way that we cannot take back."),
    DeclineReason.NOT_OURS: _("What you describe is not part of this order."),
    DeclineReason.OTHER: _("We explain it in our own words below."),
}

# {what}: the items. The buyer's own acts are told as "you".
EVENTS: dict[str, Words] = {
    EventKind.ORDER_CANCELLED: _("The order was cancelled."),
    EventKind.CONTACT_CHANGED: _("The contact of the order was changed in the shop."),
    EventKind.RETURN_REQUESTED: _("You asked to send something back."),
    EventKind.RETURN_APPROVED: _("We approved your return."),
    EventKind.INFO_REQUESTED: _("We asked you a question."),
    EventKind.INFO_GIVEN: _("You answered our question."),
    EventKind.RETURN_DECLINED: _("We could not agree to the return."),
    EventKind.RETURN_APPEALED: _("You asked us to look again."),
    EventKind.RETURN_POSTED: _("You posted the return."),
    EventKind.RETURN_CANCELLED: _("The return was cancelled."),
    EventKind.RETURN_REMINDED: _("We reminded you of the last day to post the return."),
    EventKind.RETURN_EXPIRED: _("The time to post the return ended."),
    EventKind.RETURN_EXTENDED: _("We gave you more time to post the return."),
    EventKind.RETURN_PUT_RIGHT: _("We did what we promised for the goods that you keep."),
    EventKind.UPDATE_SENT: _("We wrote to you as promised."),
    EventKind.PROMISE_BROKEN: _("We were later than promised and told you so."),
    EventKind.CODE_SENT: _("We sent a code to the contact on the order."),
    EventKind.LINKS_CLOSED: _("We closed the links that had opened this order."),
}

# {when}: the moment. Shown on pages and in mails, always as one whole sentence.
PROMISES: dict[str, Words] = {
    PromiseKind.ANSWER: _("A person answers your request by {when}."),
    PromiseKind.UPDATE: _("We will write to you again by {when} – even if nothing has changed."),
    PromiseKind.REMINDER: _("If we have not seen your parcel by {when}, we remind you then."),
    PromiseKind.DEADLINE: _("If we have not seen your parcel by {when}, we write to you then."),
    PromiseKind.REFUND: _("We send the money by {when}."),
    PromiseKind.CREDIT: _("We give you the credit for the shop by {when}."),
    PromiseKind.GOODS: _("We send the new goods by {when}."),
}

# What we say when one was not kept. {when}: the hour that we named.
LATE: dict[str, Words] = {
    PromiseKind.ANSWER: _(
        "We said that a person answers your request by {when}. We have not done that in time."
    ),
    PromiseKind.UPDATE: _(
        "We said that we write to you about your parcel by {when}. We have not done that in time."
    ),
    PromiseKind.REMINDER: _(
        "We said that we remind you of your return by {when}. We have not done that in time."
    ),
    PromiseKind.DEADLINE: _(
        "We said that we write to you about your return by {when}. We have not done that in time."
    ),
    PromiseKind.REFUND: _(
        "We said that we send your money by {when}. We have not done that in time."
    ),
    PromiseKind.CREDIT: _(
        "We said that we give you the credit for the shop by {when}. We have not done that in time."
    ),
    PromiseKind.GOODS: _(
        "We said that we send the new goods by {when}. We have not done that in time."
    ),
}
