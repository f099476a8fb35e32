"""What buyers read about where a parcel goes: on which terms that may be changed, why not,
what they may do instead, and what became of a change that they asked for.

Functions in the active language. carrier: our code of it, or its name as the shop wrote it; ''
where nobody knows it, and then it is called "the carrier". Every code of `address_policy`,
`AddressChange` and `tracking.gateways.Failure` has words here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from returns import formats
from returns.address_policy import AGAIN, Instead, Obstacle, Offer, Offers, Payer, Stage, Why
from returns.wording import filled, listed, sentences
from tracking.carriers import CARRIERS, called
from tracking.gateways import Aim, Failure
from tracking.interceptions import InterceptionStatus
from tracking.milestones import Milestone
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import AddressChange

# A heading is one line on a wide page.
LONGEST_HEADING = 60
THE_CARRIER = _("the carrier")

# --- What may be done -----------------------------------------------------------------------

# As the title of a page, or of a row of actions.
AIM_TITLES: dict[str, Words] = {
    Aim.REDIRECT: _("Send it to another address"),
    Aim.RETURN: _("Send it back to us"),
    Aim.DEPOT: _("Send it back to the depot"),
    Aim.HOLD: _("Keep it for me at a counter"),
    Aim.RESCHEDULE: _("Bring it on another day"),
    AGAIN: _("Send it again when it is back"),
}
BUTTONS: dict[str, Words] = {
    Aim.REDIRECT: _("Change the address"),
    Aim.RETURN: _("Have it sent back"),
    Aim.DEPOT: _("Have it sent back to the depot"),
    Aim.HOLD: _("Have it kept at a counter"),
    Aim.RESCHEDULE: _("Have it brought on this day"),
    AGAIN: _("Have it sent again"),
}
# What it means, where the title does not say all of it.
MEANING: dict[str, Words] = {
    Aim.RETURN: _("When it is back with us, you choose: your money or a new parcel."),
    Aim.DEPOT: _("When it is back with us, you choose: your money or a new parcel."),
    Aim.HOLD: _("You collect it at a counter of {carrier}, with an identity card."),
    Aim.RESCHEDULE: _("It comes to the same address, on the day that you choose."),
    AGAIN: _(
        "Let it come back, and we send it again to the address that you give us. If it is handed "
        "over in the meantime, nothing is sent again."
    ),
}

AT_ONCE = _("Free, and done at once: it has not left us yet.")
WE_PAY = _("We pay.")
YOU_PAY = _("You pay {amount}, and only if it works.")
YOU_PAY_NOTHING_YET = _(
    "You pay nothing yet: first we find out what {carrier} asks for it. If it costs you anything, "
    "we write to you before."
)
SAME_COUNTRY = _("The new address has to be in the same country.")
NOT_SERVED_AREAS = _("{carrier} does not bring it to these areas: {areas}.")
UNTIL_IT_LEAVES = _("It is possible until it leaves us.")
UNTIL_ATTEMPT = _("It is possible until {carrier} first tries to deliver.")
UNTIL_OUT = _("It is possible until it is out for delivery.")
UNTIL_OUT_ON = _("It is possible until it is out for delivery, most likely on {day}.")
NO_PROMISE = _("{carrier} cannot promise it.")
NEARLY_ALWAYS = _("It worked for nearly every parcel so far.")
HARDLY_EVER = _("It hardly ever worked so far.")
MOSTLY = _("It worked for about {count} of 10 parcels so far.")
BY_PHONE = _("One of us calls {carrier} about it.")

# The same in a few words, for a row.
SHORT_AT_ONCE = _("Free, at once, until it leaves us")
SHORT_WE_PAY = _("We pay")
SHORT_YOU_PAY = _("You pay {amount}, only if it works")
SHORT_NOTHING_YET = _("You pay nothing yet: we ask first what it costs")
SHORT_SAME_COUNTRY = _("same country only")
# {first}: who pays. {more}: on what terms, with commas.
SHORT_TERMS = _("{first}; {more}")

WHY_DESK: dict[str, Words] = {
    Why.VALUE: _("One of us looks at it first, as with every order of this value."),
    Why.FEE: _("One of us looks at it first, to find out what it costs."),
    Why.RULE: _("One of us looks at it first; with this parcel we always do."),
    Why.SHARED: _("One of us looks at it first: goods of another order are in this parcel."),
    Why.NOT_TOLD: _(
        "One of us looks at it first, because our letter to the contact on the order could not "
        "be delivered."
    ),
}

WHY_NOT: dict[str, Words] = {
    Obstacle.OUT_FOR_DELIVERY: _(
        "It is out for delivery, so it is too late for this. If nobody is there, {carrier} mostly "
        "comes again or keeps it for you."
    ),
    Obstacle.ATTEMPTED: _(
        "{carrier} has been at the door already, so it is too late for this. You can still "
        "collect it, or let it come back to us."
    ),
    Obstacle.AT_PICKUP: _(
        "It is waiting to be collected, so it is too late for this. You can collect it there, or "
        "let it come back to us."
    ),
    Obstacle.DELIVERED: _(
        "It was delivered, so this is no longer possible. If you do not have it, tell us."
    ),
    Obstacle.TURNED: _(
        "It is on its way back to us. When it is here, we can send it to you again."
    ),
    Obstacle.BACK: _("It is back with us. We can send it to you again."),
    Obstacle.CANCELLED: _(
        "The order was cancelled, so this is no longer possible. If that is not right, write to us."
    ),
    Obstacle.UNDER_WAY: _(
        "Another change is under way. Once it has ended, or you have stopped it, you can ask for "
        "a new one."
    ),
    Obstacle.ONCE_ONLY: _(
        "{carrier} does this only once for a parcel, and has been asked before. If you need it "
        "elsewhere, write to us."
    ),
    Obstacle.TOO_MANY: _(
        "You have asked for several changes lately, so this page takes no more for some days. "
        "Until then, write to us."
    ),
    Obstacle.NOT_SERVED: _(
        "{carrier} does not do this with parcels on this route. If you need it elsewhere, "
        "write to us."
    ),
    Obstacle.NOT_THERE: _(
        "It can only go to an address in the same country, and not to areas that are not served. "
        "If you need it elsewhere, write to us."
    ),
    Obstacle.CARRIER_SAYS_NO: _(
        "{carrier} does not do this with a parcel that is where yours is now. If you need it, "
        "write to us."
    ),
    Obstacle.NOT_COLLECTED: _(
        "{carrier} has not collected it yet, and can be asked only then. Look here again once it "
        "is on its way, or write to us."
    ),
    Obstacle.STORE_SAYS_NO: _("We do not offer this for this parcel. If you need it, write to us."),
    Obstacle.NO_NUMBER: _(
        "It travels without a tracking number, so no carrier could find it. If it does not come, "
        "write to us."
    ),
    Obstacle.NOT_SHIPPED: _(
        "It has not left us yet. Until it does, you can still change the address."
    ),
    Obstacle.SHIPPED: _(
        "All of it has left us. For a parcel on its way other terms count; you find them on the "
        "page of your addresses."
    ),
    Obstacle.NOT_TOO_LATE: _(
        "It does not have to come back first: until it is too late, it can be sent to another "
        "address."
    ),
}


@dataclass(frozen=True)
class Text:
    title: str
    sentence: str


INSTEAD: dict[str, tuple[Words, Words]] = {
    Instead.COLLECT: (
        _("Collect it at {carrier}"),
        _(
            "When nobody is there, {carrier} mostly keeps it at its point for some days. Bring an "
            "identity card and the number of the parcel."
        ),
    ),
    Instead.CALL_CARRIER: (
        _("Call {carrier}"),
        _("Ask there what is still possible, with the number of the parcel at hand."),
    ),
    Instead.SEND_AGAIN: (
        _("Wait, and have it sent again"),
        _("Let it come back, and we send it again to the address that you give us."),
    ),
    Instead.NOT_RECEIVED: (
        _("It was delivered, but I do not have it"),
        _("Tell us, and we look for it with you."),
    ),
    Instead.SEND_BACK: (
        _("Send it back"),
        _("If you do not want it any more, you can return it."),
    ),
    Instead.WRITE: (_("Write to us"), _("A person looks at it with you.")),
}
# {phone}: of the carrier, in the buyer's country.
CALL_AT = _("Ask at {phone} what is still possible, with the number of the parcel at hand.")

# Prices by stage. The carrier is only asked what it costs once there is one.
STAGE_BEFORE = _("Before it leaves us")
STAGE_MOVING = _("On its way")
STAGE_LATE = _("Out for delivery, or later")
FREE = _("Free")
WE_ASK = _("We can ask the carrier")
WE_ASK_PRICE = _("We ask what it costs")
NOT_POSSIBLE = _("Not possible")
TOO_LATE = _("Too late")


@dataclass(frozen=True)
class StageRow:
    """price: what it costs then, or that it is too late."""

    label: str
    price: str
    is_now: bool = False


def short_terms(offer: Offer) -> str:
    """One line: who pays, how much longer it takes, and where to."""
    if not offer.is_possible:
        return why_not(offer.obstacle, carrier="")
    if offer.at_once:
        return _say(SHORT_AT_ONCE)
    more = [_days(offer.days, short=True)] if _days(offer.days) else []
    if offer.aim == Aim.REDIRECT:
        more.append(_say(SHORT_SAME_COUNTRY))
    first = _who_pays(offer, SHORT_WE_PAY, SHORT_YOU_PAY, SHORT_NOTHING_YET, "")
    return _say(SHORT_TERMS, first=first, more=_commas(more)) if more else first


def terms(offer: Offer, *, carrier: str, until: date | None) -> tuple[str, ...]:
    """All of it, in whole sentences; who pays comes first. until: the day on which it most
    likely goes out for delivery, None when nobody knows."""
    if not offer.is_possible:
        return (why_not(offer.obstacle, carrier=carrier),)
    said = [_who_pays(offer, WE_PAY, YOU_PAY, YOU_PAY_NOTHING_YET, carrier)]
    if offer.aim in MEANING:
        said.append(_say(MEANING[offer.aim], carrier))
    if days := _days(offer.days):
        said.append(days)
    if offer.aim in (Aim.REDIRECT, AGAIN):
        said.append(_say(SAME_COUNTRY))
    if offer.not_served:
        said.append(_say(NOT_SERVED_AREAS, carrier, areas=listed(offer.not_served)))
    if offer.aim != AGAIN:
        said.append(_until(offer, carrier, until))
    if offer.why_desk and offer.why_desk != Why.FEE:
        said.append(why_desk(offer.why_desk))
    if not offer.at_once and offer.aim != AGAIN:
        said += [_say(BY_PHONE, carrier)] if offer.by_phone else []
        said.append(_chance(offer.chance, carrier))
    return tuple(said)


def why_not(obstacle: str, *, carrier: str) -> str:
    """Why it is not possible, and what is."""
    return _say(WHY_NOT[obstacle], carrier)


def instead(code: str, *, carrier: str, country: str = "") -> Text:
    """What may be done instead. country: where the buyer is (ISO 3166 alpha-2), to name a
    telephone number that can be reached there; without it none is named."""
    title, sentence = INSTEAD[code]
    phone = _phone(carrier, country) if code == Instead.CALL_CARRIER else ""
    if phone:
        return Text(_say(title, carrier), _say(CALL_AT, phone=phone))
    return Text(_say(title, carrier), _say(sentence, carrier))


def why_desk(code: str) -> str:
    """Why one of us looks first."""
    return str(WHY_DESK[code])


def stage_rows(offers: Offers) -> list[StageRow]:
    """What another address costs, stage by stage. Empty where nothing is left to choose."""
    if offers.stage in (Stage.DELIVERED, Stage.TURNED, Stage.CANCELLED):
        return []
    now, offer = offers.stage, offers[Aim.REDIRECT]
    late = now not in (Stage.UNSHIPPED, Stage.ON_THE_WAY)
    moving = _price(offer) if now == Stage.ON_THE_WAY else str(WE_ASK)
    last = _price(offer) if late and offer.is_possible else str(TOO_LATE)
    return [
        StageRow(str(STAGE_BEFORE), str(FREE), now == Stage.UNSHIPPED),
        StageRow(str(STAGE_MOVING), moving, now == Stage.ON_THE_WAY),
        StageRow(str(STAGE_LATE), last, late),
    ]


def _price(offer: Offer) -> str:
    if not offer.is_possible:
        return str(NOT_POSSIBLE)
    if offer.fee:
        return formats.money(offer.fee, offer.currency)
    return str(WE_ASK_PRICE if offer.is_fee_open else SHORT_WE_PAY)


def _who_pays(offer: Offer, we: Words, you: Words, nothing_yet: Words, carrier: str) -> str:
    if offer.at_once:
        return _say(AT_ONCE)
    if offer.fee:
        return _say(you, amount=formats.money(offer.fee, offer.currency))
    return _say(nothing_yet if offer.is_fee_open else we, carrier)


def _until(offer: Offer, carrier: str, until: date | None) -> str:
    if offer.at_once:
        return _say(UNTIL_IT_LEAVES)
    if offer.until_attempt:
        return _say(UNTIL_ATTEMPT, carrier)
    return _say(UNTIL_OUT_ON, day=formats.day(until)) if until else _say(UNTIL_OUT)


def _chance(percent: int | None, carrier: str) -> str:
    if percent is None:
        return _say(NO_PROMISE, carrier)
    tenths = (percent + 5) // 10
    if tenths <= 0:
        return _say(HARDLY_EVER)
    return _say(NEARLY_ALWAYS) if tenths >= 10 else _say(MOSTLY, count=tenths)


def _days(days: tuple[int, int] | None, *, short: bool = False) -> str:
    """'' where it takes no longer, or nobody knows."""
    if not days or not max(days):
        return ""
    first, last = min(days), max(days)
    span = str(last) if first == last else f"{first}–{last}"
    words = (
        ngettext("{days} day more", "{days} days more", last)
        if short
        else ngettext("It takes {days} day more.", "It takes {days} days more.", last)
    )
    return words.format(days=span)


def _commas(parts: list[str]) -> str:
    return ("，" if formats.language() == "zh" else ", ").join(parts)


# --- What became of it ----------------------------------------------------------------------

# Why it did not work, what happens to the parcel now, and that nothing was charged.
AS_BEFORE = _("The parcel goes on as before, to the address that it had. You pay nothing.")
FAILURES: dict[str, tuple[Words, ...]] = {
    Failure.TOO_LATE: (_("{carrier} says that it was too late."), AS_BEFORE),
    Failure.DELIVERED: (
        _("It was handed over before {carrier} could change anything. You pay nothing."),
        _("If you do not have it, tell us: we look for it with you."),
    ),
    Failure.WENT_BACK: (
        _("The parcel turned round and is coming back to us. You pay nothing."),
        _("When it is here, you choose: your money or a new parcel."),
    ),
    Failure.NOT_SERVED: (_("{carrier} does not do this at that place."), AS_BEFORE),
    Failure.ADDRESS: (_("{carrier} could not use the new address."), AS_BEFORE),
    Failure.ONCE_ONLY: (
        _("{carrier} turns a parcel only once, and has been asked before."),
        AS_BEFORE,
    ),
    Failure.NOT_OURS: (
        _("{carrier} takes this only from the account that posted the parcel."),
        AS_BEFORE,
    ),
    Failure.REFUSED: (_("{carrier} said no, and gave no reason."), AS_BEFORE),
    Failure.NO_ANSWER: (_("{carrier} never gave an answer."), AS_BEFORE),
    "shipped": (
        _("The parcel left before the warehouse had the new address. You pay nothing."),
        _("It goes to the old address. Your order page shows whether it can still be turned."),
    ),
    "cancelled": (_("The order was cancelled, so nothing is sent. You pay nothing."),),
    "goods_gone": (
        _("What was in it is settled already, so nothing is left to send again."),
        _("You pay nothing. If that is not right for you, write to us."),
    ),
    "shop_changed": (
        _("The address of the order was changed in the shop, and that is the one that counts."),
        _("Please look whether it is right, and change it again if it is not. You pay nothing."),
    ),
}


def failure(code: str, *, carrier: str) -> str:
    """Why it did not work, as one paragraph; a reason that we do not know is none."""
    return _paragraph(FAILURES.get(code, FAILURES[Failure.REFUSED]), carrier)


LOOKS_FIRST = _("One of us looks at your request first.")


@dataclass(frozen=True)
class Told:
    """The headings of one kind of change, by its status."""

    requested: Words
    sent: Words
    accepted: Words
    succeeded: Words
    failed: Words
    withdrawn: Words
    declined: Words
    waiting: Words = LOOKS_FIRST


AS_IT_WAS = _("The change was stopped. It goes on as before.")
SHIPPED: dict[str, Told] = {
    Aim.REDIRECT: Told(
        _("We are about to ask {carrier}."),
        _("We have asked {carrier} to bring it to your new address."),
        _("{carrier} says yes to your new address."),
        _("It worked: your parcel goes to your new address."),
        _("It could not be sent to your new address."),
        AS_IT_WAS,
        _("We could not agree to the new address."),
    ),
    Aim.RETURN: Told(
        _("We are about to ask {carrier}."),
        _("We have asked {carrier} to send it back to us."),
        _("{carrier} says yes and sends it back to us."),
        _("It worked: your parcel comes back to us."),
        _("It could not be sent back to us."),
        AS_IT_WAS,
        _("We could not agree to have it sent back."),
    ),
    Aim.DEPOT: Told(
        _("We are about to ask {carrier}."),
        _("We have asked {carrier} to take it back to its depot."),
        _("{carrier} says yes and takes it back to its depot."),
        _("It worked: your parcel goes back to the depot."),
        _("It could not be sent back to the depot."),
        AS_IT_WAS,
        _("We could not agree to have it sent back."),
    ),
    Aim.HOLD: Told(
        _("We are about to ask {carrier}."),
        _("We have asked {carrier} to keep it at a counter."),
        _("{carrier} says yes and keeps it at a counter."),
        _("It worked: your parcel is kept at a counter."),
        _("It could not be kept at a counter."),
        AS_IT_WAS,
        _("We could not agree to have it kept."),
    ),
    Aim.RESCHEDULE: Told(
        _("We are about to ask {carrier}."),
        _("We have asked {carrier} to bring it on another day."),
        _("{carrier} says yes and brings it on another day."),
        _("It worked: your parcel comes on another day."),
        _("It could not be brought on another day."),
        AS_IT_WAS,
        _("We could not agree to another day."),
    ),
    AGAIN: Told(
        _("We are about to send it again."),
        _("We are about to send it again."),
        _("We are about to send it again."),
        _("It came back, and we are sending it to you again."),
        _("It could not be sent again."),
        _("The change was stopped. We do not send it again."),
        _("We could not agree to send it again."),
        _("When it is back with us, we send it again."),
    ),
}
UNSHIPPED = Told(
    _("We are telling the warehouse your new address."),
    _("We have asked the warehouse to use your new address."),
    _("We have asked the warehouse to use your new address."),
    _("The warehouse has your new address."),
    _("Your new address could not be used."),
    _("The change was stopped. The old address counts."),
    _("We could not agree to the new address."),
)
# Why it was not sent again, where that is known.
ENDS_OF_AGAIN = frozenset({"cancelled", "goods_gone"})
IT_IS_BACK = _("It is back with us, and we send it again.")
ANSWER_LOST = _("The answer of {carrier} did not reach us.")
ASKED_TO_STOP = _("We are asking {carrier} to leave it as it was.")
HEADINGS_OF_FAILURE: dict[str, Words] = {
    Failure.DELIVERED: _("It was handed over before anything could change."),
    Failure.WENT_BACK: _("Your parcel turned round and comes back to us."),
    "shipped": _("It left before the address could be changed."),
    "shop_changed": _("The address was changed in the shop."),
    "cancelled": _("The order was cancelled, so nothing is sent."),
}

# What happens next.
CONTACT_FIRST = _("First we write to the contact on the order, so that nobody does it unseen.")
GOES_ON_MEANWHILE = _("Until {carrier} has said yes, it goes on to the address that it has.")
KEEPS_MOVING = _("Until {carrier} answers, the parcel keeps moving, so no time is lost.")
FINDING_OUT = _(
    "One of us is finding out whether {carrier} has our request. We do not ask twice, so that it "
    "is not done twice."
)
CALLS_TO_FIND_OUT = _("One of us calls {carrier} to hear how it stands.")
HAS_YET_TO_DO_IT = _("{carrier} has yet to do it. If it does not work, you pay nothing.")
SAID_YES_BEFORE = _("It had said yes already. Whether it can still be stopped, it has to say.")
MAY_BE_DONE = _("If {carrier} has done it already, it can no longer be stopped.")
AS_AGREED = _("You pay {amount}, as agreed.")
NOTHING_TO_PAY = _("You pay nothing.")
WHERE_IT_GOES = _("You see on your order page where it is.")
COLLECT_IT = _("{carrier} keeps it at its counter. Bring an identity card.")
COMES_ON = _("The day is {day}.")
YOU_CHOOSE = _("When it is here, you choose: your money or a new parcel.")
AS_YOU_ASKED = _("What you get for it stands on the page of its return.")
WAREHOUSE_NEXT = _("If the parcel leaves before the warehouse knows it, we tell you at once.")
WAREHOUSE_BY_HAND = _("One of us tells the warehouse in person.")
WAREHOUSE_CONFIRMS = _(
    "As soon as the warehouse has confirmed it, we write to you. If the parcel has left before, we "
    "tell you at once."
)
NEW_ADDRESS_COUNTS = _("Your order goes to the new address. You do not need to do anything.")
STAYS_UNTIL_THEN = _("Until then your order keeps the address that it has.")
OLD_ADDRESS_COUNTS = _("Your order goes to the address that it had. You pay nothing.")
IF_NOT_RIGHT = _("If that is not right for you, write to us.")
WHEN_BACK = _("You see here when it is back. Then we send it to the address that you gave us.")
TO_YOUR_ADDRESS = _("It goes to the address that you gave us.")
IF_HANDED_OVER = _("If it is handed over to you in the meantime, nothing is sent again.")
NOT_SENT_AGAIN = _("Nothing is sent again. You pay nothing.")
NEXT_ROAD = _("Your order page shows when it has left, and where it is.")
# {when}: a day and a time.
WORD_BY = _("We tell you what became of it by {when} – even if there is no answer yet.")


def heading(change: "AddressChange", *, carrier: str) -> str:
    """Where the change stands, in one line."""
    words = _heading(change)
    text = _say(words, carrier)
    return text if len(text) <= LONGEST_HEADING else _say(words)


def _heading(change: "AddressChange") -> Words:
    status = change.status
    told = SHIPPED[change.aim] if change.was_shipped else UNSHIPPED
    if status == "failed" and change.aim != AGAIN:
        return HEADINGS_OF_FAILURE.get(change.failure, told.failed)
    if change.was_shipped and change.is_open:
        if change.waits_for_parcel:
            return IT_IS_BACK if _is_back(change) else told.waiting
        if change.withdraw_wanted_at:
            return ASKED_TO_STOP
        if _is_uncertain(change):
            return ANSWER_LOST
        if status == "requested" and _is_called(change):
            return BY_PHONE
    return getattr(told, status)


def following(
    change: "AddressChange", *, carrier: str, promise_when: str | datetime | None = None
) -> tuple[str, ...]:
    """What happens next, one sentence or two in each line. promise_when: by when we write, as
    a moment or in words; nothing where another place says it. What one of us wrote
    (`change.words`) is not in it."""
    parts = _next_shipped(change) if change.was_shipped else _next_unshipped(change)
    amount = formats.money(change.fee, change.currency) if change.fee else ""
    day = formats.day(change.on) if change.on else ""
    lines = [_say(words, carrier, amount=amount, day=day) for words in parts]
    if change.is_open and promise_when and change.aim != AGAIN:
        if isinstance(promise_when, datetime):
            promise_when = formats.moment(promise_when)
        lines.append(_say(WORD_BY, when=promise_when))
    return tuple(lines)


def _next_shipped(change: "AddressChange") -> list[Words]:
    if change.aim == AGAIN:
        return _next_again(change)
    match change.status:
        case "waiting":
            return [WHY_DESK[change.why_desk or Why.RULE], GOES_ON_MEANWHILE, *_fee(change)]
        case "requested" | "sent" if change.withdraw_wanted_at:
            return [MAY_BE_DONE, *_fee(change)]
        case "requested":
            first = [] if change.started_at else [CONTACT_FIRST]
            return [*first, GOES_ON_MEANWHILE, *_fee(change)]
        case "sent":
            return [_meanwhile(change), *_detail(change), *_fee(change)]
        case "accepted" if change.withdraw_wanted_at:
            return [SAID_YES_BEFORE, *_fee(change)]
        case "accepted":
            return [HAS_YET_TO_DO_IT, *_detail(change), *_fee(change)]
        case "succeeded":
            return [*_outcome(change), AS_AGREED if change.fee else NOTHING_TO_PAY]
        case "failed":
            return [*_reasons(change)]
        case "declined":
            return [AS_BEFORE, IF_NOT_RIGHT]
    return [NOTHING_TO_PAY]


def _next_again(change: "AddressChange") -> list[Words]:
    match change.status:
        case "succeeded":
            return [TO_YOUR_ADDRESS, NEXT_ROAD, AS_AGREED if change.fee else WE_PAY]
        case "failed" if change.failure in ENDS_OF_AGAIN:
            return [*_reasons(change)]
        case "failed" | "declined":
            return [NOT_SENT_AGAIN, IF_NOT_RIGHT]
        case "withdrawn":
            return [NOTHING_TO_PAY]
    back = change.status != "waiting" or _is_back(change)
    said = [TO_YOUR_ADDRESS] if back else [WHEN_BACK, IF_HANDED_OVER]
    return [*said, *_fee(change)]


def _next_unshipped(change: "AddressChange") -> list[Words]:
    match change.status:
        case "waiting":
            return [WHY_DESK[change.why_desk or Why.RULE], STAYS_UNTIL_THEN]
        case "requested":
            first = [] if change.started_at else [CONTACT_FIRST]
            return [*first, WAREHOUSE_BY_HAND if change.must_act else WAREHOUSE_NEXT]
        case "sent" | "accepted":
            return [WAREHOUSE_CONFIRMS]
        case "succeeded":
            return [NEW_ADDRESS_COUNTS]
        case "failed":
            return [*_reasons(change)]
        case "declined":
            return [OLD_ADDRESS_COUNTS, IF_NOT_RIGHT]
    return [OLD_ADDRESS_COUNTS]


def _meanwhile(change: "AddressChange") -> Words:
    if _is_uncertain(change):
        return FINDING_OUT
    asked = change.interception
    return CALLS_TO_FIND_OUT if asked is not None and asked.must_call else KEEPS_MOVING


def _outcome(change: "AddressChange") -> list[Words]:
    if change.is_recall:
        return [AS_YOU_ASKED]
    if change.aim in (Aim.RETURN, Aim.DEPOT):
        return [YOU_CHOOSE]
    return _detail(change) or [WHERE_IT_GOES]


def _detail(change: "AddressChange") -> list[Words]:
    if change.aim == Aim.HOLD:
        return [COLLECT_IT] if change.status != "sent" else []
    return [COMES_ON] if change.aim == Aim.RESCHEDULE and change.on else []


def _fee(change: "AddressChange") -> list[Words]:
    """What it costs in the end; nothing where one of us finds that out first."""
    if change.fee:
        return [YOU_PAY]
    return [WE_PAY] if change.payer == Payer.STORE else [YOU_PAY_NOTHING_YET]


def _reasons(change: "AddressChange") -> tuple[Words, ...]:
    if change.is_recall and change.failure == Failure.WENT_BACK:
        return FAILURES[Failure.WENT_BACK][0], AS_YOU_ASKED
    return FAILURES.get(change.failure, FAILURES[Failure.REFUSED])


def _is_back(change: "AddressChange") -> bool:
    parcel = change.shipment.parcel if change.shipment else None
    return parcel is not None and parcel.milestone == Milestone.RETURNED


def _is_uncertain(change: "AddressChange") -> bool:
    """It was asked, and nobody knows whether that arrived."""
    return change.interception is not None and change.interception.is_uncertain


def _is_called(change: "AddressChange") -> bool:
    """A person asks."""
    asked = change.interception
    if asked is None:
        return bool(change.terms.get("by_phone"))
    return asked.is_by_phone or asked.status == InterceptionStatus.UNSUPPORTED


# --- How it is put together -----------------------------------------------------------------


def _say(words: Words, carrier: str = "", **facts: object) -> str:
    """The words with their facts; also where the carrier's name is not known, sentences begin
    with a capital."""
    if carrier:
        return filled(words, carrier=called(carrier), **facts)
    name = str(THE_CARRIER)
    begins = re.compile(rf"(?:^|(?<=[.?!] )){re.escape(name)}")
    return begins.sub(name[:1].upper() + name[1:], filled(words, carrier=name, **facts))


def _paragraph(parts: Iterable[Words], carrier: str) -> str:
    return sentences(*(_say(words, carrier) for words in parts))


def _phone(code: str, country: str) -> str:
    carrier = CARRIERS.get(code)
    return carrier.phone_in(country) if carrier else ""
