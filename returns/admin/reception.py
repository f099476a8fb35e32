"""At the warehouse: a parcel is opened and what is in it is counted."""

import secrets
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils import timezone

from returns import states
from returns.admin.decisions import FOLDER, Witnessed, told
from returns.models import (
    Actor,
    Found,
    Receipt,
    ReturnAuthorization,
    ReturnLine,
)
from returns.states import Status

# Rows for things that are no line of the return.
OTHERS = 2
# A scanner that types into the wrong field writes a number of thirteen digits.
MOST_UNITS = 999
MOST_GRAMS = 200_000


def units(label: str, **more: Any) -> forms.IntegerField:
    """A number that a thumb can type."""
    field = forms.IntegerField(label=label, min_value=0, max_value=MOST_UNITS, **more)
    field.widget.attrs |= {"inputmode": "numeric", "class": "big", "autocomplete": "off"}
    return field


def expected(rma: ReturnAuthorization, row: ReturnLine) -> int:
    """How many units of a line should be in a parcel that is opened now."""
    if rma.status in states.ENDED:
        return max((row.approved or row.requested) - row.received, 0)
    return row.missing


def receipts_seen(rma: ReturnAuthorization) -> str:
    """Which parcels of a return were opened: `status:last receipt`."""
    fresh = ReturnAuthorization.objects.get(pk=rma.pk)
    last = rma.receipts.filter(undone_at=None).last()
    return f"{fresh.status}:{last.pk if last else 0}"


def who_received(rma: ReturnAuthorization) -> str:
    """What has happened while a page about its parcels was open."""
    last = rma.receipts.filter(undone_at=None).select_related("user").last()
    if last is None:
        return "This return has moved on while the page was open."
    who = (last.user.first_name or last.user.get_username()) if last.user else "somebody"
    at = timezone.localtime(last.received_at)
    return f"While this page was open, {who} received a parcel of this return ({at:%H:%M %Z})."


class Receive(Witnessed):
    """What was in the parcel. All that was expected is filled in: one press."""

    title = "Receive"
    button = "Received as counted"
    permission = "returns.receive_return"
    template = f"{FOLDER}/receive.html"

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    empty = forms.BooleanField(label="There was nothing inside", required=False)
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
        help_text="Only the desk reads it: how it was packed, what is odd.",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["key"].initial = secrets.token_urlsafe(16)
        self.lines = list(self.rma.lines.select_related("line"))
        self.proposed = {row.pk: expected(self.rma, row) for row in self.lines}
        for row in self.lines:
            count = units(row.line.full_title, initial=self.proposed[row.pk])
            self.fields[f"count_{row.pk}"] = count
        for number in range(1, OTHERS + 1):
            what = forms.CharField(label=f"Another thing ({number})", max_length=300)
            what.required = False
            self.fields[f"what_{number}"] = what
            self.fields[f"many_{number}"] = units("How many", required=False, initial=1)
        weights = [row.line.weight_grams * self.proposed[row.pk] for row in self.lines]
        sure = all(row.line.weight_grams for row in self.lines if self.proposed[row.pk])
        self.grams_expected = sum(weights) if sure else 0

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.may_be_received

    @classmethod
    def comes_next(cls, rma: ReturnAuthorization) -> bool:
        """It is here, or on its way; a second parcel is the exception."""
        here = rma.arrived_at is not None and rma.status != Status.RECEIVED
        return here or rma.status == Status.IN_TRANSIT

    @property
    def asks(self) -> str:
        if self.rma.status in states.ENDED:
            ended = self.rma.get_status_display().lower()
            return f"This return was {ended}. What came is received all the same."
        if self.rma.status == Status.RECEIVED:
            return "A parcel of this return was opened already. This is one more."
        return ""

    def counted(self) -> list[tuple[ReturnLine, int, BoundField]]:
        """Each line, how many of it are expected, and its field."""
        return [(row, self.proposed[row.pk], self[f"count_{row.pk}"]) for row in self.lines]

    def others(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"what_{n}"], self[f"many_{n}"]) for n in range(1, OTHERS + 1)]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            self.found = self._found(data)
            self._check_empty(data)
        return data

    def _found(self, data: dict[str, Any]) -> Found:
        others = []
        for number in range(1, OTHERS + 1):
            if what := data.get(f"what_{number}", "").strip():
                many = data.get(f"many_{number}")
                if not many:
                    self.add_error(f"many_{number}", "How many of it?")
                others.append((what, many or 0))
        counts = {row.pk: data[f"count_{row.pk}"] for row in self.lines}
        return Found(counts, tuple(others), data["grams"], data["note"].strip())

    def _check_empty(self, data: dict[str, Any]) -> None:
        """Nothing inside is a grave thing to say: never by leaving something out, and never
        beside something that was counted. What was only proposed was not counted."""
        if not data["empty"]:
            if self.found.is_empty:
                self.add_error("empty", "Count what was inside, or tick that nothing was.")
            return
        as_proposed = dict(self.found.counts) == self.proposed
        if self.found.others or (any(self.found.counts.values()) and not as_proposed):
            self.add_error("empty", "You counted something as well. Which of the two is it?")
        nothing = dict.fromkeys(self.found.counts, 0)
        self.found = Found(nothing, (), self.found.grams, self.found.note)

    def shown(self) -> str:
        return receipts_seen(self.rma)

    def what_changed(self) -> str:
        return f"{who_received(self.rma)} If this is another parcel, count what is in it."

    @property
    def was_done(self) -> bool:
        key = self.cleaned_data.get("key", "")
        return bool(key) and self.rma.receipts.filter(form_key=key, undone_at=None).exists()

    def apply(self, by: Actor) -> None:
        self.receipt = self.rma.receive(self.found, by=by, key=self.cleaned_data["key"])

    def said(self) -> str:
        parts = [f"{self.rma.number} is received."]
        receipt = getattr(self, "receipt", None)
        if receipt and receipt.was_empty:
            parts.append("There was nothing inside.")
        if receipt and receipt.weight_differs:
            parts.append(f"Weight: {weight_in_words(receipt)}.")
        return " ".join([*parts, told(self.rma)])

    def then(self, page: str) -> str:
        return reverse("admin:returns_returnauthorization_photo", args=[self.rma.pk])


class UndoReceipt(Witnessed):
    title = "Not received after all"
    button = "Take the receipt back"
    permission = "returns.receive_return"
    is_next = False

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.status == Status.RECEIVED

    @property
    def asks(self) -> str:
        count = self.rma.receipts.filter(undone_at=None).count()
        what = f"All {count} parcels of it are" if count > 1 else "It is"
        return (
            f"{what} taken off the books, and the return is on its way again. What was written "
            "down and photographed stays as evidence."
        )

    def shown(self) -> str:
        return receipts_seen(self.rma)

    def what_changed(self) -> str:
        return who_received(self.rma)

    def apply(self, by: Actor) -> None:
        self.rma.undo_receipt(by=by)

    def said(self) -> str:
        return f"{self.rma.number} is on its way again. Nothing was written to the buyer."


def weight_in_words(receipt: Receipt) -> str:
    """`1,240 g, as expected`; '' when nobody weighed it."""
    if not receipt.weight_grams:
        return ""
    weighed = f"{receipt.weight_grams:,} g"
    if not receipt.expected_grams:
        return f"{weighed}; we do not know what the goods weigh"
    goods = f"the goods alone weigh {receipt.expected_grams:,} g"
    if not receipt.weight_differs:
        return f"{weighed}, as expected: {goods}"
    difference = receipt.weight_grams - receipt.expected_grams
    than = "more" if difference > 0 else "less"
    return f"{weighed}, {abs(difference):,} g {than} than expected: {goods}"
