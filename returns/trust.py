"""Whom a store trusts: a pure rule over what is known of a buyer, by the email of the order.

A trusted buyer gets new goods before the old ones are back, and does not wait for what a
carrier owes us. Trust is read from the store's own orders; it is shown with its reasons at the
desk, which may decide otherwise, and is never told to the buyer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from returns.codes import Kind
from returns.states import FREED, Status

if TYPE_CHECKING:
    from returns.models import Order

CLAIMS_COUNT_FOR = timedelta(days=365)
# What is said to be posted, and was not scanned for so long, was perhaps never handed over.
NEVER_POSTED_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Limits:
    """orders, days: at least. returns_percent (of the orders), claims, never_posted: at most."""

    orders: int = 3
    days: int = 90
    returns_percent: int = 40
    claims: int = 2
    never_posted: int = 0


@dataclass(frozen=True)
class Facts:
    """What is known of a buyer at one store. orders: paid and not cancelled, with this one.
    first_at: when the first of them was placed. with_return: of them, those with a return.
    claims: within a year. never_posted: returns said to be posted that never came. owes: new
    goods were sent, and the old ones are not back. is_new_contact: the contact of the order was
    changed lately. is_known: there is an email to know the buyer by."""

    orders: int = 0
    first_at: datetime | None = None
    with_return: int = 0
    claims: int = 0
    never_posted: int = 0
    owes: int = 0
    is_new_contact: bool = False
    is_known: bool = True


# For the desk. {n}: what it is, {limit}: what it should be.
WORDS: Mapping[str, str] = {
    "unknown": "The order has no email address to know the buyer by.",
    "new_contact": "The contact of the order was changed lately.",
    "orders": "Paid orders: {n} (at least {limit}).",
    "days": "Days since the first order: {n} (at least {limit}).",
    "returns": "Orders with a return: {n} percent (at most {limit}).",
    "claims": "Claims within a year: {n} (at most {limit}).",
    "never_posted": "Said to be posted and never came: {n} (at most {limit}).",
    "owes": "New goods sent, old ones not back: {n} (at most {limit}).",
}


@dataclass(frozen=True)
class Trust:
    """reasons: for the desk, those that speak against it first. against: how many do."""

    is_trusted: bool
    reasons: tuple[str, ...]
    against: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "is_trusted": self.is_trusted,
            "reasons": list(self.reasons),
            "against": self.against,
        }


def judge(facts: Facts, limits: Limits, now: datetime) -> Trust:
    days = (now - facts.first_at).days if facts.first_at else 0
    percent = 100 * facts.with_return // facts.orders if facts.orders else 0
    measured = [
        ("orders", facts.orders, limits.orders, facts.orders >= limits.orders),
        ("days", days, limits.days, days >= limits.days),
        ("returns", percent, limits.returns_percent, percent <= limits.returns_percent),
        ("claims", facts.claims, limits.claims, facts.claims <= limits.claims),
        (
            "never_posted",
            facts.never_posted,
            limits.never_posted,
            facts.never_posted <= limits.never_posted,
        ),
        ("owes", facts.owes, 0, not facts.owes),
    ]
    against = [] if facts.is_known else [WORDS["unknown"]]
    against += [WORDS["new_contact"]] if facts.is_new_contact else []
    told = {True: [], False: against}
    for code, n, limit, is_good in measured:
        told[is_good].append(WORDS[code].format(n=n, limit=limit))
    return Trust(not told[False], (*told[False], *told[True]), len(told[False]))


def of(order: "Order", now: datetime) -> Trust:
    """Of the buyer of `order` at its store, by the store's own limits."""
    from returns.models.trust_rule import TrustRule

    return judge(facts_of(order, now), TrustRule.objects.of(order.store).limits, now)


def facts_of(order: "Order", now: datetime) -> Facts:
    """In two queries; whoever has no email is nobody's regular."""
    from django.db.models import Count, Exists, Min, OuterRef, Q

    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order

    if not order.email:
        return Facts(orders=1, first_at=order.placed_at, is_known=False)
    theirs = Order.objects.filter(
        store=order.store_id, email__in={order.email, order.email.lower()}
    )
    returns = ReturnAuthorization.objects.filter(order__in=theirs.order_by().values("pk"))
    sent_back = returns.exclude(kind=Kind.RETURN_TO_SENDER).exclude(status__in=FREED)
    mine = sent_back.filter(order=OuterRef("pk")).exclude(kind=Kind.CLAIM)
    bought = theirs.filter(cancelled_at=None, paid_at__isnull=False).order_by()
    counted = bought.aggregate(
        orders=Count("pk"),
        first=Min("placed_at"),
        with_return=Count("pk", filter=Q(Exists(mine))),
    )
    long_ago = now - NEVER_POSTED_AFTER
    never_came = Q(posted_at__isnull=False, received_at=None) & (
        Q(status=Status.EXPIRED, arrived_at=None)
        | Q(status=Status.APPROVED, posted_at__lt=long_ago, arrived_at=None)
    )
    kept = Q(ahead_at__isnull=False, original_missing_at__isnull=False, received_at=None)
    owed = Q(
        ahead_at__isnull=False,
        received_at=None,
        status__in=[Status.APPROVED, Status.IN_TRANSIT],
    )
    held = returns.aggregate(
        claims=Count(
            "pk",
            filter=Q(kind=Kind.CLAIM, requested_at__gt=now - CLAIMS_COUNT_FOR)
            & ~Q(status__in=FREED),
        ),
        never_posted=Count("pk", filter=never_came | kept),
        owes=Count("pk", filter=owed),
    )
    return Facts(
        orders=counted["orders"],
        first_at=counted["first"],
        with_return=counted["with_return"],
        claims=held["claims"],
        never_posted=held["never_posted"],
        owes=held["owes"],
        is_new_contact=order.contact_is_new(now),
    )
