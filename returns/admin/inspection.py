"""At the warehouse: the goods are looked at. At the desk: what becomes of what came besides."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from returns.admin.decisions import FOLDER, TEXTAREA, WORDS_TO_BUYER, RowDecision, Witnessed
from returns.admin.reception import receipts_seen, units, who_received
from returns.codes import Condition, Disposition
from returns.models import Actor, Finding, ReturnAuthorization, ReturnLine, Surplus
from returns.states import Status

# What becomes of goods that we take, and of goods that we do not.
FOR_ACCEPTED = (
    Disposition.RESTOCK,
    Disposition.TRANSFER,
    Disposition.REFURBISH,
    Disposition.RETURN_TO_VENDOR,
    Disposition.DESTROY,
    Disposition.ABANDON,
)
FOR_REJECTED = (Disposition.RETURN_TO_CUSTOMER, Disposition.DESTROY, Disposition.ABANDON)
FOR_SURPLUS = (Disposition.RETURN_TO_CUSTOMER, *FOR_ACCEPTED)


def some_of(codes: Iterable[Disposition]) -> list[tuple[str, str]]:
    return [(code.value, str(code.label)) for code in codes]


class Inspect(Witnessed):
    """How each received line is. As new, all accepted and back to stock is filled in."""

    title = "Inspect"
    button = "Inspected like this"
    permission = "returns.receive_return"
    template = f"{FOLDER}/inspect.html"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        rows = self.rma.lines.select_related("line")
        self.lines = [row for row in rows if row.received]
        for row in self.lines:
            self.fields |= self._fields_of(row)

    @staticmethod
    def _fields_of(row: ReturnLine) -> dict[str, forms.Field]:
        accepted = units("How many do we take?", initial=row.received)
        accepted.max_value = row.received
        accepted.widget.attrs["max"] = row.received
        return {
            f"condition_{row.pk}": forms.ChoiceField(
                label="How is it?", choices=Condition.choices, widget=forms.RadioSelect
            ),
            f"accepted_{row.pk}": accepted,
            f"disposition_{row.pk}": forms.ChoiceField(
                label="Those go", choices=some_of(FOR_ACCEPTED), initial=FOR_ACCEPTED[0]
            ),
            f"rejected_{row.pk}": forms.ChoiceField(
                label="The others go", choices=some_of(FOR_REJECTED), initial=FOR_REJECTED[0]
            ),
            f"words_{row.pk}": forms.CharField(
                label="Words to the buyer",
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text=f"Needed when we do not take all of it. {WORDS_TO_BUYER}",
            ),
        }

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        return rma.status == Status.RECEIVED

    @property
    def asks(self) -> str:
        if self.lines:
            return ""
        return "Nothing of this return came, so there is nothing to look at. Go on to decide."

    @property
    def press(self) -> str:
        return self.button if self.lines else "Go on without goods"

    def looked_at(self) -> list[tuple[ReturnLine, dict[str, BoundField]]]:
        """Each received line with its fields by name."""
        names = ("condition", "accepted", "disposition", "rejected", "words")
        return [(row, {name: self[f"{name}_{row.pk}"] for name in names}) for row in self.lines]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.findings = {row.pk: self._finding(row, data) for row in self.lines}
        return data

    def _finding(self, row: ReturnLine, data: dict[str, Any]) -> Finding:
        finding = Finding(
            condition=data.get(f"condition_{row.pk}", ""),
            accepted=data.get(f"accepted_{row.pk}", 0),
            disposition=data.get(f"disposition_{row.pk}", ""),
            rejected_to=data.get(f"rejected_{row.pk}", ""),
            words=data.get(f"words_{row.pk}", "").strip(),
        )
        counted = f"accepted_{row.pk}" in data
        if counted and finding.accepted > row.received:
            self.add_error(f"accepted_{row.pk}", f"Only {row.received} came.")
        elif counted and finding.accepted < row.received and not finding.words:
            self.add_error(f"words_{row.pk}", "Tell the buyer why we do not take all of it.")
        spoilt = finding.condition == Condition.DAMAGED and finding.accepted
        if spoilt and finding.disposition == Disposition.RESTOCK:
            self.add_error(f"disposition_{row.pk}", "Damaged goods do not go back to stock.")
        return finding

    def shown(self) -> str:
        return receipts_seen(self.rma)

    def what_changed(self) -> str:
        return who_received(self.rma)

    def apply(self, by: Actor) -> None:
        self.rma.inspect(self.findings, by=by)

    def said(self) -> str:
        return f"{self.rma.number} is inspected. Next: decide what the buyer gets."


class DecideSurplus(RowDecision):
    """What becomes of goods that came besides."""

    title = "Decide what becomes of it"
    button = "Decide"
    short = "Decide about surplus"
    place = "row"
    template = f"{FOLDER}/surplus.html"
    row: Surplus

    disposition = forms.ChoiceField(
        label="Where does it go?", choices=some_of(FOR_SURPLUS), widget=forms.RadioSelect
    )
    words = forms.CharField(
        label="Words to the buyer",
        max_length=2000,
        widget=TEXTAREA,
        help_text=f"They stand on the buyer’s page. {WORDS_TO_BUYER}",
    )

    @classmethod
    def rows(cls, rma: ReturnAuthorization) -> Iterable[Surplus]:
        return rma.surplus.all()

    @classmethod
    def takes(cls, row: Surplus) -> bool:
        return row.is_open

    def apply(self, by: Actor) -> None:
        self.rma.decide_surplus(
            self.row, self.cleaned_data["disposition"], self.cleaned_data["words"], by=by
        )

    def said(self) -> str:
        where = Disposition(self.cleaned_data["disposition"]).label.lower()
        return f"{self.row}: {where}."
