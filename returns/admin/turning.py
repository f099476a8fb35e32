"""A parcel that comes back without having reached its buyer, at the desk: what becomes of its
goods, the money before it is here, and its goods booked when they come."""

from typing import Any

from django import forms

from returns import formats
from returns.admin.decisions import TEXTAREA, Decision
from returns.admin.reception import units
from returns.codes import Disposition
from returns.models import Actor, ReturnAuthorization
from returns.states import SETTLED, Status
from tracking.milestones import Milestone

# Where the goods may stay, if they do not come back to us.
PLACES = [
    (Disposition.TRANSFER.value, "To a warehouse near by"),
    (Disposition.RETURN_TO_VENDOR.value, "Handed over locally: sold, or given away"),
    (Disposition.ABANDON.value, "Given up: the way back costs more than they are worth"),
    (Disposition.DESTROY.value, "Destroyed there"),
]
# What becomes of goods that came.
BOOKED = [
    (code.value, code.label)
    for code in (
        Disposition.RESTOCK,
        Disposition.REFURBISH,
        Disposition.TRANSFER,
        Disposition.RETURN_TO_VENDOR,
        Disposition.DESTROY,
    )
]


def _worth(rma: ReturnAuthorization) -> str:
    return formats.money(rma.value, rma.order.currency)


class PayNow(Decision):
    """The money does not wait for the parcel."""

    title = "Give it without waiting"
    button = "Decide and write to the buyer"
    permission = "returns.settle_return"
    is_next = False

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        waits = rma.is_recall and rma.status == Status.APPROVED and rma.received_at is None
        return waits and rma.has_turned

    @property
    def asks(self) -> str:
        return (
            "The parcel has turned, and nobody has opened it. The buyer gets what was asked for "
            f"({self.rma.get_wish_display().lower()}), worth {_worth(self.rma)}, now. When the "
            "goods are here, they are only booked."
        )

    def apply(self, by: Actor) -> None:
        self.rma.settle_turned(by=by)


class PlaceGoods(Decision):
    """The cost of the way back against what the goods are worth."""

    title = "The goods do not come back to us"
    button = "Decide it"
    permission = "returns.settle_return"
    is_next = False

    stays = forms.ChoiceField(
        label="What becomes of them", choices=PLACES, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label="What each way costs, and why",
        required=False,
        max_length=500,
        widget=TEXTAREA,
        help_text="For the desk only: the price of the way back, and what the carrier asks.",
    )

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.may_place_goods

    @property
    def asks(self) -> str:
        more = "" if self.rma.status in SETTLED else " The buyer gets what was asked for now."
        return f"The goods are worth {_worth(self.rma)}, as paid.{more}"

    def apply(self, by: Actor) -> None:
        self.rma.place_goods(
            self.cleaned_data["stays"], words=self.cleaned_data["note"].strip(), by=by
        )

    def said(self) -> str:
        return f"{self.rma.number}: noted where the goods stay. {self.rma.get_status_display()}."


class BookGoods(Decision):
    """What was made good before it came is here: put away, and nothing more is owed for it."""

    title = "The goods are here after all"
    button = "Book them"
    permission = "returns.receive_return"

    disposition = forms.ChoiceField(label="What becomes of them", choices=BOOKED)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.rows = [row for row in self.rma.lines.select_related("line") if row.waived]
        for row in self.rows:
            self.fields[f"came_{row.pk}"] = units(
                f"Of {row.waived} × {row.line.full_title} are here", initial=row.waived
            )

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        """Where nobody waits for goods, because they stay with the buyer, none are booked."""
        was_away = rma.turning_id is not None or not rma.keeps_goods
        return was_away and rma.status in SETTLED and any(row.waived for row in rma.lines.all())

    @classmethod
    def comes_next(cls, rma: ReturnAuthorization) -> bool:
        shipment = rma.turning_shipment
        parcel = shipment.parcel if shipment else None
        return parcel is not None and parcel.milestone == Milestone.RETURNED

    @property
    def asks(self) -> str:
        return "Nothing more is paid for them: that was decided before they came."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.counts = {row.pk: data.get(f"came_{row.pk}") or 0 for row in self.rows}
        for row in self.rows:
            if self.counts[row.pk] > row.waived:
                self.add_error(f"came_{row.pk}", f"No more than {row.waived} were made good.")
        if not self.errors and not any(self.counts.values()):
            raise forms.ValidationError("Say how many are here.")
        return data

    def apply(self, by: Actor) -> None:
        self.rma.note_goods(self.counts, self.cleaned_data["disposition"], by=by)

    def said(self) -> str:
        return f"{self.rma.number}: booked. The buyer is not written to."


__all__ = ["BookGoods", "PayNow", "PlaceGoods"]
