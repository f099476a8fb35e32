"""Who has the parcel: the buyer's answer."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from returns.signature_texts import ANSWERS

CHOOSE_ONE = gettext_lazy("Choose what is true.")


class SignatureForm(forms.Form):
    """told: what may be answered."""

    use_required_attribute = False
    told = forms.ChoiceField(
        label=gettext_lazy("What is true?"),
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE_ONE, "invalid_choice": CHOOSE_ONE},
    )

    def __init__(self, told: Iterable[str], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["told"]
        assert isinstance(field, forms.ChoiceField)
        answers = {one: ANSWERS[one] for one in told}
        field.choices = [(str(one), answer.label) for one, answer in answers.items()]
        field.hints = {  # type: ignore[attr-defined]
            str(one): answer.hint for one, answer in answers.items()
        }
