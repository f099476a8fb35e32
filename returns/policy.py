"""The store's rules, as pure functions over what was written down when the order came.

Nothing here reads the database or the clock: whoever asks passes facts and `now`.
Money is Decimal in the order's currency, rounded to its smallest unit.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from returns.codes import CLAIM_REASONS, OUR_FAULT, Payer, Reason, Wish
from tracking.calendars import end_of_day

ZERO = Decimal(0)


@dataclass(frozen=True)
class ReasonRule:
    """What one reason means. window_days: None = the line's own window counts."""

    window_days: int | None = None
    photos: bool = False
    payer: str = Payer.BUYER
    automatic: bool = True


# Days after delivery in which a claim may be made, where the store says nothing else. Two years
# is what the law of many countries gives for a fault that shows later.
CLAIM_DAYS: dict[str, int | None] = {
    Reason.DAMAGED: 14,
    Reason.MISSING: 14,
    Reason.WRONG_ITEM: 30,
    Reason.FAULTY: 60,
    Reason.FAULT_LATER: 730,
    Reason.DIFFERENT: 30,
}
# What is offered, in this order, where the store says nothing else.
REMEDIES: dict[str, tuple[str, ...]] = {
    Reason.DAMAGED: (Wish.REPLACEMENT, Wish.REFUND, Wish.PART_REFUND),
    Reason.MISSING: (Wish.PIECE, Wish.REPLACEMENT, Wish.REFUND, Wish.PART_REFUND),
    Reason.WRONG_ITEM: (Wish.REPLACEMENT, Wish.EXCHANGE, Wish.REFUND, Wish.PART_REFUND),
    Reason.FAULTY: (Wish.PART_REFUND, Wish.REPLACEMENT, Wish.EXCHANGE, Wish.REFUND),
    Reason.FAULT_LATER: (Wish.REPAIR, Wish.REPLACEMENT, Wish.PART_REFUND, Wish.REFUND),
    Reason.DIFFERENT: (Wish.PART_REFUND, Wish.EXCHANGE, Wish.REFUND),
}


@dataclass(frozen=True)
class ClaimRule:
    """What a claim for one reason means.

    window_days: after delivery; None = no limit. photos: wanted before it is decided.
    remedies: what is offered (Wish), in this order. part_percent: of what was paid, for a part
    refund or repair money. keep_below: worth no more than this in all, nothing comes back.
    automatic_up_to: what is given up to this value is given at once; None = a person decides.
    voucher_percent: of what was paid, as an apology besides; 0 = none.
    """

    offered: bool = True
    window_days: int | None = 30
    photos: bool = True
    remedies: tuple[str, ...] = ()
    part_percent: int = 20
    keep_below: Decimal = ZERO
    automatic_up_to: Decimal | None = None
    voucher_percent: int = 0

    @classmethod
    def usual(cls, reason: str, **more: Any) -> Self:
        values = {"window_days": CLAIM_DAYS[reason], "remedies": REMEDIES[reason]}
        return cls(**{**values, **more})

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        for name in ("keep_below", "automatic_up_to"):
            data[name] = None if data[name] is None else str(data[name])
        data["remedies"] = list(self.remedies)
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        amount = data["automatic_up_to"]
        values = {
            **data,
            "remedies": tuple(data["remedies"]),
            "keep_below": Decimal(data["keep_below"]),
            "automatic_up_to": None if amount is None else Decimal(amount),
        }
        return cls(**values)


@dataclass(frozen=True)
class Rules:
    """The rules of one order line, frozen when the order arrives.

    window_days: days after delivery (else last dispatch, else order) in which the buyer
    may ask; None = no limit. post_days: days after approval to hand the parcel over.
    fee: taken off the refund when the buyer pays the postage and uses our label.
    keep_below: faulty goods worth no more than this per order need not come back.
    automatic_up_to: value up to which a request is approved at once; None = never.
    returns_postage: the original postage goes back when the whole order does.
    wishes: what may be asked for. reasons: what is offered, in this order. claims: what may be
    claimed; orders from before there were such rules have the usual ones.
    """

    window_days: int | None = 30
    post_days: int = 14
    fee: Decimal = ZERO
    keep_below: Decimal = ZERO
    automatic_up_to: Decimal | None = None
    returns_postage: bool = False
    wishes: tuple[str, ...] = (Wish.REFUND,)
    reasons: dict[str, ReasonRule] = field(default_factory=dict)
    claims: dict[str, ClaimRule] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        for name in ("fee", "keep_below", "automatic_up_to"):
            data[name] = None if data[name] is None else str(data[name])
        data["wishes"] = list(self.wishes)
        # Pairs, because PostgreSQL keeps the names of an object in an order of its own.
        data["reasons"] = [[code, asdict(rule)] for code, rule in self.reasons.items()]
        data["claims"] = [[code, rule.to_json()] for code, rule in self.claims.items()]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        amount = data.get("automatic_up_to")
        return cls(
            window_days=data.get("window_days"),
            post_days=data.get("post_days", cls.post_days),
            fee=Decimal(data.get("fee", "0")),
            keep_below=Decimal(data.get("keep_below", "0")),
            automatic_up_to=None if amount is None else Decimal(amount),
            returns_postage=data.get("returns_postage", False),
            wishes=tuple(data.get("wishes", [Wish.REFUND])),
            reasons={code: ReasonRule(**rule) for code, rule in data.get("reasons", [])},
            claims={code: ClaimRule.from_json(rule) for code, rule in data.get("claims", [])},
        )

    def claim(self, reason: str) -> ClaimRule:
        """The rule of a claim for `reason`, one of CLAIM_REASONS."""
        known = self.claims.get(reason)
        return known or ClaimRule.usual(reason, keep_below=self.keep_below)

    def claim_end(self, reason: str, start: datetime, zone: str) -> datetime | None:
        """The last second to claim it, None when there is no limit."""
        days = self.claim(reason).window_days
        if days is None:
            return None
        return end_of_day(start.astimezone(ZoneInfo(zone)).date() + timedelta(days=days), zone)

    def open_claims(self, start: datetime | None, zone: str, now: datetime) -> list[str]:
        """The reasons for which something may be claimed at `now`. start: of its time, None
        while that has not begun to run."""
        offered: list[str] = [code for code in CLAIM_REASONS if self.claim(code).offered]
        if start is None:
            return offered
        ends = {code: self.claim_end(code, start, zone) for code in offered}
        return [code for code, end in ends.items() if end is None or now <= end]

    def window_end(self, start: datetime, zone: str, reason: str | None = None) -> datetime | None:
        """The last second in which the buyer may ask, or None when there is no limit.

        Without a reason: the longest of all windows, because a fault may still be
        reported when changing one's mind no longer can. Windows end at the end of the
        day where the buyer lives.
        """
        windows = (
            [self.window(reason)] if reason else [self.window(code) for code in self.reasons]
        ) or [self.window_days]
        if None in windows:
            return None
        longest = max(days for days in windows if days is not None)
        return end_of_day(start.astimezone(ZoneInfo(zone)).date() + timedelta(days=longest), zone)

    def window(self, reason: str) -> int | None:
        """Days in which `reason` may be given; None when there is no limit."""
        rule = self.reasons.get(reason)
        return self.window_days if rule is None or rule.window_days is None else rule.window_days

    def open_reasons(self, start: datetime | None, zone: str, now: datetime) -> list[str]:
        """The reasons that may still be given at `now`."""
        if start is None:
            return list(self.reasons)
        ends = {code: self.window_end(start, zone, code) for code in self.reasons}
        return [code for code, end in ends.items() if end is None or now <= end]

    def payer(self, reason: str) -> str:
        if reason in OUR_FAULT:
            return Payer.STORE
        rule = self.reasons.get(reason)
        return rule.payer if rule else Payer.BUYER


@dataclass(frozen=True)
class Chosen:
    """One line of a request: `quantity` of `ordered` units for which `paid` was paid.

    paid: for the whole line, after discounts, with tax. gone, promised: units of this
    line that other requests hold or have had refunded, and the money that goes with
    them, so that every cent is given once.
    """

    line_id: int
    quantity: int
    reason: str
    ordered: int
    paid: Decimal
    gone: int
    promised: Decimal
    rules: Rules


@dataclass(frozen=True)
class Estimate:
    """What the buyer can expect. goods: line id → amount; total is never negative."""

    goods: dict[int, Decimal]
    postage: Decimal
    fee: Decimal
    total: Decimal
    payer: str


def unit(currency: str) -> Decimal:
    """The smallest amount of a currency: Decimal('0.01') for USD, Decimal('1') for JPY."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def share(
    paid: Decimal, ordered: int, gone: int, promised: Decimal, quantity: int, currency: str
) -> Decimal:
    """The value of the next `quantity` units after `gone` of `ordered` ones.

    Boundaries between units are rounded down and the last units get what is left, so
    that partial returns, in any order and with cancelled ones between them, add up to
    exactly `paid` once all units are back, and never to more.
    """
    step = unit(currency)

    def upto(units: int) -> Decimal:
        return (paid * units / ordered).quantize(step, ROUND_DOWN)

    left = max(paid - promised, ZERO)
    if gone + quantity >= ordered:
        return left
    return min(upto(gone + quantity) - upto(gone), left)


def estimate(chosen: list[Chosen], currency: str, *, postage: Decimal, cap: Decimal) -> Estimate:
    """The refund for `chosen`.

    postage: the original postage still to be given back with this request (0 unless the
    whole order goes back and the rules say so). cap: what was captured and is not yet
    refunded or promised; postage gives way before goods.
    """
    goods = {
        item.line_id: share(
            item.paid, item.ordered, item.gone, item.promised, item.quantity, currency
        )
        for item in chosen
    }
    payers = {item.rules.payer(item.reason) for item in chosen}
    payer = Payer.STORE if Payer.STORE in payers else Payer.BUYER
    for_goods = min(sum(goods.values(), ZERO), max(cap, ZERO))
    postage = min(postage, max(cap, ZERO) - for_goods)
    fee = max((item.rules.fee for item in chosen), default=ZERO) if payer == Payer.BUYER else ZERO
    fee = min(fee, for_goods + postage)
    return Estimate(goods, postage, fee, for_goods + postage - fee, payer)


def may_keep(chosen: list[Chosen], value: Decimal) -> bool:
    """Whether sending back costs more than the goods are worth, by the store's own limit.

    value: of these goods and of what was kept of the order before, so that asking in
    small pieces wins nothing. Only where the fault is ours: paying everyone to keep what
    they no longer like would be an invitation.
    """
    return bool(chosen) and all(
        item.reason in OUR_FAULT and value <= item.rules.keep_below for item in chosen
    )


def approves(chosen: list[Chosen], value: Decimal, wish: str) -> bool:
    """Whether the request is approved at once: every line's rules must say so."""

    def automatic(item: Chosen) -> bool:
        rule = item.rules.reasons.get(item.reason)
        limit = item.rules.automatic_up_to
        return bool(
            rule and rule.automatic and not rule.photos and limit is not None and value <= limit
        )

    return bool(chosen) and wish == Wish.REFUND and all(automatic(item) for item in chosen)


def allocate(total: Decimal, weights: list[Decimal], currency: str) -> list[Decimal]:
    """Shares `total` over `weights` in the smallest units; the shares add up exactly.

    `total` is a whole number of them; what rounding down leaves over goes to the largest
    remainders, first come first. With no weight at all, nothing is shared.
    """
    step = unit(currency)
    whole = sum(weights, ZERO)
    if not whole:
        return [ZERO for _ in weights]
    exact = [total * weight / whole for weight in weights]
    shares = [value.quantize(step, ROUND_DOWN) for value in exact]
    left = int((total - sum(shares, ZERO)) / step)
    order = sorted(range(len(weights)), key=lambda at: shares[at] - exact[at])
    for at in order[:left]:
        shares[at] += step
    return shares
