"""What staff can do about a withdrawal: a form each, and the verb behind it."""

from typing import Any, ClassVar

from django import forms

from returns.admin.decisions import TEXTAREA, WORDS_TO_BUYER
from returns.ledger import Refused
from returns.links import order_ref
from returns.models import Actor, Order, WithdrawalOutcome
from returns.models.access import spellings
from returns.states import IllegalTransition
from returns.withdrawal_states import MAY_TAKE_EFFECT, TOLD, WhyNot, WithdrawalStatus

S = WithdrawalStatus
UNITS = "units_"


class Act(forms.Form):
    """title: as its button says. one_press: asks nothing, so its button posts at once. done:
    what the log says."""

    title: ClassVar[str]
    button: ClassVar[str] = ""
    done: ClassVar[str]
    one_press: ClassVar[bool] = False

    def __init__(self, outcome: WithdrawalOutcome, *args: Any, **more: Any) -> None:
        self.outcome = outcome
        super().__init__(*args, **({"label_suffix": ""} | more))

    @classmethod
    def fits(cls, outcome: WithdrawalOutcome) -> bool:
        """Whether it can be done about this one as it is now."""
        raise NotImplementedError

    @property
    def asks(self) -> str:
        """What will happen."""
        return ""

    def carry_out(self, by: Actor) -> str:
        """Says what was done. May raise IllegalTransition, or forms.ValidationError for what
        can be typed anew."""
        raise NotImplementedError


class NameOrder(Act):
    """No order fits what was typed, and somebody knows which one is meant."""

    title = "Say which order it is"
    button = "It is this order"
    done = "Its order was named"
    number = forms.CharField(label="Order number", max_length=120)

    @classmethod
    def fits(cls, outcome: WithdrawalOutcome) -> bool:
        return outcome.order is None and outcome.status in (S.UNKNOWN, S.NEW)

    @property
    def asks(self) -> str:
        return (
            "The contact on that order is asked whether it was them. Nothing else happens before "
            "they say so, or you have made sure yourself."
        )

    def clean_number(self) -> str:
        refs = {order_ref(text) for text in spellings(self.cleaned_data["number"]) if text}
        store = self.outcome.withdrawal.store
        self.order = Order.objects.filter(store=store, ref__in=refs).first()
        if self.order is None:
            raise forms.ValidationError(f"{store} has no such order.")
        return self.cleaned_data["number"]

    def carry_out(self, by: Actor) -> str:
        assert self.order
        self.outcome.take_up(self.order, by=by)
        return f"It is about {self.order}: {self.outcome.get_status_display()}."


class Verify(Act):
    """It comes from the buyer, and counts; whatever the period says."""

    title = "Let it count"
    button = "It is from the buyer: let it count"
    done = "Made sure, and in force"
    note = forms.CharField(
        label="How you made sure",
        max_length=200,
        help_text="For the record: called back, wrote from the address on the order …",
    )

    def __init__(self, outcome: WithdrawalOutcome, *args: Any, **more: Any) -> None:
        super().__init__(outcome, *args, **more)
        order = outcome.order.with_goods() if outcome.order else None
        wanted = outcome.wanted
        for line in order.lines.all() if order else ():
            most = line.withdrawable
            if not most:
                continue
            usual = 0 if order and order.is_exempt(line) else most
            self.fields[f"{UNITS}{line.pk}"] = forms.IntegerField(
                label=f"{line.full_title}, of {most}",
                min_value=0,
                max_value=most,
                initial=usual if wanted is None else min(wanted.get(line.pk, 0), most),
            )

    @classmethod
    def fits(cls, outcome: WithdrawalOutcome) -> bool:
        return outcome.order is not None and outcome.status in MAY_TAKE_EFFECT

    @property
    def asks(self) -> str:
        parts = self.outcome.withdrawal.parts
        words = f" They wrote: “{parts}”." if parts else ""
        return (
            "What has not left is stopped, what has left comes back, and the buyer is told. Goods "
            f"that the law leaves out are set to 0.{words}"
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not any(self.counts.values()):
            raise forms.ValidationError("Say of at least one thing how many.")
        return data

    @property
    def counts(self) -> dict[int, int]:
        found = self.cleaned_data.items()
        return {int(key.removeprefix(UNITS)): n for key, n in found if key.startswith(UNITS)}

    def carry_out(self, by: Actor) -> str:
        try:
            counts = {pk: count for pk, count in self.counts.items() if count}
            self.outcome.verify(counts, note=self.cleaned_data["note"], by=by)
        except Refused:
            raise forms.ValidationError(
                "Nothing of it is left to withdraw from, or the order was cancelled."
            ) from None
        return "It is in force. The buyer is told what follows."


class Answer(Act):
    """It has no effect: the buyer reads why."""

    title = "Answer: no effect"
    button = "Write to the buyer"
    done = "Answered"
    why = forms.ChoiceField(
        label="Why it has no effect",
        choices=[(code.value, code.label) for code in WhyNot if code in TOLD],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label="Words to the buyer",
        required=False,
        max_length=2000,
        widget=TEXTAREA,
        help_text=f"Needed when it is something else. {WORDS_TO_BUYER}",
    )

    def __init__(self, outcome: WithdrawalOutcome, *args: Any, **more: Any) -> None:
        super().__init__(outcome, *args, **more)
        self.fields["why"].initial = outcome.why

    @classmethod
    def fits(cls, outcome: WithdrawalOutcome) -> bool:
        return outcome.order is not None and outcome.status == S.OUTSIDE

    @property
    def asks(self) -> str:
        return (
            "The contact on the order is told the reason, what is possible all the same, and that "
            "the rights under the law stay as they are."
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("why") == WhyNot.OTHER and not data.get("words", "").strip():
            self.add_error("words", "Explain it in words: no reason of the list does.")
        return data

    def carry_out(self, by: Actor) -> str:
        self.outcome.answer(self.cleaned_data["why"], self.cleaned_data["words"].strip(), by=by)
        return "Answered. The buyer is told."


class SetAside(Act):
    """Not from the buyer, or not about this shop: nobody is told."""

    title = "Set aside"
    button = "Set it aside"
    done = "Set aside"
    why = forms.ChoiceField(
        label="Why",
        choices=[
            (code.value, code.label)
            for code in (WhyNot.NOT_THE_BUYER, WhyNot.NOT_OURS, WhyNot.OTHER)
        ],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(label="Note for us", required=False, max_length=2000, widget=TEXTAREA)

    @classmethod
    def fits(cls, outcome: WithdrawalOutcome) -> bool:
        return outcome.is_open

    @property
    def asks(self) -> str:
        return "The record stays as it is. Nobody is written to, so that nobody learns by it."

    def carry_out(self, by: Actor) -> str:
        self.outcome.set_aside(self.cleaned_data["why"], self.cleaned_data["words"], by=by)
        return "Set aside. The record stays."


class AskAgain(Act):
    title = "Ask the contact once more"
    done = "Asked once more"
    one_press = True

    @classmethod
    def fits(cls, outcome: WithdrawalOutcome) -> bool:
        return outcome.order is not None and outcome.status == S.UNVERIFIED

    def carry_out(self, by: Actor) -> str:
        if not self.outcome.ask_again():
            raise IllegalTransition(self.outcome.status, self.outcome.status)
        return "The contact on the order is asked once more."


# In the order in which their buttons stand; the names stand in addresses.
ACTS: dict[str, type[Act]] = {
    "order": NameOrder,
    "verify": Verify,
    "answer": Answer,
    "ask": AskAgain,
    "aside": SetAside,
}
