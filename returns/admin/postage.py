"""The postage that a buyer paid and shows the receipt of: repaid, corrected or declined."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Model

from returns import formats
from returns.admin.amounts import MoneyField
from returns.admin.decisions import FOLDER, TEXTAREA, WORDS_TO_BUYER, RowDecision, told
from returns.models import Actor, Photo, PostageClaim, ReturnAuthorization
from returns.models.postage_claim import most_repaid

REPAY, DECLINE = "repay", "decline"


class DecidePostage(RowDecision):
    title = "Decide about the postage"
    short = "Postage"
    button = "Decide and write to the buyer"
    permission = "returns.settle_return"
    template = f"{FOLDER}/postage.html"

    answer = forms.ChoiceField(
        label="The receipt",
        choices=[(REPAY, "is right: give it back"), (DECLINE, "does not show it: decline")],
        widget=forms.RadioSelect,
        initial=REPAY,
    )
    words = forms.CharField(
        label="Words to the buyer",
        required=False,
        max_length=2000,
        widget=TEXTAREA,
        help_text=f"Needed when it is another amount, or nothing. {WORDS_TO_BUYER}",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        currency = self.rma.order.currency
        self.most = most_repaid(self.rma)
        bound = f"At most {formats.money(self.most, currency)}, as we said." if self.most else ""
        self.fields["amount"] = MoneyField(
            currency,
            label=f"Amount in {currency}",
            required=False,
            initial=self.row.proposed,
            help_text=bound,
        )
        self.order_fields(["answer", "amount", "words"])

    @classmethod
    def rows(cls, rma: ReturnAuthorization) -> Iterable[Model]:
        return rma.postage_claims.all()

    @classmethod
    def takes(cls, row: Any) -> bool:
        return row.is_open

    @classmethod
    def called(cls, rma: ReturnAuthorization, row: Any) -> str:
        return formats.money(row.paid, rma.order.currency)

    @property
    def receipts(self) -> list[Photo]:
        return [self.row.photo]

    @property
    def asks(self) -> str:
        paid = formats.money(self.row.paid, self.rma.order.currency)
        return f"The buyer says that it was {paid}. Does the receipt say so?"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        amount, words = data.get("amount"), data.get("words", "").strip()
        if data.get("answer") == DECLINE:
            if not words:
                self.add_error("words", "Tell the buyer why.")
            return data
        if "amount" in self.errors:
            return data
        if not amount:
            self.add_error("amount", "Say how much, or decline.")
        elif self.most is not None and amount > self.most:
            self.add_error("amount", f"We said that we give back no more than {self.most}.")
        elif amount != self.row.paid and not words:
            self.add_error("words", "Tell the buyer why it is another amount.")
        return data

    def apply(self, by: Actor) -> None:
        assert isinstance(self.row, PostageClaim)
        self.row.authorization = self.rma
        data = self.cleaned_data
        if data["answer"] == DECLINE:
            self.row.decline(data["words"].strip(), by=by)
        else:
            self.row.repay(data["amount"], data["words"].strip(), by=by)

    def said(self) -> str:
        return f"{self.rma.number}: decided about the postage. {told(self.rma)}"
