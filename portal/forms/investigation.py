"""What the buyer of a lost parcel would like: the money, or the same once more."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from portal.forms.messages import FormKey

CHOOSE_ONE = gettext_lazy("Choose what you would like.")


class ChoiceForm(forms.Form):
    """options: wish → (label, what it means)."""

    use_required_attribute = False
    wish = forms.ChoiceField(
        label=gettext_lazy("What would you like?"),
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE_ONE, "invalid_choice": CHOOSE_ONE},
    )
    key = FormKey(required=False, initial=uuid.uuid4)

    def __init__(self, options: Mapping[str, tuple[str, str]], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["wish"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(wish, label) for wish, (label, _hint) in options.items()]
        field.hints = {wish: hint for wish, (_label, hint) in options.items()}  # type: ignore[attr-defined]
