"""Settlement: what a return is worth once its goods were looked at.

What goes back is what was paid: every line's own share of discounts and tax, whatever is
returned before or after it (returns/policy.py). The rule for thresholds: a discount or free
postage that the whole order earned is not taken back when less of it is kept. Nobody is
charged afterwards for what was promised when they ordered; and nothing is given back twice,
because a share is never more than what was paid for the line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from returns import policy
from returns.codes import PAYS_BACK

if TYPE_CHECKING:
    from returns.models.return_base import ReturnBase
    from returns.models.return_line import ReturnLine

ZERO = Decimal(0)


@dataclass(frozen=True)
class Settlement:
    """goods_of: return line's id → share of the price for the units that count (accepted,
    or made good without having come). goods, postage, fee: what that adds up to, in the
    order's currency. given: what this return gave of that before. total: what is left of it to
    give, within the cap. cap: the most that may be given, captured and not yet given
    back or promised elsewhere. in_shop_left: of what the shop says it refunded, what no
    resolution accounts for yet. never_more: what all of them
    together may still be. unexplained: of what the shop refunded, what no resolution
    claims; negative when they claim more.
    """

    goods_of: dict[int, Decimal]
    goods: Decimal
    postage: Decimal
    fee: Decimal
    given: Decimal
    total: Decimal
    cap: Decimal
    in_shop_left: Decimal
    never_more: Decimal
    unexplained: Decimal
    currency: str

    @classmethod
    def of(
        cls,
        rma: "ReturnBase",
        rows: "Iterable[ReturnLine]",
        waived: Mapping[int, int],
        cap: Decimal,
    ) -> "Settlement":
        from returns.models.resolution import Resolution

        rows = list(rows)
        currency = rma.order.currency
        counts = {row.pk: row.accepted + waived.get(row.pk, 0) for row in rows}
        goods_of = {row.pk: row.worth(counts[row.pk], currency) for row in rows}
        whole = all(counts[row.pk] >= row.approved for row in rows)
        pays = rma.wish in PAYS_BACK
        goods = sum(goods_of.values(), ZERO)
        # The postage was the price of bringing all of it.
        postage = rma.estimated_postage if whole else ZERO
        fee = min(rma.estimated_fee, goods + postage) if pays else ZERO
        # Whatever the shop says it refunded: all resolutions of an order stay within what
        # was paid for it.
        told = list(
            Resolution.objects.of_what_was_paid()
            .filter(authorization__order=rma.order)
            .values_list("amount", "in_shop")
        )
        never_more = rma.order.paid_total - sum((amount for amount, _ in told), ZERO)
        explained = sum((amount for amount, in_shop in told if in_shop), ZERO)
        before = Resolution.objects.parts_of(rma)
        given = before.goods + before.postage - before.fee
        unexplained = rma.order.refunded_total - explained
        in_shop_left = max(min(unexplained, never_more), ZERO)
        cap = max(min(cap, never_more), ZERO)
        total = max(min(goods + postage - fee - given, cap), ZERO)
        return cls(
            goods_of,
            goods,
            postage,
            fee,
            given,
            total,
            cap,
            in_shop_left,
            max(never_more, ZERO),
            unexplained,
            currency,
        )

    def check_unit(self, amount: Decimal) -> None:
        """ValueError unless `amount` can be paid in this currency (no half cents)."""
        if amount != amount.quantize(policy.unit(self.currency)):
            raise ValueError(f"{amount} {self.currency} cannot be paid")
