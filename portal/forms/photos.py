"""The form of one photo."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

MISSING = gettext_lazy("Choose a photo first, or take one.")


class PhotoForm(forms.Form):
    """One photo of one kind. kinds: those that are taken now."""

    kind = forms.ChoiceField(widget=forms.HiddenInput)
    photo = forms.FileField(
        allow_empty_file=True,  # what is wrong with it is said by returns.photos
        error_messages={"required": MISSING, "invalid": MISSING, "missing": MISSING},
    )

    def __init__(self, kinds: list[str], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, code) for code in kinds]
