"""What the order page says: where everything stands, what comes next, and what may be done.

Headings are one sentence about now, true by what we know, of about sixty characters. The
placeholders have names, as in {place}; `say` and `say_counted` fill them.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.order_page.deliveries import Stage
from returns.standing import CLAIM as CLAIM_TEXTS
from returns.states import Status
from returns.texts import RETURN as RETURN_TEXTS
from returns.troubles import CAME_BACK
from returns.wording import filled
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.texts import MILESTONES, Words


def say(words: Words, **facts: object) -> str:
    """The words in the active language, with their placeholders filled."""
    return filled(words, **facts)


def say_counted(words: Words, **facts: object) -> str:
    """The same for words that have a singular and a plural."""
    # Lazy plurals take their number by %, which their type does not tell.
    return (words % facts).format(**facts)  # type: ignore[operator]


NOTHING_TO_DO = _("You do not need to do anything.")
UNLESS_CUSTOMS_ASKS = _("Unless customs asks, you do not need to do anything.")


@dataclass(frozen=True)
class Told:
    """title: the heading. next: the paragraphs below it. scene: the drawing."""

    title: Words
    next: tuple[Words, ...]
    scene: str


def _milestone(code: str, scene: str, title: Words = "", *more: Words) -> Told:
    return Told(title or MILESTONES[code].title, (MILESTONES[code].next_step, *more), scene)


class Standing:
    """Where an order stands when it is not one parcel or one return that tells it."""

    CANCELLED = "cancelled"
    EMPTIED = "emptied"
    UNPAID = "unpaid"
    NEEDS_NO_PARCEL = "needs_no_parcel"
    NOT_SHIPPED = "not_shipped"
    PART_SENT = "part_sent"
    PART_ARRIVED = "part_arrived"
    ALL_ARRIVED = "all_arrived"
    ALL_ARRIVED_TODAY = "all_arrived_today"
    SOME_ARRIVED = "some_arrived"
    NONE_ARRIVED = "none_arrived"


ORDER: dict[str, Told] = {
    Standing.CANCELLED: Told(
        _("This order was cancelled."),
        (
            _(
                "Nothing more will be sent. If you paid and have not had your money back, write to "
                "us."
            ),
        ),
        "letterbox",
    ),
    Standing.EMPTIED: Told(
        _("Everything in this order was cancelled."),
        (
            _(
                "Nothing more will be sent. If you paid and have not had your money back, write to "
                "us."
            ),
        ),
        "letterbox",
    ),
    Standing.UNPAID: Told(
        _("We are waiting for your payment."),
        (
            _(
                "Once it has reached us we pack your order. If you have paid already, it may take "
                "your bank a few days."
            ),
        ),
        "letterbox",
    ),
    Standing.NEEDS_NO_PARCEL: Told(
        _("Your order needs no parcel."),
        (_("What you ordered is not sent by post. If you miss something, write to us."),),
        "letterbox",
    ),
    Standing.NOT_SHIPPED: Told(
        _("We have your order. It has not left us yet."),
        (
            _("We pack it and hand it to the carrier. From then on you see here where it is."),
            NOTHING_TO_DO,
        ),
        "packed",
    ),
    Standing.PART_SENT: Told(
        _("A part of your order has left; the rest has not yet."),
        (_("What is still with us comes in another parcel. You see both here."),),
        "packed",
    ),
    Standing.PART_ARRIVED: Told(
        _("A part of your order has arrived; the rest has not left yet."),
        (_("What is still with us comes in another parcel. You see both here."),),
        "packed",
    ),
    Standing.ALL_ARRIVED: Told(
        _("All your parcels have arrived, the last on {day}."),
        (
            _(
                "If you cannot find one, look with neighbours and at the usual places, then write "
                "to us."
            ),
        ),
        "delivered",
    ),
    Standing.ALL_ARRIVED_TODAY: Told(
        _("All your parcels have arrived, the last one today."),
        (
            _(
                "If you cannot find one, look with neighbours and at the usual places, then write "
                "to us."
            ),
        ),
        "delivered",
    ),
    Standing.SOME_ARRIVED: Told(
        ngettext_lazy(
            "{arrived} of {total} parcels has arrived.",
            "{arrived} of {total} parcels have arrived.",
            "arrived",
        ),
        (_("They travel on their own and may come on different days."),),
        "road",
    ),
    Standing.NONE_ARRIVED: Told(
        _("Your order comes in {total} parcels. None has arrived yet."),
        (_("They travel on their own and may come on different days."),),
        "road",
    ),
}

PARCEL: dict[str, Told] = {
    Milestone.UNKNOWN: _milestone(Milestone.UNKNOWN, "road"),
    Milestone.ANNOUNCED: _milestone(Milestone.ANNOUNCED, "packed"),
    Milestone.ACCEPTED: _milestone(Milestone.ACCEPTED, "road"),
    Milestone.IN_TRANSIT: _milestone(Milestone.IN_TRANSIT, "road"),
    Stage.LAST_SEEN: _milestone(
        Milestone.IN_TRANSIT, "road", _("Your parcel is on its way, last seen in {place}.")
    ),
    Milestone.CUSTOMS: _milestone(Milestone.CUSTOMS, "customs", "", UNLESS_CUSTOMS_ASKS),
    Milestone.OUT_FOR_DELIVERY: _milestone(Milestone.OUT_FOR_DELIVERY, "road"),
    Milestone.ATTEMPTED: _milestone(
        Milestone.ATTEMPTED, "letterbox", _("The carrier tried to deliver on {day}.")
    ),
    Milestone.READY_FOR_PICKUP: _milestone(Milestone.READY_FOR_PICKUP, "find"),
    Milestone.DELIVERED: _milestone(
        Milestone.DELIVERED, "delivered", _("Your parcel was delivered on {day}.")
    ),
    Stage.DELIVERED_TODAY: _milestone(
        Milestone.DELIVERED, "delivered", _("Your parcel was delivered today.")
    ),
    Milestone.RETURNING: _milestone(Milestone.RETURNING, "return"),
    Milestone.RETURNED: _milestone(Milestone.RETURNED, "return"),
    Stage.SENT: Told(
        _("We sent your parcel on {day}."),
        (
            _(
                "The carrier has not reported to us yet. With the number of the parcel you can "
                "also look on the carrier’s own page."
            ),
            NOTHING_TO_DO,
        ),
        "packed",
    ),
    Stage.NOT_SCANNED: Told(
        _("The carrier knows your parcel but has not scanned it yet."),
        (
            _(
                "It left us on {sent} and should have been scanned since. It may lie unscanned at "
                "the carrier. If nothing has changed in two days, write to us."
            ),
        ),
        "packed",
    ),
    Stage.NO_NUMBER: Told(
        _("We sent it on {day}, without a tracking number."),
        (
            _(
                "So neither you nor we can see where it is on the way. If it does not come, write "
                "to us."
            ),
        ),
        "road",
    ),
    Stage.NO_NUMBER_LONG_AGO: Told(
        _("It left us on {day}, without a tracking number."),
        (
            _(
                "It should have arrived long ago, but we cannot see whether it did. If it did not, "
                "write to us; we put it right."
            ),
        ),
        "find",
    ),
    Stage.OUT_EARLIER: Told(
        _("Your parcel went out for delivery on {day}."),
        (
            _(
                "We have had no report since. It may have come in the meantime: look with "
                "neighbours and at the usual places. If it is not there, write to us."
            ),
        ),
        "letterbox",
    ),
    Stage.QUIET: Told(
        _("No news of your parcel since {day}."),
        (
            _(
                "That is longer than it should take, and we do not know where it is. If it has not "
                "come, write to us: a person looks into it with you."
            ),
        ),
        "find",
    ),
}

# One line per parcel, where an order has several.
PARCEL_LINE: dict[str, Words] = {
    **{code: text.sentence for code, text in MILESTONES.items()},
    Milestone.DELIVERED: _("Delivered on {day}."),
    Stage.DELIVERED_TODAY: _("Delivered today."),
    Stage.LAST_SEEN: _("On its way, last seen in {place}."),
    Stage.SENT: _("Sent on {day}; the carrier has not reported yet."),
    Stage.NOT_SCANNED: _("Sent on {day}; the carrier has not scanned it yet."),
    Stage.NO_NUMBER: _("Sent on {day}, without a tracking number."),
    Stage.NO_NUMBER_LONG_AGO: _("Sent on {day}, without a tracking number."),
    Stage.OUT_EARLIER: _("It went out for delivery on {day}; no report since."),
    Stage.QUIET: _("No news since {day}. If it has not come, write to us."),
}

# {city}: where it goes to.
CUSTOMS_AHEAD = _(
    "On the way to {city} it goes through customs. Most parcels leave customs within a few days."
)
# {phone}: of whoever is at the door.
ASK_THERE = _("If you cannot find it, ask at {phone}.")
WRITE_TO_US = _("Write to us")
# What we put right, where nobody told us of it here.
FOR_THE_TROUBLE = _("What we put right for you")
SOMETHING_WRONG = _("Late, not there, damaged, not right, or you changed your mind")
SAY_WHO_HAS_IT = _("Say whether you have it")
TELL_US_WHAT_YOU_LIKE = _("Tell us: money or a new parcel")
NOT_WANTED = _("I do not want this parcel any more")
REFUSE_OR_RECALL = _("Refuse it, or have it sent back; what that costs stands there.")
IT_TURNED = _("It is coming back to us, or is with us again.")
# {condition}: a sentence.
WITH_NUMBER = _("Parcel {number}. {condition}")
# Of a parcel that left a few hours ago.
NO_SCAN_IS_NORMAL = _("On the first day there is often no scan yet; that is normal.")
WILL_SIGN = _("You will be asked to sign for it.")
BY_APPOINTMENT = _("The carrier makes an appointment with you before it comes.")
# Of one parcel of several. {step}: what happens next with it.
OF_ONE_PARCEL = _("Parcel {number}: {step}")

# The drawing, where something is wrong; the words are in `returns/troubles.py`.
TROUBLE_SCENES: dict[str, str] = {
    IncidentKind.LOST: "find",
    IncidentKind.DELIVERED_NOT_RECEIVED: "find",
    IncidentKind.REFUSED: "letterbox",
    IncidentKind.ADDRESS: "letterbox",
    IncidentKind.CUSTOMS_DOCUMENTS: "customs",
    IncidentKind.WAITING_AT_PICKUP: "find",
    IncidentKind.DAMAGED: "packed",
    IncidentKind.UNCLEAR_SIGNATURE: "delivered",
    IncidentKind.ATTEMPT_FAILED: "letterbox",
    IncidentKind.WRONG_WAY: "road",
    IncidentKind.CUSTOMS_HOLD: "customs",
    IncidentKind.SILENT: "packed",
    IncidentKind.OVERDUE: "road",
    IncidentKind.STALLED: "road",
    IncidentKind.WEIGHT_MISMATCH: "packed",
    CAME_BACK: "return",
}

# What comes next on the road, without a date: nobody has told us one.
AHEAD: dict[str, Words] = {
    "collect": _("The carrier takes it over and scans it."),
    "customs": _("It goes through customs."),
    "papers": _("Customs gets its papers; then the parcel travels on to you."),
    "papers_to_us": _("Customs gets its papers; then the parcel travels on to us."),
    "onwards": _("It leaves customs and travels on to you."),
    "onwards_to_us": _("It leaves customs and travels on to us."),
    "to_the_door": _("It goes out for delivery."),
    "at_the_door": _("It is handed over at your door."),
    "pick_up": _("You collect it."),
    "come_back": _("It comes back to us."),
    "post": _("You hand your return to the carrier."),
    "reach_us": _("It reaches us, and we open it."),
    "open": _("We open your parcel and look at everything."),
    "look": _("We look at everything that was in it."),
    "decide": _("We decide what you get and write to you."),
    "send": _("We send what you get."),
}

# A return that waits for the buyer, as the order page tells it; the other words of returns
# are in `returns/standing.py`. {post_by}: the last day to post it.
RETURN: dict[str, Told] = {
    Status.INFO_REQUESTED: Told(
        RETURN_TEXTS[Status.INFO_REQUESTED].title,
        (_("As soon as you have answered it, we look at your request."),),
        "letterbox",
    ),
    Status.APPROVED: Told(
        _("Your return is approved. Post it by {post_by}."),
        (_("Its page shows how to pack it, what to write on the label and who pays."),),
        "return",
    ),
}
# What the one button of the letter says then.
TO_THE_RETURN: dict[str, Words] = {
    Status.INFO_REQUESTED: _("Answer the question"),
    Status.APPROVED: _("See how to send it"),
}
TO_ANY_RETURN = _("See your return")
# The same where something is wrong, and sending back is not what it is about.
CLAIM: dict[str, Told] = {
    Status.INFO_REQUESTED: Told(
        CLAIM_TEXTS[Status.INFO_REQUESTED].title,
        (_("As soon as you have answered it, we look at it."),),
        "letterbox",
    ),
    Status.APPROVED: Told(
        _("Please send it back to us by {post_by}."),
        (
            _(
                "Then we put it right. Its page shows how to pack it and what to write on the "
                "label; the postage is ours."
            ),
        ),
        "return",
    ),
}
TO_ANY_CLAIM = _("See how it stands")

# Photos that were added one after the other, as one line.
PHOTOS_ADDED = ngettext_lazy("You added {count} photo.", "You added {count} photos.", "count")
PHOTOS_TAKEN = ngettext_lazy("We took {count} photo.", "We took {count} photos.", "count")

# What more there is to say about one line of history.
IN_DOUBT = _("Another parcel has the same number, so a person looks at it first.")
WAS_EMPTY = _("There was nothing inside.")
# {things}: a list of them.
COUNTED = _("In it: {things}")
BESIDES = _("And besides: {things}")

LATE = _("You were to hear from us by {when}. We are late, and we are sorry.")

CANCEL_UNSENT = _("Cancel what has not left us")
CANCEL_UNSENT_TERMS = _("Free. A person stops it, and your money comes back.")

# What may be done, and on what condition: who pays comes first.
FREE_UNTIL = _("Free until {until}")
FREE_AFTER = ngettext_lazy(
    "Free until {days} day after it arrives",
    "Free until {days} days after it arrives",
    "days",
)
FREE = _("Free, whenever you like")
PAID_UNTIL = _("You pay the postage; until {until}")
PAID_AFTER = ngettext_lazy(
    "You pay the postage; until {days} day after it arrives",
    "You pay the postage; until {days} days after it arrives",
    "days",
)
PAID = _("You pay the postage; whenever you like")
FAULT_UNTIL = _("We pay; until {until}, if something is wrong with it")
FAULT = _("We pay, if something is wrong with it")
NEVER_CAME = _("It did not arrive, so there is nothing to send back.")
IS_BACK = _("It is back with us, so there is nothing for you to send.")
NO_LINES = _("We do not know yet what is in this order. Write to us and we help.")

ANSWERED_IN_A_DAY = _(
    "Something is wrong, or you have a question. A person answers within one working day"
)
ANSWERED_IN_HOURS = ngettext_lazy(
    "Something is wrong, or you have a question. A person answers within {hours} working hour",
    "Something is wrong, or you have a question. A person answers within {hours} working hours",
    "hours",
)
ADDRESS_GOES_TO = _("Goes to {whom}.")
# {terms}: who pays, and what else it takes, as a sentence.
ADDRESS_TERMS = _("{terms}.")
ADDRESS_NEEDS_CODE = _("We email a code to {email} first")
ADDRESS_NEW_EMAIL = _(
    "The email address on the order was added a short time ago, so for three days no code goes to "
    "it. Write to us"
)
ADDRESS_NO_EMAIL = _(
    "To see all of it you need a code, and the order has no email address to send one to. Write "
    "to us"
)
