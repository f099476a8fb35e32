"""What follows when a buyer does not want a parcel that is on its way: one pure rule, shown
before anything is done, and asked once more under lock by what does it.

What was decided here:

- To refuse it at the door is always possible until it is delivered, and so is not collecting
  it; whatever a carrier says, nobody has to take a parcel in.
- The carrier is asked to turn it where its terms and the store's rules say so
  (`address_policy`); its fee is theirs to say, and is owed only if it works.
- Whoever waits for a parcel that is late, lost or damaged has not simply changed their mind:
  then nothing is taken off, we pay what the carrier asks, and the postage goes back as well.
- The store's own fee is an amount in its currency; in an order paid in another one none is
  taken.
- The money goes as soon as the parcel turns where the store would decide such a sum by itself,
  or trusts the buyer; else when it is back and was looked at.
- An offer to keep it is a part of what was paid for the goods; it is made once for a parcel.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from returns import policy
from returns.address_policy import Offer, Stage
from returns.address_policy import Payer as Pays
from returns.codes import Payer, TurnsBy
from tracking.incidents import IncidentKind

ZERO = Decimal(0)
# With these the buyer has a reason that is ours.
OURS = frozenset(
    {
        IncidentKind.OVERDUE,
        IncidentKind.STALLED,
        IncidentKind.LOST,
        IncidentKind.DAMAGED,
        IncidentKind.WRONG_WAY,
    }
)


class Obstacle:
    """Why a parcel is not called back; `returns/recall_texts.py` has the sentence for each."""

    DELIVERED = "delivered"  # it can be sent back as usual
    ALREADY = "already"  # another recall of it is under way
    NOTHING_LEFT = "nothing_left"  # other returns hold all of it
    UNDER_WAY = "under_way"  # it is to be sent again when it is back
    NOT_ON_ITS_WAY = "not_on_its_way"  # it left so long ago that nobody knows


@dataclass(frozen=True)
class Rule:
    """What a store says. fee: in its currency, taken off where the buyer pays."""

    payer: str = Payer.STORE
    fee: Decimal = ZERO
    returns_postage: bool = False
    offer_percent: int = 0
    offers_exchange: bool = False


@dataclass(frozen=True)
class Facts:
    """road: where the parcel stands. obstacle: of those above, where there is one. intercept:
    what the carrier's terms say of turning it, None where it has turned. goods: what was paid
    for what is in it. postage: the original one, where all of the order comes back and it was
    not given back before. returns_postage: the lines were sold with that promise. cap: captured
    and not given back or promised. at_once: up to this worth the store decides by rule, None =
    never. was_offered: to keep it for less, before."""

    road: Stage
    obstacle: str = ""
    intercept: Offer | None = None
    goods: Decimal = ZERO
    postage: Decimal = ZERO
    returns_postage: bool = False
    cap: Decimal = ZERO
    currency: str = ""
    store_currency: str = ""
    is_ours: bool = False
    is_trusted: bool = False
    at_once: Decimal | None = None
    was_offered: bool = False


@dataclass(frozen=True)
class Preview:
    """What would come of it. ways: of TurnsBy, those that are possible. goods, postage: what
    goes back; fee: the store's own, taken off; total: what that comes to. carrier_fee: what the
    carrier asks of the buyer if it turns it, taken off as well. is_fee_open: nobody knows that
    yet. at_once: the money goes when it turns. keep_for: what the buyer gets for keeping it,
    0 = no offer. chance: percent, as far as known."""

    obstacle: str = ""
    has_turned: bool = False
    ways: tuple[str, ...] = ()
    intercept: Offer | None = None
    goods: Decimal = ZERO
    postage: Decimal = ZERO
    fee: Decimal = ZERO
    total: Decimal = ZERO
    carrier_fee: Decimal = ZERO
    is_ours: bool = False
    at_once: bool = False
    keep_for: Decimal = ZERO
    offers_exchange: bool = False
    currency: str = ""

    @property
    def is_possible(self) -> bool:
        return not self.obstacle

    @property
    def chance(self) -> int | None:
        return self.intercept.chance if self.intercept else None

    @property
    def is_fee_open(self) -> bool:
        return bool(self.intercept and self.intercept.is_fee_open)

    def total_by(self, way: str) -> Decimal:
        """What comes back in the end, if the carrier turns it or if it is refused."""
        fee = self.carrier_fee if way == TurnsBy.INTERCEPT else ZERO
        return max(self.total - fee, ZERO)


def preview(facts: Facts, rule: Rule) -> Preview:
    if facts.obstacle:
        return Preview(facts.obstacle, currency=facts.currency)
    turned = facts.road == Stage.TURNED
    fee = ZERO
    if not facts.is_ours and rule.payer == Payer.BUYER and facts.currency == facts.store_currency:
        fee = rule.fee
    gives_postage = facts.is_ours or facts.returns_postage or rule.returns_postage
    goods = min(facts.goods, max(facts.cap, ZERO))
    postage = min(facts.postage, max(facts.cap, ZERO) - goods) if gives_postage else ZERO
    fee = min(fee, goods + postage)
    total = goods + postage - fee
    intercept = _intercept(facts)
    carrier_fee = intercept.fee if intercept and intercept.payer == Pays.BUYER else ZERO
    ways: tuple[str, ...] = (TurnsBy.ITSELF,)
    if not turned:
        ways = (*((TurnsBy.INTERCEPT,) if intercept else ()), TurnsBy.REFUSE)
    return Preview(
        has_turned=turned,
        ways=ways,
        intercept=intercept,
        goods=goods,
        postage=postage,
        fee=fee,
        total=total,
        carrier_fee=min(carrier_fee, total),
        is_ours=facts.is_ours,
        at_once=_at_once(facts),
        keep_for=ZERO if turned else _keep_for(facts, rule, goods),
        offers_exchange=rule.offers_exchange and not turned and not facts.is_ours,
        currency=facts.currency,
    )


def _intercept(facts: Facts) -> Offer | None:
    """On the terms of the cause: where it is ours, so is what the carrier asks."""
    offer = facts.intercept
    if offer is None or not offer.is_possible:
        return None
    return offer.at_our_cost if facts.is_ours else offer


def _at_once(facts: Facts) -> bool:
    by_rule = facts.at_once is not None and facts.goods <= facts.at_once
    return facts.is_trusted or by_rule


def _keep_for(facts: Facts, rule: Rule, goods: Decimal) -> Decimal:
    """What is given for keeping it, in units that can be paid. Whoever does not get what they
    were promised is not talked into keeping it."""
    if facts.was_offered or facts.is_ours or not rule.offer_percent:
        return ZERO
    part = goods * rule.offer_percent / 100
    return part.quantize(policy.unit(facts.currency), ROUND_DOWN)
