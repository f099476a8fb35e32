"""The form of a parcel that is not wanted: how it comes back, or what instead."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from portal.forms.messages import FormKey
from returns import recall_texts
from returns.codes import TurnsBy, Wish
from returns.recall_policy import Preview
from returns.recall_texts import EXCHANGE, KEEP

CHOOSE = gettext_lazy("Choose what should happen.")
CHOOSE_WISH = gettext_lazy("Choose what you would like.")


class RecallForm(forms.Form):
    """preview: as it stands now. seen: what the page showed of it, which is compared and never
    believed. carrier: our code of it."""

    use_required_attribute = False
    how = forms.ChoiceField(
        label=gettext_lazy("What should happen with it?"),
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    wish = forms.ChoiceField(
        label=gettext_lazy("What would you like?"),
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE_WISH, "invalid_choice": CHOOSE_WISH},
    )
    key = FormKey(required=False, initial=uuid.uuid4)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, preview: Preview, carrier: str, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.preview = preview
        if preview.has_turned:
            del self.fields["how"]
            self._offer("wish", dict(recall_texts.WISHES))
        else:
            del self.fields["wish"]
            codes = list(preview.ways)
            codes += [KEEP] if preview.keep_for else []
            codes += [EXCHANGE] if preview.offers_exchange else []
            self._offer("how", {code: recall_texts.way(code, preview, carrier) for code in codes})
        self.fields["seen"].initial = shown(preview)

    def _offer(self, name: str, choices: dict[str, Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, choice.label) for code, choice in choices.items()]
        # Ours: the second line of each choice, for the tag `choices`.
        field.hints = {  # type: ignore[attr-defined]
            code: choice.hint for code, choice in choices.items()
        }

    @property
    def is_as_shown(self) -> bool:
        return self.data.get("seen", "") == shown(self.preview)

    @property
    def way(self) -> str:
        return TurnsBy.ITSELF if self.preview.has_turned else self.cleaned_data["how"]

    @property
    def asked_for(self) -> str:
        return self.cleaned_data["wish"] if self.preview.has_turned else Wish.REFUND

    @property
    def form_key(self) -> str:
        return str(self.fields["key"].clean(self.data.get("key")))


def shown(preview: Preview) -> str:
    """What a page shows of the terms, to be compared."""
    ways = "+".join(preview.ways)
    return f"{preview.total}/{preview.carrier_fee}/{preview.keep_for}/{preview.at_once}/{ways}"
