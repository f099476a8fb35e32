"""A parcel that turned by itself: the desk notes what its buyer wants instead."""

from django import forms

from returns import recall_texts
from returns.admin.case_acts import Act
from returns.codes import Kind, TurnsBy, Wish
from returns.models import Actor, CannotRecall, Case, CaseKind, Shipment
from returns.states import FREED

ANSWERS = [(Wish.REFUND.value, "The money"), (Wish.REPLACEMENT.value, "A new parcel")]


class NoteWanted(Act):
    """As the buyer can on the page of the order."""

    title = "Money or a new parcel"
    button = "Note what the buyer wants"
    done = "What the buyer wants noted"

    wish = forms.ChoiceField(
        label="The buyer would like", choices=ANSWERS, widget=forms.RadioSelect
    )

    @classmethod
    def fits(cls, case: Case) -> bool:
        if not case.is_open or case.kind != CaseKind.CAME_BACK:
            return False
        mine = case.order.returns.filter(turning__parcel=case.parcel_id)
        return not mine.filter(kind=Kind.RETURN_TO_SENDER).exclude(status__in=FREED).exists()

    @property
    def shipment(self) -> Shipment | None:
        mine = self.case.order.shipments.filter(parcel=self.case.parcel_id, is_return=False)
        return mine.first()

    @property
    def asks(self) -> str:
        return (
            "A return is opened for what is in the parcel. The money goes at once where the "
            "store’s rules say so, else when the parcel is here. The buyer is told."
        )

    def apply(self, by: Actor) -> str:
        shipment = self.shipment
        if shipment is None:
            raise forms.ValidationError("The parcel belongs to the order no more.")
        try:
            rma = self.case.order.recall(
                shipment,
                TurnsBy.ITSELF,
                self.cleaned_data["wish"],
                by=by,
                key=f"case-{self.case.pk}",
            )
        except CannotRecall as error:
            why = recall_texts.why_not(error.preview) if error.preview.obstacle else ""
            raise forms.ValidationError(why or "The parcel does not come back any more.") from None
        return f"{rma.number} is opened: {rma.get_status_display().lower()}."
