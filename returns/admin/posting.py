"""On its way to us: posted, by which number, and whose number that is."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from returns.admin.decisions import FOLDER, Decision, Step
from returns.codes import Avoid
from returns.models import Actor, ReturnAuthorization, Shipment
from returns.states import Status
from tracking import carriers, numbers
from tracking.models import Parcel

# Room for a whole address of a tracking page, pasted.
LONGEST = 300


def parcel_back(rma: ReturnAuthorization) -> Shipment | None:
    """`rma.parcel_back` by way of the return's own parcels, as the desk's lists fetch them."""
    return next((row for row in rma.shipments.all() if row.is_return), None)


class Posted(Step):
    """The buyer told us: from now on nothing is reminded of, and nothing expires."""

    title = "It is posted"
    button = "The buyer has posted it"
    starts_from = frozenset({Status.APPROVED})
    leads_to = Status.IN_TRANSIT
    is_next = False

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return super().fits(rma) and not rma.keeps_goods

    def apply(self, by: Actor) -> None:
        self.rma.note_posted(by=by)


def carrier_choices() -> list[tuple[str, str]]:
    named = sorted(carriers.CARRIERS.values(), key=lambda carrier: carrier.name.casefold())
    return [("", "Tell it by the number"), *((carrier.code, carrier.name) for carrier in named)]


class Numbered(Decision):
    """A form with a tracking number in it. `found`: the number and the carrier's code."""

    number = forms.CharField(
        label="Tracking number",
        max_length=LONGEST,
        widget=forms.TextInput(
            attrs={"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    carrier = forms.ChoiceField(label="Carrier", required=False, choices=carrier_choices)
    as_typed = forms.BooleanField(label="Keep the number as I typed it", required=False)
    found: tuple[str, str]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if not self.is_bound:  # asked only of whoever typed what looks wrong
            del self.fields["as_typed"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if typed := data.get("number", ""):
            self._read(typed, data.get("carrier", ""), keep=data.get("as_typed", False))
        return data

    def _read(self, typed: str, carrier: str, *, keep: bool) -> None:
        order = self.rma.order
        advised = [advice.carrier for advice in order.store.advice_for(order)]
        told = numbers.assess(typed, [carrier] if carrier else advised)
        likeliest = told.guesses[0].carrier if told.guesses else ""
        self.found = (told.number, carrier or likeliest)
        if not numbers.is_plausible(told.number):
            self.add_error("number", "A tracking number has 5 to 40 letters and digits.")
        elif told.mistyped and not keep:
            meant = ", ".join(one.number for one in told.corrections)
            hint = f"Did they mean {meant}? " if meant else ""
            self.add_error(
                "number",
                f"A digit of it is wrong or missing. {hint}"
                "Read it once more, or tick that it stays as typed.",
            )

    def warning(self) -> str:
        """What is unwise about the way that it was posted."""
        reason = numbers.avoid(self.found[0])
        return f" Mind: {Avoid(reason).label.lower()}." if reason else ""


class NameParcel(Numbered):
    """The buyer told the number by telephone or in a letter."""

    title = "Tracking number"
    button = "Follow this parcel"
    place = "parcel"

    field_order = ["number", "as_typed", "carrier"]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if (before := parcel_back(self.rma)) and before.number:
            self.fields["number"].initial = before.number
            self.fields["carrier"].initial = before.carrier

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.takes_number

    @property
    def asks(self) -> str:
        if not parcel_back(self.rma):
            return "From now on the parcel is followed, and nothing is reminded of."
        return "Another number than before drops the old journey and all that it told."

    def apply(self, by: Actor) -> None:
        self.shipment = self.rma.name_parcel(*self.found, by=by)

    def said(self) -> str:
        number, carrier = self.found
        whose = f" ({carriers.called(carrier)})" if carrier else ""
        if self.shipment.in_doubt:
            return (
                f"{number}{whose} is noted, but it is another parcel’s number too: look at it "
                f"before it is followed.{self.warning()}"
            )
        return f"{number}{whose} is followed from now on.{self.warning()}"


class ConfirmNumber(Decision):
    """A number that stands for another parcel as well: is it this one's all the same?"""

    title = "Look at the number"
    short = "Look at number"
    button = "It is this parcel’s number: follow it"
    place = "parcel"
    template = f"{FOLDER}/confirm_number.html"

    # The one that the page showed: another may have been given meanwhile.
    number = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["number"].initial = self.shipment.number

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        mine = parcel_back(rma)
        return mine is not None and mine.in_doubt

    @property
    def shipment(self) -> Shipment:
        mine = parcel_back(self.rma)
        assert mine
        return mine

    def others(self) -> QuerySet[Shipment]:
        """Whose number it is, too."""
        account, number = self.rma.order.store.account_id, self.shipment.number
        known = [parcel.pk for parcel in Parcel.objects.numbered(account, number)]
        return (
            Shipment.objects.filter(
                Q(number=number) | Q(parcel__in=known), order__store__account=account
            )
            .exclude(pk=self.shipment.pk)
            .select_related("order", "authorization", "parcel")
        )

    def apply(self, by: Actor) -> None:
        self.rma.confirm_number(self.cleaned_data["number"], by=by)

    def said(self) -> str:
        return f"{self.rma.number}: the number is followed from now on."
