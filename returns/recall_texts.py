"""What buyers read before a parcel is called back or refused: what it costs, who bears it, what
goes back and when. Functions in the active language."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.address_texts import THE_CARRIER
from returns.codes import TurnsBy, Wish
from returns.recall_policy import Obstacle, Preview
from returns.texts import Choice
from returns.wording import filled, sentences
from tracking import carriers
from tracking.texts import Words

if TYPE_CHECKING:
    from decimal import Decimal

KEEP = "keep"  # beside the ways of TurnsBy
EXCHANGE = "exchange"

OBSTACLES: dict[str, Words] = {
    Obstacle.DELIVERED: _("It was delivered. You can send it back as usual."),
    Obstacle.ALREADY: _("That is under way already."),
    Obstacle.NOTHING_LEFT: _("All that is in it is part of a return already."),
    Obstacle.UNDER_WAY: _("You asked us to send it again when it is back."),
    Obstacle.NOT_ON_ITS_WAY: _(
        "It left so long ago that we do not know where it is. Please write to us: we look for it."
    ),
}

# The ways, as answers of a form; {carrier}, {amount}.
WAYS: dict[str, Choice] = {
    TurnsBy.REFUSE: Choice(
        _("I refuse it at the door"),
        _("You say so to the courier, or leave it at the counter. You pay nothing there."),
    ),
    TurnsBy.INTERCEPT: Choice(_("Have it sent back now"), _("We ask {carrier} to turn it round.")),
    TurnsBy.ITSELF: Choice(_("It is on its way back"), _("You do not need to do anything.")),
    KEEP: Choice(
        _("I keep it after all, and you give me {amount} back"),
        _("To the way you paid. The parcel comes as planned."),
    ),
    EXCHANGE: Choice(
        _("I would like another size, colour or kind"),
        _("Take it in when it comes, and exchange it then. We ask you which one next."),
    ),
}
CARRIER_FEE: Words = _("You pay {amount}, and only if it works. We take it off what you get back.")
WE_PAY_CARRIER: Words = _("We pay for it.")
FEE_OPEN: Words = _("What it costs we have to ask first. Nothing is done before you have agreed.")
CHANCE: Words = _("It works in about {percent} of 100 cases.")
NOT_SURE: Words = _("It does not always work. If it comes all the same, you can refuse it.")
DESK_FIRST: Words = _("One of us looks at it first.")

OURS: Words = _("That it did not come as it should is our fault, so it costs you nothing.")
YOU_BEAR: Words = _("As you changed your mind, we take {amount} off for the way back.")
WE_BEAR: Words = _("The way back costs you nothing.")
WITH_POSTAGE: Words = _("The postage that you paid when you ordered goes back as well.")
WITHOUT_POSTAGE: Words = _("The postage that you paid when you ordered does not go back.")
AT_ONCE: Words = _("We send your money as soon as the parcel has turned round.")
AT_ONCE_TURNED: Words = _("We send it within a few days.")
WHEN_BACK: Words = _("We send your money when the parcel is back with us and we have looked at it.")
IF_DELIVERED: Words = _(
    "If it is handed over all the same, nothing is lost: you can send it back as usual."
)

# What may be wished for where the parcel has turned.
WISHES: dict[str, Choice] = {
    Wish.REFUND: Choice(_("My money back"), _("To the way you paid")),
    Wish.REPLACEMENT: Choice(_("A new parcel"), _("The same things, sent once more")),
}


def why_not(preview: Preview) -> str:
    return str(OBSTACLES[preview.obstacle])


def way(code: str, preview: Preview, carrier: str) -> Choice:
    """One answer, with its terms. carrier: our code of it, or ''."""
    label, hint = WAYS[code].label, WAYS[code].hint
    if code == KEEP:
        return Choice(filled(label, amount=_money(preview.keep_for, preview)), str(hint))
    if code == TurnsBy.INTERCEPT:
        return Choice(str(label), sentences(_asked(hint, carrier), *_terms(preview)))
    return Choice(str(label), str(hint))


def _asked(words: Words, carrier: str) -> str:
    return filled(words, carrier=carriers.called(carrier) or str(THE_CARRIER))


def _terms(preview: Preview) -> list[str]:
    if preview.is_fee_open:
        cost = str(FEE_OPEN)
    elif preview.carrier_fee:
        cost = filled(CARRIER_FEE, amount=_money(preview.carrier_fee, preview))
    else:
        cost = str(WE_PAY_CARRIER)
    chance = filled(CHANCE, percent=preview.chance) if preview.chance else str(NOT_SURE)
    looks = preview.intercept is not None and preview.intercept.why_desk and not preview.is_fee_open
    return [cost, chance, *([str(DESK_FIRST)] if looks else [])]


def conditions(preview: Preview, *, paid_postage: bool) -> list[str]:
    """Who bears what, and when the money goes. paid_postage: the order had any."""
    if preview.is_ours:
        said = [str(OURS)]
    elif preview.fee:
        said = [filled(YOU_BEAR, amount=_money(preview.fee, preview))]
    else:
        said = [str(WE_BEAR)]
    if preview.postage:
        said.append(str(WITH_POSTAGE))
    elif paid_postage:
        said.append(str(WITHOUT_POSTAGE))
    if preview.at_once:
        said.append(str(AT_ONCE_TURNED if preview.has_turned else AT_ONCE))
    else:
        said.append(str(WHEN_BACK))
    return said if preview.has_turned else [*said, str(IF_DELIVERED)]


def _money(amount: "Decimal", preview: Preview) -> str:
    return formats.money(amount, preview.currency)
