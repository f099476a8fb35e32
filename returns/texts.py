"""Code → words for people. Logic knows codes, pages and letters know these. Where a return
stands is in standing.py, what the buyer gets in outcomes.py; all is found from here.

Every code of `states.py`, `codes.py`, `ledger.Obstacle`, event and promise kinds has an
entry; `tests/returns/test_texts.py` fails when one has none. Placeholders are named.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from returns import formats, signature_texts
from returns.address_policy import AGAIN
from returns.codes import (
    Avoid,
    DeclineReason,
    DocumentKind,
    Kind,
    Payer,
    Payment,
    PhotoKind,
    ProblemKind,
    Reason,
    Wish,
)
from returns.investigation_texts import EVENT_OF_END, EVENT_OF_STEP
from returns.ledger import Obstacle
from returns.models.event import ActorKind, EventKind
from returns.models.promise import PromiseKind
from returns.outcomes import BANK_DAYS as BANK_DAYS
from returns.outcomes import CONDITIONS as CONDITIONS
from returns.outcomes import DISPOSITIONS as DISPOSITIONS
from returns.outcomes import METHODS as METHODS
from returns.outcomes import PUT_RIGHT as PUT_RIGHT
from returns.outcomes import RESOLUTIONS as RESOLUTIONS
from returns.outcomes import Outcome as Outcome
from returns.outcomes import outcome as outcome
from returns.standing import BACK_TO_US as BACK_TO_US
from returns.standing import COMPARE_NUMBER as COMPARE_NUMBER
from returns.standing import EMPTY as EMPTY
from returns.standing import INCIDENTS_TO_US as INCIDENTS_TO_US
from returns.standing import KEEP_GOODS as KEEP_GOODS
from returns.standing import NUMBER_IN_DOUBT as NUMBER_IN_DOUBT
from returns.standing import POSTED_WITHOUT_NUMBER as POSTED_WITHOUT_NUMBER
from returns.standing import RETURN as RETURN
from returns.standing import STATUS as STATUS
from returns.standing import Standing as Standing
from returns.standing import back_to_us as back_to_us
from returns.standing import of_return as of_return
from returns.standing import standing as standing
from returns.standing import words_of as words_of
from returns.states import ENDED, Status
from returns.troubles import CAME_BACK
from returns.wording import filled
from tracking import carriers
from tracking.gateways import Aim
from tracking.incidents import IncidentKind
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import Event, ReturnAuthorization


@dataclass(frozen=True)
class Choice:
    """One answer of a form: its label and the line below it."""

    label: Words
    hint: Words = ""


PHOTOS: dict[str, Words] = {
    PhotoKind.ITEM: _("What you send back"),
    PhotoKind.PARCEL: _("The packed parcel"),
    PhotoKind.WAYBILL: _("The receipt with the number"),
    PhotoKind.BOX: _("The box as it came"),
    PhotoKind.POSTAGE: _("The receipt for the postage"),
}
# Of a claim: nothing may have to be sent back.
WHAT_IS_WRONG: Words = _("What is wrong with it")

# What the buyer may send for customs, and what each is.
PAPERS: dict[str, Choice] = {
    DocumentKind.INVOICE: Choice(
        _("The invoice"), _("The bill or order confirmation that you got for this order")
    ),
    DocumentKind.PAYMENT_RECORD: Choice(
        _("The payment record"),
        _("A receipt, or the line of your card or bank statement. Cover everything else on it"),
    ),
    DocumentKind.OTHER: Choice(
        _("Another paper"), _("A letter from customs or the carrier, or what it asks for")
    ),
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
    Reason.DAMAGED: Choice(_("It arrived damaged"), _("Broken, torn, crushed or wet as it came")),
    Reason.MISSING: Choice(
        _("It was not in the parcel"), _("A part of it, or one of several things")
    ),
    Reason.FAULT_LATER: Choice(
        _("It broke later"), _("It worked at first and then stopped, tore or came apart")
    ),
    Reason.NEVER_CAME: Choice(_("It never arrived")),
    Reason.UNWANTED: Choice(_("You did not want to take it in, or had it called back")),
    Reason.WITHDRAWN: Choice(_("You withdrew from the contract")),
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
    Wish.PART_REFUND: Choice(
        _("Keep it and get a part of the money back"), _("To the way you paid")
    ),
    Wish.PIECE: Choice(_("The missing piece"), _("We send it to you; there is nothing to pay")),
    Wish.REPAIR: Choice(
        _("Money for a repair"), _("You keep it and have it repaired where you like")
    ),
    Wish.VOUCHER: Choice(_("A voucher for the shop"), _("To spend whenever you like")),
}
# The same where something is wrong: a new one is not always for one with a fault.
WISHES_OF_CLAIMS: dict[str, Choice] = {
    Wish.EXCHANGE: Choice(_("Another size, colour or kind"), _("A person checks that we have it")),
    Wish.REPLACEMENT: Choice(_("A new one"), _("The same once more")),
}


def wish_of(rma: "ReturnAuthorization") -> Choice:
    """What the buyer would like, as it is told for this kind of return."""
    mine = WISHES_OF_CLAIMS if rma.kind == Kind.CLAIM else {}
    return mine.get(rma.wish) or WISHES[rma.wish]


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
FEE_PAYS = _(
    "Nothing to pay at the counter: show the return number. We take {amount} off your refund."
)

ANY_CARRIER = _("Any carrier with tracking")

# How to pack, as name of the drawing → words.
PACKING: dict[str, Words] = {
    "pack1": _(
        "Wrap each thing in paper or bubble wrap, and use its own box or bag if you still have it."
    ),
    "pack2": _(
        "Fill the empty space so that nothing slides. Put a piece of paper with your "
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
        "It has not been sent yet, so there is nothing to send back. Until it leaves us, you can "
        "cancel it."
    ),
    Obstacle.COMING_BACK: _(
        "Its parcel is coming back to us. You do not need to do anything now. You may already "
        "tell us: money or a new parcel?"
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
    Obstacle.VARIANT_GONE: _("It is sold out by now. Choose another one."),
    Obstacle.SEVERAL_PROBLEMS: _(
        "Please tell us about one thing that is wrong at a time: each is put right in another way."
    ),
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
    DeclineReason.MISUSE: _(
        "By what we see, this does not come from a fault of the goods but from something that "
        "happened to them later, and what we owe you for faults does not cover that."
    ),
    DeclineReason.OUT_OF_WARRANTY: _(
        "When you told us, the time in which we answer for such a fault was over."
    ),
    DeclineReason.NO_EVIDENCE: _(
        "By what we have, we cannot see what is wrong. Photos or a video of it would help us to "
        "see it as you do."
    ),
    DeclineReason.OTHER: _("We explain it in our own words below."),
}

# {number}: of the parcel. The buyer's own acts are told as "you".
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
    EventKind.NUMBER_GIVEN: _("You gave us the number of your parcel: {number}"),
    EventKind.NUMBER_CORRECTED: _("You corrected the number of your parcel. It is now {number}"),
    EventKind.NUMBER_CONFIRMED: _(
        "We looked at the number of your parcel, {number}, and follow it now."
    ),
    EventKind.PHOTO_ADDED: _("You added a photo."),
    EventKind.PHOTO_REMOVED: _("You took a photo away."),
    EventKind.LABEL_ADDED: _("We made a label for your parcel."),
    EventKind.PAPERS_ADDED: _("You sent us a paper for customs."),
    EventKind.PAPERS_REMOVED: _("You took a paper for customs away."),
    EventKind.RETURN_SCANNED: _("The carrier scanned your parcel for the first time."),
    EventKind.RETURN_ARRIVED: _("The carrier reported that your parcel reached us."),
    EventKind.RETURN_RECEIVED: _("We opened your parcel and counted what was inside."),
    EventKind.RECEIPT_UNDONE: _(
        "We had noted your parcel as opened by mistake, and have corrected that."
    ),
    EventKind.RETURN_INSPECTED: _("We looked at everything you sent."),
    EventKind.RETURN_RESOLVED: _("We decided about your return."),
    EventKind.RESOLUTION_DONE: _("We sent what you get for your return."),
    EventKind.RESOLUTION_FAILED: _("What you get could not be sent yet. We try again."),
    EventKind.GOODS_SENT_BACK: _("We sent back to you what we could not take."),
    EventKind.GOODS_CAME_LATER: _("What had been missing reached us after all."),
    EventKind.REFUND_REVERSED: _("The money that we sent you came back to us."),
    EventKind.SURPLUS_DECIDED: _("We decided about what was in the parcel besides."),
    EventKind.RETURN_CANCELLED: _("The return was cancelled."),
    EventKind.RETURN_REMINDED: _("We reminded you of the last day to post the return."),
    EventKind.RETURN_EXPIRED: _("The time to post the return ended."),
    EventKind.RETURN_EXTENDED: _("We gave you more time to post the return."),
    EventKind.RETURN_PUT_RIGHT: _("We did what we promised for the goods that you keep."),
    EventKind.UPDATE_SENT: _("We wrote to you as promised."),
    EventKind.PROMISE_BROKEN: _("We were later than promised and told you so."),
    EventKind.MESSAGE_WRITTEN: _("You wrote to us."),
    EventKind.MESSAGE_ANSWERED: _("We answered you."),
    EventKind.MESSAGE_READ: _("We read what you wrote."),
    EventKind.CASE_GIVEN: _("One of us looks after it."),
    EventKind.CASE_CLOSED: _("We have finished looking into it."),
    EventKind.CARRIER_ASKED: _("We asked the carrier about your parcel."),
    EventKind.CARRIER_ANSWERED: _("The carrier answered our question."),
    EventKind.ADDRESS_CONFIRMED: _("You said that the address is right."),
    EventKind.ADDRESS_ASKED: _("You asked us to change where your parcel goes."),
    EventKind.ADDRESS_SENT: _("We passed on what you asked for."),
    EventKind.ADDRESS_ACCEPTED: _("The carrier said yes."),
    EventKind.ADDRESS_DONE: _("What you asked for worked."),
    EventKind.ADDRESS_FAILED: _("What you asked for did not work."),
    EventKind.ADDRESS_WITHDRAWN: _("The change was stopped."),
    EventKind.ADDRESS_DECLINED: _("We could not agree to the change."),
    EventKind.ADDRESS_FEE_CHARGED: _("The shop took the fee for the change."),
    EventKind.OFFER_MADE: _("We made you an offer."),
    EventKind.OFFER_ACCEPTED: _("You accepted our offer."),
    EventKind.OFFER_DECLINED: _("You did not want our offer."),
    EventKind.OFFER_ENDED: _("Our offer ended."),
    EventKind.RECALL_ASKED: _("You told us that you do not want the parcel."),
    EventKind.KEPT_FOR_LESS: _("You decided to keep the parcel for less."),
    EventKind.PARCEL_TURNED: _("The parcel turned round and comes back to us."),
    EventKind.RECALL_FAILED: _("The parcel was delivered all the same."),
    EventKind.GOODS_PLACED: _("We decided where the goods stay."),
    EventKind.SENT_AHEAD: _("We send the new goods before the old ones are here."),
    EventKind.REPLACEMENT_SENT: _("We sent the new goods to you."),
    EventKind.ORIGINAL_MISSING: _("The last day to post the old goods is over."),
    EventKind.ORIGINAL_KEPT: _("We decided that you keep the old goods and the new ones."),
    EventKind.VARIANT_GONE: _("What you chose is sold out, and we asked you to choose again."),
    EventKind.VARIANT_CHOSEN: _("You chose again."),
    EventKind.POSTAGE_CLAIMED: _("You sent us the receipt for the postage."),
    EventKind.POSTAGE_DECIDED: _("We looked at your receipt for the postage."),
    EventKind.WITHDRAWAL_RECEIVED: _("A withdrawal from the contract came in: {number}"),
    EventKind.WITHDRAWAL_VERIFIED: _("The withdrawal {number} is in force."),
    EventKind.WITHDRAWAL_SET_ASIDE: _("We answered the withdrawal {number}."),
    EventKind.LEFT_ALL_THE_SAME: _("It left us before we could stop it."),
    EventKind.PROBLEM_TOLD: _("You told us that something is wrong."),
    EventKind.PROBLEM_OVER: _("You told us that all is well after all."),
    EventKind.INVESTIGATION_OPENED: _("We began to look for your parcel with the carrier."),
    EventKind.INVESTIGATION_STEP: _("We took a step to find your parcel."),
    EventKind.INVESTIGATION_ENDED: _("We finished looking for your parcel."),
    EventKind.SIGNATURE_ASKED: _("We asked who took the parcel in."),
    EventKind.SIGNATURE_ANSWERED: _("It was told who took the parcel in."),
    EventKind.WEIGHED_AGAIN: _("We weighed the parcel once more."),
    EventKind.EVIDENCE_MADE: _("We put together what we know about the order."),
    EventKind.CODE_SENT: _("We sent a code to the contact on the order."),
    EventKind.LINKS_CLOSED: _("We closed the links that had opened this order."),
}

# The same where it is not about sending something back, by the kind of return.
EVENTS_OF_KIND: dict[tuple[str, str], Words] = {
    (EventKind.RETURN_REQUESTED, Kind.WITHDRAWAL): _("You did not want it any more."),
    (EventKind.RETURN_APPROVED, Kind.WITHDRAWAL): _("We noted it and told you what follows."),
    (EventKind.RETURN_RESOLVED, Kind.WITHDRAWAL): _("We decided what you get back."),
    (EventKind.RESOLUTION_DONE, Kind.WITHDRAWAL): _("We sent what you get back."),
    (EventKind.RETURN_REQUESTED, Kind.CLAIM): _("You told us what is wrong."),
    (EventKind.RETURN_APPROVED, Kind.CLAIM): _("We agreed to put it right."),
    (EventKind.RETURN_DECLINED, Kind.CLAIM): _("We could not agree to what you asked for."),
    (EventKind.RETURN_RESOLVED, Kind.CLAIM): _("We decided how it is put right."),
    (EventKind.RESOLUTION_DONE, Kind.CLAIM): _("We sent what you get."),
    (EventKind.RETURN_CANCELLED, Kind.CLAIM): _("What you had told us was taken back."),
    (EventKind.RETURN_PUT_RIGHT, Kind.CLAIM): _("We put it right."),
}
# The same when the desk did it for the buyer.
EVENTS_OF_KIND_OF_OURS: dict[tuple[str, str], Words] = {
    (EventKind.RETURN_REQUESTED, Kind.CLAIM): _("We noted what is wrong."),
}

# The same when the desk did it for the buyer.
EVENTS_OF_OURS: dict[str, Words] = {
    EventKind.RETURN_POSTED: _("We noted that the return was posted."),
    EventKind.NUMBER_GIVEN: _("We noted the number of your parcel: {number}"),
    EventKind.NUMBER_CORRECTED: _("We corrected the number of your parcel. It is now {number}"),
    EventKind.PHOTO_ADDED: _("We took a photo."),
    EventKind.PROBLEM_TOLD: _("We noted that something is wrong."),
    EventKind.PROBLEM_OVER: _("We noted that all is well after all."),
    EventKind.RECALL_ASKED: _("We noted that you do not want the parcel."),
    EventKind.VARIANT_CHOSEN: _("We noted what you chose."),
    EventKind.ADDRESS_ASKED: _("We noted that your parcel should go elsewhere."),
    EventKind.ADDRESS_WITHDRAWN: _("We stopped the change."),
    EventKind.OFFER_ENDED: _("We took our offer back."),
}

# The same where it is known what was asked for, by its aim.
EVENTS_BY_AIM: dict[tuple[str, str], Words] = {
    (EventKind.ADDRESS_ASKED, Aim.REDIRECT): _("You asked us for another address."),
    (EventKind.ADDRESS_ASKED, Aim.RETURN): _("You asked us to have it sent back."),
    (EventKind.ADDRESS_ASKED, Aim.HOLD): _("You asked us to have it kept at a counter."),
    (EventKind.ADDRESS_ASKED, Aim.RESCHEDULE): _("You asked us to have it brought on another day."),
    (EventKind.ADDRESS_ASKED, AGAIN): _("You asked us to send it again when it is back."),
    (EventKind.ADDRESS_DONE, Aim.REDIRECT): _("The new address counts."),
    (EventKind.ADDRESS_DONE, Aim.RETURN): _("Your parcel comes back to us, as you asked."),
    (EventKind.ADDRESS_DONE, Aim.DEPOT): _("Your parcel goes back to the depot."),
    (EventKind.ADDRESS_DONE, Aim.HOLD): _("Your parcel is kept at a counter."),
    (EventKind.ADDRESS_DONE, Aim.RESCHEDULE): _("Your parcel comes on another day."),
    (EventKind.ADDRESS_DONE, AGAIN): _("We prepared your parcel to be sent again."),
}
EVENTS_BY_AIM_OF_OURS: dict[tuple[str, str], Words] = {
    (EventKind.ADDRESS_ASKED, Aim.REDIRECT): _("We noted another address."),
    (EventKind.ADDRESS_ASKED, Aim.RETURN): _("We noted that it should be sent back to us."),
    (EventKind.ADDRESS_ASKED, Aim.DEPOT): _("We noted that it should go back to the depot."),
    (EventKind.ADDRESS_ASKED, Aim.HOLD): _("We noted that it should be kept at a counter."),
    (EventKind.ADDRESS_ASKED, Aim.RESCHEDULE): _(
        "We noted that it should be brought on another day."
    ),
    (EventKind.ADDRESS_ASKED, AGAIN): _("We noted that it should be sent again when it is back."),
}

# The same where it is known what was told, which step it was, or how it ended.
EVENTS_BY_DETAIL: dict[tuple[str, str], Words] = {
    (EventKind.PROBLEM_TOLD, ProblemKind.LATE): _("You told us that your parcel is late."),
    (EventKind.PROBLEM_TOLD, ProblemKind.NOT_HERE): _(
        "You told us that your parcel is not with you."
    ),
    (EventKind.PROBLEM_TOLD, ProblemKind.CUSTOMS): _(
        "You told us that customs asks for something."
    ),
    (EventKind.INVESTIGATION_OPENED, IncidentKind.DAMAGED): _(
        "We began to clear up the damage with the carrier."
    ),
    **{(EventKind.INVESTIGATION_STEP, step): words for step, words in EVENT_OF_STEP.items()},
    **{(EventKind.INVESTIGATION_ENDED, end): words for end, words in EVENT_OF_END.items()},
    **signature_texts.EVENTS,
}
DETAILS = ("problem", "case", "step", "status", "told", "asks")

# The same where it is known who it was. {who}: a first name, or the name of a carrier.
EVENTS_BY_NAME: dict[str, Words] = {
    EventKind.MESSAGE_ANSWERED: _("{who} answered you."),
    EventKind.CARRIER_ASKED: _("We asked {who} about your parcel."),
    EventKind.CARRIER_ANSWERED: _("{who} answered our question."),
}


def of_event(event: "Event") -> str:
    """The sentence of one line of history, in the active language."""
    who, data = _who(event), _data(event)
    is_ours = event.actor == ActorKind.STAFF
    ours = EVENTS_OF_OURS if is_ours else {}
    words = (EVENTS_BY_NAME if who else ours).get(event.kind, EVENTS[event.kind])
    by_aim = EVENTS_BY_AIM | (EVENTS_BY_AIM_OF_OURS if is_ours else {})
    words = by_aim.get((event.kind, str(data.get("aim", ""))), words)
    if not (is_ours and event.kind in EVENTS_OF_OURS):
        details = ((event.kind, str(data[name])) for name in DETAILS if name in data)
        words = next((EVENTS_BY_DETAIL[key] for key in details if key in EVENTS_BY_DETAIL), words)
    of_kind = EVENTS_OF_KIND | (EVENTS_OF_KIND_OF_OURS if is_ours else {})
    words = of_kind.get((event.kind, str(data.get("of", ""))), words)
    return filled(words, number=data.get("number", ""), who=who)


def _who(event: "Event") -> str:
    """Who answered or was asked, where it is told and known."""
    if event.kind not in EVENTS_BY_NAME:
        return ""
    if event.kind == EventKind.MESSAGE_ANSWERED:
        return event.user.first_name.strip() if event.user else ""
    return carriers.called(str(_data(event).get("carrier", "")))


def _data(event: "Event") -> dict[str, Any]:
    return event.data if isinstance(event.data, dict) else {}


# {when}: the moment. Shown on pages and in mails, always as one whole sentence.
PROMISES: dict[str, Words] = {
    PromiseKind.DISPATCH: _("We will hand your order to the carrier, or write to you, by {when}."),
    PromiseKind.ANSWER: _("A person will answer your request by {when}."),
    PromiseKind.REPLY: _("A person will answer your message by {when}."),
    PromiseKind.UPDATE: _("We will write to you again by {when} – even if nothing has changed."),
    PromiseKind.ADDRESS: _(
        "We will write to you what became of the change by {when} – even if there is no answer yet."
    ),
    PromiseKind.QUESTION: _("If we have not heard from you by {when}, we will write to you again."),
    PromiseKind.REMINDER: _("If we have not seen your parcel by {when}, we will remind you then."),
    PromiseKind.DEADLINE: _(
        "If we have not seen your parcel by {when}, we will write to you then."
    ),
    PromiseKind.INSPECTION: _(
        "We will look at everything in your parcel and write to you by {when}."
    ),
    PromiseKind.REFUND: _("We will send the money by {when}."),
    PromiseKind.CREDIT: _("We will give you the credit for the shop by {when}."),
    PromiseKind.GOODS: _("We will send the new goods by {when}."),
    PromiseKind.POSTAGE: _("We will look at your receipt and write to you by {when}."),
}

# The same where several returns of an order are open. {number}: of the return.
PROMISES_OF_RETURN: dict[str, Words] = {
    PromiseKind.ANSWER: _("A person will answer your request {number} by {when}."),
    PromiseKind.QUESTION: _(
        "If we have not heard from you about your return {number} by {when}, we will write to you "
        "again."
    ),
    PromiseKind.REMINDER: _(
        "If we have not seen the parcel of your return {number} by {when}, we will remind you then."
    ),
    PromiseKind.DEADLINE: _(
        "If we have not seen the parcel of your return {number} by {when}, we will write to you "
        "then."
    ),
    PromiseKind.REFUND: _("We will send the money for your return {number} by {when}."),
    PromiseKind.CREDIT: _(
        "We will give you the credit for the shop for your return {number} by {when}."
    ),
    PromiseKind.GOODS: _("We will send the new goods for your return {number} by {when}."),
    PromiseKind.POSTAGE: _(
        "We will look at your receipt for the return {number} and write to you by {when}."
    ),
}
_ABOUT_RETURN: Words = _("We will write to you about your return {number} by {when}.")

# What we say when one was not kept. {when}: the hour that we named.
LATE: dict[str, Words] = {
    PromiseKind.ANSWER: _(
        "We said that a person would answer your request by {when}, and we did not."
    ),
    PromiseKind.DISPATCH: _(
        "We said that we would hand your order to the carrier, or write to you, by {when}, and we "
        "did not."
    ),
    PromiseKind.REPLY: _(
        "We said that a person would answer your message by {when}, and we did not."
    ),
    PromiseKind.QUESTION: _(
        "We said that we would write to you about our question by {when}, and we did not."
    ),
    PromiseKind.UPDATE: _(
        "We said that we would write to you about your parcel by {when}, and we did not."
    ),
    PromiseKind.ADDRESS: _(
        "We said that we would write to you what became of the change by {when}, and we did not."
    ),
    PromiseKind.REMINDER: _(
        "We said that we would remind you of your return by {when}, and we did not."
    ),
    PromiseKind.DEADLINE: _(
        "We said that we would write to you about your return by {when}, and we did not."
    ),
    PromiseKind.INSPECTION: _(
        "We said that we would look at everything in your parcel and write to you by {when}, and "
        "we did not."
    ),
    PromiseKind.REFUND: _("We said that we would send your money by {when}, and we did not."),
    PromiseKind.CREDIT: _(
        "We said that we would give you the credit for the shop by {when}, and we did not."
    ),
    PromiseKind.GOODS: _("We said that we would send the new goods by {when}, and we did not."),
    PromiseKind.POSTAGE: _(
        "We said that we would look at your receipt and write to you by {when}, and we did not."
    ),
}

# The same where it is known better what the buyer waits for.
_LOOKS_AGAIN: Words = _(
    "We will look at it again and write to you by {when} – even if nothing has changed."
)
_TELL_US: Words = _(
    "Tell us when you like. If we have not heard from you by {when}, we will write to you again."
)
_ABOUT_PARCEL: Words = _("We will write to you about your parcel by {when}.")
_WHAT_YOU_GET: Words = _("We will write to you what you get by {when}.")
_WHAT_YOU_GET_LATE: Words = _(
    "We said that we would write to you what you get by {when}, and we did not."
)
# With these the buyer decides what comes next: the money or a new parcel.
TO_DECIDE = frozenset({IncidentKind.LOST, CAME_BACK})


def promise(
    kind: str, rma: "ReturnAuthorization | None" = None, *, troubles: Collection[str] = ()
) -> Words:
    """What an open promise says. rma: the return it is about, if it is about one. troubles:
    what is wrong with each parcel that it is about (an IncidentKind or CAME_BACK), '' for
    nothing."""
    if kind == PromiseKind.UPDATE and any(troubles):
        return _TELL_US if rma is None and TO_DECIDE.issuperset(troubles) else _LOOKS_AGAIN
    if _is_about_parcel(kind, rma):
        return _ABOUT_PARCEL
    return _WHAT_YOU_GET if _is_about_outcome(kind, rma) else PROMISES[kind]


def promise_naming(kind: str, rma: "ReturnAuthorization") -> Words:
    """The same with the number of the return, where the order has several. {number}: of it."""
    usual = promise(kind, rma) is PROMISES[kind]
    return PROMISES_OF_RETURN.get(kind, _ABOUT_RETURN) if usual else _ABOUT_RETURN


def late(kind: str, rma: "ReturnAuthorization | None" = None) -> Words:
    """What we say when it was not kept."""
    if _is_about_parcel(kind, rma):
        return LATE[PromiseKind.UPDATE]
    return _WHAT_YOU_GET_LATE if _is_about_outcome(kind, rma) else LATE[kind]


def _is_about_parcel(kind: str, rma: "ReturnAuthorization | None") -> bool:
    """It came after the end, or there was nothing in it: nobody waits for an answer to a
    request, and there is nothing to look at."""
    if rma is None:
        return False
    if kind == PromiseKind.ANSWER:
        return (rma.posted_at is not None and rma.status in ENDED) or rma.misses_original
    opened = kind == PromiseKind.INSPECTION and rma.status == Status.RECEIVED
    return opened and standing(rma) == Standing.EMPTY


def _is_about_outcome(kind: str, rma: "ReturnAuthorization | None") -> bool:
    looked = rma is not None and rma.status == Status.INSPECTED
    return looked and kind == PromiseKind.INSPECTION
