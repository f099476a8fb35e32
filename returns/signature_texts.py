"""Words about who took a parcel in: what is asked, what may be answered, and what follows. The
same on pages, in letters and in history. Nobody is blamed in them."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from returns.models.event import EventKind
from returns.models.signature import Asked, Told
from tracking.texts import Words


@dataclass(frozen=True)
class Answer:
    """label, hint: of the choice, with what follows from it. title, after: of the page, once it
    was told."""

    label: Words
    hint: Words
    title: Words
    after: Words


DO_YOU_HAVE_IT: Words = _("Do you have your parcel?")
SOMEBODY_ELSE: Words = _(
    "The carrier reports that somebody else took it in. That is often a neighbour, the guard, the "
    "front desk or the caretaker, and all is well."
)
NOBODY_TOLD: Words = _(
    "The carrier reports that it was delivered, but not to whom. It was to be signed for, so we "
    "would like to be sure."
)
PLEASE_LOOK: Words = _(
    "Please look at home, at the front desk and next door, then tell us. Nothing bad happens "
    "whatever you answer."
)
# At the end of what is told of the trouble, in the letter about it and on the page.
TELL_US: Words = _("Please tell us on the page of your order whether you have it.")

ANSWERS: dict[str, Answer] = {
    Told.HAVE: Answer(
        _("I have it"),
        _("Then all is well, and we ask no more."),
        _("Good that you have it."),
        _("Thank you. We ask no more about it. If something is wrong inside, tell us."),
    ),
    Told.WITH_ANOTHER: Answer(
        _("A neighbour or the guard has it, and I can get it"),
        _("Then all is well. If it is not there after all, tell us."),
        _("Good that it was found."),
        _("Thank you. If you cannot get it there, write to us, and we look for it with you."),
    ),
    Told.NOT_HERE: Answer(
        _("Nobody here has it"),
        _("Then we ask the carrier at once who signed for it, and you hear from us."),
        _("We look for it with the carrier."),
        _(
            "Thank you for telling us. We ask the carrier who signed for it. You do not have to "
            "find it, and the loss is not yours."
        ),
    ),
}

# In history. What our warehouse said is read by the buyer of the return.
ASKED: dict[str, Words] = {
    Asked.BUYER: _("We asked you whether you have the parcel."),
    Asked.WAREHOUSE: _("We asked our warehouse whether it has your parcel."),
}
TOLD: dict[str, Words] = {
    Told.HAVE: _("You told us that you have the parcel."),
    Told.WITH_ANOTHER: _("You told us that somebody keeps the parcel for you."),
    Told.NOT_HERE: _("You told us that nobody at your place has the parcel."),
    Told.HERE: _("Our warehouse found your parcel."),
    Told.MISSING: _(
        "Our warehouse does not have your parcel, so we look for it with the carrier. The loss is "
        "not yours."
    ),
}
EVENTS: dict[tuple[str, str], Words] = {
    **{(EventKind.SIGNATURE_ASKED, asked): words for asked, words in ASKED.items()},
    **{(EventKind.SIGNATURE_ANSWERED, told): words for told, words in TOLD.items()},
}
