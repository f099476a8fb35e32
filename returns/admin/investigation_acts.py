"""What staff can do to find a parcel: begin, one step, the end, and what the buyer gets."""

from typing import Any

from django import forms

from returns.admin.case_acts import Act
from returns.codes import Disposition
from returns.investigation_steps import (
    CAN_BE_OPENED,
    MOVES,
    PROVED_BY_CONTACT,
    InvestigationStatus,
    StepKind,
)
from returns.models import Actor, Case, Investigation, InvestigationStep
from returns.models.making_good import CHOICES, NotOffered
from returns.states import IllegalTransition

S = InvestigationStatus
IN_BUYERS_LANGUAGE = "For the buyer, in the buyer’s language, and no names."
# What becomes of goods that are here after all.
PUT_AWAY = (
    Disposition.RESTOCK,
    Disposition.TRANSFER,
    Disposition.REFURBISH,
    Disposition.DESTROY,
    Disposition.ABANDON,
)


def search_of(case: Case) -> Investigation | None:
    """The last one for its parcel. Reads the cases of its order with what is searched for,
    which pages have loaded."""
    mine = [row for row in case.order.searches if row.parcel_id == case.parcel_id]
    last = max(mine, key=lambda row: row.pk, default=None)
    if last:
        last.parcel, last.order = case.parcel, case.order
    return last


def open_search(case: Case) -> Investigation | None:
    search = search_of(case)
    return search if search and search.is_open else None


class Investigate(Act):
    title = "Open an investigation"
    button = "Open it"
    done = "Investigation opened"

    @classmethod
    def fits(cls, case: Case) -> bool:
        return case.is_open and case.kind in CAN_BE_OPENED and open_search(case) is None

    @property
    def asks(self) -> str:
        return (
            f"The steps of the standard procedure are written down, each with a day: ask "
            f"{self.carrier}, have its answer, claim, decide. The buyer sees them on the page. "
            "Nobody is asked by it: log the contact once you have."
        )

    def apply(self, by: Actor) -> str:
        Investigation.objects.open_for(self.case, by=by)
        return "The investigation is open."


class OfInvestigation(Act):
    """About the search itself, also after its case is closed."""

    @property
    def search(self) -> Investigation:
        search = search_of(self.case)
        assert search
        return search


class DoStep(OfInvestigation):
    title = "A step is done"
    button = "It is done"
    done = "Step of the investigation done"
    has_row = True

    note = forms.CharField(
        label="Note",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For us: a claim number, who sent it. The buyer does not read it.",
    )

    @classmethod
    def fits(cls, case: Case) -> bool:
        return open_search(case) is not None

    @classmethod
    def row_of(cls, case: Case, pk: int) -> InvestigationStep | None:
        search = open_search(case)
        rows = search.steps.all() if search else ()
        return next((row for row in rows if row.pk == pk), None)

    @classmethod
    def takes(cls, row: Any) -> bool:
        """The question is logged with its words, and the decision is the end."""
        by_itself = row.kind not in (StepKind.ASK_CARRIER, StepKind.DECIDE)
        return row.done_at is None and by_itself

    @property
    def asks(self) -> str:
        assert self.row
        words = f"“{self.row.get_kind_display()}” counts as done, by you and now. "
        if self.row.kind in PROVED_BY_CONTACT:
            return words + (
                "Use it when no answer came; an answer is noted with the question that it "
                "answers. The buyer reads that the carrier’s time is over."
            )
        return words + "The buyer reads that it is done."

    def apply(self, by: Actor) -> str:
        assert self.row
        done = self.search.do_step(self.row.kind, by=by, note=self.cleaned_data["note"])
        return "Noted: it is done." if done else "It was done before."


class EndSearch(OfInvestigation):
    title = "Say what came of it"
    button = "End the investigation"
    done = "Investigation ended"

    status = forms.ChoiceField(label="What came of it", widget=forms.RadioSelect)
    words = forms.CharField(
        label="Words to the buyer",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=f"{IN_BUYERS_LANGUAGE} What was found, or why the carrier says no.",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["status"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, self._meaning(code)) for code in self._possible()]
        if self.search.is_made_good:
            del self.fields["words"]

    @classmethod
    def fits(cls, case: Case) -> bool:
        search = search_of(case)
        if search is None or (search.is_made_good and not search.is_open):
            return False
        return bool(MOVES[search.status])

    def _possible(self) -> list[str]:
        back = {S.RETURNED} if self.search.is_of_return else set()
        allowed = MOVES[self.search.status] - {S.STOPPED} - back
        return [code for code in S.values if code in allowed]

    def _meaning(self, code: str) -> str:
        if self.search.is_of_return:
            return MEANING_BACK[code]
        return MEANING[code]

    @property
    def asks(self) -> str:
        if self.search.is_made_good:
            return "Between the carrier and us: the buyer has chosen, and is not written to."
        return "The buyer gets a letter, at once, and reads the same on the page."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        words = data.get("words", "").strip()
        if data.get("status") == S.DENIED and "words" in self.fields and not words:
            self.add_error("words", "Say why, in plain words: the buyer has to understand it.")
        return data

    def apply(self, by: Actor) -> str:
        search, data = self.search, self.cleaned_data
        try:
            search.end(data["status"], data.get("words", "").strip(), by=by)
        except IllegalTransition:
            raise forms.ValidationError(
                "It has ended in the meantime: look how it stands now."
            ) from None
        told = "" if search.is_made_good else " The buyer gets a letter."
        return f"Ended: {search.get_status_display().lower()}.{told}"


MEANING: dict[str, str] = {
    S.FOUND: "Found: it is there, or on its way again",
    S.LOST: "Lost: the buyer chooses money or new goods",
    S.RETURNED: "It came back to us",
    S.DENIED: "The carrier delivered it properly, and we agree",
}
MEANING_BACK: dict[str, str] = {
    S.FOUND: "Found: it is here, or on its way again",
    S.LOST: "Lost: the buyer gets what was agreed as if it had come",
    S.DENIED: "The carrier stands by its delivery; the buyer loses nothing by it",
}


class OfferChoice(OfInvestigation):
    title = "Offer money or new goods now"
    button = "Offer it"
    done = "Money or new goods offered"

    @classmethod
    def fits(cls, case: Case) -> bool:
        search = open_search(case)
        return bool(search and not search.is_of_return and not search.offered_at)

    @property
    def asks(self) -> str:
        return (
            "The buyer need not wait for the carrier: a letter leads to the page on which money "
            "or new goods are chosen. Either is owed as soon as it is chosen. Our claim goes on."
        )

    def apply(self, by: Actor) -> str:
        offered = self.search.offer_choice(by=by)
        return "Offered. The buyer gets a letter." if offered else "It was offered before."


class ChooseForBuyer(OfInvestigation):
    title = "Note what the buyer chose"
    button = "It is chosen"
    done = "Choice of the buyer noted"

    wish = forms.ChoiceField(
        label="What the buyer would like",
        choices=[(str(wish), wish.label) for wish in CHOICES],
        widget=forms.RadioSelect,
    )

    @classmethod
    def fits(cls, case: Case) -> bool:
        search = search_of(case)
        return bool(search and search.waits_for_choice)

    @property
    def asks(self) -> str:
        return (
            "By telephone, or in a message. It is owed from this moment on, and the buyer gets a "
            "letter that says so."
        )

    def apply(self, by: Actor) -> str:
        try:
            claim = self.search.choose(
                self.cleaned_data["wish"], by=by, key=f"desk-{self.search.pk}"
            )
        except NotOffered:
            raise forms.ValidationError(
                "It can no longer be chosen: it was chosen, found, or is part of another return."
            ) from None
        return f"Noted. {claim.number} is decided and waits to be sent."


class TakeLoss(Act):
    title = "The loss is ours: give the buyer what was agreed"
    button = "Give it now"
    done = "Loss taken"

    @classmethod
    def fits(cls, case: Case) -> bool:
        return case.authorization is not None and case.authorization.may_take_loss

    @property
    def asks(self) -> str:
        return (
            "The return counts as if all of it had come: what the buyer gets is decided now and "
            "sent like every other. The buyer gets a letter. Our quarrel with the carrier goes on."
        )

    def apply(self, by: Actor) -> str:
        rma = self.case.authorization
        assert rma
        rma.order = self.case.order
        try:
            rma.take_loss(by=by)
        except IllegalTransition:
            raise forms.ValidationError(
                "It has moved on in the meantime: look how it stands now."
            ) from None
        return f"{rma.number} is decided and waits to be sent."


class GoodsAreHere(OfInvestigation):
    title = "The goods are here after all"
    button = "Book them"
    done = "Goods booked that had been made good"

    disposition = forms.ChoiceField(
        label="What becomes of them", choices=[(str(code), code.label) for code in PUT_AWAY]
    )

    @classmethod
    def fits(cls, case: Case) -> bool:
        search = search_of(case)
        return bool(search and search.claims.exists())

    @property
    def asks(self) -> str:
        return (
            "They were made good without having come. Now they are booked as received and put "
            "away. No money goes twice, and nobody is written to."
        )

    def apply(self, by: Actor) -> str:
        units = self.search.note_goods(self.cleaned_data["disposition"], by=by)
        return f"Booked: {units} units." if units != 1 else "Booked: one unit."


ACTS: dict[str, type[Act]] = {
    "investigate": Investigate,
    "step": DoStep,
    "end": EndSearch,
    "choice": OfferChoice,
    "chosen": ChooseForBuyer,
    "loss": TakeLoss,
    "goods": GoodsAreHere,
}
