"""What only the page of a return says; where it stands is told by `returns.texts.RETURN`, for
letters and pages alike.

Headings are one sentence of about sixty characters. Placeholders have names, as in {place}.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from portal.return_page.standing import Road
from returns.codes import PhotoKind
from returns.states import Status
from returns.texts import RETURN, Standing
from tracking.milestones import Milestone
from tracking.texts import STEPS, Words


@dataclass(frozen=True)
class Told:
    """title: the heading. next: paragraphs of what happens next. line: the same as the
    title, short, for a row of a list. scene: the drawing of the order page."""

    title: Words
    next: tuple[Words, ...]
    line: Words
    scene: str


TOLD: dict[str, Told] = {
    Road.NOT_SCANNED: Told(
        _("The carrier has not scanned your parcel yet."),
        (
            _(
                "By now it should have been. Please compare the number below with your receipt, "
                "and ask where you handed it over whether it has left there."
            ),
            _("Keep the receipt: it proves that you posted it, whatever happens."),
        ),
        _("Posted, but the carrier has not scanned it yet."),
        "packed",
    ),
    Road.LAST_SEEN: Told(
        _("Your return is on its way, last seen in {place}."),
        (RETURN[Status.IN_TRANSIT].next_step,),
        _("On its way to us, last seen in {place}."),
        "road",
    ),
}
# The drawing of the order's page for the others.
SCENES: dict[str, str] = {
    Status.INFO_REQUESTED: "letterbox",
    Standing.KEEPS_GOODS: "letterbox",
    Standing.POSTED: "packed",
    Standing.POSTED_WITHOUT_NUMBER: "road",
    Standing.NUMBER_IN_DOUBT: "find",
    Standing.POSTED_AFTER_END: "find",
    Status.IN_TRANSIT: "road",
    Milestone.CUSTOMS: "customs",
    Milestone.OUT_FOR_DELIVERY: "road",
    Milestone.ATTEMPTED: "road",
    Milestone.READY_FOR_PICKUP: "road",
}
USUAL_SCENE = "return"

LOOKED_TWICE = _(
    "You asked us to look again, and we did. If something is still not right, write to us: a "
    "person reads it."
)

# Where not everything was in the parcel: neutral, and a person looks into it.
WAS_EMPTY = _(
    "There was nothing inside when we opened it. A person looks into what happened on the way, and "
    "nothing is decided before. Your photos of the goods and the parcel help with that."
)
NOT_ALL_HERE = _(
    "Not everything was in the parcel. If the rest is on its way in another one, or you kept it, "
    "please write to us. A person looks into it before anything is decided."
)

# The steps of the way back, until everything is settled.
WAY_BACK: dict[str, tuple[str, Words]] = {
    "posted": ("box", _("Posted")),
    "on_the_road": ("truck", STEPS["on_the_road"]),
    "customs": ("stamp", STEPS["customs"]),
    "with_us": ("house", _("With us")),
    "settled": ("check", _("Settled")),
}

# --- What was inside ----------------------------------------------------------------------------

ALL_HERE = ngettext_lazy("It is here", "All {count} are here", "count")
SOME_HERE = ngettext_lazy("{count} of {total} is here", "{count} of {total} are here", "count")
NONE_HERE = _("Not in the parcel")
SURPLUS_OPEN = _("We had not expected this. We look at it and tell you what becomes of it.")
SURPLUS_DECIDED = _("We had not expected this.")

# --- What was decided ---------------------------------------------------------------------------

TAKEN = ngettext_lazy("We keep it here", "We keep all {count} here", "count")
SOME_TAKEN = _("We keep {count} of {total} here")
NONE_TAKEN = _("We cannot take it back")
MADE_GOOD = ngettext_lazy(
    "{count} did not come, and we make it good all the same.",
    "{count} did not come, and we make them good all the same.",
    "count",
)
SENT_ON = _("Sent on {day}.")
# {where}: "To your card".
GOES_THERE = _("{where}.")
SENT_THERE = _("{where}, sent on {day}.")
# Why something failed is the desk's affair.
NOT_SENT = _("We could not send your {amount} yet.")
NOT_SENT_YET = _("It could not be sent yet. We are at it.")
TRACKING_NUMBER = _("Tracking number:")
MORE_FROM_US = _("Added by us")
TAKEN_OFF = _("Taken off")

# --- Photos ---------------------------------------------------------------------------------------

# How to take a good one, and what it is good for.
HOW_TO: dict[str, Words] = {
    PhotoKind.ITEM: _(
        "Before you pack them: each thing whole, and up close what is wrong with it."
    ),
    PhotoKind.PARCEL: _("Closed and with its label, so that the label can be read."),
    PhotoKind.WAYBILL: _("The whole slip, flat and sharp. We read the number on it for you."),
    PhotoKind.BOX: _("All sides of it, above all where it is dented, torn or wet, and the label."),
    PhotoKind.POSTAGE: _("All of it, flat and sharp, so that amount and day can be read."),
}
# Of a claim: nothing is packed.
HOW_TO_SHOW_IT = _("Each thing whole, and up close what is wrong with it.")
# Of the goods, taken by us; the buyer's are what they send back.
WHAT_WE_FOUND = pgettext_lazy("under a photo", "What we found")
DRAWN_AS: dict[str, str] = {
    PhotoKind.ITEM: "photo-item",
    PhotoKind.PARCEL: "photo-parcel",
    PhotoKind.WAYBILL: "photo-slip",
    PhotoKind.BOX: "photo-parcel",
    PhotoKind.POSTAGE: "photo-slip",
}
