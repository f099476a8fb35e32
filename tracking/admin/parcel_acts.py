"""What staff can do about a parcel: a form each, and the verb that carries it out."""

import unicodedata
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.utils import timezone
from django.utils.timesince import timeuntil

from tracking import carriers
from tracking.admin.lane import carrier_choices
from tracking.admin.parcel_page import pushes_about
from tracking.models import CarrierTaken, Connection, Parcel, Push
from tracking.providers import Outcome

Said = tuple[str, int]  # words, and a level of django.contrib.messages


class Act(forms.Form):
    """title: as its button and its log say. one_press: asks nothing, so its button posts at
    once. done: what the log says."""

    title: ClassVar[str]
    done: ClassVar[str]
    button: ClassVar[str] = ""
    one_press: ClassVar[bool] = False

    def __init__(self, parcel: Parcel, *args: Any, **more: Any) -> None:
        self.parcel = parcel
        super().__init__(*args, **({"label_suffix": ""} | more))

    @classmethod
    def fits(cls, parcel: Parcel) -> bool:
        """Whether it can be done about this parcel as it is now."""
        return True

    @classmethod
    def why_not(cls, parcel: Parcel) -> str:
        return f"{parcel.number}: this is no longer possible."

    @property
    def asks(self) -> str:
        """What to be sure of before pressing."""
        return ""

    def apply(self) -> Said:
        """May raise forms.ValidationError for what can be typed anew."""
        raise NotImplementedError


class AskNow(Act):
    title = done = "Ask now"
    one_press = True

    def apply(self) -> Said:
        asked, later = self.parcel.ask_now()
        said = [f"{_providers(asked)} asked now."] if asked else []
        if later:
            said.append(self._when(later))
        if said:
            return " ".join(said), messages.SUCCESS if asked else messages.WARNING
        return self._nobody()

    def _when(self, later: datetime) -> str:
        now = timezone.now()
        if later <= now:
            return "It is being asked at this moment."
        at = timezone.localtime(later)
        wait = timeuntil(later, now, depth=1)
        return (
            "It was asked a moment ago, and providers lock a number that is asked for too often: "
            f"it may be asked again from {at:%H:%M} ({at.tzname()}), in {wait}."
        )

    def _nobody(self) -> Said:
        if self.parcel.followings.all():
            return "No provider follows it: see below what each of them wants.", messages.WARNING
        if Connection.objects.live().filter(account=self.parcel.account_id).exists():
            return (
                "No provider follows it yet. One is looked for within the next minute.",
                messages.SUCCESS,
            )
        return "No provider is connected to this account.", messages.WARNING


class WrongCarrier(Act):
    title = done = "Wrong carrier"
    button = "It goes with this carrier"

    carrier = forms.ChoiceField(label="It really goes with")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["carrier"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            choice for choice in carrier_choices("Choose") if choice[0] != self.parcel.carrier
        ]

    @classmethod
    def fits(cls, parcel: Parcel) -> bool:
        return not parcel.is_inbound

    @classmethod
    def why_not(cls, parcel: Parcel) -> str:
        return f"{parcel.number} comes to us: its carrier is corrected at its return."

    @property
    def asks(self) -> str:
        if not self.parcel.carrier:
            return "It is asked for at this carrier from now on."
        wrong = carriers.called(self.parcel.carrier)
        return (
            f"What {wrong} told is another parcel’s story: its scans and incidents are dropped "
            "here, and it is asked for at the right carrier."
        )

    def apply(self) -> Said:
        code = self.cleaned_data["carrier"]
        try:
            self.parcel.correct_carrier(code)
        except CarrierTaken:
            raise forms.ValidationError(
                f"{self.parcel.number} at {carriers.called(code)} is another parcel already."
            ) from None
        name = carriers.called(code)
        return f"{self.parcel.number} goes with {name}. It is asked for anew.", messages.SUCCESS


class PushesAgain(Act):
    title = "Process its pushes again"
    done = "Pushes processed again"
    one_press = True

    def apply(self) -> Said:
        keys = [push.pk for push in pushes_about(self.parcel)]
        count = Push.objects.filter(pk__in=keys).again()
        if not count:
            return "No push that is kept names it.", messages.WARNING
        pushes = "1 push" if count == 1 else f"{count} pushes"
        return f"{pushes} will be processed again.", messages.SUCCESS


class RetryRefused(Act):
    title = "Ask again where it was refused"
    done = "Asked again where it was refused"
    one_press = True

    @classmethod
    def fits(cls, parcel: Parcel) -> bool:
        return any(row.is_refused for row in parcel.followings.all())

    def apply(self) -> Said:
        count = self.parcel.ask_refused()
        return f"{_providers(count)} asked once more.", messages.SUCCESS


class PhoneTail(Act):
    title = done = "Phone on the label"
    button = "Save and ask again"

    tail = forms.CharField(
        label="Last four digits of the phone on the label",
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "size": 4, "maxlength": 9}
        ),
    )

    @classmethod
    def fits(cls, parcel: Parcel) -> bool:
        return any(row.refusal == Outcome.NEEDS_PHONE for row in parcel.followings.all())

    @property
    def asks(self) -> str:
        had = self.parcel.phone_tail
        tried = "The digits that we gave are not accepted. " if had else ""
        return f"{tried}Some carriers show a parcel only to those who know a phone on its label."

    def clean_tail(self) -> str:
        tail = "".join(unicodedata.normalize("NFKC", self.cleaned_data["tail"]).split())
        if len(tail) != 4 or not (tail.isascii() and tail.isdecimal()):
            raise forms.ValidationError("Exactly four digits.")
        return tail

    def apply(self) -> Said:
        tail = self.cleaned_data["tail"]
        count = self.parcel.note_phone(tail)
        return f"Saved. {_providers(count)} asked once more.", messages.SUCCESS


# In the order in which their buttons stand; the names stand in addresses.
ACTS: dict[str, type[Act]] = {
    "ask_now": AskNow,
    "phone_tail": PhoneTail,
    "retry_refused": RetryRefused,
    "wrong_carrier": WrongCarrier,
    "pushes_again": PushesAgain,
}


def _providers(count: int) -> str:
    return "1 provider is" if count == 1 else f"{count} providers are"
