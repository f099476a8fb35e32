"""What the desk does about a parcel that somebody else took in: notes what the buyer or the
warehouse says, and asks the buyer once more."""

from typing import Any

from django import forms

from returns.admin.case_acts import Act
from returns.models import Actor, Case, SignatureQuestion
from returns.models.notice import Notice, NoticeKind
from returns.models.signature import Asked
from tracking.incidents import IncidentKind


def question_of(case: Case) -> SignatureQuestion | None:
    """The open question of this case. Asks the database only where there can be one."""
    if case.kind != IncidentKind.UNCLEAR_SIGNATURE:
        return None
    return SignatureQuestion.objects.open().filter(case=case).first()


class NoteSignature(Act):
    title = "Note who has it"
    button = "Note this"
    done = "Noted who has the parcel"

    told = forms.ChoiceField(label="What they say", widget=forms.RadioSelect)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.question = question_of(self.case)
        field = self.fields["told"]
        assert isinstance(field, forms.ChoiceField)
        told = self.question.may_be_told if self.question else ()
        field.choices = [(one.value, one.label) for one in told]

    @classmethod
    def fits(cls, case: Case) -> bool:
        return case.is_open and question_of(case) is not None

    @property
    def asks(self) -> str:
        asked = "the buyer" if not self.case.authorization_id else "our warehouse"
        return (
            f"What {asked} told you, by telephone or in a message. Is it there, this case ends. "
            "Is it not, it is searched for, and nobody is blamed."
        )

    def apply(self, by: Actor) -> str:
        assert self.question
        self.question.order = self.case.order
        self.question.answer(self.cleaned_data["told"], by=by)
        return f"Noted: {self.question.get_told_display().lower()}."


class AskSignature(Act):
    title = "Ask the buyer once more"
    button = "Write to the buyer"
    done = "Asked the buyer who took it in"

    @classmethod
    def fits(cls, case: Case) -> bool:
        question = question_of(case) if case.is_open else None
        if question is None or question.asks != Asked.BUYER:
            return False
        written = Notice.objects.filter(order=case.order_id, kind=NoticeKind.SIGNATURE_QUESTION)
        return not any(row.facts.get("question") == question.pk for row in written)

    @property
    def asks(self) -> str:
        return (
            "The message about this trouble has asked already. This is a letter of its own, with "
            "one question and the way to answer it; there is only one."
        )

    def apply(self, by: Actor) -> str:
        question = question_of(self.case)
        if question is None or question.write_letter(by=by) is None:
            return "Nobody can be written to: this order has no address."
        return "The buyer is asked."
