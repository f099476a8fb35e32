"""What is offered where something is wrong with the goods, by the rules of the day they were
sold: pure functions over facts, as in policy.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from returns import policy
from returns.codes import CLAIMED_AS, LEAVES_UNITS, PAYS_BACK, Reason, Wish
from returns.policy import ZERO, Chosen, ClaimRule

# A part of what was paid for the units, and no unit with it.
PARTS = frozenset({Wish.PART_REFUND, Wish.REPAIR})
# So many claims of one person in a year are usual, or one in so many orders.
USUAL_CLAIMS, ORDERS_PER_CLAIM = 2, 5


@dataclass(frozen=True)
class History:
    """Of one person at one store in the last year. claims: open or granted. misused: claims
    that we declined because of how the goods had been used."""

    orders: int = 1
    claims: int = 0
    misused: int = 0

    @property
    def is_usual(self) -> bool:
        """Nothing speaks against deciding by rule; it never speaks against a claim."""
        most = max(USUAL_CLAIMS, self.orders // ORDERS_PER_CLAIM)
        return self.claims <= most and not self.misused


@dataclass(frozen=True)
class Facts:
    """What an offer depends on beside the goods. cap: captured, and neither given back nor
    promised. kept: the worth of what of the order need not come back by other claims. postage:
    the original one, where it goes back with this. was_apologised: the order had its voucher."""

    currency: str
    cap: Decimal
    kept: Decimal = ZERO
    postage: Decimal = ZERO
    history: History = field(default_factory=History)
    was_apologised: bool = False


@dataclass(frozen=True)
class Remedy:
    """One way of putting it right. amount: of money, 0 for goods. sends_back: the goods have to
    come back. automatic: granted at once. voucher: given besides, as an apology. goods: line id
    → what it takes from the worth of the line. postage: of the order, in the amount."""

    wish: str
    amount: Decimal
    sends_back: bool
    automatic: bool
    voucher: Decimal
    goods: dict[int, Decimal] = field(default_factory=dict)
    postage: Decimal = ZERO

    @property
    def is_worth_it(self) -> bool:
        return self.wish not in PAYS_BACK or self.amount > 0


def is_one_problem(reasons: Sequence[str]) -> bool:
    """Whether these belong into one claim: what is missing is put right in another way than
    what is broken."""
    return any(set(reasons) <= set(alike) for alike in CLAIMED_AS.values())


def remedies(chosen: Sequence[Chosen], facts: Facts) -> tuple[Remedy, ...]:
    """What is offered for all of `chosen`, in the order of the rules."""
    found = (remedy(wish, chosen, facts) for wish in _common(chosen))
    return tuple(one for one in found if one.is_worth_it)


def remedy(wish: str, chosen: Sequence[Chosen], facts: Facts) -> Remedy:
    """What `wish` means for them, whether it is offered or not."""
    worth = {item.line_id: _worth(item, facts.currency) for item in chosen}
    value = sum(worth.values(), ZERO)
    goods, amount, postage = _money(wish, chosen, worth, facts)
    given = amount if wish in PAYS_BACK else value
    return Remedy(
        wish=wish,
        amount=amount,
        sends_back=_comes_back(wish, chosen, value + facts.kept),
        automatic=_is_automatic(wish, chosen, given, facts.history),
        voucher=_apology(wish, chosen, facts),
        goods=goods,
        postage=postage,
    )


def _common(chosen: Sequence[Chosen]) -> list[str]:
    """What every line's rule offers; where they have nothing in common, the money."""
    rules = [_rule(item) for item in chosen]
    if not rules:
        return []
    return [wish for wish in rules[0].remedies if all(wish in rule.remedies for rule in rules)] or [
        Wish.REFUND
    ]


def _rule(item: Chosen) -> ClaimRule:
    return item.rules.claim(item.reason)


# --- Money ----------------------------------------------------------------------------------


def _money(
    wish: str, chosen: Sequence[Chosen], worth: dict[int, Decimal], facts: Facts
) -> tuple[dict[int, Decimal], Decimal, Decimal]:
    """What each line gives, the whole amount, and the postage in it."""
    cap = max(facts.cap, ZERO)
    if wish == Wish.VOUCHER:
        return dict.fromkeys(worth, ZERO), _vouchers(chosen, facts.currency), ZERO
    if wish in LEAVES_UNITS - PARTS:
        return dict.fromkeys(worth, ZERO), ZERO, ZERO
    if wish in PARTS:
        parts = [min(_part(item, facts.currency), worth[item.line_id]) for item in chosen]
        amount = min(sum(parts, ZERO), cap)
        shares = policy.allocate(amount, parts, facts.currency)
        return dict(zip(worth, shares, strict=True)), amount, ZERO
    if wish not in PAYS_BACK:
        return worth, ZERO, ZERO
    amount = min(sum(worth.values(), ZERO), cap)
    postage = min(facts.postage, cap - amount)
    return worth, amount + postage, postage


def _worth(item: Chosen, currency: str) -> Decimal:
    """What may still be given for the units."""
    return policy.share(item.paid, item.ordered, item.gone, item.promised, item.quantity, currency)


def _paid(item: Chosen, currency: str) -> Decimal:
    """What was paid for the units, whatever was given back of it since."""
    return policy.share(item.paid, item.ordered, 0, ZERO, item.quantity, currency)


def _part(item: Chosen, currency: str) -> Decimal:
    return _percent(_rule(item).part_percent, item, currency)


def _vouchers(chosen: Sequence[Chosen], currency: str) -> Decimal:
    parts = (_percent(_rule(item).voucher_percent, item, currency) for item in chosen)
    return sum(parts, ZERO)


def _percent(percent: int, item: Chosen, currency: str) -> Decimal:
    part = _paid(item, currency) * percent / 100
    return part.quantize(policy.unit(currency), ROUND_HALF_UP)


def _apology(wish: str, chosen: Sequence[Chosen], facts: Facts) -> Decimal:
    """Once for an order, so that asking in small pieces wins nothing."""
    if wish == Wish.VOUCHER or facts.was_apologised:
        return ZERO
    return _vouchers(chosen, facts.currency)


# --- What has to come back, and who decides ---------------------------------------------------


def _comes_back(wish: str, chosen: Sequence[Chosen], value: Decimal) -> bool:
    """value: of these goods and of what was kept of the order before."""
    if wish in LEAVES_UNITS:
        return False
    here = [item for item in chosen if item.reason not in NOT_HERE]
    return any(value > _rule(item).keep_below for item in here)


# What the buyer does not have cannot be sent back.
NOT_HERE = frozenset({Reason.MISSING, Reason.NEVER_CAME})


def _is_automatic(wish: str, chosen: Sequence[Chosen], given: Decimal, history: History) -> bool:
    """Another size or colour is looked for by a person."""
    usual = bool(chosen) and wish != Wish.EXCHANGE and history.is_usual
    return usual and all(_decides(_rule(item), given) for item in chosen)


def _decides(rule: ClaimRule, given: Decimal) -> bool:
    limit = rule.automatic_up_to
    return not rule.photos and limit is not None and given <= limit
