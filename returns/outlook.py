"""Outlook: what a request brings, shown before it is made and written down when it is."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from returns import policy
from returns.codes import PAYS_BACK, Payer
from returns.policy import Chosen

if TYPE_CHECKING:
    from returns.models import Order


def postage_due(order: "Order", chosen: list[Chosen], *, always: bool = False) -> Decimal:
    """The original postage, when with `chosen` the whole order comes back; once at most.
    always: whatever the store's rules say, because it brought nothing."""
    if not always and not all(item.rules.returns_postage for item in chosen):
        return Decimal(0)
    if any(rma.estimated_postage and rma.holds_money for rma in order.returns.all()):
        return Decimal(0)
    now_back = {item.line_id: item.quantity for item in chosen}
    for line in order.lines.all():
        if line.needs_shipping and line.held + now_back.get(line.pk, 0) < line.kept:
            return Decimal(0)
    return order.postage_total


@dataclass(frozen=True)
class Outlook:
    """What a request brings: shown before it is made, and written down when it is.

    goods: line id → value as paid. postage: the original one, given back. total: what
    goes back, 0 when no money was asked for. automatic: it is approved at once.
    """

    chosen: list[Chosen]
    goods: dict[int, Decimal]
    value: Decimal
    postage: Decimal
    fee: Decimal
    total: Decimal
    payer: str
    keeps_goods: bool
    automatic: bool

    @classmethod
    def of(cls, order: "Order", chosen: list[Chosen], wish: str) -> "Outlook":
        pays_back = wish in PAYS_BACK
        outcome = policy.estimate(
            chosen,
            order.currency,
            cap=order.refundable(),
            postage=postage_due(order, chosen) if pays_back else Decimal(0),
        )
        value = sum(outcome.goods.values(), Decimal(0))
        kept = sum(
            (rma.value for rma in order.returns.all() if rma.keeps_goods and rma.holds_money),
            Decimal(0),
        )
        return cls(
            chosen=chosen,
            goods=outcome.goods,
            value=value,
            # A fee can only be taken off money: without any, the postage back is on us.
            payer=outcome.payer if pays_back else Payer.STORE,
            postage=outcome.postage,
            fee=outcome.fee if pays_back else Decimal(0),
            total=outcome.total if pays_back else Decimal(0),
            keeps_goods=policy.may_keep(chosen, value + kept),
            automatic=policy.approves(chosen, value, wish),
        )

    @property
    def cut(self) -> Decimal:
        """How much of it went back, or was promised, before."""
        whole = self.value + self.postage - self.fee
        return max(whole - self.total, Decimal(0)) if self.total else Decimal(0)
