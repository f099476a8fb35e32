"""New goods instead of others at the desk: sent before the old ones are here or after, sold out,
and what becomes of old ones that do not come."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from returns import exchange_texts, formats, variants
from returns.admin.decisions import TEXTAREA, WORDS_TO_BUYER, Approve, Decision, told
from returns.admin.posting import Numbered
from returns.admin.sending import ResolutionDecision
from returns.codes import GOODS_KINDS
from returns.models import Actor, Resolution, ReturnAuthorization
from returns.models.shipping_goods import NumberTaken
from returns.states import ResolutionState
from tracking.calendars import end_of_day


def sold_out_in_words(error: variants.Gone) -> str:
    names = ", ".join(exchange_texts.called(row) for row in error.rows)
    return f"Sold out, by the list of kinds: {names}. Ask the buyer to choose again."


class ApproveLater(Approve):
    """Where new goods would go at once with the approval."""

    title = button = "Approve, new goods later"
    is_next = False

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return super().fits(rma) and rma.goes_ahead_by_rule

    def apply(self, by: Actor) -> None:
        self.rma.approve(by=by, at_once=False)


class SendAhead(Decision):
    """The old goods are not waited for."""

    title = "Send new goods at once"
    button = "Send them at once and write to the buyer"
    permission = "returns.settle_return"
    is_next = False

    agreed = forms.BooleanField(
        label="The buyer has agreed to pay for them if the old ones do not come",
        required=False,
        help_text="On the telephone or in a message. Without it nothing can be charged later.",
    )

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.may_send_ahead

    @property
    def asks(self) -> str:
        reasons = " ".join(self.rma.order_trust.reasons)
        trusted = "trusted" if self.rma.order_trust.is_trusted else "not trusted by the rule"
        return f"The buyer is {trusted}. {reasons}"

    def apply(self, by: Actor) -> None:
        try:
            self.rma.send_ahead(by=by, agreed=self.cleaned_data["agreed"])
        except variants.Gone as error:
            raise forms.ValidationError(sold_out_in_words(error)) from None

    def said(self) -> str:
        return f"{self.rma.number}: the new goods are to be sent now. {told(self.rma)}"


class Ship(ResolutionDecision, Numbered):
    """Its parcel has left: announced, followed and told."""

    title = "It is sent"
    button = "It has left: tell the buyer"
    takes_from = frozenset({ResolutionState.PENDING, ResolutionState.PROCESSING})

    unnumbered = forms.BooleanField(label="It travels without a number", required=False)
    field_order = ["number", "as_typed", "carrier", "unnumbered"]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["number"].required = False
        self.found = ("", "")

    @classmethod
    def takes(cls, row: Resolution) -> bool:
        return row.kind in GOODS_KINDS and super().takes(row)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("number") and not data.get("unnumbered") and "number" not in self.errors:
            self.add_error("number", "Type its number, or tick that it has none.")
        return data

    @property
    def asks(self) -> str:
        goods = "; ".join(exchange_texts.new_goods(self.rma))
        return f"Has it left: {goods}? Pressing tells the buyer so."

    def apply(self, by: Actor) -> None:
        number, carrier = ("", "") if self.cleaned_data["unnumbered"] else self.found
        try:
            self.row.ship(number, carrier, by=by)
        except variants.Gone as error:
            raise forms.ValidationError(sold_out_in_words(error)) from None
        except NumberTaken:
            raise forms.ValidationError(
                {"number": "This number is that of another parcel already."}
            ) from None
        self.rma.refresh_from_db()

    def said(self) -> str:
        return f"{self.rma.number}: {self.what} has left. {told(self.rma)}"


class SoldOut(Decision):
    title = "Sold out"
    button = "Ask the buyer to choose again"
    permission = "returns.settle_return"
    is_next = False

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.may_be_asked_again

    @property
    def asks(self) -> str:
        goods = "; ".join(exchange_texts.new_goods(self.rma))
        return (
            f"Is this sold out: {goods}? It cannot be chosen any more then. The buyer is asked to "
            "take another kind or the money."
        )

    def apply(self, by: Actor) -> None:
        self.rma.ask_to_choose_again(by=by)

    def said(self) -> str:
        return f"{self.rma.number}: the buyer chooses again. {told(self.rma)}"


class MoreTime(Decision):
    """For old goods that did not come, while the new ones are with the buyer."""

    title = "Give more time"
    button = "Give more time and write to the buyer"
    last_day = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The new last day to post the old goods, where the buyer lives.",
    )

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.misses_original

    def clean_last_day(self) -> date:
        day = self.cleaned_data["last_day"]
        if day <= timezone.now().date():
            raise forms.ValidationError("Choose a day after today.")
        return day

    def apply(self, by: Actor) -> None:
        last = end_of_day(self.cleaned_data["last_day"], self.rma.order.where)
        self.rma.give_more_time(last, by=by)


CHARGED, WRITTEN_OFF = "charged", "written_off"


class KeepBoth(Decision):
    """The agreed consequence."""

    title = "The buyer keeps both"
    button = "End it so and write to the buyer"
    permission = "returns.settle_return"

    how = forms.ChoiceField(
        label="What follows",
        widget=forms.RadioSelect,
        choices=[
            (CHARGED, "We charge for the second one, in the shop"),
            (WRITTEN_OFF, "We write it off"),
        ],
    )
    words = forms.CharField(
        label="Words to the buyer",
        required=False,
        max_length=2000,
        widget=TEXTAREA,
        help_text=WORDS_TO_BUYER,
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.rma.ahead_agreed_at is None:
            field = self.fields["how"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(WRITTEN_OFF, "We write it off")]
            field.initial = WRITTEN_OFF
            field.help_text = "The buyer has not agreed to be charged."

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.may_keep_both

    @classmethod
    def comes_next(cls, rma: ReturnAuthorization) -> bool:
        return rma.misses_original

    @property
    def asks(self) -> str:
        amount = formats.money(self.rma.value, self.rma.order.currency)
        return f"The old goods, worth {amount}, are not waited for any more."

    def apply(self, by: Actor) -> None:
        charged = self.cleaned_data["how"] == CHARGED
        self.rma.keep_both(charged=charged, words=self.cleaned_data["words"].strip(), by=by)

    def said(self) -> str:
        charged = self.cleaned_data["how"] == CHARGED
        do = " Please charge it in the shop now." if charged else ""
        return f"{self.rma.number}: the buyer keeps both.{do} {told(self.rma)}"


__all__ = ["ApproveLater", "KeepBoth", "MoreTime", "SendAhead", "Ship", "SoldOut"]
