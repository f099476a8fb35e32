"""What the buyer gets is sent, or could not be: recorded one by one."""

from collections.abc import Iterable
from typing import Any

from django import forms

from returns import formats
from returns.admin.amounts import one_in_words
from returns.admin.decisions import TEXTAREA, Decision, RowDecision, told
from returns.codes import GOODS_KINDS, PaymentMethod
from returns.models import Actor, Resolution, ReturnAuthorization, TooMuch
from returns.states import ResolutionState


class ResolutionDecision(RowDecision):
    """A decision about one of the things that the buyer gets."""

    permission = "returns.settle_return"
    place = "row"
    row: Resolution
    takes_from: frozenset[str]

    @classmethod
    def rows(cls, rma: ReturnAuthorization) -> Iterable[Resolution]:
        return rma.resolutions.all()

    @classmethod
    def takes(cls, row: Resolution) -> bool:
        return row.state in cls.takes_from

    @classmethod
    def called(cls, rma: ReturnAuthorization, row: Resolution) -> str:
        return one_in_words(row, rma.order.currency)

    @property
    def what(self) -> str:
        return self.called(self.rma, self.row)


class Sent(ResolutionDecision):
    """Money left: by hand, in the shop, at the bank. Goods leave in a parcel (exchanging.Ship)."""

    title = "It is sent"
    button = "It is sent: tell the buyer"
    takes_from = frozenset({ResolutionState.PENDING, ResolutionState.PROCESSING})

    method = forms.ChoiceField(label="Where the money goes", choices=PaymentMethod.choices)
    reference = forms.CharField(
        label="Reference",
        required=False,
        max_length=120,
        help_text="The shop’s or the bank’s number of it.",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["method"].initial = self.row.method
        settlement = self.rma.settlement()
        if not self.row.in_shop and settlement.unexplained >= self.row.amount:
            reported = formats.money(settlement.unexplained, settlement.currency)
            self.fields["in_shop"] = forms.BooleanField(
                label="The shop has reported this refund already",
                required=False,
                help_text=f"It told of {reported} that belongs to nothing here. Tick this when "
                "it is the same money; then it is counted once.",
            )

    @classmethod
    def takes(cls, row: Resolution) -> bool:
        is_money = row.kind not in GOODS_KINDS and super().takes(row)
        return is_money and not row.is_asked_now

    @property
    def asks(self) -> str:
        return f"Is it sent ({self.what})? Pressing tells the buyer so."

    def apply(self, by: Actor) -> None:
        try:
            self.record(
                by=by,
                reference=self.cleaned_data["reference"].strip(),
                method=self.cleaned_data.get("method", ""),
                in_shop=self.cleaned_data.get("in_shop", False),
            )
        except TooMuch:
            raise forms.ValidationError(
                {"in_shop": "The shop has not reported so much that belongs to nothing else."}
            ) from None
        self.rma.refresh_from_db()

    def record(self, by: Actor, **values: Any) -> None:
        self.row.record_sent(by=by, **values)

    def said(self) -> str:
        return f"{self.rma.number}: {self.what} is sent. {told(self.rma)}"


class Failed(ResolutionDecision):
    title = "It failed"
    button = "Note that it failed"
    takes_from = frozenset({ResolutionState.PENDING, ResolutionState.PROCESSING})
    is_next = False

    error = forms.CharField(
        label="What happened",
        max_length=2000,
        widget=TEXTAREA,
        help_text="For the desk only, as the shop or the bank says it.",
    )

    @classmethod
    def takes(cls, row: Resolution) -> bool:
        return super().takes(row) and not row.is_asked_now

    @property
    def asks(self) -> str:
        return f"The {self.what} stays in the queue. The buyer’s page says that, but not why."

    def apply(self, by: Actor) -> None:
        self.row.record_failed(self.cleaned_data["error"], by=by)

    def said(self) -> str:
        return f"{self.rma.number}: noted. What we promised the buyer goes on running."


class TryAgain(ResolutionDecision):
    title = button = "Try again"
    takes_from = frozenset({ResolutionState.FAILED})
    one_press = True

    def apply(self, by: Actor) -> None:
        self.row.try_again()

    def said(self) -> str:
        if self.row.asked is not None and self.row.asked.is_under_way:
            return f"{self.rma.number}: the shop is asked for the {self.what} once more."
        return f"{self.rma.number}: {self.what} is to be sent again."


class SendBack(Decision):
    """What we did not take has left for the buyer."""

    title = "Sent back to the buyer"
    button = "It has left for the buyer"
    permission = "returns.settle_return"

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.owes_goods

    @property
    def asks(self) -> str:
        goods = ", ".join(
            f"{row.to_send_back} × {row.line.full_title}"
            for row in self.rma.lines.select_related("line")
            if row.to_send_back
        )
        return f"Has it left: {goods}? From then on it is the buyer’s again."

    def apply(self, by: Actor) -> None:
        self.rma.send_back(by=by)

    def said(self) -> str:
        return f"{self.rma.number}: what we did not take is on its way to the buyer."
