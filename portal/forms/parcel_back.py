"""The form of the number on the carrier's receipt."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from portal.return_page.number import Reading, read
from returns.models import CarrierAdvice
from tracking import carriers

ANOTHER = "another"
UNKNOWN = "unknown"
LOOK = gettext_lazy(
    "Look for a line of 8 to 35 letters and digits near the barcode of the receipt, and type all "
    "of it."
)


class NumberForm(forms.Form):
    """The number, and whose it is where that cannot be told by it.

    asked: the number that the page has asked about. When it comes back unchanged, whoever
    typed it has seen what we had to say, and it is taken as it is; a number that was changed
    is looked at anew. advice: of the store, for where the parcel comes from.
    """

    use_required_attribute = False
    number = forms.CharField(
        label=gettext_lazy("The number on the carrier’s receipt"),
        help_text=gettext_lazy(
            "It is near the barcode, for example RB123456785GB. Spaces and dashes do not matter."
        ),
        max_length=200,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={
            "required": LOOK,
            "max_length": LOOK,
            "null_characters_not_allowed": LOOK,
        },
    )
    carrier = forms.ChoiceField(
        label=gettext_lazy("Which carrier did you give it to?"),
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose one from the list.")},
    )
    other = forms.CharField(
        label=gettext_lazy("The name of the other carrier"),
        max_length=40,
        error_messages={
            "required": gettext_lazy("Write its name as it is on the receipt."),
            "max_length": gettext_lazy("Make the name shorter, its first words are enough."),
        },
    )
    asked = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, advice: Sequence[CarrierAdvice], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.reading: Reading = read(str(self["number"].value() or ""), advice)
        field = self.fields["carrier"]
        assert isinstance(field, forms.ChoiceField)
        likely = self.reading.likely
        field.choices = [
            *((one.code, one.name) for one in likely),
            (ANOTHER, gettext("Another carrier")),
            (UNKNOWN, gettext("I do not know")),
        ]
        # Ours: the second line of each choice, for the tag `choices`.
        field.hints = {one.code: one.hint for one in likely if one.hint}  # type: ignore[attr-defined]
        self.initial.setdefault("carrier", self.reading.carrier or UNKNOWN)

    @property
    def was_asked(self) -> bool:
        """Whether the page has said about this very number what it had to say."""
        return bool(self.reading.number) and self.data.get("asked") == self.reading.number

    @property
    def is_settled(self) -> bool:
        """Once valid: there is nothing (more) to ask."""
        return self.reading.sure or self.was_asked

    def clean_number(self) -> str:
        if not self.reading.is_plausible:
            raise ValidationError(LOOK)
        return self.reading.number

    def full_clean(self) -> None:
        # Required only beside "another carrier"; never said to be optional, which would tell
        # the opposite to whoever chooses that.
        self.fields["other"].required = self.is_asked_for and self.data.get("carrier") == ANOTHER
        super().full_clean()
        self.fields["other"].required = True

    @property
    def is_asked_for(self) -> bool:
        """Whether the page has asked for the carrier."""
        return self.was_asked and not self.reading.sure

    def clean_carrier(self) -> str:
        carrier = self.cleaned_data["carrier"]
        if self.is_asked_for and not carrier:
            raise ValidationError(gettext("Choose the carrier, or “I do not know”."))
        return carrier

    @property
    def chosen_carrier(self) -> str:
        """A code of carriers.py, a name that we do not know, or '' when nobody can tell."""
        if self.reading.sure:
            return self.reading.carrier
        match self.cleaned_data.get("carrier", ""):
            case "another":
                return carriers.code_of(self.cleaned_data.get("other", ""))
            case "unknown":
                return ""
            case code:
                return code
