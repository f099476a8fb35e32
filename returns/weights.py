"""What one parcel weighed: by our records, on the carrier's scales and on ours, side by side.

A difference is a fact for both sides and decides nothing: packing weighs, scales err, records
are wrong. It asks somebody to weigh once more, or to look at the photos. Pure functions over
rows that are loaded; in the active language.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.models.receipt import PACKING_GRAMS, TOLERANCE
from tracking.texts import Words
from tracking.watch import Tolerance

if TYPE_CHECKING:
    from returns.models import Order, Receipt, ReturnAuthorization, Shipment, Weighing

HEADING: Words = _("What the parcel weighed")
EXPECTED: Words = _("The goods alone, by our records")
CARRIER: Words = _("On the carrier’s scales")
OURS: Words = _("On our scales")
AGAIN: Words = _("On our scales, once more")
FIT: Words = _("Packing weighs too, and scales differ a little: these go together.")
DO_NOT_FIT: Words = _(
    "These do not go together. Packing, a wrong record or a scale can be the reason, so this "
    "decides nothing by itself. We look at the photos as well."
)
IS_WEIGHED_AGAIN: Words = _("We weigh it once more.")
USUAL = Tolerance()


@dataclass(frozen=True)
class Weights:
    """Grams, None where nobody weighed or knows. expected: of the goods alone. ours: as we
    weighed the parcel, again: the same once more. tolerance: of this carrier's scales and
    ours. waits: somebody of us is to weigh it once more."""

    expected: int | None = None
    carrier: int | None = None
    ours: int | None = None
    again: int | None = None
    tolerance: Tolerance = USUAL
    waits: bool = False

    @property
    def last(self) -> int | None:
        """On our scales, as far as we know best."""
        return self.again or self.ours

    @property
    def are_several(self) -> bool:
        """There is something to lay side by side."""
        return sum(bool(grams) for grams in (self.expected, self.carrier, self.last)) > 1

    @property
    def fit(self) -> bool:
        """Whether all that is known goes together."""
        scales = self.carrier, self.last
        if all(scales) and not self.tolerance.allows(self.last or 0, self.carrier or 0):
            return False
        return all(fits_goods(self.expected, grams) for grams in scales)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What it is, and how much, as far as it is known."""
        known = (
            (EXPECTED, self.expected),
            (CARRIER, self.carrier),
            (OURS, self.ours),
            (AGAIN, self.again),
        )
        return [(str(words), formats.weight(grams)) for words, grams in known if grams]

    @property
    def verdict(self) -> tuple[str, ...]:
        """Whether they go together, as whole sentences; never what follows for anybody."""
        if self.fit:
            return (str(FIT),)
        return (str(DO_NOT_FIT), *((str(IS_WEIGHED_AGAIN),) if self.waits else ()))


def fits_goods(goods: int | None, parcel: int | None) -> bool:
    """Whether a parcel may weigh so much when the goods alone weigh that: not clearly less than
    they, nor clearly more than they and a box."""
    if not goods or not parcel:
        return True
    return goods * (1 - TOLERANCE) <= parcel <= goods * (1 + TOLERANCE) + PACKING_GRAMS


def of_return(rma: "ReturnAuthorization") -> Weights:
    """Of the parcel that brings a return. Its lines, receipts with their weighings, and the
    parcel are loaded. Where it came in several parcels, all of them together."""
    shipment = rma.parcel_back
    parcel = shipment.parcel if shipment else None
    opened = [row for row in rma.receipts.all() if row.undone_at is None]
    expected = next((row.expected_grams for row in opened if row.expected_grams), None)
    found = Weights(
        expected=expected or _of_goods((row.line, row.approved) for row in rma.lines.all()),
        # Of several parcels only one has this number.
        carrier=parcel.carrier_weight if parcel and len(opened) < 2 else None,
        ours=_together([row.weight_grams for row in opened]),
        again=_together([_once_more(row) for row in opened]) if _any_again(opened) else None,
        waits=any(row.is_open for receipt in opened for row in _weighings(receipt)),
    )
    return _with_tolerance(found, rma.order, parcel.carrier if parcel else "")


def of_shipment(shipment: "Shipment", order: "Order") -> Weights:
    """Of a parcel to the buyer; its parcel and its lines with theirs are loaded."""
    parcel = shipment.parcel
    found = Weights(
        expected=_of_goods((part.line, part.quantity) for part in shipment.lines.all()),
        carrier=parcel.carrier_weight if parcel else None,
        ours=parcel.weight if parcel else None,
    )
    return _with_tolerance(found, order, parcel.carrier if parcel else "")


def _with_tolerance(found: Weights, order: "Order", carrier: str) -> Weights:
    """Asked for only where two scales are compared."""
    if not (found.carrier and found.last):
        return found
    return replace(found, tolerance=order.store.account.tolerance(carrier))


def _of_goods(goods: Iterable[tuple[object, int]]) -> int | None:
    """None when one of them does not say what it weighs."""
    weights = [getattr(line, "weight_grams", 0) * units for line, units in goods if units]
    return sum(weights) if weights and all(weights) else None


def _together(weights: list[int | None]) -> int | None:
    """None when one of them was not weighed."""
    return sum(grams or 0 for grams in weights) if weights and all(weights) else None


def _any_again(receipts: "list[Receipt]") -> bool:
    return any(row.grams for receipt in receipts for row in _weighings(receipt))


def _once_more(receipt: "Receipt") -> int | None:
    found = [row.grams for row in _weighings(receipt) if row.grams]
    return found[-1] if found else receipt.weight_grams


def _weighings(receipt: "Receipt") -> "Iterable[Weighing]":
    """Not asked for where it is known that there is none."""
    return receipt.weighings.all() if getattr(receipt, "has_weighings", True) else ()
