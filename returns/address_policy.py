"""Where a parcel may still be sent: the stage rules, in one place.

Pure: whoever asks passes the facts. What carriers do stands in `tracking/terms.py`, what a
store says about it in `InterceptionRule`; words are in `returns/address_texts.py`. The page
shows what `offers` says, and the verb that carries it out asks it once more under lock.

What was decided here:

- Out for delivery is too late for another address, also with carriers that take it until the
  first attempt (UPS): in the last hours it mostly fails, and the buyer should not wait for it.
  A store that wants it all the same says so in a rule for that very step. To send it back, to
  keep it at a counter or to bring it on another day stays possible as the carrier's terms say.
- No rule of a store makes a carrier do what its terms do not say.
- Carriers that take a request only from the account that posted the parcel (`own_only`) are
  asked by an interface of the account where one serves them, and else by telephone: the parcels
  of an order are the store's own, so nothing is refused for that beforehand.
- An amount is known in the currency of the order or not at all; none is ever converted. Where
  the buyer would pay what nobody knows, one of us looks first. An order that is paid in another
  currency than the limit is named in counts as worth much.
- What cannot be done costs nothing, and nothing else is said of it.
- To send it again is there for when it is too late: while it can still be turned, waiting for it
  to come back would only take longer. We pay for it unless a rule names it.
- A parcel of a cancelled order can be called back, at our cost, and nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tracking.gateways import Aim
from tracking.milestones import Milestone
from tracking.terms import Terms

ZERO = Decimal(0)
M = Milestone
# After a parcel came back, it is sent once more. Beside those of tracking.gateways.Aim.
AGAIN = "again"
BACK = frozenset({str(Aim.RETURN), str(Aim.DEPOT)})


class Stage(StrEnum):
    """How far an order, or one of its parcels, has come."""

    UNSHIPPED = "unshipped"
    ON_THE_WAY = "on_the_way"
    LAST_LEG = "last_leg"
    ATTEMPTED = "attempted"
    PICKUP = "pickup"
    DELIVERED = "delivered"
    TURNED = "turned"
    CANCELLED = "cancelled"


STAGES: dict[str, Stage] = {
    M.UNKNOWN: Stage.ON_THE_WAY,
    M.ANNOUNCED: Stage.ON_THE_WAY,
    M.ACCEPTED: Stage.ON_THE_WAY,
    M.IN_TRANSIT: Stage.ON_THE_WAY,
    M.CUSTOMS: Stage.ON_THE_WAY,
    M.OUT_FOR_DELIVERY: Stage.LAST_LEG,
    M.ATTEMPTED: Stage.ATTEMPTED,
    M.READY_FOR_PICKUP: Stage.PICKUP,
    M.DELIVERED: Stage.DELIVERED,
    M.RETURNING: Stage.TURNED,
    M.RETURNED: Stage.TURNED,
}


class Obstacle(StrEnum):
    """Why it is not possible; '' where it is."""

    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPTED = "attempted"
    AT_PICKUP = "at_pickup"
    DELIVERED = "delivered"
    TURNED = "turned"
    BACK = "back"  # here already
    CANCELLED = "cancelled"
    UNDER_WAY = "under_way"  # another change is open
    ONCE_ONLY = "once_only"  # it was turned before
    TOO_MANY = "too_many"  # changes of this order
    NOT_SERVED = "not_served"  # between these countries
    NOT_THERE = "not_there"  # another country, or an area that is not served
    CARRIER_SAYS_NO = "carrier_says_no"  # not while it is where it is
    NOT_COLLECTED = "not_collected"  # not before the carrier has it
    STORE_SAYS_NO = "store_says_no"
    NO_NUMBER = "no_number"  # nobody knows which parcel it is
    NOT_SHIPPED = "not_shipped"  # nothing to turn round yet
    SHIPPED = "shipped"  # all of it left: its parcels may be turned round
    NOT_TOO_LATE = "not_too_late"  # it need not come back first


TOO_LATE: dict[str, Obstacle] = {
    Stage.LAST_LEG: Obstacle.OUT_FOR_DELIVERY,
    Stage.ATTEMPTED: Obstacle.ATTEMPTED,
    Stage.PICKUP: Obstacle.AT_PICKUP,
}


class Instead(StrEnum):
    """What a buyer may do when it is too late, or not possible."""

    COLLECT = "collect"  # at the carrier's counter
    CALL_CARRIER = "call_carrier"
    SEND_AGAIN = "send_again"  # when it is back
    NOT_RECEIVED = "not_received"  # delivered, but not here
    SEND_BACK = "send_back"  # a return
    WRITE = "write"


class Payer(StrEnum):
    STORE = "store"
    BUYER = "buyer"


class Why(StrEnum):
    """Why a person looks first."""

    VALUE = "value"
    FEE = "fee"  # nobody knows what the carrier asks
    RULE = "rule"
    SHARED = "shared"  # goods of another order are in the parcel
    NOT_TOLD = "not_told"  # the contact on the order could not be told


AT_THE_DOOR = frozenset({Stage.LAST_LEG, Stage.ATTEMPTED, Stage.PICKUP})
# Whoever calls the carrier then is told nothing, or gets in the way of what is under way.
NOTHING_TO_CALL_ABOUT = frozenset(
    {
        Obstacle.UNDER_WAY,
        Obstacle.NO_NUMBER,
        Obstacle.NOT_COLLECTED,
        Obstacle.TURNED,
        Obstacle.BACK,
        Obstacle.CANCELLED,
    }
)
PUERTO_RICO = frozenset({"pr", "puerto rico", "us-pr"})


@dataclass(frozen=True)
class Rule:
    """What a store says, for everything that its first fields name ('' = any; AGAIN has to be
    named). fee: in the store's currency, None = as the carrier charges. days: how many more a
    new address takes. days, chance (percent): None = as the carrier's terms, and our own
    figures, say. not_served: beginnings of postcodes, or regions, to which it is not brought."""

    aim: str = ""
    lane: str = ""
    carrier: str = ""
    milestone: str = ""
    is_offered: bool = True
    payer: str = Payer.BUYER
    fee: Decimal | None = None
    days: tuple[int, int] | None = None
    chance: int | None = None
    not_served: tuple[str, ...] = ()
    needs_desk: bool = False

    def fits(self, aim: str, facts: "Facts") -> bool:
        mine = (self.aim, self.lane, self.carrier, self.milestone)
        theirs = (aim, facts.lane, facts.carrier, facts.milestone)
        fits = all(not wish or wish == fact for wish, fact in zip(mine, theirs, strict=True))
        return fits and (aim != AGAIN or self.aim == AGAIN)

    @property
    def weight(self) -> int:
        """The most exact one counts; a carrier says more than a milestone, and so on."""
        named = (self.carrier, self.milestone, self.aim, self.lane)
        return sum(bool(name) << place for place, name in enumerate(reversed(named)))


USUAL_RULE = Rule()
WE_PAY = Rule(payer=Payer.STORE)


@dataclass(frozen=True)
class Facts:
    """What is so. milestone: of the parcel, '' while nothing was shipped. origin, destination:
    countries; region: of the destination. turned: requests about this parcel that were made
    before. is_open: another change is under way. is_all_sent: nothing of the order is left to
    ship. value: of the order, in `currency`; limit: from which a person looks, in the store's
    currency, None = never. chances: aim → percent, from our own figures. served: aims that an
    interface of the account can ask this carrier for; the others a person asks by telephone."""

    milestone: str = ""
    carrier: str = ""
    has_number: bool = True
    lane: str = ""
    origin: str = ""
    destination: str = ""
    region: str = ""
    currency: str = ""
    store_currency: str = ""
    value: Decimal = ZERO
    limit: Decimal | None = None
    is_cancelled: bool = False
    is_open: bool = False
    is_all_sent: bool = False
    is_worn_out: bool = False
    turned: int = 0
    served: frozenset[str] = frozenset()
    chances: Mapping[str, int] = field(default_factory=dict)

    @property
    def stage(self) -> Stage:
        return Stage.CANCELLED if self.is_cancelled else self.road

    @property
    def road(self) -> Stage:
        """The same for the parcel alone."""
        return STAGES.get(self.milestone, Stage.ON_THE_WAY) if self.milestone else Stage.UNSHIPPED

    @property
    def territory(self) -> str:
        """Of the destination, as carriers count: to them Puerto Rico is a place of its own, to
        shops a part of the United States."""
        in_puerto_rico = self.region.strip().casefold() in PUERTO_RICO
        return "PR" if self.destination == "US" and in_puerto_rico else self.destination


@dataclass(frozen=True)
class Offer:
    """One thing that may be done, or why it may not; of the latter nothing else is said. fee:
    what the buyer pays, in the order's currency; 0 when the store pays, or when nobody knows
    yet (`is_fee_open`). days: how many more it takes, from and to. until_attempt: possible until
    the carrier tries to deliver; else until it is out for delivery. not_served: see Rule.
    by_phone: a person asks. why_desk: why a person looks before anything is asked. while_at:
    the milestones at which the carrier may still be asked. at_once: nothing was shipped, so
    nobody but us is asked."""

    aim: str
    obstacle: str = ""
    payer: str = Payer.STORE
    fee: Decimal = ZERO
    currency: str = ""
    days: tuple[int, int] | None = None
    chance: int | None = None
    until_attempt: bool = False
    not_served: tuple[str, ...] = ()
    by_phone: bool = False
    why_desk: str = ""
    while_at: frozenset[str] = frozenset()
    at_once: bool = False

    @property
    def is_possible(self) -> bool:
        return not self.obstacle

    @property
    def is_fee_open(self) -> bool:
        """The buyer would pay, and nobody knows how much: nothing is charged before that was
        asked and agreed to."""
        return self.payer == Payer.BUYER and not self.fee

    @property
    def at_our_cost(self) -> "Offer":
        """The same where its cause is ours; then nobody has to look first because of a fee."""
        why = "" if self.why_desk == Why.FEE else self.why_desk
        return replace(self, payer=Payer.STORE, fee=ZERO, why_desk=why)

    def refuses(self, postcode: str, region: str) -> str:
        """Of `not_served` what keeps it from being sent there, or ''."""
        there, province = _plain(postcode), _plain(region)
        for area in self.not_served:
            start = _plain(area)
            if start and (there.startswith(start) or province == start):
                return area
        return ""


@dataclass(frozen=True)
class Offers:
    """All of it for one parcel, or for what was not shipped yet."""

    stage: Stage
    by_aim: Mapping[str, Offer]
    instead: tuple[Instead, ...] = ()

    def __getitem__(self, aim: str) -> Offer:
        return self.by_aim[aim]

    @property
    def possible(self) -> list[Offer]:
        return [offer for offer in self.by_aim.values() if offer.is_possible]


def offers(facts: Facts, terms: Terms, rules: Iterable[Rule] = ()) -> Offers:
    """What may be done now. rules: of the store; in which order does not matter."""
    rules = list(rules)
    if facts.stage == Stage.UNSHIPPED:
        return Offers(facts.stage, {Aim.REDIRECT: _unshipped(facts)}, (Instead.WRITE,))
    by_aim = {str(aim): _shipped(str(aim), facts, terms, rules) for aim in Aim}
    by_aim[AGAIN] = _again(facts, by_aim[Aim.REDIRECT], rules)
    return Offers(facts.stage, by_aim, _instead(facts, terms, by_aim))


def _unshipped(facts: Facts) -> Offer:
    """Free, at once, unless it is worth much."""
    if obstacle := _busy(facts) or (Obstacle.SHIPPED if facts.is_all_sent else ""):
        return Offer(Aim.REDIRECT, obstacle, currency=facts.currency)
    return Offer(
        Aim.REDIRECT, currency=facts.currency, why_desk=_why_desk(facts, WE_PAY), at_once=True
    )


def _shipped(aim: str, facts: Facts, terms: Terms, rules: list[Rule]) -> Offer:
    rule = _rule(aim, facts, rules)
    obstacle = _over(aim, facts) or _busy(facts) or _carriage(aim, facts, terms, rule)
    if not obstacle and not rule.is_offered:
        obstacle = Obstacle.STORE_SAYS_NO
    if obstacle:
        return Offer(aim, obstacle, currency=facts.currency)
    fee = ZERO if facts.is_cancelled else _fee(facts, rule, terms.fee_for(aim), terms.currency)
    taken = _while_at(aim, facts, terms)
    elsewhere = aim == Aim.REDIRECT
    return Offer(
        aim,
        payer=Payer.STORE if fee == 0 else Payer.BUYER,
        fee=fee or ZERO,
        currency=facts.currency,
        days=(rule.days or terms.days) if elsewhere else None,
        chance=rule.chance if rule.chance is not None else facts.chances.get(aim),
        until_attempt=Milestone.OUT_FOR_DELIVERY in taken,
        not_served=rule.not_served if elsewhere else (),
        by_phone=aim not in facts.served,
        why_desk=_why_desk(facts, rule, fee_is_known=fee is not None),
        while_at=taken,
    )


def _again(facts: Facts, redirect: Offer, rules: list[Rule]) -> Offer:
    """When it comes back, it is sent once more: for when it is too late for anything quicker,
    until somebody has it. A person sends it, so nobody has to look first."""
    rule = _rule(AGAIN, facts, rules, WE_PAY)
    obstacle = _over(AGAIN, facts) or _busy(facts)
    if not obstacle and not facts.has_number:
        obstacle = Obstacle.NO_NUMBER  # nobody would notice that it is back
    is_here = facts.milestone == Milestone.ANNOUNCED  # perhaps it has not even left us
    if not obstacle and (is_here or redirect.obstacle in ("", Obstacle.NOT_COLLECTED)):
        obstacle = Obstacle.NOT_TOO_LATE
    if not obstacle and not rule.is_offered:
        obstacle = Obstacle.STORE_SAYS_NO
    if obstacle:
        return Offer(AGAIN, obstacle, currency=facts.currency)
    fee = _fee(facts, rule, None, "")
    return Offer(
        AGAIN,
        payer=Payer.STORE if fee == 0 else Payer.BUYER,
        fee=fee or ZERO,
        currency=facts.currency,
        days=rule.days,
        not_served=rule.not_served,
    )


def _rule(aim: str, facts: Facts, rules: list[Rule], usual: Rule = USUAL_RULE) -> Rule:
    fitting = (rule for rule in rules if rule.fits(aim, facts))
    return max(fitting, key=lambda rule: rule.weight, default=usual)


# --- Why not --------------------------------------------------------------------------------


def _over(aim: str, facts: Facts) -> str:
    """What no waiting changes."""
    if facts.is_cancelled and not (aim in BACK and facts.milestone):
        return Obstacle.CANCELLED
    if facts.road == Stage.TURNED and aim != AGAIN:
        return Obstacle.BACK if facts.milestone == Milestone.RETURNED else Obstacle.TURNED
    return Obstacle.DELIVERED if facts.road == Stage.DELIVERED else ""


def _busy(facts: Facts) -> str:
    if facts.is_open:
        return Obstacle.UNDER_WAY
    return Obstacle.TOO_MANY if facts.is_worn_out else ""


def _carriage(aim: str, facts: Facts, terms: Terms, rule: Rule) -> str:
    """What the carrier's terms say. On the last leg it is too late for another address, whatever
    a carrier may take, unless the store has said for that very step that it still does it; and
    that it is too late says more there than any other reason."""
    obstacle = _terms(aim, facts, terms)
    late = TOO_LATE.get(facts.road)
    is_named = rule.is_offered and rule.milestone == facts.milestone
    if late and (obstacle or (aim == Aim.REDIRECT and not is_named)):
        return late
    return obstacle


def _terms(aim: str, facts: Facts, terms: Terms) -> str:
    if not facts.has_number:
        return Obstacle.NO_NUMBER
    if aim not in terms.aims:
        return Obstacle.CARRIER_SAYS_NO
    ends = {facts.origin, facts.territory}
    if terms.countries is not None and not ends <= terms.countries:
        return Obstacle.NOT_SERVED
    if facts.territory in terms.not_served.get(aim, ()):
        return Obstacle.NOT_SERVED
    if terms.once and facts.turned:
        return Obstacle.ONCE_ONLY
    if not terms.takes(aim, facts.milestone):
        early = facts.milestone == Milestone.ANNOUNCED
        return Obstacle.NOT_COLLECTED if early else Obstacle.CARRIER_SAYS_NO
    return ""


# --- On which terms -------------------------------------------------------------------------


def _fee(facts: Facts, rule: Rule, asked: Decimal | None, currency: str) -> Decimal | None:
    """What the buyer pays, None when nobody knows. asked: by the carrier, in `currency`."""
    if rule.payer == Payer.STORE:
        return ZERO
    if rule.fee is not None:
        asked, currency = max(rule.fee, ZERO), facts.store_currency
    if asked is None or (asked and currency != facts.currency):
        return None
    return asked


def _why_desk(facts: Facts, rule: Rule, *, fee_is_known: bool = True) -> str:
    is_foreign = facts.currency != facts.store_currency
    if facts.limit is not None and (is_foreign or facts.value >= facts.limit):
        return Why.VALUE
    if rule.needs_desk:
        return Why.RULE
    return "" if fee_is_known else Why.FEE


def _while_at(aim: str, facts: Facts, terms: Terms) -> frozenset[str]:
    """The milestones at which it may still be asked for: for another address none of the last
    leg, but the one at which the store does it all the same."""
    taken = frozenset(str(step) for step in terms.aims.get(aim, ()))
    if aim != Aim.REDIRECT:
        return taken
    early = {step for step in taken if STAGES[step] == Stage.ON_THE_WAY}
    return frozenset(early | {facts.milestone})


def _instead(facts: Facts, terms: Terms, by_aim: Mapping[str, Offer]) -> tuple[Instead, ...]:
    """What is left where it cannot go to another address. Nothing where it can."""
    redirect = by_aim[Aim.REDIRECT]
    if facts.stage == Stage.DELIVERED:
        return (Instead.NOT_RECEIVED, Instead.SEND_BACK)
    if redirect.is_possible:
        return ()
    if facts.milestone == Milestone.ANNOUNCED:
        # It may still be with us, and its carrier has never seen it.
        return (Instead.WRITE,)
    found = []
    if facts.stage in AT_THE_DOOR and redirect.obstacle != Obstacle.UNDER_WAY:
        # Where it can be kept at a counter, that is a button of its own.
        can_collect = terms.has_pickup and not by_aim[Aim.HOLD].is_possible
        found = [Instead.COLLECT] if can_collect else []
    if redirect.obstacle not in NOTHING_TO_CALL_ABOUT and facts.carrier and facts.has_number:
        found.append(Instead.CALL_CARRIER)
    if by_aim[AGAIN].is_possible:
        found.append(Instead.SEND_AGAIN)
    return (*found, Instead.WRITE)


def until_day(expected: tuple[date, date] | None) -> date | None:
    """The first day on which it usually is too late; None when nobody knows."""
    return expected[0] if expected else None


def _plain(text: str) -> str:
    """Without blanks, signs and capitals."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())
