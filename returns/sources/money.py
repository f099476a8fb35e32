"""Amounts as shops write them, and making the parts of an order add up to its total."""

import re
from dataclasses import replace
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from babel.numbers import list_currencies

from returns import policy
from returns.sources import ZERO, LineData

LARGEST = Decimal(10) ** 10
PLAIN = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)
# 1,234.50 and 1.234,50 and 1 234,50: groups of three, then the other sign.
GROUPED = re.compile(r"(\d{1,3}(?:([,. '’])\d{3})+)(?:([.,])(\d{1,2}))?", re.ASCII)
DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}", re.ASCII)
# What ISO lists without being anybody's money.
NO_MONEY = {
    "XXX",
    "XTS",
    "XAU",
    "XAG",
    "XPT",
    "XPD",
    "XDR",
    "XBA",
    "XBB",
    "XBC",
    "XBD",
    "XSU",
    "XUA",
    "XRE",
}


def is_currency(code: str) -> bool:
    return code in list_currencies() and code not in NO_MONEY


def exact(value: Any, currency: str) -> Decimal:
    """An amount of a JSON document, rounded to the currency's smallest unit.

    Raises ValueError with the reason when it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError("is not an amount")
    text = format(value, "f") if isinstance(value, Decimal) else str(value).strip()
    if not PLAIN.fullmatch(text):
        raise ValueError(f"“{text[:30]}” is not an amount")
    return rounded(_bounded(Decimal(text)), currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(policy.unit(currency), ROUND_HALF_UP)


def written(text: str, currency: str) -> Decimal:
    """An amount typed into a table. What can be read in two ways is refused, not guessed.

    1234.50, 1,234.50, 1.234,50 and 12,50 are clear; 1,234 is not.
    """
    plain = text.removeprefix(currency).removesuffix(currency).strip()
    decimals = -int(policy.unit(currency).as_tuple().exponent)
    if PLAIN.fullmatch(plain):
        amount = _bounded(Decimal(plain))
        if -int(amount.normalize().as_tuple().exponent) <= decimals:
            return amount
        if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", plain):
            raise ValueError(_ambiguous(plain))
        raise ValueError(f"“{plain[:30]}” has more than {decimals} decimals, {currency} has not")
    if DECIMAL_COMMA.fullmatch(plain) and decimals:
        return _bounded(Decimal(plain.replace(",", ".")))
    grouped = GROUPED.fullmatch(plain)
    if grouped:
        whole, group, point, cents = grouped.groups()
        one_sign = whole.count(group) == whole.count(",") + whole.count(".") or group in " '’"
        if one_sign and point and point != group:
            return _bounded(Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{cents}"))
        raise ValueError(_ambiguous(plain))
    raise ValueError(f"“{text[:30]}” is not an amount; write only the number, like 1234.50")


def _ambiguous(text: str) -> str:
    return (
        f"“{text[:30]}” can be read in two ways; write it without thousands separators, "
        "like 1234.50"
    )


def _bounded(amount: Decimal) -> Decimal:
    if abs(amount) >= LARGEST:
        raise ValueError("is larger than any amount we can keep")
    return amount


def unit_price(total: Decimal, quantity: int, currency: str) -> Decimal:
    """The price of one of `quantity` units, rounded up: what is too much is a discount."""
    return (total / quantity).quantize(policy.unit(currency), ROUND_UP)


def discounted(lines: list[LineData], amount: Decimal, currency: str) -> list[LineData]:
    """The lines with a further discount shared over them by what each one costs.

    No line goes below zero: what is more than the lines together cost is dropped.
    """
    weights = [max(line.paid, ZERO) for line in lines]
    shares = policy.allocate(min(amount, sum(weights, ZERO)), weights, currency)
    return [
        replace(line, discount=line.discount + share) if share else line
        for line, share in zip(lines, shares, strict=True)
    ]


def fitted(
    lines: list[LineData], postage: Decimal, total: Decimal, currency: str
) -> tuple[list[LineData], Decimal]:
    """Lines and postage that together never cost more than the order's total.

    A shop whose parts do not add up (hand-made discounts, old exports) must not make us
    promise money that was never paid. Orders out of which units were taken are left
    alone: their total speaks of what is left.
    """
    if any(line.cancelled for line in lines):
        return lines, postage
    lines = [
        replace(line, discount=line.discount + line.paid) if line.paid < 0 else line
        for line in lines
    ]
    excess = sum((line.paid for line in lines), ZERO) + postage - max(total, ZERO)
    if excess <= 0:
        return lines, postage
    goods = sum((line.paid for line in lines), ZERO)
    return discounted(lines, min(excess, goods), currency), postage - max(excess - goods, ZERO)
