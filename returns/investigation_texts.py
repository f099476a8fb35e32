"""What buyers read of an investigation: how it stands, its steps, what they may do and choose.

Words of states and steps in tables, functions in the active language and time zone. What
stands here as done is proved by a row: a contact with the carrier, a step, an end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.codes import Wish
from returns.investigation_steps import (
    BY_CARRIER,
    PROVED_BY_CONTACT,
    TURNED_UP,
    InvestigationStatus,
    StepKind,
    is_about,
)
from returns.troubles import CAME_BACK
from returns.wording import filled, sentences
from tracking.incidents import IncidentKind
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import CarrierContact, Investigation, InvestigationStep, Order
    from returns.troubles import Troubles

S = InvestigationStatus
# Beside the states: the choice is offered while we still search; and it has turned up since.
CHOICE, CHOSEN = "choice", "chosen"


@dataclass(frozen=True)
class Told:
    """title: how it stands, as a heading. next: what follows, and what the reader may do."""

    title: Words
    next: Words


STANDS: dict[str, Told] = {
    S.OPEN: Told(
        _("We are looking for your parcel."),
        _(
            "You do not need to do anything. If it is not found, the loss is ours: you get a new "
            "one, or your money."
        ),
    ),
    CHOICE: Told(
        _("Your money, or the same once more?"),
        _(
            "The loss is ours, not yours. You choose what you would like; take the time that you "
            "need."
        ),
    ),
    CHOSEN: Told(
        _("Your parcel is lost, and made good."),
        _("What is left is between the carrier and us. You do not need to do anything."),
    ),
    S.LOST: Told(
        _("We have to treat your parcel as lost."),
        _(
            "The loss is ours, not yours. You choose what you would like; take the time that you "
            "need."
        ),
    ),
    S.FOUND: Told(
        _("Your parcel has been found."),
        _("You do not need to do anything. If you still do not have it, write to us."),
    ),
    S.RETURNED: Told(
        _("Your parcel came back to us."),
        _("Write to us whether you would like your money or a new parcel."),
    ),
    S.DENIED: Told(
        _("The carrier says that it delivered your parcel properly."),
        _(
            "You may still have it looked at once more: write to us what speaks against it, and "
            "another person reads it. Police reports and words of neighbours help."
        ),
    ),
    S.STOPPED: Told(
        _("We have finished looking into it."), _("If something is still open, write to us.")
    ),
    TURNED_UP: Told(
        _("Your parcel has turned up after all."),
        _(
            "We had made it good before. You do not need to do anything now, and nothing is "
            "charged. A person of us looks at it and writes to you what you may do: keep it, or "
            "send it back at our cost."
        ),
    ),
}
OF_DAMAGE = Told(
    _("We are asking the carrier about the damage."),
    _(
        "When you have it, please take photos of the box and of what is inside. What is broken we "
        "put right, whatever the carrier says."
    ),
)
# Of a parcel that comes back to us.
BACK: dict[str, Told] = {
    **STANDS,
    S.OPEN: Told(
        _("We are looking for the parcel with your return."),
        _("That is between the carrier and us. You do not need to do anything."),
    ),
    S.LOST: Told(
        _("The parcel with your return is lost."),
        _("The loss is ours, not yours. You get what was agreed as if it had come."),
    ),
    S.FOUND: Told(
        _("The parcel with your return has been found."), _("You do not need to do anything.")
    ),
    S.DENIED: Told(
        _("The carrier says that it delivered the parcel with your return."),
        _("That is between the carrier and us. You do not need to do anything."),
    ),
}

# --- Steps ------------------------------------------------------------------------------------

# Done, and still ahead. {carrier}: its name, or "the carrier".
DONE: dict[str, Words] = {
    StepKind.ASK_CARRIER: _("We asked {carrier}."),
    StepKind.PROOF_OF_DELIVERY: _("{carrier} sent us the proof of delivery."),
    StepKind.CARRIER_ANSWER: _("{carrier} answered."),
    StepKind.CLAIM: _("We made our claim to {carrier}."),
    StepKind.DECIDE: _("We decided."),
}
AHEAD: dict[str, Words] = {
    StepKind.ASK_CARRIER: _("We ask {carrier} where it is."),
    StepKind.PROOF_OF_DELIVERY: _("{carrier} shows us where it was left, and who took it in."),
    StepKind.CARRIER_ANSWER: _("{carrier} looks for it and answers us."),
    StepKind.CLAIM: _("If it is not found, we claim the loss from {carrier}."),
    StepKind.DECIDE: _("We write to you what we found, and what you get."),
}
AHEAD_OF_DAMAGE: dict[str, Words] = {
    **AHEAD,
    StepKind.ASK_CARRIER: _("We ask {carrier} how that happened."),
    StepKind.CARRIER_ANSWER: _("{carrier} looks into it and answers us."),
    StepKind.CLAIM: _("We claim the damage from {carrier}."),
}
THE_CARRIER: Words = _("the carrier")
BEGUN: Words = _("We began to look into it.")
STILL_SILENT: Words = _("Later than usual; we ask again.")
WE_ARE_LATE: Words = _("We are late with this.")
BY_DAY: Words = _("By {day}.")
USUALLY_BY: Words = _("Usually by {day}.")

# --- What was asked -----------------------------------------------------------------------------

# How we asked. {carrier}: as above.
ASKED_BY: dict[str, Words] = {
    "phone": _("We called {carrier}:"),
    "email": _("We wrote to {carrier} by email:"),
    "form": _("We wrote to {carrier} on its own page:"),
    "chat": _("We wrote to {carrier} in its chat:"),
}
IT_ANSWERED: Words = _("{carrier} answered:")
KEPT_BACK: Words = _("These words may tell who or where you are, so we show them after a code.")

# --- What the buyer may do, in the four parts ----------------------------------------------------

# What is done beside asking and being answered.
BESIDES = (StepKind.PROOF_OF_DELIVERY, StepKind.CLAIM)
ANSWERS_BY: Words = _("It usually answers by {day}.")
CHOOSE: Words = _("Choose: your money or a new one")
SEE_SEARCH: Words = _("See what we do to find it")
MAY: dict[str, Words] = {
    S.OPEN: STANDS[S.OPEN].next,
    CHOICE: _(
        "The loss is ours, not yours. Choose on your page what you would like: your money, or the "
        "same once more. Take the time that you need."
    ),
    S.DENIED: STANDS[S.DENIED].next,
}
MAY_IN_SHORT: dict[str, Words] = {
    S.OPEN: _("You do not need to do anything: if it is not found, we put it right."),
    CHOICE: _("The loss is ours. Choose on your page: your money, or a new one."),
    S.DENIED: _("If you see it differently, write to us."),
}
CHOSE: dict[str, Words] = {
    Wish.REFUND: _("You chose your money back. You do not need to do anything."),
    Wish.REPLACEMENT: _("You chose a new one. You do not need to do anything."),
}

# --- The choice ---------------------------------------------------------------------------------

CHOICES: dict[str, tuple[Words, Words]] = {
    Wish.REFUND: (
        _("My money back"),
        _("{amount} goes back to the way you paid. We send it by {when}."),
    ),
    Wish.REPLACEMENT: (
        _("The same once more"),
        _("We send it to the address of your order, by {when}. You pay nothing."),
    ),
}

ALL_OF_IT: Words = _("It goes back to the way you paid. We send it by {when}.")

# --- The story ----------------------------------------------------------------------------------

EVENT_OF_STEP: dict[str, Words] = {
    StepKind.ASK_CARRIER: _("We asked the carrier where your parcel is."),
    StepKind.PROOF_OF_DELIVERY: _("The carrier sent us its proof of delivery."),
    StepKind.CARRIER_ANSWER: _("The carrier’s time to answer is over."),
    StepKind.CLAIM: _("We made our claim to the carrier."),
    StepKind.DECIDE: _("We decided about your parcel."),
}
EVENT_OF_END: dict[str, Words] = {
    S.FOUND: STANDS[S.FOUND].title,
    S.LOST: STANDS[S.LOST].title,
    S.RETURNED: STANDS[S.RETURNED].title,
    S.DENIED: STANDS[S.DENIED].title,
    S.STOPPED: STANDS[S.STOPPED].title,
}


# --- Functions ----------------------------------------------------------------------------------


def stand(investigation: "Investigation") -> str:
    """A key of STANDS."""
    if investigation.turned_up_at:
        return TURNED_UP
    if investigation.is_made_good:
        return CHOSEN
    if investigation.is_open and investigation.waits_for_choice:
        return CHOICE
    return investigation.status


def told(investigation: "Investigation", status: str = "") -> Told:
    """How it stands. status: told as it was then (of a letter)."""
    code = status or stand(investigation)
    if code == S.OPEN and investigation.kind == IncidentKind.DAMAGED:
        return OF_DAMAGE
    return (BACK if investigation.is_of_return else STANDS)[code]


def step(kind: str, carrier: str, *, done: bool, about: str = "") -> str:
    """carrier: its name, '' where nobody knows it; a sentence that begins with it begins with
    a capital. about: the kind of trouble that is investigated."""
    ahead = AHEAD_OF_DAMAGE if about == IncidentKind.DAMAGED else AHEAD
    text = filled((DONE if done else ahead)[kind], carrier=carrier or str(THE_CARRIER))
    return text[:1].upper() + text[1:]


def by_when(row: "InvestigationStep") -> str:
    """Until when it is to be done: of what is not ours to do as it usually is."""
    words = USUALLY_BY if row.kind in BY_CARRIER else BY_DAY
    return filled(words, day=formats.day(row.due_at))


def is_told(kind: str, contacts: "Iterable[CarrierContact]") -> bool:
    """Whether a step that is done may be told: of what was asked in private nobody hears."""
    answers = kind == StepKind.CARRIER_ANSWER
    mine = [row for row in contacts if row.answered_at or not answers]
    return kind not in PROVED_BY_CONTACT or not mine or any(row.is_visible for row in mine)


# --- In the four parts ---------------------------------------------------------------------------


def of_trouble(order: "Order", troubles: "Troubles") -> "Investigation | None":
    """The search that is told with this trouble: the last one of its parcel, while it goes on
    or as long as its end is what there is to say. Reads the cases of the order, with what is
    searched for."""
    if troubles.parcel is None:
        return None
    mine = [row for row in order.searches if row.parcel_id == troubles.parcel.pk]
    last = max(mine, key=lambda row: row.pk, default=None)
    if last is None:
        return None
    if last.is_made_good:
        return last if troubles.kind == CAME_BACK or is_about(last.kind, troubles.kind) else None
    if last.status not in (S.OPEN, S.LOST, S.DENIED) or not is_about(last.kind, troubles.kind):
        return None
    return last


def done(investigation: "Investigation", now: datetime) -> str:
    """What was done beside asking, and until when an answer usually comes."""
    known, due = investigation.done, investigation.carrier_due_at
    told = [str(EVENT_OF_STEP[kind]) for kind in BESIDES if kind in known]
    waits = StepKind.ASK_CARRIER in known and StepKind.CARRIER_ANSWER not in known
    if investigation.is_open and waits and due and due > now:
        told.append(filled(ANSWERS_BY, day=formats.day(due)))
    return sentences(*told)


def may(investigation: "Investigation", *, short: bool = False) -> str:
    """What its reader may do; '' where the words of the trouble say it. short: in few words."""
    if investigation.is_made_good:
        return str(CHOSE[investigation.wish])
    if investigation.is_of_return or investigation.kind == IncidentKind.DAMAGED:
        return ""
    code = CHOICE if investigation.waits_for_choice else investigation.status
    return str((MAY_IN_SHORT if short else MAY).get(code, ""))


def promised(order: "Order", troubles: "Troubles") -> str:
    """The kind of trouble by which a promise to write is worded: while a parcel is searched for
    we look again, whatever it is; with a choice to make the buyer tells us; of what was made
    good nothing is left to tell."""
    search = of_trouble(order, troubles)
    if search is None:
        return troubles.kind
    if search.is_made_good:
        return ""
    return str(IncidentKind.LOST if search.waits_for_choice else IncidentKind.STALLED)
