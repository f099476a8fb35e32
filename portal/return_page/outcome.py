"""What the buyer gets: the sum, line by line, and each way in which it is given.

Pure functions over a ReturnAuthorization with its lines and resolutions loaded.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from portal.order_page.words import say
from portal.return_page import words
from returns import formats, texts
from returns.codes import AS_CREDIT, LEAVES_UNITS, ResolutionKind
from returns.models.settling import GRANTS
from returns.states import ResolutionState

if TYPE_CHECKING:
    from returns.models import Resolution, ReturnAuthorization, ReturnLine
    from tracking.texts import Words

ZERO = Decimal(0)


@dataclass(frozen=True)
class Given:
    """One way in which something is given. title: what, and how much of it. state: sent, or
    still to be. number: under which goods travel. said: our words about it."""

    symbol: str
    title: str
    state: str
    number: str = ""
    said: str = ""


@dataclass(frozen=True)
class Outcome:
    """sum: (what, amount) from top to bottom, empty where no money is given; total: what it
    comes to. Amounts are written out. is_less: than was asked for."""

    sum: tuple[tuple[str, str], ...]
    total: str
    given: tuple[Given, ...]
    is_less: bool = False


def outcome(rma: "ReturnAuthorization") -> Outcome:
    rows = [row for row in rma.resolutions.all() if not row.is_void]
    currency = rma.order.currency
    money = [row for row in rows if row.is_money]
    amounts = _sum(rma, money) if money else []
    return Outcome(
        sum=tuple((what, _written(amount, currency)) for what, amount in amounts),
        total=_written(sum((row.amount for row in money), ZERO), currency),
        given=tuple(_given(row) for row in rows),
        is_less=_is_less(rma, rows),
    )


def _written(amount: Decimal, currency: str) -> str:
    return f"{'−' if amount < 0 else ''}{formats.money(abs(amount), currency)}"


def _sum(rma: "ReturnAuthorization", money: "list[Resolution]") -> list[tuple[str, Decimal]]:
    """The first one that is of money says what it is made of (ReturnAuthorization.resolve);
    what the others give more or less stands in the difference."""
    goods = sum((row.goods for row in money), ZERO)
    counted = [row for row in rma.lines.all() if row.amount and (row.resolved or _stays(rma))]
    lines = [(_title(row), row.amount) for row in counted]
    if sum((amount for _title_of, amount in lines), ZERO) != goods:
        lines = [(_("The goods"), goods)] if goods else []  # never a sum that does not add up
    postage = sum((row.postage for row in money), ZERO)
    if postage:
        lines.append((_("The postage you paid when you ordered"), postage))
    fee = sum((row.fee for row in money), ZERO)
    if fee:
        lines.append((_("Return postage, paid by you"), -fee))
    difference = sum((row.difference for row in money), ZERO)
    if difference:
        more: Words = words.MORE_FROM_US if difference > 0 else words.TAKEN_OFF
        lines.append((str(more), difference))
    return lines


def _stays(rma: "ReturnAuthorization") -> bool:
    """The goods stay as they are; a part of what was paid for them is given."""
    return rma.keeps_goods and rma.wish in LEAVES_UNITS


def _title(row: "ReturnLine") -> str:
    title, count = row.line.title, row.resolved or row.approved
    return f"{count} × {title}" if count > 1 else title


def _given(row: "Resolution") -> Given:
    symbol = "money" if row.is_money else "box"
    number = ""
    if row.reference and not row.is_money:
        number = f"{words.TRACKING_NUMBER} {row.reference}"
    return Given(symbol, str(texts.RESOLUTIONS[row.kind].label), _state(row), number, row.words)


def _is_less(rma: "ReturnAuthorization", rows: "list[Resolution]") -> bool:
    less = {ResolutionKind.NONE, ResolutionKind.PART_REFUND} - {GRANTS[rma.wish]}
    difference = sum((row.difference for row in rows), ZERO)
    return difference < 0 or any(row.kind in less for row in rows)


def _state(row: "Resolution") -> str:
    """Whether it is sent, when, where to, and how long that takes."""
    sent_on = row.settled_at if row.is_sent and row.kind != ResolutionKind.NONE else None
    travels = row.is_money and row.kind not in AS_CREDIT
    if row.state == ResolutionState.FAILED:
        amount = formats.money(row.amount, row.authorization.order.currency)
        return say(words.NOT_SENT, amount=amount) if travels else str(words.NOT_SENT_YET)
    parts = [texts.outcome(row)]
    facts = {"where": texts.METHODS[row.method], "day": formats.day(sent_on) if sent_on else ""}
    if travels:
        parts.append(say(words.SENT_THERE if sent_on else words.GOES_THERE, **facts))
    elif sent_on:
        parts.append(say(words.SENT_ON, **facts))
    if travels and sent_on:
        parts.append(str(texts.BANK_DAYS[row.method]))
    between = "" if formats.language() == "zh" else " "
    return between.join(parts)
