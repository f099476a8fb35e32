"""What is said about an offer: what it is, what it means to say yes or no, and how it stands.

Functions in the active language and zone over an Offer with its return loaded.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns import formats, texts
from returns.codes import PAYS_BACK, PaymentMethod, Wish
from returns.models.offer import Offer, OfferState
from returns.states import UNDECIDED
from returns.wording import filled
from tracking.texts import Words

if TYPE_CHECKING:
    from datetime import datetime

# {amount}: of money. Besides what was asked for, or where nothing was.
BESIDES: dict[str, Words] = {
    Wish.REFUND: _("We send {amount} back to you."),
    Wish.PART_REFUND: _("We send {amount} of what you paid back to you."),
    Wish.STORE_CREDIT: _("You get {amount} of credit for the shop."),
    Wish.REPAIR: _("You get {amount} for a repair."),
    Wish.VOUCHER: _("You get a voucher of {amount} for the shop."),
    Wish.PIECE: _("We send you the missing piece."),
}
# In place of what was asked for, where the goods stay with the buyer.
KEEPING: dict[str, Words] = {
    Wish.REFUND: _("We send {amount} back to you, and nothing has to be sent back."),
    Wish.PART_REFUND: _("You keep it, and we send {amount} of what you paid back to you."),
    Wish.STORE_CREDIT: _("You get {amount} of credit for the shop, and you keep what you have."),
    Wish.REPAIR: _("You keep it and have it repaired, and you get {amount} for that."),
    Wish.VOUCHER: _("You keep it, and you get a voucher of {amount} for the shop."),
    Wish.PIECE: _("We send you the missing piece."),
    Wish.REPLACEMENT: _("We send you a new one, and nothing has to be sent back."),
    Wish.EXCHANGE: _("We send you another one instead, and nothing has to be sent back."),
}
# The same where they have to come back first.
SENDING: dict[str, Words] = {
    Wish.REFUND: _("You send it back at our cost, and then we send {amount} back to you."),
    Wish.STORE_CREDIT: _(
        "You send it back at our cost, and then you get {amount} of credit for the shop."
    ),
    Wish.REPLACEMENT: _("You send it back at our cost, and then we send you a new one."),
    Wish.EXCHANGE: _("You send it back at our cost, and then we send you another one instead."),
}

# What follows.
INSTEAD_OF: Words = _("If you say yes, this takes the place of what you asked for: {wish}.")
GIVES_NOTHING_UP: Words = _("You give nothing up with it: everything else goes on as it is.")
NO_MEANS: Words = _(
    "If you say no, nothing is lost: we go on with what you asked for, and a person answers you."
)
NO_CHANGES_NOTHING: Words = _("If you say no, everything goes on as it is.")
SILENCE_MEANS: Words = _("You have until {until}. If you say nothing, it counts as a no.")
SPENDS: Words = _("You can spend it whenever you like.")

# How it stands once it is settled: heading, and what follows.
SETTLED: dict[str, tuple[Words, Words]] = {
    OfferState.ACCEPTED: (
        _("Thank you. We do as you said."),
        _("You find everything about it on its page, and we write to you."),
    ),
    OfferState.DECLINED: (
        _("All right. We go on as before."),
        _("You do not need to do anything. If you change your mind, write to us."),
    ),
    OfferState.ENDED: (
        _("This offer has ended."),
        _("Everything goes on as before. If you would still like it, write to us."),
    ),
}
OFFERED: Words = _("We have an offer for you.")
UNTIL: Words = _("You can say yes or no until {until}.")
# When something else was faster, and nothing was changed by the button.
MOVED_ON: Words = _("That is no longer possible. This page says how it stands now.")
MONEY_GONE: Words = _(
    "In the meantime so much money has gone back to you that this offer is no longer possible. "
    "Please write to us: a person looks at it."
)


def what(offer: Offer) -> str:
    """What is offered, in one sentence."""
    table = BESIDES if offer.besides else SENDING if offer.sends_back else KEEPING
    amount = formats.money(offer.amount, offer.order.currency) if offer.amount else ""
    return filled(table[offer.wish], amount=amount)


def means(offer: Offer) -> list[str]:
    """What follows from a yes, from a no, and from silence."""
    told = []
    if not offer.besides and offer.authorization:
        wish = str(texts.wish_of(offer.authorization).label)
        told.append(filled(INSTEAD_OF, wish=wish))
    else:
        told.append(str(GIVES_NOTHING_UP))
    if offer.wish in (Wish.VOUCHER, Wish.STORE_CREDIT):
        told.append(str(SPENDS))
    elif offer.wish in PAYS_BACK:
        told.append(str(texts.BANK_DAYS[PaymentMethod.ORIGINAL]))
    undecided = offer.authorization is not None and offer.authorization.status in UNDECIDED
    told.append(str(NO_MEANS if undecided else NO_CHANGES_NOTHING))
    return told


def until(offer: Offer, words: Words = SILENCE_MEANS) -> str:
    return filled(words, until=formats.moment(offer.expires_at))


def settled(offer: Offer, now: "datetime") -> tuple[str, str]:
    """Heading and what follows of one that can no longer be answered."""
    state = OfferState.ENDED if offer.is_open else offer.state
    heading, following = SETTLED[state]
    return str(heading), str(following)
