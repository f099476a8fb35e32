"""A buyer asked to look again at what was decided and given: a second person answers."""

from typing import Any

from django import forms

from returns import formats
from returns.admin.amounts import MoneyField
from returns.admin.decisions import TEXTAREA, WORDS_TO_BUYER, Decision
from returns.codes import ResolutionKind
from returns.models import Actor, Award, ReturnAuthorization, TooMuch
from returns.models.appealing import DECIDES_APPEALS
from returns.states import SETTLED

STAYS = "stays"
# What may be given on top, when something else has been given already.
MORE = (ResolutionKind.PART_REFUND, ResolutionKind.STORE_CREDIT, ResolutionKind.VOUCHER)


class AnswerAppeal(Decision):
    """Of what was settled. A request that was declined is approved or declined once more."""

    title = "Answer the appeal"
    button = "Decide and write to the buyer"
    permission = DECIDES_APPEALS

    outcome = forms.ChoiceField(
        label="Having looked again",
        choices=[
            (STAYS, "It stays as it was decided"),
            *((kind.value, f"More is given: {kind.label.lower()}") for kind in MORE),
        ],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(max_length=2000, widget=TEXTAREA, help_text=WORDS_TO_BUYER)

    field_order = ("outcome", "amount", "words")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        currency = self.rma.order.currency
        self.fields["amount"] = MoneyField(
            currency,
            label=f"How much more, in {currency}",
            required=False,
            help_text="Only when more is given. It comes on top of what was given before.",
        )
        self.order_fields(self.field_order)

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.status in SETTLED and rma.is_appealed

    @property
    def asks(self) -> str:
        return f"The buyer wrote: “{self.rma.appeal}” There is no further appeal after this."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "outcome" in data and "amount" not in self.errors:
            if data["outcome"] != STAYS and not data.get("amount"):
                self.add_error("amount", "Write how much more is given.")
            if data["outcome"] == STAYS and data.get("amount"):
                self.add_error("amount", "It stays as it was, or more is given: not both.")
        return data

    def apply(self, by: Actor) -> None:
        data = self.cleaned_data
        award = None
        if data["outcome"] != STAYS:
            award = Award(data["outcome"], data["amount"])
        try:
            self.rma.answer_appeal(data["words"], award, by=by)
        except TooMuch as problem:
            left = formats.money(problem.most, self.rma.order.currency)
            raise forms.ValidationError({"amount": f"At most {left} is left of it."}) from None
