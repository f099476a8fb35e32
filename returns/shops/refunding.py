"""What the adapters share about refunds: what is asked, what came of it, and how one amount is
taken from several payments.

An adapter looks what the shop itself says can still be given back, asks for no more, and finds
what it asked for before by our key, which stands in the note of the shop's refund. Amounts are
in the currency of the sale; an order that the buyer paid in another one is refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol, cast

from returns.shops import SHOPS, Access
from tracking.providers import Error, NoAccess, NotReached, TooFast

# Seconds for an answer to what only reads, and to what pays: payment services are slow.
READS, PAYS = 10.0, 20.0
ZERO = Decimal(0)
# Our key as it stands in a note; behind it how often we meant it anew.
MARK = re.compile(r"\[([0-9a-f]{32})(?:-\d{1,4})?\]")
LONGEST_REFERENCE = 120


class NotAsked(Error):
    """It failed before anything was asked: nothing was paid."""


# After these nothing was paid, for certain. After any other error nobody knows.
NOTHING_PAID = (NotAsked, NotReached, TooFast, NoAccess)


@dataclass(frozen=True)
class RefundAsk:
    """key: ours, the same at every attempt. source_id: the shop's own id of the order.
    authorization: the return number. amount: in `currency`, in its own units."""

    key: str
    source_id: str
    number: str
    authorization: str
    amount: Decimal
    currency: str

    @property
    def mark(self) -> str:
        return f"[{self.key}]"

    @property
    def note(self) -> str:
        return f"{self.authorization} {self.mark}"

    @property
    def written(self) -> str:
        return f"{self.amount:f}"


class Refunded(StrEnum):
    DONE = "done"  # the shop says that the money has left
    TAKEN = "taken"  # the shop has it; whether the money leaves is told later
    REFUSED = "refused"  # nothing was paid, and nothing will be
    STUCK = "stuck"  # the shop has something of it that we did not ask for: a person looks


@dataclass(frozen=True)
class RefundAnswer:
    """words: for the desk. reference: the shop's number of its refund."""

    outcome: Refunded
    words: str = ""
    reference: str = ""


class Refunds(Protocol):
    """The refunds of one shop system: an adapter module."""

    def refund(self, ask: RefundAsk, access: Access) -> RefundAnswer:
        """Has the shop pay it back; not again what stands there under the same key. Raises
        one of NOTHING_PAID, or another Error, after which nobody knows."""
        ...

    def find_refund(self, ask: RefundAsk, access: Access) -> RefundAnswer | None:
        """What stands in the shop under our key; None when nothing does, for certain. Raises
        Error when the shop does not say."""
        ...


def load(slug: str) -> Refunds:
    """Raises KeyError for an unknown shop."""
    return cast(Refunds, import_module(f"{SHOPS[slug][1]}_refunds"))


def key_in(note: str) -> str:
    """Our key, without how often it was meant anew; '' when the refund is not ours."""
    found = MARK.search(note)
    return found[1] if found else ""


# --- one amount, several payments -----------------------------------------------------------


@dataclass(frozen=True)
class Payment:
    """What the buyer paid with (a card, a gift card). parent: the shop's id of it. most: what
    can still be given back to it."""

    parent: str
    gateway: str
    most: Decimal


def spread(amount: Decimal, payments: Sequence[Payment]) -> list[tuple[Payment, Decimal]] | None:
    """So much of it to each payment, in their order; None when all of them are not enough."""
    parts, left = [], amount
    for payment in payments:
        share = min(left, max(payment.most, ZERO))
        if share:
            parts.append((payment, share))
            left -= share
    return None if left else parts


# --- reading --------------------------------------------------------------------------------


@contextmanager
def nothing_asked_yet() -> Iterator[None]:
    """What fails in here fails before anything was asked for."""
    try:
        yield
    except NOTHING_PAID:
        raise
    except Error as error:
        raise NotAsked(str(error)) from None


def amount(value: object) -> Decimal:
    """An amount as a shop writes it; 0 for what is none."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return ZERO
    return found if found.is_finite() else ZERO


def reference(value: object) -> str:
    """The number at the end of a shop's id."""
    return str(value if isinstance(value, (str, int)) else "").rpartition("/")[2][
        :LONGEST_REFERENCE
    ]


def refused(words: str) -> RefundAnswer:
    return RefundAnswer(Refunded.REFUSED, words)


def too_much(left: Decimal, ask: RefundAsk) -> RefundAnswer:
    return refused(f"The shop says that only {left:f} {ask.currency} can still be given back.")


def in_another_currency(other: str, ask: RefundAsk) -> RefundAnswer:
    return refused(
        f"The buyer paid in {other}, and the order is kept in {ask.currency}: refund it in the "
        "shop, in the currency of the sale."
    )


def judged(
    paid: Decimal, states: Sequence[str], known: Mapping[str, Any], ask: RefundAsk, number: str
) -> RefundAnswer:
    """What a refund that stands in the shop under our key means. states: of the parts that
    were to be paid; known: their words → True paid, False failed; others are under way."""
    ends = [known.get(state.casefold()) for state in states]
    if ends and all(end is False for end in ends):
        return RefundAnswer(Refunded.REFUSED, "The payment service refused it.", number)
    if any(end is False for end in ends) or not ends:
        words = "The shop has noted the refund, but not all of the money left. Look there."
        return RefundAnswer(Refunded.STUCK, words, number)
    if not all(ends):
        words = "The shop has it; its payment service has not said yet that it is paid."
        return RefundAnswer(Refunded.TAKEN, words, number)
    if paid != ask.amount:
        words = f"The shop refunded {paid:f} instead of {ask.written} {ask.currency}. Look there."
        return RefundAnswer(Refunded.STUCK, words, number)
    return RefundAnswer(Refunded.DONE, "", number)
