"""The form of a message to us, and the choice of how we write."""

import hashlib
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, gettext_lazy, ngettext

from portal.forms.returns import Words
from returns.models.thread import LONGEST, MOST_PICTURES
from returns.photos import Picture, Problem, Unusable, develop
from returns.photos.words import PROBLEMS

SHORTEST = 2  # characters; fewer come from a slip of the finger
MISSING = gettext_lazy("Write a few words first, or add a photo.")


class Text(Words):
    """Signs that no database keeps are left out."""

    def to_python(self, value: Any) -> str:
        return super().to_python(str(value or "").replace("\0", ""))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Without a limit for the browser, which would cut what is pasted and say nothing."""
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class FormKey(forms.Field):
    """Names one form that was shown. Whatever came instead of a name: a new one."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> uuid.UUID:
        try:
            return uuid.UUID(str(value))
        except ValueError:
            return uuid.uuid4()


class PhotosInput(forms.FileInput):
    allow_multiple_selected = True


class Photos(forms.FileField):
    """What was chosen, as a list; what is wrong with one is said by returns.photos."""

    widget = PhotosInput

    def clean(self, data: list[UploadedFile], initial: Any = None) -> list[UploadedFile]:
        if len(data or []) > MOST_PICTURES:
            raise ValidationError(too_many())
        return data or []


class MessageForm(forms.Form):
    """Words, photos, or both."""

    use_required_attribute = False
    text = Text(
        label=gettext_lazy("Your message"),
        help_text=gettext_lazy("Up to 5,000 characters."),
        max_length=LONGEST,
        rows=6,
        missing=MISSING,
    )
    photos = Photos(required=False)
    key = FormKey(required=False, initial=uuid.uuid4)

    def full_clean(self) -> None:
        # Required where no photo speaks for itself; but never said to be optional.
        self.fields["text"].required = not self.files.getlist("photos")
        super().full_clean()
        self.fields["text"].required = True

    def clean_text(self) -> str:
        text = self.cleaned_data["text"]
        if len(text) < SHORTEST and not self.files.getlist("photos"):
            raise ValidationError(MISSING)
        return text

    @property
    def once(self) -> str:
        """The same for the same form with the same content. Whoever goes back, changes the
        words and sends again has written another message."""
        made = hashlib.sha256(f"{self.cleaned_data['key']}\n{self.cleaned_data['text']}".encode())
        for upload in self.cleaned_data["photos"]:
            made.update(hashlib.sha256(upload.read()).digest())
            upload.seek(0)
        return made.hexdigest()

    def developed(self) -> list[Picture]:
        """Raises photos.Unusable; which one it is, stands beside the field then."""
        pictures = []
        for upload in list(self.cleaned_data["photos"]):
            try:
                pictures.append(develop(upload.read()))
            except Unusable as error:
                self._refuse(upload, error.problem)
                raise
        return pictures

    def _refuse(self, upload: UploadedFile, problem: Problem) -> None:
        words = str(PROBLEMS[problem])
        if len(self.files.getlist("photos")) > 1:
            words = gettext("%(item)s: %(problem)s") % {"item": upload.name, "problem": words}
        self.add_error("photos", words)

    @property
    def photos_are_lost(self) -> bool:
        """No browser keeps files that were chosen, when a page comes back with a problem."""
        return bool(self.errors and self.files.getlist("photos"))


class WayForm(forms.Form):
    """Whether we write over one of `channels` from now on."""

    START, STOP = "start", "stop"

    channel = forms.ChoiceField()
    wish = forms.ChoiceField(choices=[(START, START), (STOP, STOP)])

    def __init__(self, channels: list[str], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["channel"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, code) for code in channels]


def too_many() -> str:
    return ngettext(
        "Choose %(most)d photo at most. You can send more with your next message.",
        "Choose %(most)d photos at most. You can send more with your next message.",
        MOST_PICTURES,
    ) % {"most": MOST_PICTURES}
