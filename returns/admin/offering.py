"""Offers of the desk: about a return, and for the wait while a parcel is looked for."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from returns import formats
from returns.admin.amounts import MoneyField
from returns.admin.case_acts import Act
from returns.admin.decisions import TEXTAREA, WORDS_TO_BUYER, Decision, told
from returns.codes import LEAVES_UNITS, PAYS_BACK, Wish
from returns.models import Actor, Offer, OfferOver, Order, ReturnAuthorization, TooMuch
from returns.models.appealing import DECIDES_APPEALS
from returns.models.draft import new_key
from returns.models.offer import GIVEN_BESIDES, USUAL_DAYS
from returns.models.settling import ENDS_WITHOUT
from tracking.calendars import end_of_day

ZERO = Decimal(0)
MOST_DAYS = 30
INSTEAD, BESIDES = "instead", "besides"
# What is offered first, by what it costs and how it is liked.
IN_ORDER = (
    Wish.PART_REFUND,
    Wish.VOUCHER,
    Wish.STORE_CREDIT,
    Wish.PIECE,
    Wish.REPLACEMENT,
    Wish.EXCHANGE,
    Wish.REPAIR,
    Wish.REFUND,
)


class OfferFields(forms.Form):
    """What is offered, in which words, until when. key: the same form twice is one offer."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    words = forms.CharField(
        label="Words to the buyer", max_length=2000, widget=TEXTAREA, help_text=WORDS_TO_BUYER
    )
    days = forms.IntegerField(
        label="For so many days",
        min_value=1,
        max_value=MOST_DAYS,
        initial=USUAL_DAYS,
        help_text="Until the end of that day, where the buyer lives.",
    )

    def add_fields(self, order: Order, wishes: Sequence[str]) -> None:
        self.fields["key"].initial = new_key()
        self.fields["wish"] = forms.ChoiceField(
            label="What we offer", choices=[(code, Wish(code).label) for code in wishes]
        )
        left = formats.money(order.with_goods().refundable(self.counted_anew), order.currency)
        self.fields["amount"] = MoneyField(
            order.currency,
            label=f"Amount in {order.currency}",
            required=False,
            help_text=f"For money, credit and vouchers. {left} of what was paid is left; a "
            "voucher is given besides.",
        )
        self.order_fields(["wish", "amount", "how", "sends_back", "words", "days"])

    @property
    def counted_anew(self) -> ReturnAuthorization | None:
        """The return whose own estimate does not count."""
        return None

    def check(self, data: dict[str, Any]) -> None:
        wish, amount = data.get("wish"), data.get("amount") or ZERO
        if wish in PAYS_BACK and not amount and "amount" not in self.errors:
            self.add_error("amount", "Say how much.")
        if wish and wish not in PAYS_BACK and amount:
            self.add_error("amount", "An amount goes with money, credit and vouchers only.")

    def make(self, order: Order, by: Actor, **values: Any) -> Offer:
        data = self.cleaned_data
        day = timezone.now().astimezone(ZoneInfo(order.where)).date() + timedelta(days=data["days"])
        try:
            return Offer.objects.make(
                order,
                wish=data["wish"],
                amount=data["amount"] or ZERO,
                words=data["words"].strip(),
                by=by,
                expires_at=end_of_day(day, order.where),
                key=data["key"],
                **values,
            )
        except TooMuch as problem:
            left = formats.money(problem.most, order.currency)
            raise forms.ValidationError(
                {"amount": f"No more than {left} is left of what was paid."}
            ) from None
        except OfferOver:
            raise forms.ValidationError(
                "It has moved on, so this can no longer be offered."
            ) from None
        except ValueError:
            raise forms.ValidationError({"wish": "This cannot be offered here."}) from None


class MakeOffer(OfferFields, Decision):
    """About one return: in place of what was asked for while that can be, or besides."""

    title = "Make an offer"
    short = "Offer"
    button = "Send the offer"
    is_next = False
    sends_back = forms.BooleanField(
        label="The goods have to come back first",
        required=False,
        help_text="Of money, credit and new goods. What was missing never comes back.",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        changes = self.rma.may_be_changed
        wishes = [code for code in IN_ORDER if changes or code in GIVEN_BESIDES]
        if changes:
            self.fields["how"] = forms.ChoiceField(
                label="It is given",
                choices=[
                    (INSTEAD, "in place of what the buyer asked for"),
                    (BESIDES, "besides what the buyer asked for"),
                ],
                widget=forms.RadioSelect,
                initial=INSTEAD,
            )
        else:
            del self.fields["sends_back"]
        self.add_fields(self.rma.order, wishes)

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.status not in ENDS_WITHOUT

    @classmethod
    def allows(cls, user: Any, rma: ReturnAuthorization) -> bool:
        """A yes would decide what the buyer asked to look at again."""
        return not rma.is_appealed or user.has_perm(DECIDES_APPEALS)

    @property
    def counted_anew(self) -> ReturnAuthorization | None:
        return self.rma if self.rma.may_be_changed else None

    @property
    def asks(self) -> str:
        standing = self.rma.offers.open().first()
        before = " The offer that stands now is taken back." if standing else ""
        return (
            "The buyer gets a letter, and says yes or no on a page. A yes is carried out at once: "
            f"it needs no other decision of ours.{before}"
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.check(data)
        besides = data.get("how", BESIDES) == BESIDES
        if besides and data.get("wish") and data["wish"] not in GIVEN_BESIDES:
            self.add_error("wish", "This can only take the place of what was asked for.")
        if data.get("sends_back") and (besides or data.get("wish") in LEAVES_UNITS):
            self.add_error("sends_back", "With this nothing has to come back.")
        return data

    def apply(self, by: Actor) -> None:
        data = self.cleaned_data
        self.made = self.make(
            self.rma.order,
            by,
            authorization=self.rma,
            besides=data.get("how", BESIDES) == BESIDES,
            sends_back=data.get("sends_back", False),
        )

    def said(self) -> str:
        return f"{self.rma.number}: offered. {told(self.rma)}"


class TakeBackOffer(Decision):
    title = button = "Take the offer back"
    is_next = False

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return any(offer.is_open for offer in rma.offers.all())

    @property
    def asks(self) -> str:
        return (
            "The buyer can no longer say yes. Nobody is written to: if the letter has left, "
            "please write to the buyer."
        )

    def apply(self, by: Actor) -> None:
        offer = self.rma.offers.open().first()
        try:
            if offer:
                offer.take_back(by=by)
        except OfferOver:
            raise forms.ValidationError("The buyer was faster: look how it stands now.") from None

    def said(self) -> str:
        return f"{self.rma.number}: the offer is taken back."


class OfferForTheWait(OfferFields, Act):
    """While a parcel is looked for: a part of the money, credit or a voucher, without any
    return."""

    title = "Offer something for the wait"
    button = "Send the offer"
    done = "Offered something for the wait"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        wishes = [Wish.VOUCHER, Wish.PART_REFUND, Wish.STORE_CREDIT]
        self.add_fields(self.case.order, [str(wish) for wish in wishes])

    @property
    def asks(self) -> str:
        return (
            "The buyer gets a letter, and says yes or no on a page. A yes is carried out at once. "
            "Whatever is owed for the parcel itself stays owed."
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.check(data)
        return data

    def apply(self, by: Actor) -> str:
        self.make(self.case.order, by, case=self.case, besides=True)
        return "The offer is made. The buyer gets a letter."
