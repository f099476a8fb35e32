"""The words of short texts: notice kind → its variants, from full to bare.

A variant is a row of sentences; those around it (greeting, link, signature) are FRAMES.
Each sentence says what it says by named placeholders of values.py. A variant is used only
where all that it names is known, and where it fits.
"""

from django.utils.translation import gettext_lazy as _

from returns.models.notice import NoticeKind
from returns.troubles import CAME_BACK
from tracking.incidents import IncidentKind
from tracking.texts import Words

Variant = tuple[Words, ...]

# Greeting and signature; the barest says no more than who writes, and where to read on.
FRAMES: tuple[Words, ...] = (
    _("Hello {name},\n{text}\n{link}\n{signature}"),
    _("Hello {name},\n{text}\n{link}\n{shop}"),
    "{text}\n{link}\n{signature}",
    "{text}\n{link}\n{shop}",
)
BY_NAME = FRAMES[:2]

TIMES: Words = _("Times are {town} time.")
OF_ORDER: Words = _("It is about your order {order}.")
OF_RETURN: Words = _("It is about your return {return_number}.")
NEWS_OF_ORDER: Words = _("There is news of your order {order}.")
NEWS: Words = _("There is news of your order.")
QUOTED: Words = "“{question}”"

SCANNED: Words = _("The carrier has your return {return_number}.")
NO_WORRY: Words = _("You need not worry about the date any more.")
HERE: Words = _("The carrier says that your return {return_number} is here.")
POST_IT: Words = _("Please post your return {return_number} by {post_by}.")
POST_BY: Words = _("Please post your return by {post_by}.")
POSTED_ALREADY: Words = _(
    "If you have posted it already, thank you: please give us its number on your page."
)
WE_ASKED: Words = _("We asked you about your return {return_number} and wait for your answer.")
NOT_DECIDED: Words = _("Nothing is decided before we hear from you.")
WE_ARE_LATE: Words = _("We are later than we promised. We are sorry.")
GOT_MESSAGE: Words = _("Thank you, we have your message about order {order}.")
ANSWERED: Words = _("We have answered your message about order {order}.")
READ_IT: Words = _("You find our answer on your page.")

IS_IT_RIGHT: Words = _("Should your order {order} go to this address: {address}?")
LOOK_AT_ADDRESS: Words = _("Please look whether the address of your order {order} is right.")
CONFIRM_OR_CHANGE: Words = _("Please confirm it here, or change it.")

TELL_US_HERE: Words = _("Please tell us here whether you have it.")

# Led by a trouble, which the headline names. {may}: the sentence of MAY or MAY_BACK.
# {promised}: the promise in few words, with its hour.
TROUBLE: tuple[Variant, ...] = (
    ("{headline}", "{empathy}", "{fact}", "{solution}", "{promise}", OF_ORDER, TIMES),
    ("{headline}", "{empathy}", "{fact}", "{solution}", "{promise}", OF_ORDER),
    ("{headline}", "{fact}", "{solution}", "{promise}", OF_ORDER),
    ("{headline}", "{fact}", "{may}", "{promise}", OF_ORDER),
    ("{headline}", "{fact}", "{may}", "{promised}", OF_ORDER),
    ("{headline}", "{may}", "{promised}", OF_ORDER),
    ("{headline}", "{fact}", "{may}", "{promised}"),
    ("{headline}", "{may}", "{promised}"),
    ("{headline}", "{promised}", OF_ORDER),
    ("{headline}", "{promised}"),
    ("{headline}", "{empathy}", "{fact}", "{solution}", OF_ORDER),
    ("{headline}", "{fact}", "{may}", OF_ORDER),
    ("{headline}", "{may}", OF_ORDER),
    ("{headline}", "{may}"),
    ("{headline}",),
)
# Before the name of the buyer is left out, these are tried, down to the last of them.
TROUBLE_BY_NAME = TROUBLE[:6]


def _variants(*sentences: Words, about: Variant = ()) -> tuple[Variant, ...]:
    """With all, then with less and less of what may be left out. about: which order or
    return it is, where the sentences do not say it."""
    lead = sentences[:1]
    return (
        (*sentences, "{promise}", *about, TIMES),
        (*sentences, "{promise}", *about),
        (*sentences, "{promise}"),
        (*sentences, "{promised}"),
        (*lead, "{promised}"),
        (*sentences, *about),
        sentences,
        lead,
    )


# Where nothing is wrong, or the kind is about something else.
SHORT: dict[str, tuple[Variant, ...]] = {
    NoticeKind.ORDER_NEWS: _variants("{headline}", about=(OF_ORDER,)),
    NoticeKind.ORDER_UPDATE: _variants("{headline}", about=(OF_ORDER,)),
    NoticeKind.RETURN_NEWS: _variants("{headline}", about=(OF_RETURN,)),
    NoticeKind.RETURN_UPDATE: _variants("{headline}", about=(OF_RETURN,)),
    NoticeKind.RETURN_SCANNED: _variants(SCANNED, NO_WORRY),
    NoticeKind.RETURN_ARRIVED: _variants(HERE),
    NoticeKind.RETURN_REMINDER: (
        *_variants(POST_IT, POSTED_ALREADY)[:5],
        (POST_BY, "{promise}"),
        *_variants(POST_IT, POSTED_ALREADY)[5:],
    ),
    NoticeKind.QUESTION_REMINDER: (
        *_variants(WE_ASKED, QUOTED, NOT_DECIDED)[:3],
        *_variants(WE_ASKED, NOT_DECIDED),
    ),
    NoticeKind.PROMISE_LATE: _variants(WE_ARE_LATE, "{fact}", about=(OF_ORDER,)),
    NoticeKind.MESSAGE_RECEIVED: _variants(GOT_MESSAGE),
    NoticeKind.MESSAGE_ANSWER: (("{message}", "{promise}"), ("{message}",), (ANSWERED, READ_IT)),
    NoticeKind.ADDRESS_QUESTION: (
        (IS_IT_RIGHT, "{fact}", CONFIRM_OR_CHANGE, "{promise}"),
        (IS_IT_RIGHT, "{fact}", CONFIRM_OR_CHANGE),
        (IS_IT_RIGHT, CONFIRM_OR_CHANGE, "{promise}"),
        (IS_IT_RIGHT, CONFIRM_OR_CHANGE),
        (LOOK_AT_ADDRESS, "{fact}", CONFIRM_OR_CHANGE),
        (LOOK_AT_ADDRESS, CONFIRM_OR_CHANGE),
        (LOOK_AT_ADDRESS,),
    ),
    NoticeKind.PROBLEM_RECEIVED: _variants("{headline}", "{solution}", about=(OF_ORDER,)),
    NoticeKind.SIGNATURE_QUESTION: _variants(
        "{headline}", "{fact}", TELL_US_HERE, about=(OF_ORDER,)
    ),
    NoticeKind.PROBLEM_REMINDER: _variants("{headline}", "{solution}", about=(OF_ORDER,)),
    NoticeKind.INVESTIGATION_NEWS: _variants("{headline}", "{solution}", about=(OF_ORDER,)),
    NoticeKind.ADDRESS_NEWS: (
        ("{headline}", "{fact}", "{solution}", "{promise}", OF_ORDER, TIMES),
        ("{headline}", "{fact}", "{solution}", "{promise}", OF_ORDER),
        ("{headline}", "{solution}", "{promise}", OF_ORDER),
        ("{headline}", "{solution}", "{promise}"),
        ("{headline}", "{cost}", "{promise}", OF_ORDER),
        ("{headline}", "{cost}", "{promise}"),
        ("{headline}", "{solution}", OF_ORDER),
        ("{headline}", "{cost}", OF_ORDER),
        ("{headline}", "{cost}"),
        ("{headline}",),
    ),
}
# Kinds that may be led by a trouble.
NEWS_KINDS = frozenset(
    {
        NoticeKind.ORDER_NEWS,
        NoticeKind.ORDER_UPDATE,
        NoticeKind.RETURN_NEWS,
        NoticeKind.RETURN_UPDATE,
    }
)

NOTHING_TO_DO: Words = _("You do not need to do anything.")
WRITE_BEFORE_YOU_PAY: Words = _(
    "If customs or the carrier asks you for anything, write to us before you pay."
)
# What the buyer may do, in few words. Of a parcel to the buyer.
MAY: dict[str, Words] = {
    IncidentKind.SILENT: NOTHING_TO_DO,
    IncidentKind.STALLED: NOTHING_TO_DO,
    IncidentKind.OVERDUE: _("If you would rather not wait any longer, write to us."),
    IncidentKind.WRONG_WAY: NOTHING_TO_DO,
    IncidentKind.CUSTOMS_HOLD: WRITE_BEFORE_YOU_PAY,
    IncidentKind.CUSTOMS_DOCUMENTS: _(
        "Please have your invoice and proof of payment ready, and write to us before you pay."
    ),
    IncidentKind.ADDRESS: _("Please look at your address, and write to us soon what is missing."),
    IncidentKind.ATTEMPT_FAILED: _(
        "Usually it tries again on the next working day. If nobody can take it in, write to us."
    ),
    IncidentKind.WAITING_AT_PICKUP: _(
        "Please collect it soon, before it goes back. If you cannot, write to us."
    ),
    IncidentKind.REFUSED: _("If that is a mistake, write to us soon."),
    IncidentKind.DAMAGED: _(
        "When you have it, please take photos and write to us. What is broken we put right."
    ),
    IncidentKind.LOST: _(
        "The loss is ours, not yours. Write to us: would you like your money or a new parcel?"
    ),
    IncidentKind.UNCLEAR_SIGNATURE: _(
        "If you do not have it, please ask at home and with neighbours, then write to us."
    ),
    IncidentKind.WEIGHT_MISMATCH: _(
        "Please look at the box before you open it. If something is missing, write to us."
    ),
    IncidentKind.DELIVERED_NOT_RECEIVED: _(
        "Please look with neighbours first. If it is not there, write to us: we put it right."
    ),
    CAME_BACK: _("Write to us when you know: would you like your money or a new parcel?"),
}
KEEP_RECEIPT: Words = _("The loss is ours, not yours. Please keep your receipt.")
# Of a parcel that comes back to us.
MAY_BACK: dict[str, Words] = {
    **dict.fromkeys(IncidentKind.values, NOTHING_TO_DO),
    IncidentKind.SILENT: _("Please compare the number with your receipt."),
    IncidentKind.CUSTOMS_HOLD: WRITE_BEFORE_YOU_PAY,
    IncidentKind.CUSTOMS_DOCUMENTS: WRITE_BEFORE_YOU_PAY,
    IncidentKind.ADDRESS: _("Please compare what you wrote on the parcel with our address."),
    IncidentKind.REFUSED: KEEP_RECEIPT,
    IncidentKind.LOST: KEEP_RECEIPT,
    IncidentKind.UNCLEAR_SIGNATURE: KEEP_RECEIPT,
    IncidentKind.DELIVERED_NOT_RECEIVED: KEEP_RECEIPT,
    CAME_BACK: _("If it comes back to you, write to us."),
}
