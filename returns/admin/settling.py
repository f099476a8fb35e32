"""What the buyer gets: decided within what was paid."""

from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from returns import formats, variants
from returns.admin.amounts import ZERO, MoneyField, in_words
from returns.admin.decisions import FOLDER, TEXTAREA, WORDS_TO_BUYER, Witnessed, told
from returns.admin.reception import units
from returns.codes import GOODS_KINDS, MONEY_KINDS, PaymentMethod, ResolutionKind
from returns.models import (
    Actor,
    Award,
    ReturnAuthorization,
    ReturnLine,
    TooMuch,
)
from returns.models.settling import GRANTS
from returns.settlement import Settlement
from returns.states import ResolutionState, Status

NOTHING_MORE = "Nothing more than was given before"


class Settle(Witnessed):
    """What the buyer gets. The wish, granted with what the goods are worth, is filled in."""

    title = "Decide what the buyer gets"
    short = "Decide"
    button = "Decide and write to the buyer"
    permission = "returns.settle_return"
    template = f"{FOLDER}/settle.html"

    kind = forms.ChoiceField(label="The buyer gets", choices=ResolutionKind.choices)
    method = forms.ChoiceField(
        label="How it travels", choices=PaymentMethod.choices, initial=PaymentMethod.ORIGINAL
    )
    words = forms.CharField(
        label="Words to the buyer",
        required=False,
        max_length=2000,
        widget=TEXTAREA,
        help_text=f"Needed when it is less than it adds up to, or nothing. {WORDS_TO_BUYER}",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        currency = self.rma.order.currency
        self.lines = list(self.rma.lines.select_related("line"))
        if self.goes_ahead:
            field = self.fields["kind"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [
                (code, NOTHING_MORE if code == ResolutionKind.NONE else label)
                for code, label in ResolutionKind.choices
            ]
        kind = self._granted()
        self.fields["kind"].initial = kind
        self.fields["amount"] = MoneyField(
            currency,
            label=f"Amount in {currency}",
            required=False,
            initial=self.proposed if kind in MONEY_KINDS else None,
            help_text="Only for money and store credit.",
        )
        for row in self.lines:
            if row.missing:
                self.fields[f"waive_{row.pk}"] = units(
                    f"Make good all the same, of {row.missing} × {row.line.full_title} "
                    "that did not come",
                    # Decided before, and the money came back.
                    initial=0 if row.stands_for is None else row.missing,
                    required=False,
                )
        if less := variants.given_back(self.rma):
            self.fields["difference"] = MoneyField(
                currency,
                label=f"Back to the buyer, because what was chosen costs less, in {currency}",
                required=False,
                initial=less,
            )
        self.fields["apology"] = MoneyField(
            currency,
            label=f"Store credit besides, as an apology, in {currency}",
            required=False,
        )
        if self.rma.voucher:
            self.fields["voucher"] = MoneyField(
                currency,
                label=f"Voucher besides, in {currency}",
                required=False,
                initial=self.rma.voucher if kind != ResolutionKind.NONE else None,
                help_text="The buyer was told of it with the way of putting it right.",
            )
        if self.settlement.in_shop_left:
            self.fields["in_shop"] = forms.BooleanField(
                label="It is refunded in the shop already",
                required=False,
                initial=self.was_in_shop,
                help_text="The shop reports "
                f"{formats.money(self.settlement.in_shop_left, currency)} that no decision "
                "accounts for yet.",
            )

        if self.rma.withdrawal_id:
            self._only_the_way_it_came()

    def _only_the_way_it_came(self) -> None:
        """After a withdrawal the law lets the money go nowhere else."""
        kinds = [one for one in ResolutionKind.choices if one[0] != ResolutionKind.STORE_CREDIT]
        original = PaymentMethod.ORIGINAL
        self.fields["kind"] = forms.ChoiceField(
            label="The buyer gets", choices=kinds, initial=self.fields["kind"].initial
        )
        self.fields["method"] = forms.ChoiceField(
            label="How it travels",
            choices=[(original.value, original.label)],
            initial=original,
            help_text="After a withdrawal it goes back the way it came.",
        )
        del self.fields["apology"]

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.status == Status.INSPECTED

    @cached_property
    def goes_ahead(self) -> bool:
        """The new goods were sent before, or are to be sent all the same; or the money was."""
        sends = self.rma.resolutions.live().filter(kind__in=GOODS_KINDS).exists()
        return sends or bool(self.settlement.given and not self.settlement.total)

    @cached_property
    def settlement(self) -> Settlement:
        """As nothing is made good that did not come."""
        return self.rma.settlement()

    @cached_property
    def adds_up(self) -> Decimal:
        """What the goods that count are worth to the buyer, whatever was given before."""
        sum_ = self.settlement
        return sum_.goods + sum_.postage - sum_.fee

    @property
    def was_in_shop(self) -> bool:
        """The money has gone back in the shop, by the look of it: there is that much that no
        decision accounts for, and not that much left to give."""
        return self.settlement.total < self.adds_up <= self.settlement.in_shop_left

    @property
    def proposed(self) -> Decimal:
        return self.adds_up if self.was_in_shop else self.settlement.total

    def _granted(self) -> str:
        """The wish; part of the money when not all goods count, nothing when none does."""
        if not self.settlement.goods or self.goes_ahead:
            return ResolutionKind.NONE
        kind = GRANTS[self.rma.wish]
        part = kind == ResolutionKind.REFUND and self.settlement.goods < self.rma.value
        return ResolutionKind.PART_REFUND if part else kind

    def counted(self) -> list[tuple[ReturnLine, Decimal]]:
        """Each line, and what its goods are worth to the buyer."""
        return [(row, self.settlement.goods_of[row.pk]) for row in self.lines]

    def not_come(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith("waive_")]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.waived = {
            row.pk: many for row in self.lines if (many := data.get(f"waive_{row.pk}") or 0)
        }
        for row in self.lines:
            if self.waived.get(row.pk, 0) > row.missing:
                self.add_error(f"waive_{row.pk}", f"Only {row.missing} did not come.")
        if not self.errors:
            self._check_sum(data)
        if not self.errors:
            self.awards = self._awards(data)
        return data

    def _check_sum(self, data: dict[str, Any]) -> None:
        """The amount was filled in for what came. With what is made good besides, it is
        another one: shown before it is given."""
        self.due = self.rma.settlement(self.waived) if self.waived else self.settlement
        untouched = data["amount"] in (None, self.proposed)
        if data["kind"] not in MONEY_KINDS or not untouched or self.due == self.settlement:
            return
        if self.due.total == self.settlement.total:
            return
        field = self.fields["amount"]
        assert isinstance(field, MoneyField)
        self.type_in("amount", field.written(self.due.total))
        total = formats.money(self.due.total, self.due.currency)
        self.add_error("amount", f"With what you make good it adds up to {total}. Press again.")

    def _awards(self, data: dict[str, Any]) -> list[Award]:
        first = Award(
            data["kind"],
            self._amount(data),
            data["method"],
            data["words"].strip(),
            data.get("in_shop", False),
        )
        less = first.kind in MONEY_KINDS and first.amount < self.due.total
        nothing = first.kind == ResolutionKind.NONE
        goes_ahead = self.goes_ahead and nothing
        if (less or nothing) and not first.words and not goes_ahead:
            what = "less than it adds up to" if less else "nothing"
            self.add_error("words", f"Tell the buyer why it is {what}.")
        besides = self._besides(data)
        if data.get("difference") and (goes_ahead or first.kind in GOODS_KINDS):
            besides.insert(0, Award(ResolutionKind.PART_REFUND, data["difference"]))
        if not data.get("apology"):
            return besides if goes_ahead else [first, *besides]
        apology = Award(ResolutionKind.STORE_CREDIT, data["apology"])
        if nothing:  # then this is what the buyer gets
            return [replace(apology, words=first.words), *besides]
        return [first, apology, *besides]

    def _besides(self, data: dict[str, Any]) -> list[Award]:
        voucher = data.get("voucher")
        return [Award(ResolutionKind.VOUCHER, voucher)] if voucher else []

    def _amount(self, data: dict[str, Any]) -> Decimal:
        kind, amount = data["kind"], data["amount"]
        if kind in MONEY_KINDS:
            if amount is None:
                return self.proposed if data.get("in_shop") else self.due.total
            if not amount:
                self.add_error("amount", "Choose “Nothing” to give nothing.")
            return amount
        if amount and amount != self.proposed:
            self.add_error("amount", "An amount goes with money or store credit only.")
        return ZERO

    def shown(self) -> str:
        """Everything that the sum was made of."""
        fresh = ReturnAuthorization.objects.select_related("order").get(pk=self.rma.pk)
        now = fresh.settlement()
        return f"{fresh.status}:{now.total}:{now.cap}:{now.in_shop_left}"

    def what_changed(self) -> str:
        return "The sum has changed while the page was open."

    def apply(self, by: Actor) -> None:
        try:
            self.made = self.rma.resolve(self.awards, by=by, waived=self.waived)
        except TooMuch as problem:
            raise forms.ValidationError(self._too_much(problem.most)) from None
        # What came back is counted there as well, and is still to be sent another way.
        came_back = self.rma.resolutions.filter(state=ResolutionState.REVERSED).exists()
        for row in self.made:
            if row.in_shop and not came_back:
                row.record_sent(by=by)

    def _too_much(self, most: Decimal) -> dict[str, str]:
        left = formats.money(most, self.settlement.currency)
        if most <= 0:
            return {"amount": "Nothing is left of what was paid: all of it is given back."}
        if not self.awards or self.awards[0].kind not in MONEY_KINDS:
            return {"apology": f"No more than {left} is left of what was paid."}
        second = self.awards[0].kind not in MONEY_KINDS or self.awards[0].amount <= most
        field = "apology" if second and len(self.awards) > 1 else "amount"
        return {field: f"No more than {left} is left of what was paid."}

    def said(self) -> str:
        made = in_words(self.made, self.rma) or "nothing more is owed"
        by_shop = any(row.asked is not None for row in self.made)
        made += "; the shop is asked to refund it" if by_shop else ""
        return f"{self.rma.number}: {made}. {told(self.rma)}"
