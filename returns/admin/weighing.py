"""Weights side by side on the pages of an order, a return and a case; and the warehouse is asked
to weigh once more."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import prefetch_related_objects

from returns import weights
from returns.admin.decisions import Decision, RowDecision
from returns.admin.reception import MOST_GRAMS
from returns.models import Actor, Case, Order, ReturnAuthorization, Weighing
from returns.states import IllegalTransition, Status
from returns.weights import Weights

# While the goods lie here, or nobody has put them away for good.
HERE = frozenset({Status.RECEIVED, Status.INSPECTED, Status.RESOLVED})


def of_return(rma: ReturnAuthorization) -> list[tuple[str, Weights]]:
    """Of the parcel that brings it, as (its name, its weights); none while only one is known."""
    prefetch_related_objects([rma], "receipts__weighings", "lines__line")
    prefetch_related_objects([rma.order], "shipments__parcel")
    found = weights.of_return(rma)
    return [(f"The parcel of {rma.number}", found)] if found.are_several else []


def of_order(order: Order) -> list[tuple[str, Weights]]:
    """Of every parcel to the buyer of which several weights are known, and of each return."""
    prefetch_related_objects(
        [order],
        "shipments__parcel",
        "shipments__lines__line",
        "returns__receipts__weighings",
        "returns__lines__line",
    )
    outbound = [(row, weights.of_shipment(row, order)) for row in order.outbound if row.parcel]
    found = [(row.parcel.number, one) for row, one in outbound if one.are_several]
    for rma in order.returns.all():
        rma.order = order
        if (mine := weights.of_return(rma)).are_several:
            found.append((rma.number, mine))
    return found


def of_case(case: Case) -> list[tuple[str, Weights]]:
    """Of the very parcel that the case is about."""
    if case.authorization:
        case.authorization.order = case.order
        return of_return(case.authorization)
    prefetch_related_objects([case.order], "shipments__parcel", "shipments__lines__line")
    mine = [row for row in case.order.outbound if row.parcel_id == case.parcel_id]
    found = [weights.of_shipment(row, case.order) for row in mine[:1]]
    return [(case.parcel.number, one) for one in found if one.are_several]


class WeighAgain(RowDecision):
    """What the scales said this time; or what was seen, where it cannot be weighed any more."""

    title = "Weigh it again"
    button = "Noted: weighed again"
    permission = "returns.receive_return"
    row: Weighing

    grams = forms.IntegerField(
        label="Weight in grams",
        required=False,
        min_value=1,
        max_value=MOST_GRAMS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "big"}),
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Only the desk reads it. Needed when you cannot weigh it any more: what do the "
        "photos show?",
    )

    @classmethod
    def rows(cls, rma: ReturnAuthorization) -> Iterable[Weighing]:
        return Weighing.objects.filter(receipt__authorization=rma).select_related("receipt")

    @classmethod
    def takes(cls, row: Any) -> bool:
        return row.is_open and row.receipt.undone_at is None

    @classmethod
    def called(cls, rma: ReturnAuthorization, row: Any) -> str:
        return f"opened {row.receipt.received_at:%Y-%m-%d}"

    @property
    def asks(self) -> str:
        return (
            "The weights of this parcel do not go together. Nobody is blamed for it: please weigh "
            "all that came once more, in its box if it is still there, and look at the photos. "
            "The buyer sees the new weight beside the others."
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("grams") and not data.get("note", "").strip():
            self.add_error("grams", "Write the weight, or below why it cannot be weighed.")
        return data

    def apply(self, by: Actor) -> None:
        self.row.receipt.authorization = self.rma
        self.row.answer(self.cleaned_data["grams"], self.cleaned_data["note"], by=by)

    def said(self) -> str:
        return f"{self.rma.number}: noted. Nothing was written to the buyer."


class AskWeighing(Decision):
    title = "Have it weighed again"
    button = "Ask the warehouse"
    is_next = False

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        if rma.status not in HERE or rma.keeps_goods:
            return False
        last = rma.receipts.filter(undone_at=None).order_by("received_at", "pk").last()
        return last is not None and not last.weighings.exists()

    @property
    def asks(self) -> str:
        return (
            "The warehouse finds it among what is to be weighed again. It decides nothing, and "
            "nothing is written to the buyer."
        )

    def apply(self, by: Actor) -> None:
        with transaction.atomic():
            self.rma.order = self.rma.order.locked()
            if Weighing.objects.ask_about(self.rma, by=by) is None:
                raise IllegalTransition(self.rma.status, self.rma.status)

    def said(self) -> str:
        return f"{self.rma.number}: the warehouse is asked to weigh it again."
