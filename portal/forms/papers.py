"""The form of one paper for customs."""

from django import forms
from django.utils.translation import gettext_lazy

from returns.codes import PAPERS

MISSING = gettext_lazy("Choose a file first, or take a photo of the paper.")


class PaperForm(forms.Form):
    kind = forms.ChoiceField(widget=forms.HiddenInput, choices=[(code, code) for code in PAPERS])
    paper = forms.FileField(
        allow_empty_file=True,  # what is wrong with it is said by returns.papers
        error_messages={"required": MISSING, "invalid": MISSING, "missing": MISSING},
    )
