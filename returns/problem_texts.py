"""What is said about problems that a buyer may tell: names, conditions, questions, and what
leads on. Logic: `returns/problems.py`. Placeholders are named, as in {when}.

Functions in the active language and time zone.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.codes import CLAIMED_AS, ProblemKind, Reason, Wish
from returns.problems import Verdict, Way, Why
from returns.texts import Choice
from returns.wording import filled
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import Problem

# As the buyer would say it, and what it covers.
KINDS: dict[str, Choice] = {
    ProblemKind.LATE: Choice(
        _("It is late, or it stands still"), _("It should be here by now, or nothing moves")
    ),
    ProblemKind.NOT_HERE: Choice(
        _("It says delivered, but I do not have it"), _("We look for it with you")
    ),
    ProblemKind.DAMAGED: Choice(_("It arrived damaged"), _("The thing itself, or what holds it")),
    ProblemKind.MISSING: Choice(
        _("Something is missing"), _("A thing, or a part of it, was not in the parcel")
    ),
    ProblemKind.WRONG_ITEM: Choice(
        _("It is not what I ordered"), _("Another thing, size or colour came")
    ),
    ProblemKind.QUALITY: Choice(
        _("It has a fault"), _("At once or after a while, or it is not as described")
    ),
    ProblemKind.CUSTOMS: Choice(
        _("Customs asks for something"), _("Papers, money, or a letter that you cannot make out")
    ),
    ProblemKind.UNWANTED: Choice(
        _("I do not want to take it in"), _("You refused it at the door, or would like to")
    ),
    ProblemKind.CHANGED_MIND: Choice(
        _("I changed my mind before it arrived"), _("You no longer want it, or not all of it")
    ),
}
# On the link that leads to it.
TELL_US: dict[str, Words] = {
    ProblemKind.LATE: _("Tell us that it has not come"),
    ProblemKind.NOT_HERE: _("Tell us that it is not here"),
    ProblemKind.CUSTOMS: _("Tell us what customs asks for"),
}
SYMBOLS: dict[str, str] = {
    ProblemKind.LATE: "clock",
    ProblemKind.NOT_HERE: "house",
    ProblemKind.DAMAGED: "box",
    ProblemKind.MISSING: "ask",
    ProblemKind.WRONG_ITEM: "box",
    ProblemKind.QUALITY: "ask",
    ProblemKind.CUSTOMS: "stamp",
    ProblemKind.UNWANTED: "back",
    ProblemKind.CHANGED_MIND: "cancel",
}
# What has not left us yet, where its parcels are told apart.
THE_REST = _("What has not left us yet")

# --- Why not now ----------------------------------------------------------------------------------

# In one line: from when, or until when. {when}: the moment; {until}: a day.
BRIEFLY: dict[str, Words] = {
    Why.TOO_EARLY: _("From {when}"),
    Why.NOT_ARRIVED: _("As soon as it has arrived"),
    Why.NOT_SENT: _("When it is on its way"),
    Why.TOLD: _("You told us; see how it stands"),
    Why.SEARCHED: _("We are looking for it already"),
    Why.OVER: _("Could be told here until {until}"),
    Why.ALL_BACK: _("Part of a return or claim already"),
    Why.ARRIVED: _("It has arrived"),
    Why.TURNED: _("Its parcel is coming back to us"),
    Why.CANCELLED: _("The order was cancelled"),
    Why.UNPAID: _("The payment has not reached us yet"),
    Why.NO_PARCEL: _("It came without a parcel"),
    Why.NO_BORDER: _("It crosses no border"),
    Why.NOT_OFFERED: _("Write to us about it"),
}
BRIEFLY_OF: dict[tuple[str, str], Words] = {
    (ProblemKind.NOT_HERE, Why.NOT_ARRIVED): _("Once the carrier says that it was delivered"),
    (ProblemKind.CHANGED_MIND, Why.ARRIVED): _("It has arrived: you may send it back"),
    **{(kind, Why.NOT_SENT): BRIEFLY[Why.NOT_ARRIVED] for kind in CLAIMED_AS},
    (ProblemKind.NOT_HERE, Why.NOT_SENT): _("Once the carrier says that it was delivered"),
}

# Over the sentences that say why.
NOT_NOW = _("That cannot be told here now.")
HEADINGS: dict[str, Words] = {
    Why.TOO_EARLY: _("It is a little early for that."),
    Why.NOT_ARRIVED: _("It is a little early for that."),
    Why.NOT_SENT: _("It has not left us yet."),
    Why.OVER: _("The time for that is over."),
    Why.ALL_BACK: _("That is under way already."),
    Why.ARRIVED: _("It has arrived already."),
    Why.TURNED: _("It is coming back to us."),
    Why.CANCELLED: _("This order was cancelled."),
}

# In whole sentences. {hours}: after a delivery.
WHY_NOT: dict[str, Words] = {
    Why.TOO_EARLY: _("You can tell us here from {when}."),
    Why.NOT_ARRIVED: _(
        "By what the carrier says it has not arrived yet. As soon as it has, you can tell us here. "
        "If you have it already, write to us."
    ),
    Why.NOT_SENT: _("It has not left us yet, so there is nothing to look for."),
    Why.SEARCHED: _("We are looking for it already. Its page says what we did and what is next."),
    Why.OVER: _(
        "It could be told here until {until}. Write to us all the same: a person looks at it."
    ),
    Why.ALL_BACK: _("All of it is part of a return or claim already. There you see how it stands."),
    Why.ARRIVED: _("By what the carrier says it has arrived."),
    Why.TURNED: _(
        "Its parcel is coming back to us. The page of your order says what happens with it."
    ),
    Why.CANCELLED: _("This order was cancelled. If something is wrong with it, write to us."),
    Why.UNPAID: _("The payment has not reached us yet, so nothing has been sent."),
    Why.NO_PARCEL: _(
        "What you ordered is not sent by post. If something is wrong with it, write to us."
    ),
    Why.NO_BORDER: _(
        "This parcel crosses no border, so customs has nothing to do with it. If somebody asks you "
        "for money all the same, do not pay; write to us first."
    ),
    Why.NOT_OFFERED: _("This page cannot take it. Write to us, and a person helps you."),
}
WHY_NOT_OF: dict[tuple[str, str], Words] = {
    (ProblemKind.LATE, Why.TOO_EARLY): _(
        "Until then it is most likely still on its usual way. If it is not with you and nothing "
        "new is seen of it, tell us here from {when}, and we look for it."
    ),
    (ProblemKind.NOT_HERE, Why.TOO_EARLY): _(
        "Drivers often scan a parcel some hours before they bring it, or leave it next door. If it "
        "has not turned up, tell us here from {when}, and we look for it."
    ),
    (ProblemKind.MISSING, Why.TOO_EARLY): _(
        "Another parcel of this order is still to come, and what you miss may be in it. If it is "
        "not, tell us here from {when}."
    ),
    (ProblemKind.NOT_HERE, Why.NOT_ARRIVED): _(
        "The carrier has not said yet that it was delivered. Once it has, you can tell us here "
        "{hours} hours later, because drivers often scan a parcel before they bring it."
    ),
    (ProblemKind.NOT_HERE, Why.NOT_SENT): _("It has not left us yet, so nobody has delivered it."),
    (ProblemKind.CUSTOMS, Why.NOT_SENT): _(
        "It has not left us yet, so customs cannot have it. If somebody asks you for money, do not "
        "pay; write to us first."
    ),
    (ProblemKind.CHANGED_MIND, Why.ARRIVED): _(
        "It has arrived, so you need not explain anything: you may send it back. The next page "
        "says what that costs before you do."
    ),
    (ProblemKind.UNWANTED, Why.ARRIVED): _("It has arrived. You may send it back."),
    **{
        (kind, Why.NOT_SENT): _(
            "It has not left us yet. As soon as it has arrived, you can tell us here."
        )
        for kind in CLAIMED_AS
    },
}
# Of what has not left us yet.
REST_TOO_EARLY = _(
    "We said that it leaves us by then, or that we write to you. If neither has happened, tell us "
    "here from {when}."
)


def briefly(kind: str, verdict: Verdict) -> str:
    """The condition of a kind that cannot be told now."""
    return _filled(BRIEFLY_OF.get((kind, verdict.why), BRIEFLY[verdict.why]), verdict)


def why_not(kind: str, verdict: Verdict, *, is_rest: bool = False, hours: int = 24) -> str:
    """In whole sentences. hours: after a delivery, until one may say that it is not here."""
    words = WHY_NOT_OF.get((kind, verdict.why), WHY_NOT.get(verdict.why, ""))
    if is_rest and verdict.why == Why.TOO_EARLY:
        words = REST_TOO_EARLY
    return _filled(words, verdict, hours=hours)


def _filled(words: Words, verdict: Verdict, **facts: object) -> str:
    when = formats.moment(verdict.begins) if verdict.begins else ""
    until = formats.day(verdict.ends) if verdict.ends else ""
    return filled(words, when=when, until=until, **facts)


# --- What leads on --------------------------------------------------------------------------------

WAYS: dict[str, Choice] = {
    Way.STORY: Choice(_("See where it is"), _("All that we know of it, with the last scan")),
    Way.SEARCH: Choice(_("See what we do to find it"), _("Step by step, with what we asked")),
    Way.LATE: KINDS[ProblemKind.LATE],
    Way.NOT_HERE: KINDS[ProblemKind.NOT_HERE],
    Way.SEND_BACK: Choice(
        _("Send it back"), _("If you do not want it any more, you can return it.")
    ),
    Way.CHANGED_MIND: Choice(
        _("Cancel it before it leaves"), _("As long as it is with us, we can stop it")
    ),
    Way.RETURNS: Choice(_("See how it stands"), ""),
    Way.WRITE: Choice(_("Write to us"), _("A person looks at it with you.")),
}

# --- Have you looked here? ------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Somewhere a parcel may be. The last is no place: it is where we sent it."""

    code: str
    label: Words
    hint: Words


PEOPLE = Place("household", _("With the people you live with"), _("Someone may have taken it in."))
PLACES: tuple[Place, ...] = (
    Place(
        "safe_place",
        _("Where drivers leave things"),
        _("Behind the planter, the bins and the door; in the porch, the shed and the letterbox."),
    ),
    Place(
        "neighbour",
        _("With the neighbours"),
        _("Ask next door and on the floor below. Drivers do not always leave a card."),
    ),
    Place(
        "desk",
        _("At the front desk or in the mailroom"),
        _("At work or in a large house somebody may have put it aside for you."),
    ),
    PEOPLE,
    Place(
        "message",
        _("A card or a message"),
        _("Look in the letterbox, and for a message of the carrier, also among the spam."),
    ),
)
# In China parcels are seldom left at the door, and never with a card.
PLACES_IN_CHINA: tuple[Place, ...] = (
    Place(
        "station",
        _("In a parcel locker or at a collecting station"),
        _("Many couriers report it as delivered when it is there. The code is in a text message."),
    ),
    Place(
        "guard",
        _("With the guard or the property office"),
        _("Couriers who may not come in leave it at the gate."),
    ),
    Place(
        "door",
        _("Near your door"),
        _("In the cupboard of the meters or of the fire hose, on the stairs, on the shoe rack."),
    ),
    Place(
        "neighbour", _("With the neighbours"), _("Ask next door; the courier may have asked, too.")
    ),
    PEOPLE,
    Place(
        "message",
        _("A call or a message that you missed"),
        _("Couriers often ring first, or write where they put it."),
    ),
)
# {address}: masked.
WE_SENT_IT = _("We sent it to {address}.")


def places(country: str) -> tuple[Place, ...]:
    """Where to look, by where it was brought (ISO 3166 alpha-2), whatever the reader speaks."""
    return PLACES_IN_CHINA if country in {"CN", "TW", "HK", "MO"} else PLACES


# --- Questions ------------------------------------------------------------------------------------

QUESTIONS: dict[str, Words] = {
    "signed": _("Did you sign for it yourself?"),
    "box": _("Was the box damaged as well?"),
}
QUESTIONS_OF: dict[tuple[str, str], Words] = {
    (ProblemKind.NOT_HERE, "signed"): _("Did anybody sign for it?"),
    (ProblemKind.NOT_HERE, "box"): _("Have you seen the box?"),
    (ProblemKind.MISSING, "box"): _("How was the box when it came?"),
}
ANSWERS: dict[tuple[str, str], Words] = {
    ("signed", "self"): _("Yes, I signed"),
    ("signed", "other"): _("Somebody else signed: a guard, a neighbour, the front desk"),
    ("signed", "household"): _("Somebody I live with"),
    ("signed", "nobody"): _("Nobody signed"),
    ("signed", "unknown"): _("I do not know"),
    ("box", "damaged"): _("Damaged: dented, torn or wet"),
    ("box", "opened"): _("It had been opened"),
    ("box", "fine"): _("It looked fine"),
    ("box", "gone"): _("I cannot tell any more"),
    ("box", "never_seen"): _("No, I have never seen it"),
    ("box", "empty"): _("Yes, but it was empty"),
}
MISSING_ANSWER = _("Choose the answer that fits best.")


def question(kind: str, code: str) -> Words:
    return QUESTIONS_OF.get((kind, code), QUESTIONS[code])


# What is asked for in the buyer's own words: (label, hint, whether it is needed).
OWN_WORDS: dict[str, tuple[Words, Words, bool]] = {
    ProblemKind.LATE: (
        _("Anything that we should know?"),
        _("For example until when you need it, or what the carrier told you."),
        False,
    ),
    ProblemKind.NOT_HERE: (
        _("Anything that we should know?"),
        _("For example what the neighbours said, or where drivers usually leave things."),
        False,
    ),
    ProblemKind.DAMAGED: (
        _("What is damaged, and how?"),
        _("A few words are enough. You can add photos when you have sent it."),
        True,
    ),
    ProblemKind.MISSING: (
        _("What is missing?"),
        _("The whole thing, or a part of it: which one?"),
        True,
    ),
    ProblemKind.WRONG_ITEM: (
        _("What did you get instead?"),
        _("The thing, its size or colour, as it stands on it."),
        True,
    ),
    ProblemKind.QUALITY: (
        _("What is wrong with it?"),
        _("What happens, since when, and what you did with it just before."),
        True,
    ),
    ProblemKind.CUSTOMS: (
        _("What does customs ask for?"),
        _("Copy the words of its letter or message. Leave numbers of cards and accounts out."),
        True,
    ),
}
WRITE_A_FEW_WORDS = _("Write a few words, so that we know what to do.")

# --- The reasons of a claim, where there is a choice ----------------------------------------------

REASONS: dict[str, Choice] = {
    Reason.FAULTY: Choice(
        _("It had a fault from the beginning"), _("It does not work, or a part of it is not right")
    ),
    Reason.FAULT_LATER: Choice(
        _("It broke after I had used it"), _("It worked at first and no longer does")
    ),
    Reason.DIFFERENT: Choice(
        _("It is not as described"), _("It differs from its words or pictures in the shop")
    ),
}
# {until}: the last day.
REASON_UNTIL = _("This could be told until {until}.")

# --- What happens then ----------------------------------------------------------------------------

STRAIGHT_AWAY = _("Straight away")
# {when}: a moment.
BY = _("By {when}")
AFTER_THAT = _("After that")
# {carrier}: its name, or THE_CARRIER.
THE_CARRIER = _("the carrier")
NOTED = _("You see it on a page of its own, and we write to you that we have it.")
LOOKS_FOR = _(
    "One of us asks {carrier} where exactly it was left and who took it in. What we wrote and what "
    "it answers stands on your page."
)
LOOKS_INTO = _("One of us looks where it is and asks {carrier} about it.")
LOOKS_AT_REST = _("One of us asks the warehouse where it is.")
LOOKS_AT_CUSTOMS = _("One of us reads what customs asks for and tells you what to do.")
NOT_PAY = _("Until then, please pay nobody and send no papers to anybody else.")
WRITES = _("We write to you what we found out – even if there is no answer yet.")
GUARANTEE = _(
    "If it has not been found by then, you choose: we send you everything again, or you get your "
    "money back. Carriers need three to seven working days for their search."
)
PERSON_ANSWERS = _("A person reads it and writes to you.")
DECIDES = _("A person looks at it and tells you whether it can be done so.")
AT_ONCE = _("It is decided at once, and you get a letter about it.")
KEEPS = _("You keep what you have. Nothing has to be sent back.")
SENDS_BACK = _(
    "You get a return number and see how to send it. We pay for the postage; please keep "
    "everything, with its box, until then."
)
PHOTOS_NEXT = _("The next page asks for photos. They help us to decide soon.")

# --- How it is put right --------------------------------------------------------------------------

# What a remedy means. {amount}: money.
REMEDIES: dict[str, Choice] = {
    Wish.REFUND: Choice(_("My money back: {amount}"), _("To the way you paid")),
    Wish.PART_REFUND: Choice(
        _("Keep it, and get {amount} back"), _("To the way you paid. You may use it as it is")
    ),
    Wish.REPAIR: Choice(
        _("Have it repaired: {amount} towards it"),
        _("You keep it and have it repaired where you like"),
    ),
    Wish.REPLACEMENT: Choice(_("The same thing again"), _("We send it to you, at our cost")),
    Wish.EXCHANGE: Choice(
        _("Another size, colour or kind"), _("You choose which; we send it at our cost")
    ),
    Wish.PIECE: Choice(_("Only what is missing"), _("We send it to you, at our cost")),
    Wish.STORE_CREDIT: Choice(
        _("{amount} as credit for the shop"), _("To spend whenever you like")
    ),
    Wish.VOUCHER: Choice(_("A voucher over {amount}"), _("For your next order with us")),
}
KEEP_IT = _("Nothing has to be sent back.")
SEND_IT = _("You send it back; we pay the postage.")
# {amount}: of a voucher as an apology besides.
VOUCHER_BESIDES = _("And a voucher over {amount}, as an apology.")
TALK = "talk"  # in place of a wish
TALK_INSTEAD = Choice(
    _("I would rather talk to a person"), _("Nothing is decided yet; one of us writes to you")
)

# --- How it stands --------------------------------------------------------------------------------

# The heading of its page, while it is open.
OPEN: dict[str, Words] = {
    ProblemKind.LATE: _("We are finding out where your parcel is."),
    ProblemKind.NOT_HERE: _("We are looking for your parcel."),
    ProblemKind.CUSTOMS: _("We are reading what customs asks for."),
}
OPEN_OTHERWISE = _("You told us what is wrong. A person looks at it.")
# It led to a claim, a recall or the like, whose page says more.
LED_ON = _("You told us what is wrong. Here you see what comes of it.")
# Said by the buyer.
ALL_RIGHT = _("Good to hear: it is all right after all.")
NO_LONGER = _("This is settled.")


def standing(problem: "Problem", *, is_open: bool) -> str:
    """The heading of the page of a problem that was told."""
    if problem.over_at:
        return str(ALL_RIGHT)
    if problem.authorization_id:
        return str(LED_ON)
    return str(OPEN.get(problem.kind, OPEN_OTHERWISE) if is_open else NO_LONGER)
